"""Every number can be read: no `###`, nothing that is not zero shown as zero, inputs as they were typed."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.engine.libreoffice import find_libreoffice
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.layout import Exercise, blanks_named, student_workbook
from sheetnet.layout.number_format import NEGLIGIBLE, NumberFormat
from sheetnet.network import Network
from sheetnet.network_file import load_network, template_names
from sheetnet.reference import stacked, training_step
from sheetnet.syntax import parse_area
from sheetnet.workbook import Cell, Sheet, Workbook
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tests.support.engines import TIME_LIMIT, require

AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # of all sheets
HOUSE_PRICES = {
    "title": "House prices",
    "loss": "mse",
    "learning_rate": 1e-7,
    "observations": {
        "inputs": [[2104, 3], [1600, 3], [2400, 3], [1416, 2]],
        "targets": [[399900], [329900], [369000], [232000]],
    },
    "layers": [{"activation": "relu", "neurons": 3}, {"activation": "identity", "neurons": 1}],
}


def odd(scale: float, learning_rate: float) -> Network:
    """The weights of d02b as they are, its inputs and targets so many times as large."""
    network = load_network("d02b")
    layers = tuple(replace(layer, activation="identity") for layer in network.layers)
    inputs, targets = (
        tuple(tuple(x * scale for x in row) for row in rows) for rows in (network.inputs, network.targets)
    )
    return replace(network, layers=layers, inputs=inputs, targets=targets, learning_rate=learning_rate)


def books() -> dict[str, Workbook]:
    """Each template as it is generated, a student's copy, and networks of unusual magnitudes with all views."""
    every = WorkbookOptions(tuple(SHEETS), steps=20)
    odd_ones = {
        "houses": load_network(HOUSE_PRICES),
        "slow": replace(load_network("d02b"), learning_rate=1e-7),
        "huge": odd(1e9, 1e-20),
        "tiny": odd(1e-12, 0.5),
    }
    found = {name: make_workbook(load_network(name)) for name in template_names()}
    found |= {name: make_workbook(network, every) for name, network in odd_ones.items()}
    return found | {"student": make_student_workbook(odd_ones["houses"])}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Workbook]]:
    """A folder with what LibreOffice prints and shows of each book, and the books by stem; odd ones in both formats."""
    require("libreoffice")
    folder, stems = tmp_path_factory.mktemp("shown"), {}
    for name, book in books().items():
        for suffix in SUFFIXES[:1] if name in template_names() else SUFFIXES:
            stems[f"{name}_{suffix[1:]}"] = book
            save_workbook(book, folder / f"{name}_{suffix[1:]}{suffix}")
    paths = sorted(map(str, folder.iterdir()))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for to in ("pdf", AS_SHOWN):
        command = [str(find_libreoffice()), profile, "--headless", "--convert-to", to, "--outdir", str(folder)]
        subprocess.run([*command, *paths], check=True, capture_output=True, timeout=2 * TIME_LIMIT)
    return folder, stems


@pytest.mark.slow
@pytest.mark.xdist_group("shown")  # LibreOffice converts the books once
@pytest.mark.libreoffice
def test_no_column_is_too_narrow_for_its_numbers(files: tuple[Path, Mapping[str, Workbook]]) -> None:
    """LibreOffice prints `###` where one is."""
    require("poppler")
    folder, stems = files
    for stem in stems:
        command = ["pdftotext", "-layout", str(folder / f"{stem}.pdf"), "-"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert len(text) > 500
        assert "###" not in text, stem


@pytest.mark.slow
@pytest.mark.xdist_group("shown")  # LibreOffice converts the books once
@pytest.mark.libreoffice
def test_no_number_is_shown_as_zero_that_is_not(files: tuple[Path, Mapping[str, Workbook]]) -> None:
    """But for what is 10⁻¹² of its block's largest number or less."""
    folder, stems = files
    compared = 0
    for stem, book in stems.items():
        for sheet in (sheet for sheet in book.sheets if not sheet.hidden):
            with (folder / f"{stem}-{sheet.name}.csv").open(encoding="utf-8") as file:
                rows = list(csv.reader(file))
            for at, value in _matter(book, sheet).items():
                shown = rows[at[0] - 1][at[1] - 1]
                assert float(shown.rstrip("%")) != 0, f"{stem} {sheet.name} {at}: {value} is shown as {shown}"
                compared += 1
    assert compared > 20_000


def _matter(book: Workbook, sheet: Sheet) -> dict[tuple[int, int], float]:
    """The numbers of a sheet's blocks that are not zero, nor count as it."""
    found: dict[tuple[int, int], float] = {}
    for name in book.names:
        area = parse_area(name.refers_to)
        if area is None or area.sheet != sheet.name:
            continue
        numbers = {
            (row, column): value
            for row in range(area.top, area.bottom + 1)
            for column in range(area.left, area.right + 1)
            if isinstance(value := sheet.cells.get((row, column), Cell()).value, float)
        }
        least = NEGLIGIBLE * max(map(abs, numbers.values()), default=0.0)
        found |= {at: value for at, value in numbers.items() if abs(value) > least}
    return found


def test_inputs_show_as_typed() -> None:
    """Inputs, weights, targets and γ have the number format General in each workbook."""
    for book in (make_workbook(load_network("d02b")), make_workbook(load_network(HOUSE_PRICES))):
        step = book.sheet("Step")
        assert step is not None
        for name in ("A_0", "W_1", "W_2", "target", "gamma"):
            (area,) = (parse_area(each.refers_to) for each in book.names if each.name == name)
            assert area is not None
            assert step.cells[area.top, area.left].number == ""


@pytest.mark.parametrize("blanks", [(), ("delta",)])
def test_a_students_copy_shows_nothing_of_its_answers(blanks: tuple[str, ...]) -> None:
    """No number format and no column follows a calculated number: with others the copy is the same."""
    network, shown = load_network(HOUSE_PRICES), WorkbookOptions()
    exercise, step = Exercise(blanks_named(network, blanks)), training_step(network)
    right = {name: stacked(step[name], block).tolist() for name, block in network.blocks.items()}
    other = {
        name: [
            [x if block.kind == "input" or block.is_bias_node(c) else 1e9 * x for c, x in enumerate(row)]
            for row in right[name]
        ]
        for name, block in network.blocks.items()
    }
    copies = [student_workbook(network, values, "1", shown, exercise) for values in (right, other)]
    first, second = (copy.sheets[1] for copy in copies)
    assert (first.name, first.view, first.cells) == ("Step", second.view, second.cells)
    looks = {cell.number for cell in first.cells.values() if cell.formula is not None or cell.role == "answer"}
    assert looks == {""}


@pytest.mark.parametrize(
    ("numbers", "formats"),
    [
        ([0.5, -0.25], ["0.0000", "0.0000"]),  # four digits of 0.25
        ([12.5, 0.031], ["0.00000", "0.00000"]),
        ([1.0, 2.0], ["0.000", "0.000"]),
        ([12345.0], ["0"]),
        ([2e5, 3.0], ["0.000E+00", "0.000"]),
        ([0.5, 2e-7], ["0.0000", "0.000E+00"]),
        ([0.5, 1e-17, 0.0], ["0.0000", "0.0000", "0.0000"]),  # noise counts as zero
        ([0.0], ["0.0000"]),
        ([float("inf"), 0.5], ["0.0000", "0.0000"]),
    ],
)
def test_a_block_takes_its_digits_from_its_numbers(numbers: list[float], formats: list[str]) -> None:
    digits = NumberFormat.of(numbers)
    assert [digits.code(number) for number in numbers] == formats
