"""Judging as ratios of one run: wrong files against right ones, large workbooks, hostile formulas, whole classes.

`python -m tools.bench_judging one class` measures the subjects named; `make bench` all of them.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import ironcalc

import sheetnet.engine.ironcalc as engine
from sheetnet.batch.api import validate_many
from sheetnet.batch.schedule import Workers
from sheetnet.engine.prepare import Trial
from sheetnet.files import save_workbook
from sheetnet.generate import make_workbook, write_workbook
from sheetnet.identification import identify_workbook
from sheetnet.judge import judge_file
from sheetnet.judge_options import DEFAULT_OPTIONS
from sheetnet.network import Network
from sheetnet.syntax import parse_area
from sheetnet.workbook import Cell, Place, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tools.bench_report import Figure, measured_apart, show

CLASS = 1000  # files
WRONG = 0.3  # of a class
DAMAGED = 100  # formulas of a workbook that is identified
STEP = WorkbookOptions()


def with_wrong(workbook: Workbook, block: str, change: Callable[[str], str], most: int = 1) -> Workbook:
    """The workbook with the first formulas of a block changed."""
    (name,) = (name for name in workbook.names if name.name == block)
    area = parse_area(name.refers_to)
    assert area is not None
    places = [(row, column) for row in range(area.top, area.bottom + 1) for column in range(area.left, area.right + 1)]
    sheets = []
    for sheet in workbook.sheets:
        if sheet.name == area.sheet:
            changed = {at: Cell(0.0, change(sheet.cells[at].formula or "0")) for at in places[:most]}
            sheet = replace(sheet, cells={**sheet.cells, **changed})
        sheets.append(sheet)
    return replace(workbook, sheets=tuple(sheets))


def paired_cpu(one: Callable[[], object], other: Callable[[], object], seconds: float = 6.0) -> float:
    """The median ratio of processor time, one call after the other, after one round to warm up."""
    one(), other()
    ratios: list[float] = []
    start = time.perf_counter()
    while len(ratios) < 3 or (time.perf_counter() - start < seconds and len(ratios) < 200):
        ratios.append(cpu(one) / cpu(other))
    return statistics.median(ratios)


def cpu(work: Callable[[], object]) -> float:
    """Seconds of the processor for one call; what it returns is thrown away afterwards."""
    start = time.process_time()
    _kept = work()
    return time.process_time() - start


def one_wrong_cell(network: Network, folder: Path) -> list[Figure]:
    """A small workbook with one wrong formula against the right one."""
    right, figures = write_workbook(network, folder / "right.xlsx", STEP), []
    for block, change in (("z_1", "1+{}"), ("delta_2", "-({})"), ("a_1", "{}*1.5")):
        wrong = folder / "wrong.xlsx"
        save_workbook(
            with_wrong(make_workbook(network, STEP), "A_1" if block == "a_1" else block, change.format), wrong
        )
        ratio = paired_cpu(partial(_judge, wrong), partial(_judge, right))
        figures.append(Figure(f"{network.title}, {block} wrong in one cell / right, processor", ratio, 1.8))
    return figures


def _judge(path: Path) -> None:
    judge_file(path, None, DEFAULT_OPTIONS)


MISTAKES: tuple[tuple[str, str], ...] = (
    ("z_1", "1+{}"),
    ("z_2", "-({})"),
    ("delta_2", "-({})"),
    ("delta_1", "2*({})"),
    ("dC_dW_2", "({})/2"),
    ("dC_dW_1", "-({})"),
    ("W_2_new", "2*({})"),
    ("cost", "2*({})"),
)


def a_class(network: Network, folder: Path) -> list[Figure]:
    """A class in guarded processes: 30 % with one of several mistakes against none wrong."""
    generator = random.Random(7)
    workbook = make_workbook(network, STEP)
    right, some = [], []
    for number in range(CLASS):
        path = folder / f"right{number}.xlsx"
        save_workbook(workbook, path)
        right.append(path)
        if generator.random() < WRONG:
            block, change = generator.choice(MISTAKES)
            path = folder / f"wrong{number}.xlsx"
            save_workbook(with_wrong(workbook, block, change.format), path)
        some.append(path)
    with Workers() as workers:
        list(validate_many(right[:20], workers=workers))
        seconds = [_class_seconds(paths, workers) for paths in (right, some, right, some)]
    ratio = (seconds[1] + seconds[3]) / (seconds[0] + seconds[2])
    speed = 2 * CLASS / (seconds[0] + seconds[2])
    return [Figure(f"a class of {CLASS}, 30 % wrong / none ({speed:.0f} right files a second)", ratio, 1.3)]


def _class_seconds(paths: Sequence[Path], workers: Workers) -> float:
    start = time.perf_counter()
    assert all(result.report is not None for result in validate_many(paths, workers=workers))
    return time.perf_counter() - start


def large(network: Network, folder: Path) -> list[Figure]:
    """A large workbook with one wrong formula against the right one, each in a process of its own."""
    right = write_workbook(network, folder / "large.xlsx", STEP)
    wrong = folder / "large-wrong.xlsx"
    save_workbook(with_wrong(make_workbook(network, STEP), "z_1", "1+{}".format), wrong)
    judged = [measured_apart(f"from sheetnet import validate; validate({str(path)!r})") for path in (right, wrong)]
    title = f"{network.title}, one wrong / right"
    return [
        Figure(f"{title}, processor ({judged[0].seconds:.1f} s right)", judged[1].seconds / judged[0].seconds, 1.5),
        Figure(f"{network.title}, one wrong, peak memory in GB", judged[1].megabytes / 1000, 0.5),
    ]


def half_a_million(small: Network, big: Network, folder: Path) -> list[Figure]:
    """Five times the formulas should take five times the time."""
    times = []
    for network in (small, big):
        path = write_workbook(network, folder / f"{network.title}.xlsx", STEP)
        code = f"from sheetnet import validate; r = validate({str(path)!r}); assert r.ok; print(len(r.cells))"
        times.append(measured_apart(code))
    (one, few), (other, many) = ((each, int(each.printed)) for each in times)
    linear = other.seconds / one.seconds * few / many
    return [
        Figure(f"{many:,} formulas, peak memory in GB", other.megabytes / 1000, 1.2),
        Figure(f"seconds a formula, {many:,} formulas / {few:,}", linear, 1.2),
    ]


def all_views(networks: Sequence[Network], folder: Path) -> list[Figure]:
    """A right workbook with all views against IronCalc loading it and making the same runs."""
    figures = []
    for network in networks:
        path = write_workbook(network, folder / "all.xlsx", WorkbookOptions(tuple(SHEETS)))
        runs = _runs_of(path)

        def bare(path: Path = path, runs: int = runs) -> None:
            model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
            for _ in range(runs):
                model.evaluate()

        ratio = paired_cpu(partial(_judge, path), bare)
        figures.append(Figure(f"all views of {network.title} / IronCalc's load and {runs} runs, processor", ratio, 2.0))
    return figures


def _runs_of(path: Path) -> int:
    """How many runs the judge makes of a workbook."""
    made: list[int] = []
    evaluate = engine.evaluate

    def counting(workbook: Workbook, places: Sequence[Place], trials: Sequence[Trial], wanted: Sequence[Place]) -> Any:
        made.append(len(trials))
        return evaluate(workbook, places, trials, wanted)

    with mock.patch.object(engine, "evaluate", counting):
        _judge(path)
    return sum(made)


def typed_numbers(network: Network, folder: Path) -> list[Figure]:
    """Every formula padded with typed numbers to the longest that a spreadsheet takes: repairs have much to try."""
    generator = random.Random(3)
    workbook = make_workbook(network, STEP)
    sheets = []
    for sheet in workbook.sheets:
        cells = {}
        for at, cell in sheet.cells.items():
            if cell.formula is not None:
                typed = "".join(f"+0.5*{generator.random():.2f}" for _ in range(800))
                cell = replace(cell, formula=f"({cell.formula}){typed}")
            cells[at] = cell
        sheets.append(replace(sheet, cells=cells))
    path = folder / "typed.xlsx"
    save_workbook(replace(workbook, sheets=tuple(sheets)), path)
    judged = measured_apart(f"from sheetnet import validate; print(len(validate({str(path)!r}).cells))")
    return [Figure(f"typed numbers in all {judged.printed} formulas, seconds of the processor", judged.seconds, 10)]


def _of_ten(network: Network) -> Network:
    """The network with ten observations instead of one."""
    generator = random.Random(4)
    inputs = tuple(tuple(round(generator.random(), 3) for _ in network.inputs[0]) for _ in range(10))
    outputs = range(len(network.targets[0]))
    targets = tuple(tuple(float(k == n % len(outputs)) for k in outputs) for n in range(10))
    return replace(network, title=f"{network.title}, 10 observations", inputs=inputs, targets=targets)


def identified(network: Network) -> list[Figure]:
    """A workbook without names, 100 of its formulas damaged, against the right one."""
    generator = random.Random(11)
    right = replace(make_workbook(network, STEP), names=())
    (step,) = (sheet for sheet in right.sheets if sheet.name == "Step")
    formulas = sorted(at for at, cell in step.cells.items() if cell.formula is not None)
    figures = []
    for what, changes in (("1 + each", ("1+{}",)), ("of several kinds", ("1+{}", "-({})", "2*({})", "({})^2"))):
        chosen = generator.sample(formulas, DAMAGED)
        cells = {at: Cell(0.0, generator.choice(changes).format(step.cells[at].formula)) for at in chosen}
        damaged = replace(step, cells={**step.cells, **cells})
        wrong = replace(right, sheets=tuple(damaged if sheet is step else sheet for sheet in right.sheets))
        ratio = paired_cpu(partial(identify_workbook, wrong, network), partial(identify_workbook, right, network))
        figures.append(Figure(f"identify {DAMAGED} wrong ({what}) of {len(formulas):,} / right, processor", ratio, 20))
    return figures


def figures(*only: str) -> Iterator[Figure]:
    """Every figure, or those of the subjects named."""
    from tools.bench import network_of

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        benches: dict[str, Callable[[], list[Figure]]] = {
            "one": lambda: one_wrong_cell(network_of((2, 2, 2)), folder),
            "class": lambda: a_class(network_of((2, 2, 2)), folder),
            "identify": lambda: identified(_of_ten(network_of((16, 16, 8)))),
            "typed": lambda: typed_numbers(network_of((2, 2, 2)), folder),
            "views": lambda: all_views([network_of((2, 2, 2)), network_of((16, 16, 8))], folder),
            "large": lambda: large(network_of((784, 64, 10)), folder),
            "half": lambda: half_a_million(network_of((784, 64, 10)), network_of((784, 320, 10)), folder),
        }
        for subject in only or benches:
            yield from benches[subject]()


if __name__ == "__main__":
    show(figures(*sys.argv[1:]))
