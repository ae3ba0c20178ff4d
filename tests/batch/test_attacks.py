"""Malicious files, each judged in a guarded process: refused in one clear line, in time and in memory, or without effect."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sheetnet.batch.api import validate_many
from sheetnet.batch.journal import Result, to_line
from sheetnet.batch.schedule import Workers
from sheetnet.errors import SheetnetError
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.report.html import read_section, report_page
from sheetnet.report.marked import save_marked
from tests.support.figures import record
from tests.support.hostile import CASES, OUTCOMES, Case, Trap
from tests.support.refusals import LIMITS, assert_refusal

pytestmark = pytest.mark.linux  # some of these files would fill the memory where no limit of it is enforced
Record = Callable[[str, object], None]
SECRET = "root:x:0:0:the text of a file that no report may show"
# The same without a right worksheet beside it ends in the same line, mostly: some are enough for every day.
ALONE = [case for case in CASES if case.name.endswith(", alone")]
SPARED = {case for number, case in enumerate(ALONE) if number % 6}


@pytest.fixture(scope="module")
def visits() -> Iterator[tuple[str, list[str]]]:
    """A local address, and the paths that somebody asked for there."""
    paths: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


def peak(workers: Workers) -> str:
    """The most memory that the worker ever held, in megabytes; nothing where it is gone, or the system does not tell."""
    for worker in workers._idle:
        status = Path(f"/proc/{worker._process.pid}/status")
        if status.exists():
            held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
            return f"{int(held.split()[1]) / 1000:.0f} MB"
    return "worker gone"


def judged(path: Path, workers: Workers, network: Network | None = None) -> Result:
    """The result of one file."""
    (result,) = validate_many([path], network, workers=workers, limits=LIMITS)
    return result


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.suffix}-{case.name}", marks=[pytest.mark.slow] * (case.slow or case in SPARED))
        for case in CASES
    ],
)
def test_a_malicious_file_is_refused_or_does_no_harm(
    case: Case, workers: Workers, visits: tuple[str, list[str]], tmp_path: Path, record_property: Record
) -> None:
    """Within its time and memory; it is never taken for right, opens nothing, writes nothing, asks nobody."""
    url, visited = visits
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    place = tmp_path / "in"
    place.mkdir()
    path = place / f"strange.{case.suffix}"
    path.write_bytes(case.make(Trap(url, tmp_path / "secret")))
    started = time.monotonic()
    result = judged(path, workers)
    seconds = time.monotonic() - started
    if seconds > 1:  # the others cost nothing worth telling
        record(
            record_property, f"attack: {seconds:5.2f} s, {peak(workers)}, {result.status}: {path.suffix} {case.name}"
        )
    assert result.status in OUTCOMES[case.wanted], result.error or result
    if result.error is not None:
        assert_refusal(result.error, path)
        assert case.said in result.error
    assert SECRET[:8] not in to_line(result, None, "")  # everything that the result holds
    assert visited == []
    assert [each.name for each in place.iterdir()] == [path.name]
    assert seconds < LIMITS.time


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.wanted == "inert" and not case.slow][::9], ids=lambda c: c.name
)
def test_what_does_no_harm_can_be_marked_and_shown(case: Case, workers: Workers, tmp_path: Path) -> None:
    """The page and the marked copy of such a file are made, or refused in one line."""
    path = tmp_path / f"strange.{case.suffix}"
    path.write_bytes(case.make(Trap("http://127.0.0.1:9", tmp_path / "secret")))
    report = judged(path, workers).report
    assert report is not None
    assert report_page([workers.call(read_section, (0, report, LIMITS), LIMITS)])
    try:
        workers.call(save_marked, (report, tmp_path / f"marked.{case.suffix}"), LIMITS)
    except SheetnetError as error:
        assert_refusal(str(error), tmp_path)
    else:
        assert judged(tmp_path / f"marked.{case.suffix}", workers).status == "correct"


@pytest.mark.parametrize("case", [case for case in CASES if not case.slow][::40], ids=lambda c: f"{c.suffix}-{c.name}")
def test_a_malicious_file_is_judged_for_a_given_network_too(case: Case, workers: Workers, tmp_path: Path) -> None:
    """The same must become of it; only what carries no network is judged then, and is not right either."""
    path = tmp_path / f"strange.{case.suffix}"
    path.write_bytes(case.make(Trap("http://127.0.0.1:9", tmp_path / "secret")))
    result = judged(path, workers, network=load_network("d02b"))
    if result.error is not None:
        assert_refusal(result.error, path)
    else:
        assert result.status in OUTCOMES[case.wanted] or (case.name.startswith("carries") or not result.ok)
