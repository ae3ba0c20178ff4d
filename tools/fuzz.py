"""Damage right workbooks at random and judge each in a guarded process: no crash, no hang, nothing wrong taken for right.

    python -m tools.fuzz --count 10000 --seed 1

Offending files are kept in build/fuzz/, named by seed and number. Exit code 1 where there is one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from sheetnet.batch.api import validate_many
from sheetnet.batch.journal import Result
from sheetnet.batch.schedule import Workers
from sheetnet.judge import judge
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.validation.locate import locate
from sheetnet.workbook import Cell, Workbook
from tools import ROOT
from tools.fuzz_damage import damaged, originals
from tools.fuzz_witness import witnessed

KEPT = ROOT / "build" / "fuzz"
LIMITS = {"time": 60, "cpu_time": 10, "memory": 1_000_000_000}
SLOW = 5.0  # seconds from which a file is named


@dataclass
class Tally:
    """What became of the files so far; `faults` are those that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0


def fuzz(count: int, seed: int, tally: Tally, told: bool = True) -> None:
    """Make and judge `count` files; those of a seed are always the same."""
    networks = {name: load_network(name) for name, *_ in originals()}
    began = time.monotonic()
    with Workers() as workers, tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            chance = random.Random(f"{seed}-{number}")
            template, suffix, original = chance.choice(originals())
            data = damaged(chance, original)
            given = networks[template] if chance.random() < 0.3 else None
            path = Path(folder) / f"{seed}-{number}.{suffix}"
            path.write_bytes(data)
            one(path, networks[template], given, original, workers, tally)
            path.unlink()
            if told and (number + 1) % 500 == 0:
                print(f"{number + 1:,} files, {time.monotonic() - began:.0f} s: {dict(tally.counts)}", flush=True)


def one(path: Path, network: Network, given: Network | None, original: bytes, workers: Workers, tally: Tally) -> None:
    """Judge one file and look for faults."""
    started = time.monotonic()
    (result,) = validate_many([path], given, workers=workers, limits=LIMITS)
    seconds = time.monotonic() - started
    tally.slowest = max(tally.slowest, seconds)
    tally.counts[_kind(result)] += 1
    fault = _fault(result, path)
    if fault is None and result.ok:
        fault = _wrongly_right(path, original, network, tally)
    if seconds > SLOW:
        tally.counts["slow"] += 1
        _keep(path, f"took {seconds:.1f} s")
    if fault is not None:
        tally.faults.append(f"{path.name}: {fault}")
        _keep(path, fault)


def _kind(result: Result) -> str:
    """The status, and whether a limit or a crash of the engine ended it: contained, as promised, and worth a look."""
    words = ("took over", "needs over", "crashed the engine")
    stopped = next((each for each in words if each in (result.error or "")), None)
    return f"{result.status}, {stopped}" if stopped else result.status


def _fault(result: Result, path: Path) -> str | None:
    """What is wrong with the way a file was refused."""
    line = result.error
    if line is None:
        return None
    if "sheetnet itself" in line:
        return line
    if not line.startswith(str(path)) or not line.isprintable():
        return f"not one line that names the file: {line!r}"
    return None


def _wrongly_right(path: Path, original: bytes, network: Network, tally: Tally) -> str | None:
    """Why a file that was judged right is not: its answers, read by others, are neither the same nor as good."""
    try:
        book = witnessed(path.read_bytes())
    except Exception as error:  # noqa: BLE001 - others crash at files that we read
        tally.counts[f"right, no witness ({type(error).__name__})"] += 1
        _keep(path, f"right, no witness: {type(error).__name__} {error}")
        return None
    try:
        return _compared(book, original, network, tally)
    except Exception as error:  # noqa: BLE001 - so does what they read
        return f"right, but the witness fails: {type(error).__name__} {error}"


def _compared(book: Workbook, original: bytes, network: Network, tally: Tally) -> str | None:
    if not book.names:  # a workbook without names is judged by what its formulas compute, wherever they are
        book = replace(book, names=witnessed(original).names)
    if answers(book, network) == right_answers(original, network):
        tally.counts["right, the same formulas"] += 1
        return None
    report = judge(book, network, JudgeOptions(trials=40, seed=4242))
    if not report.ok:
        bad = [f"{cell.cell} {cell.verdict}: {cell.formula}" for cell in report.cells if cell.verdict != "correct"]
        return f"right, but not for the witness: {bad[:3]}"
    tally.counts["right, other formulas, also for the witness"] += 1
    return None


@cache
def right_answers(original: bytes, network: Network) -> dict[tuple[str, int, int], Cell | None]:
    """The answers of a workbook that nobody damaged."""
    return answers(witnessed(original), network)


def answers(book: Workbook, network: Network) -> dict[tuple[str, int, int], Cell | None]:
    """Each answer cell of each block, constants rounded as they may be shown."""
    located = locate(book, network)
    found: dict[tuple[str, int, int], Cell | None] = {}
    for block in located.blocks.values():
        if block.name not in located.areas or block.kind == "input":
            continue
        for row in range(block.rows):
            for column in range(block.columns):
                sheet, *place = located.place(block.name, row, column)
                here = book.sheet(sheet)
                found[block.name, row, column] = here.cells.get((place[0], place[1])) if here else None
    return found


def _keep(path: Path, why: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, KEPT)
    with (KEPT / "why.txt").open("a", encoding="utf-8") as stream:
        stream.write(f"{path.name}: {why}\n")


def main() -> int:
    """Parse the arguments, fuzz, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally, started = Tally(), time.monotonic()
    fuzz(given.count, given.seed, tally)
    seconds = time.monotonic() - started
    print(
        f"{given.count:,} files in {seconds:.0f} s ({given.count / seconds:.0f} a second), slowest {tally.slowest:.1f} s"
    )
    for kind, count in sorted(tally.counts.items()):
        print(f"{count:7,} {kind}")
    print(*(tally.faults or ["no faults"]), sep="\n")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
