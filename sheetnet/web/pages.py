"""Renders pages, and gives every answer the headers that keep it to itself: no other host, no script but ours, no frame."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, TemplateError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sheetnet.batch.schedule import Workers
from sheetnet.errors import FileError
from sheetnet.files.limits import Limits
from sheetnet.report.html import page_templates
from sheetnet.report.html_grid import LOOKS, MOST_GRID_CELLS
from sheetnet.web.jobs import JobQueue
from sheetnet.web.requests import BESIDES_THE_FILE, SMALL_FORM, VISITOR, Cookies, read_form

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
NO_ANSWER = "the process that read the file answered what is no answer"
LONG_WAIT, SHORT_WAIT = 15.0, 3  # seconds: a request that waits for a result; until a browser asks again


@contextmanager
def of_a_process() -> Iterator[None]:
    """What a process answered is used within: where it is not what it should be, that is its file's error."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, TemplateError):
        raise FileError(NO_ANSWER) from None


@dataclass(frozen=True)
class WebSite:
    """What all pages share: who asks, what waits, who works, and how much a file may ask."""

    cookies: Cookies
    queue: JobQueue
    workers: Workers
    limits: Limits
    has_class: bool = False

    @cached_property
    def _templates(self) -> Environment:
        environment = page_templates()
        assert environment.loader is not None
        environment.loader = ChoiceLoader([PackageLoader("sheetnet.web"), environment.loader])
        return environment

    @asynccontextmanager
    async def form(self, request: Request, with_file: bool = False) -> AsyncIterator[FormData]:
        """A form that one of our pages sent; one with a file has a place in the queue while it comes.

        Raises FormRefused, BusyError, and what `read_form` raises.
        """
        with self.queue.receiving() if with_file else nullcontext():
            most = self.limits.file_size + BESIDES_THE_FILE if with_file else SMALL_FORM
            async with read_form(request, most) as form:
                self.cookies.check(request, form)
                yield form

    def page(
        self, request: Request, template: str, status: int = 200, *, refresh: int | None = None, **words: Any
    ) -> Response:
        """A page; its forms carry a token that this visitor's cookie goes with. `refresh`: seconds until it asks again."""
        visitor, nonce = request.cookies.get(VISITOR, ""), secrets.token_urlsafe(16)
        known = len(visitor) == 2 * VISITOR_BYTES
        visitor = visitor if known else secrets.token_hex(VISITOR_BYTES)
        given = {"token": self.cookies.form_token(visitor), "nonce": nonce, "has_class": self.has_class}
        page = self._templates.get_template(template).render(most_bytes=self.limits.file_size, **given, **words)
        headers = {"Content-Security-Policy": POLICY.format(nonce=f" 'nonce-{nonce}'")}
        if refresh is not None:
            headers["Refresh"] = str(refresh)
        response = HTMLResponse(page, status, headers)
        if not known:
            self.cookies.put(response, VISITOR, visitor)
        return response

    def report(
        self, request: Request, outcome: Mapping[str, Any], template: str = "result.html", **words: Any
    ) -> Response:
        """The page of a judged workbook: all of `outcome` is text from a stranger's file, and is shown as text."""
        shown = {name: outcome[name] for name in ("section", "legend", "unmarked")}
        shown["believed"] = outcome.get("believed")
        several = template != "result.html"  # then its heading is not the page's first
        return self.page(request, template, looks=LOOKS, most_cells=MOST_GRID_CELLS, several=several, **shown, **words)

    def report_alone(self, outcome: Mapping[str, Any]) -> str:
        """The same as a page that needs nothing else, as `sheetnet grade` gives it to students."""
        shown = {"sections": [outcome["section"]], "legend": outcome["legend"], "unreadable": []}
        page = self._templates.get_template("report.html")
        return page.render(looks=LOOKS, most_cells=MOST_GRID_CELLS, **shown)

    def told(self, request: Request, status: int, heading: str, words: str, refresh: int | None = None) -> Response:
        """A page that says one thing."""
        return self.page(request, "told.html", status, refresh=refresh, heading=heading, words=words)

    def stylesheet(self) -> str:
        """The style of all pages: that of reports, and what forms need."""
        sheets = (self._templates.get_template(name) for name in ("report.css", "web.css"))
        return "\n".join(sheet.render(looks=LOOKS) for sheet in sheets)


VISITOR_BYTES = 16
