"""The tokenizer loses nothing, refuses nothing, and tells references from names and functions."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetnet.syntax import TokenKind, depth, functions, names, tokenize

PIECES = st.sampled_from(
    ["A1", "$B$3", "'It''s'!A1", "W_1", "LOG10(", ")", "(", ",", ";", "{", "}", ":", '"a""b"', '"', "'", "[", "]", "#REF!",
     "#", "@", " ", "1E5", "1:3", "A:A", ".5", "!", "<>", "Table1[[#This Row],[x]]", "[1]S!A1", "\n", "é", "😀"]
)  # fmt: skip


@given(st.text() | st.lists(PIECES).map("".join))
def test_the_joined_tokens_are_the_formula_again(formula: str) -> None:
    """Whatever the text, nothing of it is lost."""
    assert "".join(token.text for token in tokenize(formula)) == formula


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A1", "reference"), ("$B$3", "reference"), ("'W 1'!$A1", "reference"), ("XFD1048576", "reference"),
        ("A:A", "reference"), ("$1:3", "reference"), ("Step!A:C", "reference"), ("W1!A2", "reference"),
        ("Sheet1:Sheet3!A1", "reference"), ("'S 1:S 3'!A1", "reference"), ("[1]Sheet1!B2", "reference"),
        ("'[Book 1.xlsx]S'!B2", "reference"), ("Übung!A1", "reference"),
        ("W_1", "name"), ("nn.w2", "name"), ("x1y", "name"), ("TRUE", "name"), ("XFE1", "name"), ("A1048577", "name"),
        ("Table1[[#This Row],[x]]", "name"), ("[@x]", "name"), ("Step!gamma", "name"), ("_xlpm.x", "name"), ("A0", "name"),
        ("1", "number"), ("1E5", "number"), (".5", "number"), ("1.5e-3", "number"),
        ('"a""b"', "text"), ('""', "text"),
        ("#REF!", "error"), ("#DIV/0!", "error"), ("#N/A", "error"), ("Step!#REF!", "error"), ("#SPILL!", "error"),
        ("<>", "operator"), (":", "operator"), ("#", "operator"), ("@", "operator"), ("%", "operator"),
        (",", "separator"), ("(", "open"), (")", "close"), ("{", "array_open"), ("}", "array_close"), (" \n", "space"),
        ("'open", "unknown"), ('"open', "unknown"), (";", "unknown"), ("$", "unknown"), ("!", "unknown"),
    ],
)  # fmt: skip
def test_a_text_alone_is_one_token_of_its_kind(text: str, kind: TokenKind) -> None:
    """Each kind has its spellings, at the edges of the sheet too."""
    assert [(token.kind, token.text) for token in tokenize(text)] == [(kind, text)]


@pytest.mark.parametrize("function", ["LOG10", "DEC2BIN", "A1", "STDEV.S", "_xlfn._xlws.FILTER", "T"])
def test_a_name_before_a_parenthesis_is_a_function(function: str) -> None:
    """LOG10( is the logarithm, not column LOG, row 10."""
    assert tokenize(f"{function}(1)")[0].kind == "function"


def test_a_range_of_cells_is_two_references_and_an_operator() -> None:
    """So each end can move by itself."""
    kinds = [token.kind for token in tokenize("A1:'W 1'!B2")]
    assert kinds == ["reference", "operator", "reference"]


def test_a_semicolon_parts_rows_only_within_braces() -> None:
    """Elsewhere it belongs to no canonical formula."""
    assert [token.kind for token in tokenize("{1,2;3,4};")][4] == "array_row"
    assert tokenize("{1};")[-1].kind == "unknown"


def test_names_and_functions_are_listed_once_each() -> None:
    """TRUE is a value, and functions come in upper case."""
    formula = 'IF(TRUE,sum(W_1)+W_1,gamma)&"W_2"'
    assert names(formula) == ["W_1", "gamma"]
    assert functions(formula) == ["IF", "SUM"]


@pytest.mark.parametrize(("formula", "levels"), [("A1", 0), ("(1)", 1), ("SUM((A1))+(1)", 2), ('"(("', 0), ("((", 2)])
def test_depth_counts_parentheses_outside_of_texts(formula: str, levels: int) -> None:
    """The parentheses of functions count too."""
    assert depth(formula) == levels


@pytest.mark.parametrize(
    "unit", ["[", "'", "['", "[a'", "x[a'", "''", "a.", '"', "[[']']", "(", "A1:", "1:", "[1", "x'", "#", "#A", "'a"]
)
def test_the_time_stays_in_proportion_to_the_length(unit: str) -> None:
    """No strange text of the longest formula takes more than half a second (0.05 s was the slowest seen)."""
    started = time.process_time()
    tokenize(unit * (8192 // len(unit)))
    assert time.process_time() - started < 0.5
