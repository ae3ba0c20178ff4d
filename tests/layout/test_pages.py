"""On paper every text can be read: at least six points, in both formats; a page says which it is."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sheetnet.engine.libreoffice import find_libreoffice
from sheetnet.files import SUFFIXES, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.layout.pages import PAGE_SIDEWAYS, SMALLEST_SCALE, SMALLEST_TEXT, _sizes, readable
from sheetnet.network_file import load_network, template_names
from sheetnet.styles import STYLES
from sheetnet.workbook import Cell, LineChart, Sheet, View
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tests.support.engines import TIME_LIMIT, require

SIZE = re.compile(r'<fontspec [^>]*size="(-?\d+)"')
ZOOM = 3  # pdftohtml, at its largest, gives whole points of a page so many times as large


CHART = LineChart("Cost", "step", "C", (1, 1, 9, 1), (), (1, 4))


def table(columns: int, width: float, gap: int = 0) -> Sheet:
    """Two rows of numbers, nothing in the column `gap`; the first column does not scroll."""
    cells = {(row, c): Cell(1.0) for row in (1, 2) for c in range(1, columns + 1) if c != gap}
    return Sheet("Wide", cells, view=View(default_width=width, freeze=(2, 2)))


def test_a_sheet_that_stays_readable_is_on_one_page() -> None:
    """Up to where its smallest font would have six points."""
    view = readable(table(10, 9.0)).view
    assert (view.one_page, view.scale, view.row_breaks, view.column_breaks, view.title_columns) == (
        True,
        0,
        (),
        (),
        None,
    )


def test_a_heading_is_never_the_last_line_of_a_page() -> None:
    """Blocks of a heading, an equation, heads of columns and 12 full rows, no blank row anywhere but one that would fit."""
    cells, headings = {}, set()
    for top in range(1, 160, 15):
        for row, role in enumerate(("band", "equation", "header"), top):
            cells[row, 1] = Cell("words", role=role)
            headings.add(row)
        cells |= {(row, c): Cell(1.0, role="copy") for row in range(top + 3, top + 15) for c in (1, 2)}
    for width in (9.0, 40.0, 70.0):
        view = readable(Sheet("Long", cells, view=View(default_width=width))).view
        assert view.row_breaks
        assert not {row - 1 for row in view.row_breaks} & headings
        for first, after in pairwise((1, *view.row_breaks, 166)):
            assert (after - first) * 15.0 * view.scale / 100 <= PAGE_SIDEWAYS[1]


def test_no_page_begins_within_a_chart() -> None:
    """A chart of twenty rows beside a table, and one below it; pages begin above or below each."""
    charts = tuple(replace(CHART, anchor=(row, 4), size=(8, 20)) for row in (30, 52))
    long = Sheet("Long", {(row, 1): Cell(1.0) for row in range(1, 120)}, view=View(charts=charts))
    inside = {row for top in (30, 52) for row in range(top + 1, top + 20)}
    assert (breaks := readable(long).view.row_breaks)
    assert not inside & set(breaks)


def test_the_drawing_of_three_layers_is_one_page() -> None:
    """Its last boxes, the costs, stood alone on a second."""
    network = make_workbook(load_network("relu-sigmoid-softmax"), WorkbookOptions(("network", "step"))).sheet("Network")
    assert network is not None
    assert network.view.one_page


def test_a_text_that_runs_over_the_edge_has_room() -> None:
    """Else LibreOffice prints its end on a page of its own."""
    short = Sheet("Words", {(1, 1): Cell("words"), (2, 1): Cell(1.0)}, view=View(landscape=False))
    words = replace(short, cells={**short.cells, (1, 1): Cell("words " * 60)})
    assert _sizes(short)[0] == [51.0]
    assert _sizes(words)[0][0] > 60 * 6 * 4
    assert _sizes(replace(words, cells={**words.cells, (1, 1): Cell("words " * 60, role="text")}))[0] == [51.0]  # wraps


def test_as_few_pages_as_three_quarters_of_the_size_allow() -> None:
    """Sixty rows are two pages at its full size, and two a little smaller where the third would hold a row."""
    long = Sheet("Long", {(row, 1): Cell(1.0) for row in range(1, 68)}, view=View())
    view = readable(long).view
    assert len(view.row_breaks) == 1
    assert 75 <= view.scale < 100


def test_a_wider_one_prints_side_by_side_at_the_smallest_scale() -> None:
    """Each page repeats the columns that stay in sight, and has no more than it has room for."""
    view = readable(table(60, 9.0)).view
    assert view.scale == 60
    assert view.title_columns == (1, 1)
    assert view.scale / 100 * STYLES[""].size == SMALLEST_TEXT
    small = replace(table(60, 9.0), cells={**table(60, 9.0).cells, (3, 1): Cell("n = 0", role="index")})
    assert readable(small).view.scale == SMALLEST_SCALE == 67
    assert min(style.size for style in STYLES.values()) * SMALLEST_SCALE / 100 >= SMALLEST_TEXT
    column = 0.75 * (7 * 9.0 + 5)
    for first, after in zip((1, *view.column_breaks), (*view.column_breaks, 61), strict=True):
        repeated = 1 if first > 1 else 0
        assert (after - first + repeated) * column * view.scale / 100 <= PAGE_SIDEWAYS[0]


def test_a_page_begins_behind_a_gap_where_there_is_one() -> None:
    """No number is parted from its neighbour then; else as much as fits stands on a page."""
    full = readable(table(60, 9.0)).view.column_breaks[0]
    assert readable(table(60, 9.0, gap=full - 4)).view.column_breaks[0] == full - 3
    assert readable(table(60, 9.0, gap=3)).view.column_breaks[0] == full


def test_what_stands_together_stays_together_on_pages_one_below_the_other() -> None:
    """Boxes of nine rows and a blank one each: pages begin with boxes, as many on each as there is room for."""
    cells = {(row, c): Cell(1.0) for row in range(1, 200) for c in range(1, 61) if row % 10}
    view = readable(Sheet("Long", cells, view=View(default_width=9.0))).view
    assert all(row % 10 == 1 for row in view.row_breaks)
    for first, after in pairwise((1, *view.row_breaks, 201)):
        assert (after - first - 1) * 15.0 * view.scale / 100 <= PAGE_SIDEWAYS[1]
        assert after == 201 or (after - first + 10) * 15.0 * view.scale / 100 > 0.9 * PAGE_SIDEWAYS[1]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every template as LibreOffice prints it from both formats, one in column orientation, and a student's copy."""
    require("libreoffice")
    folder = tmp_path_factory.mktemp("pages")
    every = WorkbookOptions(tuple(SHEETS), steps=60)
    digits = make_workbook(load_network("digits-64-32-10"))
    books = {name: make_workbook(load_network(name), every) for name in template_names() if name != "digits-64-32-10"}
    books["column"] = make_workbook(load_network("relu-sigmoid-softmax"), replace(every, column=True))
    books["student"] = make_student_workbook(load_network("xor-batch"))
    for name, book in {**books, "digits": digits}.items():
        for suffix in SUFFIXES if book is not digits else SUFFIXES[:1]:
            save_workbook(book, folder / f"{name}_{suffix[1:]}{suffix}")
    paths = sorted(map(str, folder.iterdir()))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(find_libreoffice()), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *paths]
    subprocess.run(command, check=True, capture_output=True, timeout=4 * TIME_LIMIT)
    return {path.stem: path for path in sorted(folder.glob("*.pdf"))}


@pytest.mark.slow
@pytest.mark.libreoffice
def test_no_text_on_paper_is_smaller_than_six_points(printed: dict[str, Path]) -> None:
    """As poppler measures it in the pages; those of pixels, which have no text, aside."""
    small = {}
    for name, path in printed.items():
        command = ["pdftohtml", "-xml", "-i", "-stdout", "-zoom", str(ZOOM), str(path)]
        found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIME_LIMIT).stdout
        sizes = [int(size) / ZOOM for size in SIZE.findall(found)]
        assert sizes, name
        small[name] = min(size for size in sizes if size > 0)
    assert {name: size for name, size in small.items() if size < SMALLEST_TEXT} == {}


@pytest.mark.slow
@pytest.mark.libreoffice
def test_every_page_says_which_it_is(printed: dict[str, Path]) -> None:
    """`Page 3 of 12`, in order."""
    for name, path in printed.items():
        words = subprocess.run(
            ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True
        ).stdout
        told = re.findall(r"Page (\d+) of (\d+)", words)
        assert told, name
        assert [int(page) for page, _ in told] == list(range(1, len(told) + 1)), name
        assert {int(count) for _, count in told} == {len(told)}, name
