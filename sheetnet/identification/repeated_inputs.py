"""Finds numbers that are typed: inputs typed again at each step, all or in turn, and numbers where a formula belongs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from sheetnet.formulas import symbol_of
from sheetnet.identification.find_inputs import typed_number
from sheetnet.identification.headings import Headings
from sheetnet.identification.input_map import InputMap
from sheetnet.identification.labels import TAKEN_IN_TURN
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import cell_place
from sheetnet.syntax.shifting import skeletons_of
from sheetnet.validation.case import InputPlace
from sheetnet.workbook import Place, Position, Sheet, Workbook

DOWNWARDS, RIGHTWARDS = (1, 0), (0, 1)
COMPUTED = ("dC_dW", "dC_da", "delta")  # symbols under whose name nobody types a number


def with_repeats(where: InputMap, workbook: Workbook, network: Network, graph: Dependencies) -> InputMap:
    """The map, with the cells that go on after the last observation and hold the first, the second, … once more."""
    numbers = {
        (sheet.name, *at): number
        for sheet in workbook.sheets
        for at, cell in sheet.cells.items()
        if (number := typed_number(cell)) is not None
    }
    known = {place for places in where.cells.values() for place in places}
    cells, notes = dict(where.cells), list(where.notes)
    for name in TAKEN_IN_TURN:
        own = {element[1:]: places[-1] for element, places in where.cells.items() if element[0] == name}
        found = dict(_repeats(own, network.observations, numbers, graph.used - known))
        for place, (row, column) in found.items():
            cells[name, row, column] = (*cells[name, row, column], place)
        if found:
            first, last = min(found), max(found)
            notes.append(
                f"{symbol_of(name)} is typed again in {cell_place(first)} … {cell_place(last)}, taken as copies"
            )
    learning_rate = ("gamma", 0, 0)
    if learning_rate in cells:
        cells[learning_rate] += tuple(_on_other_sheets(cells, cells[learning_rate], numbers, graph.used - known))
    return replace(where, cells=cells, notes=tuple(notes))


def _on_other_sheets(
    cells: Mapping[InputPlace, Sequence[Place]], own: Sequence[Place], numbers: Mapping[Place, float], used: set[Place]
) -> Iterator[Place]:
    """The same number at the same address of sheets that have inputs of their own: each step is a copy of the sheet."""
    sheets = {place[0] for (name, *_), places in cells.items() if name in TAKEN_IN_TURN for place in places}
    for sheet, (_, row, column) in product(sorted(sheets), own[:1]):
        if (sheet, row, column) in used and numbers.get((sheet, row, column)) == numbers.get(own[0]):
            yield sheet, row, column


def batch_of(where: InputMap, network: Network, graph: Dependencies) -> int:
    """How many observations meet the weights that are typed: those after them meet what training made of these."""
    weights = {place for (name, *_), own in where.cells.items() if Quantity.of(name).symbol == "W" for place in own}
    rows: dict[Place, int] = {}
    for (name, row, _), own in where.cells.items():
        if name == "A_0":
            rows |= dict.fromkeys(own[:1], row)
    met = set[int]()
    for place in graph.formulas:
        used = graph.precedents(place)
        if not weights.isdisjoint(used):
            met |= {rows[one] for one in used if one in rows}
    count = len(met)
    several = met == set(range(count)) and count > 0 and network.observations % count == 0
    return count if several else network.observations


def typed_among_formulas(workbook: Workbook, graph: Dependencies, inputs: Collection[Place]) -> frozenset[Place]:
    """The numbers, no inputs, that formulas use and that stand between formulas of one form, or under a gradient's name."""
    headings, forms = Headings(workbook), skeletons_of(workbook)
    return frozenset(
        (sheet.name, *at)
        for sheet in workbook.sheets
        for at, cell in sheet.cells.items()
        if typed_number(cell) is not None
        if (place := (sheet.name, *at)) in graph.used and place not in inputs
        if _is_odd(sheet, at, forms, inputs) or not headings.symbols(place).isdisjoint(COMPUTED)
    )


def _is_odd(sheet: Sheet, at: Position, forms: Mapping[str, str], inputs: Collection[Place]) -> bool:
    """Whether formulas of one form stand on both sides of a number, or in the other three corners of a square."""
    row, column = at

    def form(down: int, right: int) -> str | None:
        cell = sheet.cells.get((row + down, column + right))
        return (
            None if cell is None or cell.formula is None or typed_number(cell) is not None else forms.get(cell.formula)
        )

    def is_number(down: int, right: int) -> bool:
        cell = sheet.cells.get((row + down, column + right))
        typed = cell is not None and typed_number(cell) is not None
        return typed and (sheet.name, row + down, column + right) not in inputs

    for (down, right), (other_down, other_right) in ((DOWNWARDS, RIGHTWARDS), (RIGHTWARDS, DOWNWARDS)):
        odd = not any(is_number(sign * other_down, sign * other_right) for sign in (-1, 1))
        if odd and None is not form(-down, -right) == form(down, right):
            return True
    corners = product((-1, 1), (-1, 1))
    return any(None is not form(down, 0) == form(0, right) == form(down, right) for down, right in corners)


def as_formulas(workbook: Workbook, places: Collection[Place]) -> Workbook:
    """The workbook with the numbers in these cells as formulas, `=0.05`, so that they are judged."""
    sheets = []
    for sheet in workbook.sheets:
        own = {at: cell for at, cell in sheet.cells.items() if (sheet.name, *at) in places}
        typed = {at: replace(cell, formula=cell.formula or repr(cell.value)) for at, cell in own.items()}
        sheets.append(replace(sheet, cells={**sheet.cells, **typed}) if typed else sheet)
    return replace(workbook, sheets=tuple(sheets))


def _repeats(
    own: Mapping[tuple[int, int], Place], observations: int, numbers: Mapping[Place, float], used: set[Place]
) -> Iterator[tuple[Place, tuple[int, int]]]:
    """(cell, (observation, neuron)) for each further batch of observations all of whose numbers are there again."""
    for size, (down, right) in _strides(own, observations):
        batches = observations // size
        found, turn = list[tuple[Place, tuple[int, int]]](), 0
        while True:
            ahead = (turn // batches + 1) * batches
            again = {
                (sheet, r + down * ahead, c + right * ahead): (k, j)
                for (k, j), (sheet, r, c) in own.items()
                if k // size == turn % batches
            }
            same = (place in used and numbers.get(place) == numbers.get(own[at]) for place, at in again.items())
            if not again or not all(same):
                break
            found += again.items()
            turn += 1
        if found:
            yield from found
            return


def _strides(own: Mapping[tuple[int, int], Place], observations: int) -> Iterator[tuple[int, Position]]:
    """How many observations go together, and how far it is from these to the next ones; all of them in any direction."""
    for size in (size for size in range(1, observations) if observations % size == 0):
        steps = {
            (own[k + size, j][1] - place[1], own[k + size, j][2] - place[2])
            for (k, j), place in own.items()
            if (k + size, j) in own
        }
        if len(steps) == 1:
            yield size, next(iter(steps))
    yield observations, DOWNWARDS
    yield observations, RIGHTWARDS
