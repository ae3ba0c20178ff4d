"""Starts the server: what it needs is looked at first, and what it promises is said."""

from __future__ import annotations

import logging
import secrets
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from sheetnet.classroom import ClassFolder
from sheetnet.errors import FileError, UsageError
from sheetnet.files.limits import Limits
from sheetnet.web.app import LOG, make_app
from sheetnet.web.desk import ClassDesk
from sheetnet.web.jobs import JobQueue, Results, hold_lock
from sheetnet.web.open_page import OpenPage
from sheetnet.web.pages import WebSite
from sheetnet.web.sandbox import has_seccomp, landlock_version
from sheetnet.web.sessions import Cookies
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
