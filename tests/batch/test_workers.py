"""Guarded processes: what a call may do to them, what is said of it, and that they die with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from sheetnet.batch.schedule import Workers, isolated
from sheetnet.errors import FileError, StoppedError
from sheetnet.files import read_workbook
from sheetnet.files.limits import Limits
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits and signals of POSIX")
SUICIDE = (signal.raise_signal, (signal.SIGSEGV,))


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers() as workers:
        yield workers


def test_a_call_gives_its_value_and_its_own_errors(workers: Workers, tmp_path: Path) -> None:
    """The worker is another process, the same one for one call after another, and errors keep their class."""
    process = workers.call(os.getpid)
    assert process != os.getpid()
    with pytest.raises(FileError, match="there is no such file"):
        workers.call(read_workbook, (tmp_path / "gone.xlsx",))
    assert workers.call(os.getpid) == process


@pytest.mark.parametrize(
    ("function", "arguments", "changed", "said"),
    [
        (*SUICIDE, {}, "crashed the engine (SIGSEGV): simplify its formulas"),
        (os.abort, (), {}, "needs over 2 GB of memory, or broke the engine"),
        (os._exit, (0,), {}, "crashed the engine (exit code 0)"),
        (time.sleep, (60,), {"time": 1}, "took over 1 seconds and was stopped"),
        (sum, (range(10**15),), {"cpu_time": 1}, "took over 1 seconds of the processor and was stopped"),
        (sum, (range(10**15),), {"time": 1}, "took over 1 seconds and was stopped"),
        pytest.param(
            *(bytearray, (10**10,), {}, "needs over 2 GB of memory: simplify the workbook"), marks=pytest.mark.linux
        ),
        (int, ("x",), {}, "made sheetnet itself fail, please report it: ValueError"),
        (signal.raise_signal, (signal.SIGKILL,), {}, "was killed from outside"),
    ],
    ids="segfault abort exit sleep processor endless memory bug killed".split(),
)
def test_what_a_call_does_to_its_worker_is_said(
    workers: Workers, function: Callable[..., object], arguments: tuple, changed: dict, said: str
) -> None:
    """In one line, within its limits; the next call has another worker."""
    before = workers.call(os.getpid)
    started = time.monotonic()
    with pytest.raises(StoppedError) as caught:
        workers.call(function, arguments, Limits.of(changed))
    assert time.monotonic() - started < 20
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert workers.call(os.getpid) != before


def test_a_worker_that_died_while_idle_costs_no_file(workers: Workers) -> None:
    """Its death is not the next call's: another worker is started."""
    process = workers.call(os.getpid)
    os.kill(process, signal.SIGKILL)
    time.sleep(0.2)
    assert workers.call(os.getpid) != process


def test_workers_that_all_died_while_idle_cost_no_file(workers: Workers) -> None:
    """As after a pause: workers end by themselves when nobody asks them for a minute."""
    workers.start(5)
    pids = [worker._process.pid for worker in workers._idle]
    for process in pids:
        os.kill(process, signal.SIGKILL)
    time.sleep(0.2)
    assert workers.call(os.getpid) not in pids
    assert len(workers._idle) == 1


def test_large_arguments_and_values_pass(workers: Workers) -> None:
    """Far more than a pipe holds at once, in both directions."""
    words = b"x" * 5_000_000
    assert workers.call(bytes.upper, (words,)) == words.upper()


def test_limits_hold_for_one_call(workers: Workers) -> None:
    """The next call in the same worker has the defaults again; this process is never touched."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    assert workers.call(resource.getrlimit, (resource.RLIMIT_AS,), Limits(memory=1_500_000_000))[0] == 1_500_000_000
    assert workers.call(resource.getrlimit, (resource.RLIMIT_AS,))[0] == Limits.memory
    assert resource.getrlimit(resource.RLIMIT_AS) == limits


def test_a_worker_that_grew_is_replaced(workers: Workers) -> None:
    """Python seldom gives memory back: after 500 MB a worker ends, so that a batch stays flat."""
    before = workers.call(os.getpid)
    workers.call(exec, ("bytearray(600_000_000)",))
    assert workers.call(os.getpid) != before


def test_workers_of_a_large_process_last() -> None:
    """Linux counts in a child's peak memory what its parent held at the fork: that is not the worker's own."""
    code = (
        "import os\n"
        "from sheetnet.batch.schedule import Workers\n"
        "bytearray(600_000_000)\n"
        "with Workers() as workers:\n"
        "    print(len({workers.call(os.getpid) for _ in range(3)}))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_modules_never_come_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of untrusted files may hold a numpy.py."""
    (tmp_path / "numpy.py").write_text("raise SystemExit(7)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with Workers() as workers:
        assert "site-packages" in workers.call(_home_of, ("numpy",))


def _home_of(module: str) -> str:
    return str(sys.modules[module].__file__)


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc, to see whether a process runs")
@pytest.mark.parametrize("busy", [True, False])
def test_workers_die_with_their_parent(busy: bool) -> None:
    """Even where it is killed, and amid a call into C that lets no Python code run."""
    code = (
        "import os, sys, threading\n"
        "from sheetnet.batch.schedule import Workers\n"
        "workers = Workers()\n"
        "print(workers.call(os.getpid), flush=True)\n"
        f"workers.call(sum, (range(10**15),)) if {busy} else sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.5)
        assert running(worker)
        parent.kill()
    deadline = time.monotonic() + 10
    while running(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(worker)


def test_closing_ends_what_still_runs() -> None:
    """A batch that is interrupted waits for nobody."""
    workers = Workers()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(workers.call, time.sleep, (60,))
        time.sleep(1.5)
        started = time.monotonic()
        workers.close()
        with pytest.raises(StoppedError):
            future.result()
        assert time.monotonic() - started < 10
    with pytest.raises(StoppedError, match="the batch was ended"):
        workers.call(os.getpid)


def test_a_forked_process_starts_workers_of_its_own() -> None:
    """Two processes that talk to one worker would mix their answers up."""
    ours = isolated(os.getpid)
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        theirs = pool.submit(isolated, os.getpid).result()
        assert theirs != ours
        assert pool.submit(isolated, os.getpid).result() == theirs
    assert isolated(os.getpid) == ours


def test_isolated_calls_survive_a_crash_on_a_foreign_executor() -> None:
    """Our worker dies, not the executor's, which would be broken for good."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        before = pool.submit(os.getpid).result()
        with pytest.raises(StoppedError, match="SIGSEGV"):
            pool.submit(isolated, *SUICIDE[:1], *SUICIDE[1]).result()
        assert pool.submit(os.getpid).result() == before
