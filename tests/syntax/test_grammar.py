"""The grammar of formulas takes what spreadsheet programs take, and nothing more: LibreOffice is its witness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetnet.engine import engine_named
from sheetnet.syntax.grammar import FormulaError, parse
from sheetnet.syntax.tokens_and_nodes import parts, spelled
from sheetnet.workbook import Cell, CellError, Sheet, Value, Workbook

# Formulas, each as it is spelled with every bracket closed and without spaces that mean nothing.
WHOLE = {
    "A1+B1": "A1+B1",
    " A1 +\n B1 ": "A1+B1",
    "SUM(A1,B1": "SUM(A1,B1)",
    "((A1+B1": "((A1+B1))",
    "-2^2": "-2^2",
    "2^-2": "2^-2",
    "--A1%": "--A1%",
    "IF(A1>0,,2)": "IF(A1>0,,2)",
    "SUM(A1 ,B1)": "SUM(A1,B1)",
    "PI ()": "PI()",
    '"a ""b"""&A1&1.5E-3': '"a ""b"""&A1&1.5E-3',
    "SUM({1,-2;3,4})": "SUM({1,-2;3,4})",
    "SUM((A1,B1:B2))": "SUM((A1,B1:B2))",
    "SUM(A1:C1 B1:B2)": "SUM(A1:C1 B1:B2)",
    "SUM(A1:INDEX(A1:C1,2))": "SUM(A1:INDEX(A1:C1,2))",
    "SUM($A$1:$C1)*sum(1:1)": "SUM($A$1:$C1)*sum(1:1)",
    "IF(TRUE,A1<>B1,A1>=B1)": "IF(TRUE,A1<>B1,A1>=B1)",
    "+A1": "+A1",
    "A1*-1": "A1*-1",
    "SUM({1,2": "SUM({1,2})",
}
# What LibreOffice 7.4 lacks, and Excel 365 takes.
NEWER = {
    "LAMBDA(x,x+1)(A1)": "LAMBDA(x,x+1)(A1)",
    "LET(f,LAMBDA(x,x*2),f(A1))": "LET(f,LAMBDA(x,x*2),f(A1))",
    "SUM(A1#)": "SUM(A1#)",
    "-@A1:C1": "-@A1:C1",
}
NO_FORMULAS = [
    "A1+B1)",
    "1/(1+EXP(-A1)) abc",
    "A1+B1 j",
    "A1+B1 (sum)",
    "A1+B1 'sum'",
    "A1+B1,2",
    "A1,B1",
    "A1×2",
    "A1−B1",
    "A1\N{NO-BREAK SPACE}+B1",
    "1 2",
    "A1 2",
    "A1+",
    "*A1",
    "()",
    "A1(+B1)*2)",
    "SUM(A1;B1)",
    '"abc',
    "3x",
    "SUM(A1) SUM(B1)",
    "(A1)(B1)",
    "SUM(A1)(B1)",
    "{1,2;",
]


@pytest.mark.parametrize(("formula", "closed"), [*WHOLE.items(), *NEWER.items()])
def test_a_whole_formula_has_a_tree_that_spells_it(formula: str, closed: str) -> None:
    assert spelled(parse(formula)) == closed
    assert spelled(parse(closed)) == closed


@pytest.mark.parametrize("formula", [f for f in NO_FORMULAS if f not in ("A1+B1 j", "A1+B1 (sum)")])
def test_what_is_no_whole_formula_is_refused_with_its_place(formula: str) -> None:
    """`A1+B1 j` may be an intersection with cells named j: only the workbook's names tell."""
    with pytest.raises(FormulaError) as raised:
        parse(formula)
    fault = raised.value
    assert 1 <= fault.position <= len(formula) + 1
    assert formula[fault.position - 1 :].startswith(fault.text)


@pytest.mark.libreoffice
def test_libreoffice_takes_the_same_formulas() -> None:
    """Each formula that the grammar refuses is an error in LibreOffice; each that it takes is none."""
    shown = in_libreoffice([*WHOLE, *NO_FORMULAS])
    wrongly_refused = [formula for formula in WHOLE if isinstance(shown[formula], CellError)]
    wrongly_taken = [formula for formula in NO_FORMULAS if not isinstance(shown[formula], CellError)]
    assert (wrongly_refused, wrongly_taken) == ([], [])


def in_libreoffice(formulas: list[str]) -> dict[str, Value]:
    """What LibreOffice shows for each formula, over numbers in A1:C2."""
    numbers = {(row, column): Cell(1.25 * row + column) for row in (1, 2) for column in (1, 2, 3)}
    cells = {(row, 9): Cell(0.0, formula) for row, formula in enumerate(formulas, 10)}
    workbook = Workbook((Sheet("Step", numbers | cells),))
    (values,) = engine_named("libreoffice")(workbook, [], [None], [("Step", *at) for at in cells])
    return dict(zip(formulas, values, strict=True))


PIECES = st.lists(
    st.sampled_from(["A1", "B2:C3", "1", "+", "-", "*", "^", "(", ")", ",", " ", "SUM(", "IF(", "%", "=", "x"])
)


@given(PIECES)
def test_a_tree_spells_a_formula_with_the_same_tree(pieces: list[str]) -> None:
    """Whatever is taken, its spelling is taken too and means the same."""
    try:
        tree = parse("".join(pieces))
    except FormulaError:
        return
    assert parse(spelled(tree)) == tree


@pytest.mark.parametrize(
    "formula",
    ["(1=1&1+1*1^" * 64 + "1" + ")" * 64, "IF(A1>0,1,1+" * 64 + "1" + ")" * 64, "-" * 8000 + "1", "A1" + "+A1" * 2700],
)
def test_deep_and_long_formulas_are_parsed(formula: str) -> None:
    """As deep as readers let formulas be, and as long."""
    tree = parse(formula)
    assert spelled(tree) == formula
    assert len(list(parts(tree))) > 1


def test_brackets_beyond_what_readers_let_pass_are_a_fault() -> None:
    with pytest.raises(FormulaError, match="nested"):
        parse("(" * 2000 + "1")
