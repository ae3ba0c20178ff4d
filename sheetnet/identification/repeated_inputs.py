"""Finds inputs that are typed again: a training of one row per step repeats its observation, or takes them in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sheetnet.formulas import symbol_of
from sheetnet.identification.find_inputs import typed_number
from sheetnet.identification.input_map import InputMap
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import cell_place
from sheetnet.workbook import Place, Position, Workbook

DOWNWARDS, RIGHTWARDS = (1, 0), (0, 1)
REPEATED = ("A_0", "target")


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
    for name in REPEATED:
        own = {element[1:]: places[-1] for element, places in where.cells.items() if element[0] == name}
        found = dict(_repeats(own, network.observations, numbers, graph.used - known))
        for place, (row, column) in found.items():
            cells[name, row, column] = (*cells[name, row, column], place)
        if found:
            first, last = min(found), max(found)
            notes.append(
                f"{symbol_of(name)} is typed again in {cell_place(first)} … {cell_place(last)}, taken as copies"
            )
    return replace(where, cells=cells, notes=tuple(notes))


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
