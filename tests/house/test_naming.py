"""Cells, elements and long lists are spelled in one place, and one number says what counts as equal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sheetnet
from sheetnet.layout.views.check import TOLERANCE
from sheetnet.layout.views.view_parts import LIGHT_TOLERANCE_SQUARED
from sheetnet.reference.views.more_steps import JUDGED
from sheetnet.syntax.references import cell_place, element_name, listed, place_name
from sheetnet.trials.tolerance import ABSOLUTE, RELATIVE
from tests.support.source import parsed

PACKAGE = Path(sheetnet.__file__).parent
TREES = {path.relative_to(PACKAGE).as_posix(): parsed(path) for path in PACKAGE.rglob("*.py")}
# Where 1e-9 is something else than what counts as equal.
OTHER_NUMBERS = {
    "auditing/digits.py",  # floating point at the end of half a unit
    "trials/demands.py",  # so near to its bend no unit may be
    "trials/candidates.py",  # what keeps a division from zero
    "workbook_options.py",  # the least step of the gradient check
}


def spelled(tree: ast.AST) -> Iterator[str]:
    """`{sheet}!{cell}`, unless the sheet's name is quoted as in a formula, and `[{row}, {column}]`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        parts = [part.value if isinstance(part, ast.Constant) else part for part in node.values]
        for before, between, _ in zip(parts, parts[1:], parts[2:], strict=False):
            if between == "!" and isinstance(before, ast.FormattedValue) and "quote_sheet" not in ast.unparse(before):
                yield ast.unparse(node)
            if isinstance(before, str) and before.endswith("[") and isinstance(between, ast.FormattedValue):
                following = parts[parts.index(between) + 1]
                if following == ", " or "', '.join" in ast.unparse(between):
                    yield ast.unparse(node)


def test_only_one_module_names_places_and_elements() -> None:
    """Others call it."""
    found = {path for path, tree in TREES.items() if any(spelled(tree))}
    assert found == {"syntax/references.py"}


@pytest.mark.parametrize("code", ['f"{a.sheet}!{a.cell}"', 'f"in {q}[{i}, {j}] = {x}"', "f\"{q}[{', '.join(x)}]\""])
def test_a_place_spelled_by_hand_is_found(code: str) -> None:
    """In whatever sentence."""
    assert list(spelled(ast.parse(code)))


def test_a_formula_may_quote_a_sheet() -> None:
    """That is the spelling of the canonical dialect, not a name for people."""
    assert not list(spelled(ast.parse('f"{quote_sheet(sheet)}!{cell}"')))


def test_names() -> None:
    """As reports show them."""
    assert place_name("My sheet", "B3") == cell_place(("My sheet", 3, 2)) == "My sheet!B3"
    assert (element_name("z_1", (0, 1)), element_name("J_2", (0, 1, 2)), element_name("cost", None)) == (
        "z_1[0, 1]",
        "J_2[0, 1, 2]",
        "cost",
    )


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, ""), (1, "0"), (3, "0, 1, 2"), (4, "0, 1, 2 and 1 more"), (1_004, "0, 1, 2 and 1,001 more")],
)
def test_a_long_list_ends_with_how_many_more(count: int, words: str) -> None:
    """And a short one does not."""
    assert listed([str(number) for number in range(count)]) == words


def test_one_tolerance() -> None:
    """No other module writes the number; the lights of a sheet, whose formulas stand apart, have the same."""
    found = {
        path
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value == RELATIVE
    }
    assert found == OTHER_NUMBERS | {"trials/tolerance.py"}
    assert (float(TOLERANCE), float(LIGHT_TOLERANCE_SQUARED), JUDGED) == (RELATIVE, RELATIVE**2, ABSOLUTE)
