"""Many workbooks: each has its result in its turn, whatever the others are, on any executor, and over a kill."""

from __future__ import annotations

import os
import shutil
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from sheetnet import validate, validate_many
from sheetnet.batch.api import apart
from sheetnet.batch.journal import Journal, Result, fingerprint, from_line, to_line, way_of_judging
from sheetnet.batch.schedule import AHEAD, PACKED, Ready, Workers, in_order
from sheetnet.errors import FileError, LimitError, StoppedError, UsageError
from sheetnet.files import save_workbook
from sheetnet.files.limits import Limits
from sheetnet.generate import make_workbook
from sheetnet.judge_options import JudgeOptions
from sheetnet.network_file import load_network
from sheetnet.workbook_options import WorkbookOptions
from tests.support.homework import D02B, _edited, lines_of, spelled

STATUSES = "correct incorrect unreadable unreadable unreadable correct".split()


@contextmanager
def dask_executor() -> Iterator[Executor]:
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


EXECUTORS: dict[str, Any] = {
    "ours": lambda: contextmanager(lambda: iter([None]))(),
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": lambda: ProcessPoolExecutor(2, get_context("spawn")),
    "dask": dask_executor,
}


@pytest.mark.parametrize(
    "kind",
    [
        "ours",
        "processes",
        pytest.param("threads", marks=pytest.mark.slow),
        pytest.param("dask", marks=pytest.mark.dask),
    ],
)
@pytest.mark.posix
def test_every_file_has_its_result_on_any_executor(kind: str, homework: list[Path]) -> None:
    """In the order of the paths; what hangs is stopped, and costs neither another file nor the executor a worker."""
    with EXECUTORS[kind]() as executor:
        results = list(validate_many(homework, executor=executor, limits={"cpu_time": 1}))
        assert [result.path for result in results] == [str(path) for path in homework]
        assert [result.status for result in results] == STATUSES
        again = [result.status for result in validate_many(homework[:2], executor=executor)]
    assert again == STATUSES[:2]
    assert results[1].report == validate(homework[1])
    errors = [result.error or "" for result in results]
    assert "plain text such as CSV" in errors[2]
    assert "there is no such file" in errors[3]
    assert errors[4].startswith(f"{homework[4]}: took over 1 seconds of the processor and was stopped: simplify")
    assert "--limit cpu_time=" in errors[4]


def test_a_batch_of_none_gives_nothing(tmp_path: Path) -> None:
    """And an unknown limit is refused before anything is begun."""
    assert list(validate_many([])) == []
    with pytest.raises(LimitError, match="there is no limit 'cellz'"):
        list(validate_many([tmp_path / "x.xlsx"], limits={"cellz": 1}))


def test_limits_reach_the_workers(right: Path) -> None:
    """A limit that is too low for the file refuses it, naming the option that raises it."""
    (result,) = validate_many([right], limits={"cells": 100})
    assert "has more than 100 shared strings: delete what is not needed, or --limit cells=" in (result.error or "")
    with pytest.raises(StoppedError, match=rf"{right.name}: took over 1 seconds"):
        apart(right, time.sleep, 30, limits=Limits(time=1))


def test_what_is_met_and_not_followed_is_noted(right: Path, workers: Workers, tmp_path: Path) -> None:
    """A formula that would fetch something, and a link instead of a file."""
    path, link = tmp_path / "curious.xlsx", tmp_path / "link.xlsx"
    _edited(right, path, "{beside[0,0]}", '=_xlfn.WEBSERVICE("http://localhost/")')
    link.symlink_to(right)
    notes = [" ".join(result.report.notes) for result in validate_many([path, link], workers=workers) if result.report]
    assert f"{spelled('{!beside[0,0]}')} calls WEBSERVICE, which fetches from outside: never followed" in notes[0]
    assert f"is a link: the file it leads to was judged, {os.path.realpath(right)}" in notes[1]


# ---- results on the disk ----


def test_a_result_survives_its_line(homework: list[Path], workers: Workers) -> None:
    """All but what the file itself showed before it was recalculated, which reports do not need."""
    report = replace(validate(homework[1]), notes=("a \u202enote\x9b",), strict_inputs=True)
    (result,) = validate_many([homework[1]], workers=workers)
    line = to_line(replace(result, report=report), "ab", "cd")
    assert line.count("\n") == 1
    assert line.isprintable() or line[:-1].isprintable()
    back, content, how = from_line(line.encode())
    assert (content, how, back.kept) == ("ab", "cd", True)
    bare = tuple(replace(cell, saved=None) for cell in report.cells)
    assert back.report == replace(report, cells=bare)


def test_results_are_kept_for_the_same_bytes_judged_in_the_same_way(
    homework: list[Path], workers: Workers, tmp_path: Path
) -> None:
    """A changed file is judged again, and so is what other options would judge otherwise; missing files always."""
    jsonl, some = tmp_path / "results.jsonl", [*homework[:4], homework[5]]

    def kept(**options: Any) -> list[bool]:
        return [result.kept for result in validate_many(some, jsonl=jsonl, resume=True, workers=workers, **options)]

    assert kept() == [False] * 5
    assert kept() == [True, True, True, False, True]
    shutil.copy(homework[1], homework[0])
    assert kept() == [False, True, True, False, True]
    assert kept(trials=5) == [False] * 5
    with pytest.raises(FileError, match="exists already"):
        list(validate_many(some, jsonl=jsonl))
    results = list(validate_many(some, jsonl=jsonl, resume=True, workers=workers, trials=5))
    assert [result.status for result in results] == ["incorrect", "incorrect", "unreadable", "unreadable", "correct"]
    assert len(list(validate_many(some[:1], jsonl=jsonl, force=True, workers=workers))) == len(lines_of(jsonl)) == 1


@pytest.mark.parametrize("cut", [1, 30, 2000])
def test_a_line_that_was_cut_short_is_dropped(homework: list[Path], workers: Workers, tmp_path: Path, cut: int) -> None:
    """Whatever is left of it; the lines before it count."""
    jsonl, some = tmp_path / "results.jsonl", [homework[0], homework[1]]
    list(validate_many(some, jsonl=jsonl, workers=workers))
    whole = jsonl.read_bytes()
    first = whole.index(b"\n") + 1
    jsonl.write_bytes(whole[: first + cut])
    kept = {result.path: result.kept for result in validate_many(some, jsonl=jsonl, resume=True, workers=workers)}
    assert sorted(kept.values()) == [False, True]
    assert {line["workbook"] for line in lines_of(jsonl)} == {str(path) for path in some}
    jsonl.write_bytes(whole[:cut])
    assert not any(result.kept for result in validate_many(some, jsonl=jsonl, resume=True, workers=workers))


@pytest.mark.parametrize("content", [b"my thesis", b"my thesis\n", b'{"schema": "other"}\n', b"[]\n", b"\xff\n"])
def test_a_file_that_holds_something_else_is_never_touched(right: Path, tmp_path: Path, content: bytes) -> None:
    """A slip of the hand with --resume costs nobody their work."""
    path = tmp_path / "thesis.txt"
    path.write_bytes(content)
    with pytest.raises(FileError, match="line 1 is no result of sheetnet"):
        list(validate_many([right], jsonl=path, resume=True))
    assert path.read_bytes() == content


def test_what_judges_differently_has_another_name(right: Path, tmp_path: Path) -> None:
    """The network, every option, and the content of a map of inputs."""
    inputs = tmp_path / "map.toml"
    inputs.write_text("a = 1", encoding="utf-8")
    ways = [
        way_of_judging(None, JudgeOptions()),
        way_of_judging(D02B, JudgeOptions()),
        way_of_judging(load_network("bias-node"), JudgeOptions()),
        way_of_judging(None, JudgeOptions(seed=1)),
        way_of_judging(None, JudgeOptions(limits=Limits(cells=1_000))),
        way_of_judging(None, JudgeOptions(inputs=inputs)),
    ]
    inputs.write_text("a = 2", encoding="utf-8")
    ways.append(way_of_judging(None, JudgeOptions(inputs=inputs)))
    assert len(set(ways)) == len(ways)
    assert fingerprint(str(tmp_path)) is fingerprint(str(tmp_path / "gone")) is None
    assert fingerprint(str(right)) is not None


def test_a_full_disk_is_one_line(right: Path, workers: Workers) -> None:
    """What was written until then counts."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, a device that is always full")
    (result,) = validate_many([right], workers=workers)  # to its end: a call broken off ends the workers
    with Journal(Path("/dev/full"), "how") as journal, pytest.raises(FileError, match="go on with --resume"):
        journal.keep(result, "content")


# ---- the order, and how far it is run ahead ----


def test_results_wait_for_their_turn_but_not_without_bound() -> None:
    """The first call ends last: only so many others are begun meanwhile; what is ready needs no call."""
    begun: list[int] = []

    def calls() -> Iterator[tuple | Ready]:
        for number in range(3 * AHEAD):
            begun.append(number)
            yield Ready(number) if number % 2 else (number,)

    with ThreadPoolExecutor(2) as pool:
        first = {0: True}

        def work(number: int) -> int:
            if first.pop(number, False):
                time.sleep(0.5)
                assert len(begun) <= AHEAD
            return number

        def submit(function: Any, call: tuple) -> Any:
            return pool.submit(function, *call)

        assert list(in_order(submit, work, calls(), lambda number, outcome: outcome)) == list(range(3 * AHEAD))


def test_a_thousand_large_results_that_wait_take_little_memory() -> None:
    """One slow file in a class of large workbooks: the others' reports wait packed (they took over a gigabyte)."""
    size, waited = 200_000, Event()

    def work(number: int) -> bytes:
        if number == 0:
            assert waited.wait(60)
        elif number == AHEAD - 1:
            waited.set()
        time.sleep(0.003)  # as judging does, so that results are fetched about as fast as they come
        return bytes([number % 256]) * size

    with ThreadPoolExecutor(2) as pool:
        submit = lambda function, call: pool.submit(function, *call)  # noqa: E731
        tracemalloc.start()
        try:
            for number, result in enumerate(in_order(submit, work, [(n,) for n in range(AHEAD)], lambda _, each: each)):
                assert result == bytes([number % 256]) * size
            assert tracemalloc.get_traced_memory()[1] < 2 * PACKED * size
        finally:
            tracemalloc.stop()


def test_an_executor_that_loses_a_call_costs_that_file() -> None:
    """Executors fail in ways of their own; the others have their results."""

    def work(number: int) -> int:
        if number == 1:
            raise RuntimeError("the machine went away")
        return number

    with ThreadPoolExecutor(2) as pool:
        submit = lambda function, call: pool.submit(function, *call)  # noqa: E731
        zero, one, two = in_order(submit, work, [(0,), (1,), (2,)], lambda number, outcome: outcome)
    assert (zero, two) == (0, 2)
    assert "was lost by the executor (RuntimeError: the machine went away)" in str(one)


# ---- results that are lost, and journals in use ----


def test_what_was_lost_is_judged_again(right: Path, tmp_path: Path) -> None:
    """A worker killed from outside, or an executor that fails, says nothing of the file: --resume tries once more."""
    jsonl = tmp_path / "results.jsonl"
    (lost,) = validate_many([right], executor=Broken(), jsonl=jsonl)
    assert (lost.status, "try it again with --resume" in str(lost.error)) == ("unreadable", True)
    (again,) = validate_many([right], jsonl=jsonl, resume=True)
    assert (again.status, again.kept) == ("correct", False)
    (kept,) = validate_many([right], jsonl=jsonl, resume=True)
    assert (kept.status, kept.kept) == ("correct", True)


class Broken(Executor):
    """Loses every call."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(RuntimeError("the machine went away"))
        return future


@pytest.mark.skipif(os.name != "posix", reason="needs locks of files")
def test_two_runs_never_write_to_one_journal(right: Path, tmp_path: Path) -> None:
    """The second would cut off what the first one is writing."""
    jsonl = tmp_path / "results.jsonl"
    with Journal(jsonl, "") as journal:
        for resume, force in ((True, False), (False, True)):
            with pytest.raises(FileError, match="another run writes to it"):
                Journal(jsonl, "", resume, force)
        journal.keep(Result(str(right), None, "no"), None)
        assert len(lines_of(jsonl)) == 1
    with Journal(jsonl, "", resume=True):
        assert len(lines_of(jsonl)) == 1


def test_no_time_limit_at_all_is_the_longest(right: Path) -> None:
    """Infinity is no number of seconds that a system takes."""
    (result,) = validate_many([right], timeout=float("inf"))
    assert result.ok


def test_each_workbook_has_a_network_of_its_own(tmp_path: Path, workers: Workers) -> None:
    """A list has one for each path; what was judged by another network is judged again."""
    names = ("d02b", "bias-node")
    networks = [load_network(name) for name in names]
    paths = [tmp_path / f"{name}.xlsx" for name in names]
    for network, path in zip(networks, paths, strict=True):
        save_workbook(make_workbook(network, WorkbookOptions()), path)
    judge = partial(validate_many, paths, jsonl=tmp_path / "results.jsonl", resume=True, workers=workers)
    assert [(result.ok, result.kept) for result in judge(networks)] == [(True, False)] * 2
    assert [(result.ok, result.kept) for result in judge(networks)] == [(True, True)] * 2
    assert [result.kept for result in judge(networks[:1] * 2)] == [True, False]
    with pytest.raises(UsageError, match="1 networks for 2 workbooks"):
        validate_many(paths, networks[:1])
