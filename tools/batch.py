"""Judge a class of students' files, some of them broken, and kill the command half-way: nothing may be lost.

    python -m tools.batch --count 2000

Prints what was found, the time, and the memory of the command and of its workers. Exit code 1 where anything is amiss.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook
from sheetnet.network_file import load_network
from sheetnet.workbook import Cell, Workbook
from tools import ROOT

EVERY = 20  # one file of so many is broken: 5 %
ENDLESS = "SUMPRODUCT(AB:XFD*AB:XFD)"
LIMITS = ("--limit", "cpu_time=5", "--limit", "time=30")


def with_formula(workbook: Workbook, formula: str) -> Workbook:
    """The workbook with one more cell, far from all others."""
    index, step = next((i, sheet) for i, sheet in enumerate(workbook.sheets) if sheet.name == "Step")
    cells = {**step.cells, (200, 200): Cell(0.0, formula)}
    return replace(
        workbook, sheets=(*workbook.sheets[:index], replace(step, cells=cells), *workbook.sheets[index + 1 :])
    )


def hand_in(folder: Path, count: int) -> dict[Path, bool]:
    """The class's files: path → whether it can be judged. Each is written from bytes that are made once."""
    workbook = make_workbook(load_network("d02b"))
    for name, book in (("good", workbook), ("endless", with_formula(workbook, ENDLESS))):
        save_workbook(book, folder / f"{name}.xlsx")
    good, endless = ((folder / f"{name}.xlsx").read_bytes() for name in ("good", "endless"))
    broken = [
        good[: len(good) // 2],
        b"",
        b"name,grade\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"PK\x03\x04",
    ]
    files: dict[Path, bool] = {}
    (folder / "class").mkdir()
    for number in range(count):
        path = folder / "class" / f"student{number:05}.xlsx"
        bad = number % EVERY == EVERY // 2
        content = good
        if bad:
            kind = number // EVERY
            content = endless if kind % 20 == 0 else broken[kind % len(broken)]
        path.write_bytes(content)
        files[path] = not bad
    return files


def memory(process: int) -> tuple[float, float]:
    """MB that the command holds now, and the most that one of its workers does."""
    own = _resident(process)
    children = Path(f"/proc/{process}/task/{process}/children")
    tasks = Path(f"/proc/{process}/task").glob("*/children") if children.exists() else []
    workers = [int(word) for task in tasks for word in task.read_text(encoding="utf-8").split()]
    return own, max(map(_resident, workers), default=0.0)


def _resident(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def judge(files: list[Path], jsonl: Path, resume: bool, kill_at: int | None) -> tuple[float, list[tuple[float, float]]]:
    """Run the command; kill it when so many lines are written. Seconds, and its memory over time."""
    options = [*LIMITS, "--jsonl", str(jsonl), *(["--resume"] if resume else [])]
    command = [sys.executable, "-m", "sheetnet", "validate", *map(str, files), *options]
    started, seen = time.monotonic(), []
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            time.sleep(0.2)
            seen.append(memory(process.pid))
            if kill_at is not None and jsonl.exists() and jsonl.read_bytes().count(b"\n") >= kill_at:
                process.send_signal(signal.SIGKILL)
    return time.monotonic() - started, [each for each in seen if each[0]]


def main() -> int:
    """Hand in, judge, kill, resume, compare."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=2000)
    count = options.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        files, jsonl = hand_in(Path(name), count), Path(name) / "results.jsonl"
        first, _ = judge(list(files), jsonl, False, count // 2)
        kept = jsonl.read_bytes()
        kept = kept[: kept.rfind(b"\n") + 1]
        second, seen = judge(list(files), jsonl, True, None)
        whole = jsonl.read_bytes()
    lines = [json.loads(line) for line in whole.splitlines()]
    status = {line["workbook"]: line["status"] for line in lines}
    right = {str(path): "correct" if good else "unreadable" for path, good in files.items()}
    quarter = max(1, len(seen) // 4)
    early, late = (max(each[0] for each in part) for part in (seen[quarter : 2 * quarter + 1], seen[-quarter:]))
    print(
        f"{count:,} files: {dict(Counter(status.values()))}, {first + second:.0f} s, killed after {len(kept.splitlines()):,}"
    )
    print(
        f"memory of the command {early:.0f} MB early, {late:.0f} MB late; of a worker {max(w for _, w in seen):.0f} MB"
    )
    checks = {
        "every good file judged, every bad one named": status == right,
        "each bad one with its reason": all(line["error"] for line in lines if line["status"] == "unreadable"),
        "nothing lost by the kill, nothing judged twice": whole.startswith(kept) and len(lines) == count,
        "memory flat": late < 1.2 * early + 10,
    }
    for words, held in checks.items():
        print(f"{'yes' if held else 'NO '}  {words}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
