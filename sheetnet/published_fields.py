"""The `[published]` part of a network file by its fields: whether they have the types that `audit` reads.

`network_file` asks this for every command, so that a misspelt part is told at once and not by `audit` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheetnet import fields
from sheetnet.fields import refuse

NUMBER_KEYS = ("place", "quantity", "printed", "index", "expression", "from", "sum_of", "by")
FORMULA_KEYS = ("place", "equation", "where")


def entries_of(published: object) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The tables of numbers and of formulas, each with the fields it should have. Raises `NetworkError`."""
    if not isinstance(published, dict) or not published:
        raise refuse("published", f"is {fields.shown(published)}", "[[published.numbers]] as in docs/network-files.md")
    fields.known_keys(published, ("numbers", "formulas"), "published.")
    numbers, formulas = _entries(published, "numbers"), _entries(published, "formulas")
    for i, entry in enumerate(numbers):
        _check_number(entry, f"published.numbers[{i}]")
    for i, entry in enumerate(formulas):
        _check_formula(entry, f"published.formulas[{i}]")
    return numbers, formulas


def _check_number(entry: Mapping[str, Any], where: str) -> None:
    fields.known_keys(entry, NUMBER_KEYS, f"{where}.")
    for field in ("place", "quantity"):
        fields.text(entry.get(field), f"{where}.{field}")
    if "expression" in entry:
        fields.text(entry["expression"], f"{where}.expression")
    for field in ("from", "sum_of"):
        names = entry.get(field, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise refuse(f"{where}.{field}", f"is {fields.shown(names)}", 'a list of quantities, such as ["z_1"]')
    index_of(entry.get("index", [0, 0]), f"{where}.index")
    rows_of(entry.get("printed"), f"{where}.printed")


def _check_formula(entry: Mapping[str, Any], where: str) -> None:
    fields.known_keys(entry, FORMULA_KEYS, f"{where}.")
    fields.text(entry.get("place"), f"{where}.place")
    fields.text(entry.get("equation"), f"{where}.equation", longest=fields.LONGEST_EQUATION)
    for name, words in meanings_of(entry, where).items():
        fields.text(words, f"{where}.where.{name}", longest=fields.LONGEST_EQUATION)


def _entries(table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(f"published.{key}", f"is {fields.shown(entries)}", f"tables [[published.{key}]]")
    return entries


def meanings_of(entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What the own names of an equation stand for."""
    meanings = entry.get("where", {})
    if not isinstance(meanings, dict):
        raise refuse(f"{where}.where", f"is {fields.shown(meanings)}", 'a table of names, such as { x = "z_1[0,0]" }')
    return meanings


def index_of(value: object, field: str) -> tuple[int, int]:
    """Row and column of the first number, from 0."""
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or not all(isinstance(i, int) and not isinstance(i, bool) and i >= 0 for i in numbers):
        raise refuse(field, f"is {fields.shown(value)}", "row and column from 0, such as [0, 1]")
    return numbers[0], numbers[1]


def rows_of(value: object, field: str) -> list[list[str]]:
    """What is printed, as rows of texts; one text or one row stands for a table of one."""
    rows = [[value]] if isinstance(value, str) else value
    if not isinstance(rows, list) or not rows:
        raise refuse(field, f"is {fields.shown(value)}", 'text such as "0.3775", or rows of it')
    rows = rows if all(isinstance(row, list) for row in rows) else [rows]
    for text in (text for row in rows for text in row):
        if not isinstance(text, str):
            raise refuse(field, f"has {fields.shown(text)}", "text, so that its digits count", "put it in quotes")
    return rows
