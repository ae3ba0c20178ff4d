"""Speed and memory as ratios to the bare libraries, measured in one run.

Generating is set against a bare XlsxWriter loop, validating against IronCalc loading the same file and evaluating it
K times. `make bench` runs it; nothing here is a test.
"""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ironcalc
import xlsxwriter

from sheetnet.batch.api import validate_many
from sheetnet.batch.schedule import Workers, cores
from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook, write_workbook
from sheetnet.identification import identify
from sheetnet.judge import validate
from sheetnet.network import Layer, Network
from sheetnet.syntax import parse_area
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tools.layouts import small_network, training_rows

SHAPES = ((2, 2, 2), (16, 16, 8), (64, 64, 10), (784, 30, 10))
TRIALS = 8
CLASS = 400  # files of a batch
BUDGET = 6.0  # seconds a measurement may take; at least three rounds are made


def network_of(shape: tuple[int, int, int]) -> Network:
    """A network with random weights: ReLU, then softmax with cross-entropy (sigmoid and ½ SSE for 2-2-2)."""
    generator = random.Random(1)

    def layer(fan_in: int, neurons: int, activation: str) -> Layer:
        half = (6 / (fan_in + neurons)) ** 0.5
        rows = (tuple(round(half * (2 * generator.random() - 1), 6) for _ in range(neurons)) for _ in range(fan_in + 1))
        return Layer(activation, tuple(rows))

    n0, n1, n2 = shape
    small = shape == (2, 2, 2)
    layers = (layer(n0, n1, "sigmoid" if small else "relu"), layer(n1, n2, "sigmoid" if small else "softmax"))
    inputs = (tuple(round(generator.random(), 3) for _ in range(n0)),)
    targets = ((1.0, *[0.0] * (n2 - 1)),)
    return Network(
        "-".join(map(str, shape)), "", inputs, targets, layers, "half_sse" if small else "cross_entropy", 0.1
    )


def bare_xlsxwriter(workbook: Workbook, path: Path) -> None:
    """The same cells, written by XlsxWriter alone and without any look."""
    book = xlsxwriter.Workbook(path)
    for sheet in workbook.sheets:
        page = book.add_worksheet(sheet.name)
        for (row, column), cell in sheet.cells.items():
            if cell.formula is not None:
                page.write_formula(row - 1, column - 1, f"={cell.formula}", None, cell.value)
            elif isinstance(cell.value, float):
                page.write_number(row - 1, column - 1, cell.value)
            else:
                page.write_string(row - 1, column - 1, str(cell.value))
    for name in workbook.names:
        book.define_name(name.name, f"={name.refers_to}")
    book.close()


def bare_ironcalc(path: Path) -> None:
    """Load the file with IronCalc's own reader and evaluate it K times."""
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    for _ in range(TRIALS):
        model.evaluate()


def paired(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float, float]:
    """Medians of both in seconds and of their ratio, measured in turn after one round to warm up."""
    ours(), theirs()
    rounds: list[tuple[float, float]] = []
    start = time.perf_counter()
    while len(rounds) < 3 or (time.perf_counter() - start < BUDGET and len(rounds) < 200):
        rounds.append((timed(ours), timed(theirs)))
    medians = [statistics.median(column) for column in zip(*rounds, strict=True)]
    return medians[0], medians[1], statistics.median(a / b for a, b in rounds)


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(code: str) -> float:
    """Peak memory in MB of a fresh Python that runs the code."""
    measure = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{measure}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / (1024 if sys.platform != "darwin" else 1024**2)


def bench_damaged(folder: Path) -> None:
    """The whole judgement of a 2-2-2 workbook in which one formula is wrong: alone, repairs, mistakes, causes."""
    network = network_of(SHAPES[0])
    workbook = make_workbook(network, WorkbookOptions())
    (name,) = (name for name in workbook.names if name.name == "z_1")
    area = parse_area(name.refers_to)
    assert area is not None
    step = workbook.sheets[1]
    cells = {**step.cells, (area.top, area.left): Cell(0.0, "1+G12")}
    path = folder / "damaged.xlsx"
    save_workbook(replace(workbook, sheets=(workbook.sheets[0], replace(step, cells=cells), workbook.sheets[2])), path)
    assert validate(path).counts["wrong"] == 1
    ours, theirs, ratio = paired(lambda: validate(path, trials=TRIALS), lambda: bare_ironcalc(path))
    print(f"validating 2-2-2 with one wrong formula: {ours:.3f}s, bare {theirs:.3f}s, ratio {ratio:.2f}")


def bench_identify(folder: Path) -> None:
    """One training step a row, 1,000 rows, no names: what each formula computes."""
    network, path = small_network(1, sizes=(2, 2, 2)), folder / "rows.xlsx"
    path.write_bytes(training_rows(network, 1000))
    found = identify(path, network)
    assert found.ok
    ours, theirs, ratio = paired(lambda: identify(path, network), lambda: bare_ironcalc(path))
    print(f"identifying {len(found.identified):,} formulas: {ours:.2f}s, bare {theirs:.2f}s, ratio {ratio:.2f}")


def bench_batch(folder: Path) -> None:
    """A class of 2-2-2 files in guarded processes, one per core; against IronCalc loading them, in this process alone."""
    network, shown = network_of(SHAPES[0]), WorkbookOptions()
    paths = [write_workbook(network, folder / f"class{number}.xlsx", shown) for number in range(CLASS)]
    with Workers() as workers:
        assert all(result.ok for result in validate_many(paths[:20], workers=workers))  # warm

        def ours() -> None:
            assert all(result.ok for result in validate_many(paths, workers=workers))

        def theirs() -> None:
            for path in paths:
                ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")

        seconds, bare, _ = paired(ours, theirs)
        speed, per_core = CLASS / seconds, seconds * cores() / bare
    print(
        f"a class of {CLASS} files 2-2-2 on {cores()} cores: {speed:.0f} files a second (goal 200), IronCalc loading "
        f"them on one {CLASS / bare:.0f}; a file takes {per_core:.1f} times a core's time (goal 6)"
    )


def main() -> None:
    """Measure every shape and print a table."""
    print(
        f"{'network':12}{'cells':>9}{'formulas':>10} | {'generate':>9}{'bare':>9}{'ratio':>7} | "
        f"{'.ods':>9}{'/.xlsx':>7} | {'validate':>9}{'bare':>9}{'ratio':>7}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            bench(shape, Path(folder))
        for shape in SHAPES[:2]:
            bench(shape, Path(folder), tuple(SHEETS))
        bench_damaged(Path(folder))
        bench_identify(Path(folder))
        bench_batch(Path(folder))
        big = Path(folder) / "784-30-10.xlsx"
        print(
            f"\npeak memory of validating 784-30-10: "
            f"{peak_memory(f'from sheetnet import validate; assert validate({str(big)!r}).ok'):.0f} MB"
        )
    print(f"peak memory of this whole run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def bench(shape: tuple[int, int, int], folder: Path, views: tuple[str, ...] = ("step",)) -> None:
    """One line of the table: a network with the sheet Step alone, or with other views."""
    network, shown = network_of(shape), WorkbookOptions(views)
    title = network.title + ("" if views == ("step",) else " all")
    path, other, ods = (folder / f"{title}{end}" for end in (".xlsx", "-bare.xlsx", ".ods"))
    workbook = make_workbook(network, shown)
    cells = sum(len(sheet.cells) for sheet in workbook.sheets)
    formulas = sum(cell.formula is not None for sheet in workbook.sheets for cell in sheet.cells.values())
    generate = paired(lambda: write_workbook(network, path, shown), lambda: bare_xlsxwriter(workbook, other))
    formats = paired(lambda: save_workbook(workbook, ods), lambda: save_workbook(workbook, path))
    assert validate(path).ok
    judged = paired(lambda: validate(path, trials=TRIALS), lambda: bare_ironcalc(path))
    print(
        f"{title:12}{cells:>9,}{formulas:>10,} | {generate[0]:>8.3f}s{generate[1]:>8.3f}s{generate[2]:>7.2f} | "
        f"{formats[0]:>8.3f}s{formats[2]:>7.2f} | {judged[0]:>8.3f}s{judged[1]:>8.3f}s{judged[2]:>7.2f}"
    )


if __name__ == "__main__":
    main()
