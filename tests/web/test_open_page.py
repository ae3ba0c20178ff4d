"""The open page without a browser's help: what is sent, what comes back, and what is refused."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sheetnet.batch.schedule import Workers
from sheetnet.files import read_workbook, save_workbook
from sheetnet.files.limits import Limits
from sheetnet.judge import validate
from sheetnet.layout.info_sheets import RECORD_SHEET
from sheetnet.network_file import load_network
from sheetnet.report.marked import SUMMARY_NAME
from sheetnet.web.jobs import Job, JobQueue, Results
from sheetnet.web.open_page import OpenPage
from sheetnet.web.pages import WebSite
from sheetnet.web.requests import Cookies
from sheetnet.web.server import LOG, make_app
from sheetnet.workbook import Cell, Sheet, Workbook
from tests.support.hostile.zips import overlapping
from tests.support.paths import ROOT
from tests.support.sheets import step_book
from tests.support.web import Server, Visitor, served

pytestmark = [pytest.mark.posix, pytest.mark.xdist_group("web")]  # one server
MARKED = ROOT / "generated" / "d02b-marked.ods"  # a student's copy with two mistakes
ELSEWHERE = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?(?:[a-z]+:)?//""")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("served"), "--jobs", "1") as running:
        yield running


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small workbook in which everything is right."""
    path = tmp_path_factory.mktemp("right") / "right.xlsx"
    save_workbook(step_book(load_network("bias-node")), path)
    return path.read_bytes()


@pytest.fixture
def visitor(server: Server) -> Visitor:
    return Visitor(server.url)


def test_a_students_copy_is_judged_and_tells_no_answer(visitor: Visitor, tmp_path: Path) -> None:
    """Progress first, then each finding, the sheet and the marked copy; no expected number is anywhere."""
    answer = visitor.post("/judge", ("../../etc/My <b>copy.ods", MARKED.read_bytes()))
    assert answer.status_code == 200
    page = answer.text
    order = [page.index(words) for words in ("10 of 60 right", "To look at", "exponent&#39;s sign", "Sheet Step")]
    assert order == sorted(order)
    assert "My &lt;b&gt;copy.ods" in page
    assert "etc/" not in page
    assert "expected <strong>" not in page
    assert "--" not in re.sub(r"<style.*?</style>|<!--.*?-->", "", page, flags=re.DOTALL)  # no option of a command
    path = re.search(r'href="(/r/[^"]+/marked.ods)"', page)
    assert path is not None
    copy = tmp_path / "marked.ods"
    copy.write_bytes(visitor.get(path[1]).content)
    assert read_workbook(copy).sheets[0].name == SUMMARY_NAME


def test_a_right_workbook_is_right(visitor: Visitor, right: bytes) -> None:
    """All of its sheets are shown."""
    page = visitor.post("/judge", ("right.xlsx", right)).text
    assert "✓ all correct" in page
    assert "Sheet Step" in page


def test_hostile_and_other_files_are_refused_in_a_line(visitor: Visitor, server: Server, right: bytes) -> None:
    """A zip bomb, a text, nothing at all; then a right file is judged as before."""
    for content, said in (
        (overlapping("xlsx", 50, 200), "unpacks to more than"),
        (b"a,b\n", "plain text"),
        (b"", "is empty"),
    ):
        answer = visitor.post("/judge", ("bad.xlsx", content))
        assert answer.status_code == 422
        assert said in answer.text
        assert str(server.log.parent) not in answer.text
    assert visitor.post("/judge").status_code == 422
    assert "✓ all correct" in visitor.post("/judge", ("right.xlsx", right)).text


def test_the_network_of_a_workbook_without_names_is_read_off_or_asked_for(
    visitor: Visitor, server: Server, tmp_path: Path
) -> None:
    """What was believed of its inputs stands there; where nothing can be read off, a template decides."""
    network = load_network("bias-node")
    book = step_book(network)
    bare = replace(book, names=(), sheets=tuple(sheet for sheet in book.sheets if sheet.name != RECORD_SHEET))
    save_workbook(bare, tmp_path / "bare.xlsx")
    content = (tmp_path / "bare.xlsx").read_bytes()
    page = visitor.post("/judge", ("bare.xlsx", content)).text
    assert "What was believed" in page
    assert "2-2-2 with sigmoid, sigmoid; half_sse" in page
    assert "W_1 = " in page
    assert str(server.log.parent) not in page
    assert "✗ wrong" not in page
    assert "not ok" not in visitor.post("/judge", ("bare.xlsx", content), network="bias-node").text
    save_workbook(Workbook((Sheet("One", {(1, 1): Cell(1.0)}),)), tmp_path / "one.ods")
    asked = visitor.post("/judge", ("one.ods", (tmp_path / "one.ods").read_bytes())).text
    assert "Which network should one.ods compute?" in asked


@pytest.mark.parametrize("suffix", [pytest.param(".xlsx", marks=pytest.mark.slow), ".ods"])
def test_a_network_becomes_a_workbook_a_copy_and_a_key(visitor: Visitor, tmp_path: Path, suffix: str) -> None:
    """From a template as from a dropped file; the copy is empty, the key is right."""
    words = (ROOT / "templates" / "bias-node.toml").read_bytes()
    files = {"network_file": ("../mine.toml", words)} if suffix == ".ods" else {"none": b""}
    data = {"token": visitor.token(), "format": suffix, "network": "" if suffix == ".ods" else "bias-node"}
    page = visitor.client.post("/make", data=data, files=files).text
    paths = re.findall(r'href="(/r/[^"]+)" download', page)
    assert len(paths) == 3
    network = load_network("bias-node")
    found = []
    for number, path in enumerate(paths):
        place = tmp_path / f"{number}{suffix}"
        place.write_bytes(visitor.get(path).content)
        found.append(validate(place, network).counts)
    assert list(found[1]) == ["blank"]
    assert [list(found[0]), list(found[2])] == [["correct"]] * 2


def test_bad_network_files_are_refused_in_a_line(visitor: Visitor) -> None:
    """The field is named, our path is not."""
    for words, said in (
        (b"layers = 3", "observations is missing"),
        (b"\xff\xfe", "UTF-8"),
        (b"x" * 600_000, "more than 500,000"),
    ):
        data = {"token": visitor.token(), "format": ".ods"}
        answer = visitor.client.post("/make", data=data, files={"network_file": ("n.toml", words)})
        assert answer.status_code == 422
        assert said in answer.text
        assert "/tmp" not in answer.text
    assert visitor.post("/make", network="../../etc/passwd", format=".ods").status_code == 422
    assert visitor.post("/make", network="d02b", format=".exe").status_code == 422


def test_forms_of_other_pages_are_not_taken(server: Server, visitor: Visitor) -> None:
    """Without a token, with another visitor's, or without the cookie that goes with it."""
    other = Visitor(server.url).token()
    file = {"workbook": ("right.xlsx", b"PK")}
    for client, data in ((visitor.client, {}), (visitor.client, {"token": other}), (httpx, {"token": visitor.token()})):
        assert client.post(f"{server.url}judge", data=data, files=file).status_code == 403
    cookie = httpx.get(server.url).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_size_is_looked_at_before_anything_is_read(server: Server) -> None:
    """Too long a body is refused by its length, one of unknown length too, before one byte of it has come."""
    place = (httpx.URL(server.url).host, httpx.URL(server.url).port)
    for header, status in (("Content-Length: 1000000000000", "413"), ("Transfer-Encoding: chunked", "411")):
        with socket.create_connection(place, 10) as connection:
            connection.sendall(f"POST /judge HTTP/1.1\r\nHost: here\r\n{header}\r\n\r\n".encode())
            assert connection.recv(1_000).decode().split()[1] == status


def test_no_page_asks_another_host_or_lets_one_in(visitor: Visitor) -> None:
    """Every address in every page is its own, and the policy forbids all others, frames, and scripts in the page."""
    for path in ("/", "/nowhere", "/static/web.css", "/static/drop.js", "/r/unknown"):
        answer = visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert ELSEWHERE.search(answer.text) is None


def test_results_are_found_by_their_address_alone(visitor: Visitor, right: bytes) -> None:
    """An address has 144 random bits; names that are not of the result lead nowhere."""
    answer = visitor.post("/judge", ("right.xlsx", right))
    address = answer.url.path.removeprefix("/r/")
    assert len(address) == 24
    for path in ("/r/", "/r/abc", f"/r/{address}/workbook.xlsx", f"/r/{address}/..%2F..%2Flock", f"/r/{address[:-1]}"):
        assert visitor.get(path).status_code == 404


def test_the_log_names_nobody(visitor: Visitor, server: Server, right: bytes) -> None:
    """Kinds of pages, no addresses, file names or results."""
    answer = visitor.post("/judge", ("ada-lovelace.xlsx", right))
    log = server.log.read_text(encoding="utf-8")
    assert "POST judge 303" in log
    for word in ("ada", "lovelace", answer.url.path, "127.0.0.1", "/r/"):
        assert word not in log


def test_results_go_after_their_hour_and_with_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what a process that was killed has left."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def kept() -> None:
        left_over, results = Results(), Results(seconds=0.0)
        assert len(list(tmp_path.iterdir())) == 2  # the other's lock is held
        with results.new_folder() as folder:
            pass
        (folder / "workbook.xlsx").write_bytes(b"a")
        job = Job()
        address = results.keep(folder, "judge", "a.xlsx", job).address
        assert results.get(address) is not None  # it is still at work
        job.finished.set()
        assert results.get(address) is None
        assert not folder.exists()
        left_over._lock.close()  # as the system does with those of the killed
        results.close()
        Results().close()
        assert list(tmp_path.iterdir()) == []

    asyncio.run(kept())


def test_a_full_queue_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """429, and when to come back; nothing of the file is read."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def asked() -> httpx.Response:
        site, results = WebSite(Cookies(), JobQueue(1, most_waiting=0), Workers(), Limits()), Results()

        async def begin() -> None:
            pass

        app = make_app(site, results, OpenPage(site, results).routes(), begin)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            answer = await client.post("/judge", files={"workbook": ("a.xlsx", b"PK")})
        site.queue.close()
        results.close()
        return answer

    answer = asyncio.run(asked())
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"


def test_what_fails_is_logged_without_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind of the error and its place; whoever asked is told that it was not their fault."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    monkeypatch.setattr(LOG, "error", lambda words, *values: said.append(words % values))

    def fail(_request: Request) -> Response:
        raise ValueError("Ada Lovelace")

    async def begin() -> None:
        pass

    async def asked() -> httpx.Response:
        site, results = WebSite(Cookies(), JobQueue(1), Workers(), Limits()), Results()
        app = make_app(site, results, [Route("/fail", fail)], begin)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            answer = await client.get("/fail")
        results.close()
        return answer

    answer = asyncio.run(asked())
    assert (answer.status_code, "fault of the page itself" in answer.text) == (500, True)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [line.rpartition(":")[0] for line in said] == ["failed: ValueError at test_open_page.py"]


def test_what_is_kept_for_an_hour_is_ours_alone(server: Server, visitor: Visitor, right: bytes) -> None:
    """The folder of results can be read by nobody else, and holds no name that somebody gave."""
    visitor.post("/judge", ("ada.xlsx", right))
    (root,) = (server.log.parent / "results").glob("sheetnet-web-*")
    assert root.stat().st_mode & 0o077 == 0
    names = {path.name for path in root.rglob("*") if path.is_file()}
    assert "marked.xlsx" in names
    assert "workbook.xlsx" not in names  # what was sent goes as soon as it was read
    assert not any("ada" in name for name in names)
