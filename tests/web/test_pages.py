"""Pages show what a process answered as text, whatever it is; cookies go where they should."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from sheetnet.batch.schedule import Workers
from sheetnet.batch.worker_main import Reply
from sheetnet.errors import FileError
from sheetnet.files.limits import Limits
from sheetnet.web.jobs import JobQueue
from sheetnet.web.pages import WebSite, of_a_process
from sheetnet.web.requests import STUDENT, Cookies
from sheetnet.web.tasks import judge_upload
from sheetnet.web.worker import _encoded
from tests.support.paths import ROOT

SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


def site() -> WebSite:
    return WebSite(Cookies(), JobQueue(1), Workers(), Limits())


def asked(cookie: str = "") -> Request:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""})


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a process answers of a student's copy with two mistakes, through JSON as it comes."""
    path, marked = ROOT / "generated" / "d02b-marked.ods", tmp_path_factory.mktemp("marked") / "marked.ods"
    found = judge_upload(str(path), "mine.ods", None, str(marked), Limits())
    return json.loads(_encoded(Reply(found)))["value"]


def replaced(value: Any, change: Callable[[str], Any]) -> Any:
    """The answer with every text in it changed."""
    if isinstance(value, dict):
        return {key: replaced(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def shown(outcome: Any) -> str:
    """The page of an answer. Raises FileError where it is none."""
    with of_a_process():
        page = site().report(asked(), outcome, marked=None, back=("/", "back"))
    return bytes(page.body).decode()


def test_whatever_a_process_answers_is_shown_as_text(outcome: Any) -> None:
    """Every text of the answer is made a script: none of them is one on the page, nor leaves its attribute."""
    believed = {"network": "", "where": "", "choices": [""], "questions": [["", "x"]], "network_file": "", "map": ""}
    page = shown(replaced({**outcome, "believed": believed}, lambda _: SCRIPT))
    assert page.count("&lt;script&gt;alert(1)") > 100
    for raw in ("<script>alert", "<img", "'><", "\"'>"):
        assert raw not in page
    assert "mine.ods" in shown(outcome)


def test_what_is_no_answer_is_the_files_error(outcome: Any) -> None:
    """Not a page that fails."""
    answers: list[Any] = [{}, [], None]
    for broken in (*answers, {**outcome, "section": {}}, {**outcome, "legend": 3}, replaced(outcome, lambda _: 3)):
        with pytest.raises(FileError, match="is no answer"):
            shown(broken)


def test_cookies_are_signed_for_their_purpose_and_time() -> None:
    """Another key, purpose, value or hour is worth nothing; with https they go by that alone."""
    cookies = Cookies(https=True)
    good = cookies.signed(STUDENT, "0 ada", 60)
    assert cookies.read(asked(f"{STUDENT}={good}"), STUDENT) == "0 ada"
    value, until, mac = good.split(".")
    later = f"{value}.{int(until) + 1}.{mac}"
    for bad in (
        later,
        good[:-1] + "x",
        "",
        "..",
        Cookies().signed(STUDENT, "0 ada", 60),
        cookies.signed("x", "0 ada", 60),
    ):
        assert cookies.read(asked(f"{STUDENT}={bad}"), STUDENT) is None
    assert cookies.read(asked(f"{STUDENT}={cookies.signed(STUDENT, '0 ada', -1)}"), STUDENT) is None
    response = Response()
    cookies.put(response, STUDENT, good)
    assert {"Secure", "HttpOnly", "SameSite=lax"} <= set(response.headers["set-cookie"].split("; "))
