"""Verdicts are values: each has one home, a meaning and a rank, and is its text wherever text is wanted."""

from __future__ import annotations

import ast
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import sheetnet
from sheetnet.report.audit_text import PRINT_STYLES
from sheetnet.report.wording import VERDICT_STYLES
from sheetnet.verdict import OF_THE_ENGINE, SOUND, PrintVerdict, Status, Verdict, tally
from tests.support.source import parsed

PACKAGE = Path(sheetnet.__file__).parent
# These judge nothing: "error" is a kind of token or of cell there, "missing" a field that a network file lacks.
WITHOUT_VERDICTS = (
    "engine",
    "toml_fields.py",
    "files",
    "formulas",
    "layout",
    "mistakes",
    "reference",
    "syntax",
    "trials",
)


def bare(tree: ast.AST) -> Iterator[str]:
    """Verdicts written as text: every text constant that is one, but for the name of a JSON field.

    A field's name is an index, or a key of a dict that has other keys besides verdicts: a table of verdicts has none.
    """
    texts = {*map(str, Verdict), *map(str, PrintVerdict), *map(str, Status)}
    fields: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            fields.add(id(node.slice))
        if isinstance(node, ast.Dict):
            keys = [key for key in node.keys if isinstance(key, ast.Constant)]
            if any(key.value not in texts for key in keys):
                fields |= {id(key) for key in keys}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in texts and id(node) not in fields:
            yield str(node.value)


def test_no_module_but_one_spells_a_verdict() -> None:
    """All others name the member, so that a new or renamed verdict is one line."""
    found = {
        (path.relative_to(PACKAGE).as_posix(), text)
        for path in PACKAGE.rglob("*.py")
        if path.name != "verdict.py" and path.relative_to(PACKAGE).parts[0] not in WITHOUT_VERDICTS
        for text in bare(parsed(path))
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        'cell.verdict == "wrong"',
        'replace(cell, verdict="error")',
        '{"missing": 1, "wrong": 2}',
        'return_("carried", "x")',
    ],
)
def test_a_verdict_as_text_is_found(code: str) -> None:
    """In comparisons, assignments, tables and results; the test above would be empty otherwise."""
    assert list(bare(ast.parse(code)))


@pytest.mark.parametrize("code", ['data["error"]', '{"cells": 1, "carried": 2}', 'a["error"]', '"all correct"'])
def test_a_field_is_no_verdict(code: str) -> None:
    """Nor is a word in a sentence."""
    assert list(bare(ast.parse(code))) == []


@pytest.mark.parametrize("kind", [Verdict, PrintVerdict])
def test_each_verdict_has_a_meaning_and_its_own_rank(kind: type[Verdict] | type[PrintVerdict]) -> None:
    """Ranks count in the order of reports."""
    assert [verdict.rank for verdict in kind] == list(range(len(kind)))
    assert len({verdict.meaning for verdict in kind} - {""}) == len(kind)


def test_each_verdict_has_a_look() -> None:
    """In pages, marked copies and terminals; in the order of their ranks."""
    assert list(VERDICT_STYLES) == list(Verdict)
    assert list(PRINT_STYLES) == list(PrintVerdict)


def test_a_verdict_is_its_text() -> None:
    """In comparisons, as a key, in sentences and JSON; between processes it stays the same member."""
    verdict = Verdict.HARDCODED
    assert verdict == "hardcoded"
    counts: dict[str, int] = {verdict: 1}
    assert counts["hardcoded"] == 1
    assert f"{verdict} {str(verdict)!r}" == "hardcoded 'hardcoded'"
    assert json.dumps({verdict: verdict}) == '{"hardcoded": "hardcoded"}'
    assert pickle.loads(pickle.dumps(verdict)) is verdict
    assert Verdict("hardcoded") is verdict


def test_counts_are_in_the_order_of_reports() -> None:
    """Only verdicts that occur are counted."""
    found = tally([Verdict.CORRECT, Verdict.WRONG, Verdict.CORRECT, Verdict.MISSING])
    assert list(found.items()) == [("missing", 1), ("wrong", 1), ("correct", 2)]
    assert tally([]) == {}


def test_verdicts_that_blame_nobody_and_those_of_the_engine_are_apart() -> None:
    """The others are for a person to mend."""
    assert set(SOUND).isdisjoint(OF_THE_ENGINE)
    assert {*Verdict} - {*SOUND, *OF_THE_ENGINE} == {"missing", "blank", "error", "hardcoded", "rounded", "wrong"}
