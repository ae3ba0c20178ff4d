"""Reads input maps: a TOML file that says which cells of a workbook hold the inputs of the step.

docs/identify.md describes the file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sheetnet import toml_fields
from sheetnet.errors import NetworkError
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.syntax import parse_area
from sheetnet.toml_fields import refuse
from sheetnet.validation.case import InputPlace
from sheetnet.workbook import Place, Workbook

MOST_ENTRY_CELLS = 1_000_000  # of one entry: a range of whole columns is a slip, not an input
RANGE = 'a range with its sheet, such as "Net!B2:C2"'
Shape = tuple[int, int]


@dataclass(frozen=True)
class InputMap:
    """Input element → the cells that hold it (several, where it is typed more than once). W has its biases last.

    `source` says where the map is from, `notes` what was chosen.
    """

    cells: Mapping[InputPlace, tuple[Place, ...]]
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """One line of the map: the cells, which way they are read, whether they hold the block more than once."""

    field: str
    areas: list[list[list[Place]]]
    by: str | None
    copies: bool

    @property
    def cells(self) -> list[Place]:
        return [place for area in self.areas for row in area for place in row]


def load_map(path: str | os.PathLike[str], workbook: Workbook, network: Network) -> InputMap:
    """The map of a TOML file. Raises `NetworkError` in one line: the file, the field, what was found and expected."""
    try:
        return parse_map(Path(path).read_text(encoding="utf-8"), workbook, network, os.fspath(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise NetworkError(
            f"cannot be read ({reason})", path=path, remedy="give a TOML file with an [inputs] table"
        ) from None


def parse_map(words: str, workbook: Workbook, network: Network, where: str) -> InputMap:
    """The map that a TOML text describes; `where` names the text in errors."""
    try:
        table = tomllib.loads(words)
        toml_fields.known_keys(table, ("inputs",), "")
        inputs = table.get("inputs")
        if not isinstance(inputs, dict) or not inputs:
            raise refuse("inputs", f"is {toml_fields.shown(inputs)}", "a table [inputs] with A_0, W_1, …")
        toml_fields.known_keys(inputs, known_fields(network), "inputs.")
        entries = [_entry(value, f"inputs.{name}", workbook) for name, value in inputs.items()]
        cells: dict[InputPlace, tuple[Place, ...]] = {}
        for name, entry in zip(inputs, entries, strict=True):
            cells |= _elements(name, entry, network)
    except tomllib.TOMLDecodeError as error:
        raise NetworkError(f"is not TOML: {error}", path=where) from None
    except NetworkError as error:
        raise error.within(where) from None
    return InputMap(cells, where)


def known_fields(network: Network) -> list[str]:
    """A_0, target, gamma, l2_factor if there is one, W_l for each layer, and b_l for each that has biases."""
    layers = range(1, network.depth + 1)
    biases = [q("b", k) for k in layers if network.has_bias(k)]
    factor = [] if network.l2 is None else ["l2_factor"]
    return ["A_0", "target", "gamma", *factor, *(q("W", k) for k in layers), *biases]


def _entry(value: object, field: str, workbook: Workbook) -> _Entry:
    """A range, a list of ranges, or a table of cells, by and copies."""
    by, copies = None, False
    if isinstance(value, dict):
        toml_fields.known_keys(value, ("cells", "by", "copies"), f"{field}.")
        copies = toml_fields.flag(value.get("copies", False), f"{field}.copies")
        by = value.get("by")
        value = value.get("cells")
        field_cells = f"{field}.cells"
    else:
        field_cells = field
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise refuse(field_cells, f"is {toml_fields.shown(value)}", f"{RANGE}, or a list of them")
    areas = [_area(text, field_cells, workbook) for text in texts]
    entry = _Entry(field, areas, _by(by, field), copies)
    twice = {place for place in entry.cells if entry.cells.count(place) > 1} if len(entry.cells) < 1000 else set()
    if twice:
        raise refuse(field_cells, f"names {min(twice)} twice", "each cell once")
    return entry


def _by(by: object, field: str) -> str | None:
    if by is None:
        return None
    weights = Quantity.of(field.rpartition(".")[2]).symbol in ("W", "b")
    return toml_fields.choice(by, f"{field}.by", ("neuron", "input") if weights else ("observation", "neuron"))


def _area(text: object, field: str, workbook: Workbook) -> list[list[Place]]:
    area = parse_area(text) if isinstance(text, str) else None
    if area is None or (area.sheet is None and len(workbook.sheets) != 1):
        raise refuse(field, f"has {toml_fields.shown(text)}", RANGE)
    sheet = workbook.sheets[0] if area.sheet is None else workbook.sheet(area.sheet)
    if sheet is None:
        known = ", ".join(sheet.name for sheet in workbook.sheets)
        raise refuse(field, f"names the sheet {area.sheet!r}", f"one of {known}")
    if area.size > MOST_ENTRY_CELLS:
        raise refuse(field, f"has {toml_fields.shown(text)}", "a range without whole rows or columns")
    rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
    return [[(sheet.name, row, column) for column in columns] for row in rows]


def _elements(name: str, entry: _Entry, network: Network) -> dict[InputPlace, tuple[Place, ...]]:
    """The elements an entry stands for. A whole block may come with its biases or its bias node, or without."""
    quantity = Quantity.of(name)
    if quantity.symbol == "b":
        return _biases(name, entry, network)
    block = network.blocks[name]
    shapes = [(block.rows, block.columns)]
    if block.bias_node:
        shapes.insert(0, (block.rows, block.columns - 1))
    elif quantity.symbol == "W" and network.has_bias(quantity.layer or 0):
        shapes.append((block.rows - 1, block.columns))
    shape = _shape(entry, shapes)
    order = _order(entry, shape, name)
    each: dict[InputPlace, list[Place]] = {}
    for number, place in enumerate(entry.cells):
        each.setdefault((name, *order[number % len(order)]), []).append(place)
    return {element: tuple(places) for element, places in each.items() if not block.is_bias_node(element[2])}


def _biases(name: str, entry: _Entry, network: Network) -> dict[InputPlace, tuple[Place, ...]]:
    block = network.blocks[q("W", Quantity.of(name).layer)]
    cells = entry.cells
    if len(cells) == 1:  # one cell for all the neurons of the layer
        return {(block.name, block.rows - 1, j): (cells[0],) for j in range(block.columns)}
    _shape(entry, [(1, block.columns)])
    each: dict[InputPlace, list[Place]] = {}
    for number, place in enumerate(cells):
        each.setdefault((block.name, block.rows - 1, number % block.columns), []).append(place)
    return {element: tuple(places) for element, places in each.items()}


def _shape(entry: _Entry, shapes: Sequence[Shape]) -> Shape:
    """The first of the shapes that has as many elements as the entry has cells (or a part of them, with copies)."""
    count = len(entry.cells)
    for rows, columns in shapes:
        if count == rows * columns or (entry.copies and count % (rows * columns) == 0):
            return rows, columns
    wanted = " or ".join(f"{rows * columns} ({rows} × {columns})" for rows, columns in shapes)
    remedy = (
        "set copies = true where the block is typed more than once" if count > shapes[-1][0] * shapes[-1][1] else ""
    )
    raise refuse(entry.field, f"has {count} cells", wanted, remedy)


def _order(entry: _Entry, shape: Shape, name: str) -> list[Shape]:
    """The elements in the order in which the entry's cells hold them.

    One rectangle that fits in one way only is taken so; else W is read neuron by neuron, as network files have it, and
    everything else observation by observation.
    """
    rows, columns = shape
    turned = Quantity.of(name).symbol == "W"
    if entry.by is not None:
        turned = entry.by == "neuron"
    elif len(entry.areas) == 1 and rows != columns:
        found = len(entry.areas[0]), len(entry.areas[0][0])
        turned = found == (columns, rows) if found in (shape, (columns, rows)) else turned
    by_row: list[Shape] = [(i, j) for i in range(rows) for j in range(columns)]
    return [(i, j) for j in range(columns) for i in range(rows)] if turned else by_row
