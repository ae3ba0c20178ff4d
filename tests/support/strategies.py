"""Hypothesis strategies: workbooks of scattered cells, array formulas and names, as .xlsx can hold them."""

from __future__ import annotations

from hypothesis import strategies as st

from sheetnet.styles import STYLES
from sheetnet.syntax import area_name, parse_area
from sheetnet.workbook import Cell, CellError, Name, Sheet, View, Workbook

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "=1+1",
        "'quoted",
        " blanks ",
        "a\r\nb\tc",
        "_x0041_",
        "<r>no</r>",
        "http://x",
        "{=A1}",
        "#REF!",
        "1",
        "\x00\x1f",
        "\uffff",
    ]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15).map(float)
ERRORS = st.sampled_from(["#DIV/0!", "#N/A", "#VALUE!", "#NUM!", "#SPILL!", "#CALC!"]).map(CellError)
VALUES = NUMBERS | TEXTS | st.booleans() | ERRORS
FORMULAS = st.sampled_from(
    ["SUM(A1:B2)", "MMULT(A1:B2,$C$3:D4)", "'It''s'!A1&\"<&>\"", "IF(A1<>\"x y\",-2^2,1E-5)", "STDEV.S(A1:A3)", "_x0041_",
     "LET(x,A1,y,x,LAMBDA(z,z*x+y)(2))", "FILTER(A:A,B:B>0)", "W_1*gamma", "{1,2;3,4}", "\"SORT(\"&sort(A1:A3)", "A1 \n+ 1"]
)  # fmt: skip
ROLES = st.sampled_from(list(STYLES))
CELLS = st.builds(Cell, VALUES, st.none(), ROLES) | st.builds(Cell, VALUES, FORMULAS, ROLES)
NEAR = st.tuples(st.integers(1, 30), st.integers(1, 30))
PLACES = NEAR | st.just((1_048_576, 16_384))
SHEET_NAMES = st.sampled_from(["Step", "W1", "It's", "1st sheet", "Übung", "a-b & <c>", "R", "x.y"])
NAMES = st.sampled_from(["W_1", "gamma", "dC_dW_1", "äöü", "a.b", "_", "TRUEISH"])


@st.composite
def sheets(draw: st.DrawFn, name: str, places: st.SearchStrategy[tuple[int, int]]) -> Sheet:
    """A sheet of scattered cells and, below them, an array formula with the cached values of its children."""
    cells = draw(st.dictionaries(places, CELLS, max_size=12))
    arrays = {}
    if draw(st.booleans()):
        rows, columns = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
        arrays[50, 2] = (rows, columns)
        for row in range(rows):
            for column in range(columns):
                cells[50 + row, 2 + column] = Cell(draw(VALUES))
        cells[50, 2] = Cell(draw(VALUES), draw(FORMULAS))
    return Sheet(name, cells, arrays, view=View({1: 5.5, 3: 20}, freeze=(3, 2)))


@st.composite
def workbooks(draw: st.DrawFn, places: st.SearchStrategy[tuple[int, int]] = PLACES) -> Workbook:
    """One to three sheets, hidden ones among them, with names of both scopes."""
    titles = draw(st.lists(SHEET_NAMES, min_size=1, max_size=3, unique_by=str.casefold))
    made = [draw(sheets(title, places)) for title in titles]
    shown = draw(st.integers(0, len(made) - 1))
    made = [Sheet(each.name, each.cells, each.arrays, index != shown) for index, each in enumerate(made)]
    area = parse_area("$A$1:$B$2")
    assert area is not None
    scopes = draw(st.dictionaries(st.tuples(st.sampled_from([None, *titles]), NAMES), FORMULAS, max_size=4))
    names = [Name(name, formula, sheet) for (sheet, name), formula in scopes.items()]
    names.append(Name("block", area_name(area).join([f"'{titles[0].replace(chr(39), chr(39) * 2)}'!", ""])))
    return Workbook(tuple(made), tuple(sorted(names, key=lambda name: (name.sheet or "", name.name))))
