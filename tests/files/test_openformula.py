"""OpenFormula and the canonical dialect say the same thing in both directions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetnet.files.ods import formula_in, formula_out
from sheetnet.files.ods.formula_in import canonical_name, from_openformulas, openformula_name
from sheetnet.files.ods.formula_out import from_openformula, to_openformula
from sheetnet.syntax import tokenize

# The right side is what LibreOffice 7.4 wrote for the left side, but for whole columns and rows, which Gnumeric reads too.
PAIRS = {
    "SUM(A1:B2,Step!$B$3:$C$5)": "of:=SUM([.A1:.B2];[$Step.$B$3:.$C$5])",
    "SUM('It''s me'!A1:B2)": "of:=SUM([$'It''s me'.A1:.B2])",
    "SUM('Daten Ü'!A1:'Daten Ü'!B2)": "of:=SUM([$'Daten Ü'.A1:$'Daten Ü'.B2])",
    "SUM(A:C)": "of:=SUM([.A$1:.C$1048576])",
    "SUM($A:$C)": "of:=SUM([.$A$1:.$C$1048576])",
    "SUM(Step!A:A)": "of:=SUM([$Step.A$1:.A$1048576])",
    "SUM(1:$3)": "of:=SUM([.$A1:.$XFD$3])",
    "SUM(A1:INDEX(A:A,3))": "of:=SUM([.A1]:INDEX([.A$1:.A$1048576];3))",
    "SUM((A1,C1))": "of:=SUM(([.A1]~[.C1]))",
    "C1:C3 C2:D2": "of:=[.C1:.C3]![.C2:.D2]",
    "SUM({1,2;3,-4})": "of:=SUM({1;2|3;-4})",
    'IF(TRUE,"a,b;c[.A1]","""")': 'of:=IF(TRUE();"a,b;c[.A1]";"""")',
    "IF(A1,,FALSE)": "of:=IF([.A1];;FALSE())",
    "SUM( A1 , C1 )": "of:=SUM( [.A1] ; [.C1] )",
    "-2^2*5%<>1.5E-3&A1": "of:=-2^2*5%<>1.5E-3&[.A1]",
    "#REF!+#N/A": "of:=#REF!+#N/A",
    "W_1*nn.w2": "of:=W_1*nn.w2",
    "Step!rate*2": "of:='Step'.rate*2",
    "Sheet1:Sheet3!A1:B2": "of:=[$Sheet1.A1:$Sheet3.B2]",
    "'W1'!A1+XFD1+LOG10(A1)": "of:=[$W1.A1]+[.XFD1]+LOG10([.A1])",
    "STDEV.S(A1:A3)": "of:=COM.MICROSOFT.STDEV.S([.A1:.A3])",
    "CHIDIST(1,2)+F.DIST(1,2,3,TRUE)+SKEW.P(A1:A9)": "of:=LEGACY.CHIDIST(1;2)+FDIST(1;2;3;TRUE())+SKEWP([.A1:.A9])",
    "'[1]Sheet1'!A1": "of:=[$'[1]Sheet1'.A1]",
}


@pytest.mark.parametrize(("formula", "text"), PAIRS.items())
def test_both_directions(formula: str, text: str) -> None:
    """A canonical formula becomes this OpenFormula text, and comes back from it."""
    assert to_openformula(formula) == text
    assert from_openformula(text) == formula


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("=A1+1", "A1+1"),
        ("=$Data.$A$2*Data.A3+'S 3'.A1", "Data!$A$2*Data!A3+'S 3'!A1"),
        ("oooc:=[.A1]+SUM([.A1:.B2];3)", "A1+SUM(A1:B2,3)"),
        ('msoxl:=_xlfn.STDEV.S(Data!A1:B2)&"_xlfn."', 'STDEV.S(Data!A1:B2)&"_xlfn."'),
        ("of:=[.#REF!]+[$Data.#REF!]", "#REF!+#REF!"),
        ("of:=SUM([.A:.B];[.1:.3];[$Data.A:.A])", "SUM(A:B,1:3,Data!A:A)"),
        ("of:=.5+1.5+[.A1]*.25", "0.5+1.5+A1*0.25"),
        ("of:=RANK([.A1];[.A1:.A3]~[.C1])", "RANK(A1,(A1:A3,C1))"),
        ("of:=IF([.A1]>0;AREAS([.A1]~[.B1]);(1))", "IF(A1>0,AREAS((A1,B1)),(1))"),
        ("of:=ORG.GNUMERIC.SUMPRODUCT([$'Data'.A2:.B5])", "SUMPRODUCT(Data!A2:B5)"),
        ("of:=_xlfn._xlws.filter([.A1:.A3];1)", "FILTER(A1:A3,1)"),
        ("of:=COM.MICROSOFT.IFS([.A1]>1;2;true();3)", "IFS(A1>1,2,TRUE,3)"),
        ("of:=['file:///a.ods'#$Sheet1.A1]", "'[file:///a.ods]Sheet1'!A1"),
        ("of:=[$Data.$A$1:$Data.$B$2]", "Data!$A$1:Data!$B$2"),
        ("of:=[.a1]+[$Data.a1:.b2]", "A1+Data!A1:B2"),
        ("[.A1]", "A1"),
        ("0.5", "0.5"),
    ],
)
def test_other_dialects(text: str, formula: str) -> None:
    """Every prefix and spelling that spreadsheet programs wrote into .ods files is understood."""
    assert from_openformula(text) == formula


def test_a_name_of_a_sheet_needs_the_sheet() -> None:
    """`Step.rate` is the sheet's own name where there is such a sheet, else one name with a dot."""
    assert from_openformula("of:=Step.rate", {"step"}) == "Step!rate"
    assert from_openformula("of:=Step.rate", {"data"}) == "Step.rate"


def test_truth_and_shortened_ranges_change_their_spelling() -> None:
    """What has two spellings in Excel comes back in the usual one."""
    for formula, usual in {"TRUE()": "TRUE", ".5": "0.5", "A$1:B$1048576": "A:B", "$A1:$XFD2": "1:2"}.items():
        assert from_openformula(to_openformula(formula)) == usual


@pytest.mark.parametrize("name", ["SUM", "STDEV.S", "CHIDIST", "CHISQ.DIST", "XLOOKUP", "CEILING", "FORMULATEXT"])
def test_function_names_come_back(name: str) -> None:
    """A function's name survives the way to OpenFormula and back, whatever it is called there."""
    assert canonical_name(openformula_name(name)) == name


CELLS = st.builds(
    lambda sheet, row, column, dollars: f"{sheet}{'$' * (dollars & 1)}{column}{'$' * (dollars >> 1)}{row}",
    st.sampled_from(["", "", "Step!", "'It''s'!", "'W1'!", "Ä!"]),
    st.integers(1, 1048576),
    st.sampled_from(["A", "Z", "AB", "AAA", "XFD"]),
    st.integers(0, 3),
)
AREAS = st.one_of(CELLS, st.builds(lambda cell, end: f"{cell}:{end}", CELLS, st.sampled_from(["B7", "$C$9"])))
OTHERS = ["1", "2.5", "1E-5", "W_1", "TRUE", '"a;[.B1]|~"', '"as B2, A1"', "A:B", "{1,2;3,4}", "#N/A", "Step!rate"]
LEAVES = AREAS | st.sampled_from(OTHERS)
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda left, sign, right: f"{left}{sign}{right}", inner, st.sampled_from("+-*/^&=<>"), inner),
        st.builds(
            lambda name, arguments: f"{name}({','.join(arguments)})",
            st.sampled_from(["SUM", "SUMPRODUCT", "STDEV.S", "IF", "FDIST", "LOG10"]),
            st.lists(inner, max_size=3),
        ),
        st.builds(lambda first, second: f"({first},{second})", AREAS, AREAS),
        inner.map(lambda text: f"(-{text})"),
    ),
    max_leaves=12,
)


@given(FORMULAS)
@settings(max_examples=300)
def test_every_formula_comes_back(formula: str) -> None:
    """from_openformula(to_openformula(formula)) is the formula."""
    assert from_openformula(to_openformula(formula)) == formula


@given(FORMULAS)
@settings(max_examples=300)
def test_shortcuts_agree_with_the_thorough_way(formula: str) -> None:
    """The quick ways for plain formulas give what the ways for all formulas give."""
    thorough = "".join(formula_out._spell(tokenize(formula)))
    assert formula_out._respell(formula) in (None, thorough)
    assert formula_out._fill_in(formula) in (None, thorough)
    assert formula_in._plain(thorough) in (None, formula_in._read(thorough, "of", ()))


@given(st.text("[]().:;~!{}|'\"#$=ABx1, ", max_size=40))
@settings(max_examples=300)
def test_no_text_breaks_it(text: str) -> None:
    """A stranger's nonsense is read as some formula, never as an exception."""
    assert isinstance(from_openformula(text), str)
    assert to_openformula(text).startswith("of:=")


def test_long_nonsense_takes_no_time() -> None:
    """A text of 30,000 characters is read in one pass, whatever it repeats."""
    for text in (
        "[",
        "'",
        "a.",
        '"',
        "(",
        "[.A1",
        "$A.",
        "~(",
        "''",
        "$[",
        "[a$",
        "[$'a",
        "~'a",
        "[.A1]",
        "A",
        "~a(",
        ".",
    ):
        assert from_openformula("of:=" + text * (30_000 // len(text)))


ODD = (
    "of:=",
    "",
    "of:=[.a1]",
    "of:=1\n+2",
    "oooc:=[.A1]",
    "=A1",
    "of:=.5",
    "of:==1",
    "of:=[.A1",
    "of:=of:=1",
    "of:=x.1",
)


@given(
    st.lists(st.sampled_from([*PAIRS.values(), *ODD, *(f"of:=[.A{row}]*{row}" for row in range(1, 20))]), max_size=9)
)
def test_many_formulas_are_read_as_each_alone(texts: list[str]) -> None:
    """Whatever they stand among."""
    assert from_openformulas(texts, {"step"}) == [from_openformula(text, {"step"}) for text in texts]
