"""The server: what it needs is looked at first; what guards all pages; and what it logs, which is nothing of anybody."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sheetnet.classroom import ClassFolder
from sheetnet.errors import FileError, SheetnetError, UsageError
from sheetnet.files.limits import Limits
from sheetnet.web.desk import ClassDesk
from sheetnet.web.jobs import BusyError, JobQueue, Results, hold_lock
from sheetnet.web.open_page import OpenPage
from sheetnet.web.pages import HEADERS, POLICY, STATIC, WebSite
from sheetnet.web.requests import Cookies, FormRefused, TooManyTriesError
from sheetnet.web.sandbox import has_seccomp, landlock_version
from sheetnet.web.student_pages import StudentPages
from sheetnet.web.teacher_pages import TeacherPages
from sheetnet.web.worker import web_workers

SECONDS_FOR_A_FILE = 60  # less than on the command line: somebody waits
MOST_CONNECTIONS = 1_000
SECONDS_TO_END = 5
LOCK = "serving.lock"  # in class/keep, held while a server serves the class
PASSWORD_BYTES = 12  # of the teacher's password


@dataclass(frozen=True)
class ServeOptions:
    """Where the page is and how much it does at once. `https`: a proxy before it speaks https, cookies go by that alone."""

    host: str = "127.0.0.1"
    port: int = 8000
    https: bool = False
    attempts: int = 10
    jobs: int | None = None
    limits: Limits = field(default_factory=lambda: Limits(time=SECONDS_FOR_A_FILE, cpu_time=SECONDS_FOR_A_FILE))


def open_app(options: ServeOptions) -> Starlette:
    """The application without a class."""
    site = WebSite(Cookies(https=options.https), JobQueue(options.jobs), web_workers(), options.limits)
    results = Results()

    async def begin() -> None:
        site.workers.start(1)

    return make_app(site, results, OpenPage(site, results).routes(), begin)


def class_app(options: ServeOptions, folder: Path, password: str) -> Starlette:
    """The application of a class, whose teacher enters by the password. Raises FileError where it is no class's folder."""
    klass = ClassFolder(folder)
    klass.variants()  # what is wrong with the folder is told before anybody hands in
    try:
        lock = hold_lock(klass.kept(LOCK))
    except OSError:
        raise FileError("another server serves this class", path=folder, remedy="end it, or use its page") from None
    key = klass.secret.key_for("cookies")  # the same at the next start: students stay in
    cookies, queue = Cookies(key, options.https), JobQueue(options.jobs)
    site = WebSite(cookies, queue, web_workers(), options.limits, has_class=True)
    results = Results()
    desk = ClassDesk(folder, site, results)
    routes = [*StudentPages(site, desk, options.attempts).routes(), *TeacherPages(site, desk, password).routes()]

    def end() -> None:
        desk.end()
        lock.close()

    return make_app(site, results, routes, desk.begin, end)


def serve(options: ServeOptions, folder: Path | None = None, say: Callable[[str], None] = print) -> None:
    """Serve until it is interrupted; with a class's folder to its students. Raises UsageError for a port that is taken."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    app = open_app(options) if folder is None else class_app(options, folder, password)
    listening = _socket(options)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)
    LOG.setLevel(logging.INFO)
    host, port = listening.getsockname()[:2]
    say(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    if folder is not None:
        say(f"the teacher's page is at /teacher, its password until this ends: {password}")
    say(confinement())
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    uvicorn.Server(config).run(sockets=[listening])


def confinement() -> str:
    """What is taken away from the processes that read strangers' files, in one line."""
    version = landlock_version()
    files = f"no files but their own (Landlock {version})" if version else "all files that this user may read"
    network = "no network and no programs (seccomp)" if has_seccomp() else "the network"
    advice = "" if version and has_seccomp() else ": serve strangers from a container without network"
    return f"files are judged in processes that have {files} and {network}{advice}"


def _socket(options: ServeOptions) -> socket.socket:
    try:
        return socket.create_server((options.host, options.port), family=_family(options.host), backlog=256)
    except OSError as error:
        raise UsageError(
            f"{options.host} port {options.port} cannot be had ({error.strerror})",
            remedy="give another --port or --host",
        ) from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


LOG = logging.getLogger("sheetnet.web")
RETRY_SECONDS = 30
SWEEP_SECONDS = 30.0
REFUSED = {
    401: ("Enter first", "Begin at the first page, with your id and code."),
    404: ("There is no such page", "Begin at the first page."),
    405: ("This page takes no such request", "Begin at the first page."),
    411: ("The size is missing", "Send the file with a browser."),
    413: ("The file is too large", "Send the workbook alone, without pictures or other sheets."),
}
FAILED = "This failed by a fault of the page itself. Nothing that had a receipt is lost. Please tell whoever runs it.\n"
FORM_TOO_OLD = "It was open for too long, or came from elsewhere. Go back, reload the page, and send it again."


def make_app(
    site: WebSite,
    results: Results,
    routes: Sequence[Route],
    begin: Callable[[], Awaitable[None]],
    end: Callable[[], None] = lambda: None,
) -> Starlette:
    """The application of these pages; `begin` is awaited before the first request, `end` called after the last."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await begin()
        sweeping = asyncio.create_task(_sweep(results))
        yield
        sweeping.cancel()
        end()
        site.queue.close()
        site.workers.close()
        results.close()

    async def refused(request: Request, error: Exception) -> Response:
        return _refused(site, request, error)

    shared = [
        Route("/static/web.css", _stylesheet(site)),
        Route("/static/drop.js", _script),
        Route("/favicon.ico", _no_icon),
    ]
    return Starlette(
        routes=[*shared, *routes],
        middleware=[Middleware(Guarded)],
        exception_handlers=dict.fromkeys((SheetnetError, FormRefused, TooManyTriesError, HTTPException), refused),
        lifespan=lifespan,
    )


def _refused(site: WebSite, request: Request, error: Exception) -> Response:
    if isinstance(error, FormRefused):
        return site.told(request, 403, "This form was not accepted", FORM_TOO_OLD)
    if isinstance(error, BusyError | TooManyTriesError):
        seconds, heading = RETRY_SECONDS, "Too much is asked for"
        if isinstance(error, TooManyTriesError):
            seconds, heading = error.seconds, "Too many wrong tries"
        response = site.told(request, 429, heading, str(error))
        response.headers["Retry-After"] = str(seconds)
        return response
    if isinstance(error, HTTPException):
        heading, words = REFUSED.get(error.status_code, ("This request cannot be used", "Begin at the first page."))
        return site.told(request, error.status_code, heading, words)
    return site.told(request, 422, "This cannot be used", str(error))


async def _sweep(results: Results) -> None:
    """Remove results whose hour is over, whether somebody asks or not."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        results.sweep()


def _stylesheet(site: WebSite) -> Callable[[Request], Response]:
    words = site.stylesheet()

    def stylesheet(_request: Request) -> Response:
        return PlainTextResponse(words, media_type="text/css")

    return stylesheet


def _script(_request: Request) -> Response:
    return PlainTextResponse((STATIC / "drop.js").read_text("utf-8"), media_type="text/javascript")


def _no_icon(_request: Request) -> Response:
    return Response(status_code=204)


class Guarded:
    """Gives every answer its headers, and logs one line: the kind of page, the status, the time. No name, id or address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, answered = time.monotonic(), 500, False

        async def guarded(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], True
                message["headers"] = _with_headers(message["headers"])
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - its words may name somebody, and have no place in the log
            LOG.error("failed: %s", _place_of(error))
            if not answered:
                await PlainTextResponse(FAILED, 500)(scope, receive, guarded)
        finally:
            page = getattr(scope.get("endpoint"), "__name__", "none").strip("_<>")
            LOG.info("%s %s %d %.0f ms", scope["method"], page, status, 1000 * (time.monotonic() - begun))


def _place_of(error: Exception) -> str:
    """The kind of an error and where it arose, without its words."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _with_headers(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    own = {**HEADERS, "Content-Security-Policy": POLICY.format(nonce="")}
    there = {name.lower() for name, _ in headers}
    more = [(name.lower().encode(), value.encode()) for name, value in own.items()]
    return [*headers, *((name, value) for name, value in more if name not in there)]
