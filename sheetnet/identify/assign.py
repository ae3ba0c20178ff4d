"""Which cells hold the inputs, when nobody says so: the assignment by value under which most cells are identified.

Each matrix of the network file is sought among the constants; where it is there more than once, or where equal numbers
leave a choice, a part of the workbook is run under each choice and the labels are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sheetnet.check.inputs import Element, input_blocks
from sheetnet.engine import Evaluate
from sheetnet.errors import FileError
from sheetnet.identify.by_value import Assignment, Constants, Numbers, options, scattered
from sheetnet.identify.flow import Flow
from sheetnet.identify.input_map import InputMap
from sheetnet.identify.labels import look_up
from sheetnet.identify.quantities import Training
from sheetnet.identify.sheet_runs import run
from sheetnet.network import Network
from sheetnet.reference import inputs_of
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Place, Position, Workbook, array_cells

PART = 300  # formulas, first in the order of calculation, on which choices are tried
TRIALS = 3  # enough to tell a right assignment from a wrong one
MOST_TRIED = 40  # choices that are run: at most some seconds
NEEDED = ("A_0", "W_")  # without these nothing can be identified; biases, targets and γ may be literals
Score = Callable[[Mapping[str, Assignment]], tuple[int, int]]


@dataclass(frozen=True)
class _Slot:
    """A matrix of inputs that stands together: its numbers, and the ways it is arranged among the constants."""

    name: str
    block: str
    numbers: Numbers
    options: list[Assignment]


def find_inputs(workbook: Workbook, network: Network, flow: Flow, engine: Evaluate, seed: int) -> InputMap:
    """Where the network file's numbers stand. Raises `FileError` naming the inputs that stand nowhere."""
    constants = Constants(workbook, flow.used)
    slots = [slot for block in input_blocks(network) for slot in _slots(constants, network, block.name)]
    slots.sort(key=lambda slot: (-len(slot.numbers), len(slot.options)))
    chosen = _first_choice(constants, slots, {})
    _refuse_missing(network, {element for one in chosen.values() for element in one})
    notes: tuple[str, ...] = ()
    if any(len(slot.options) > 1 for slot in slots):
        chosen, notes = _best(constants, slots, chosen, _scorer(workbook, network, flow, engine, seed))
    cells = {element: places for one in chosen.values() for element, places in one.items()}
    _refuse_missing(network, cells)
    return InputMap(cells, "the values of the network file", notes)


def _slots(constants: Constants, network: Network, block: str) -> Iterable[_Slot]:
    """One slot a block; two for W and its biases, unless they stand together."""
    array = inputs_of(network)[block][0]
    numbers = {(i, j): float(x) for i, row in enumerate(array) for j, x in enumerate(row)}
    if not block.startswith("W_"):
        own = {at: x for at, x in numbers.items() if not network.blocks[block].is_bias_node(*at)}
        yield _Slot(block, block, own, options(constants, block, own))
        return
    if together := options(constants, block, numbers):
        yield _Slot(block, block, numbers, together)
        return
    last = len(array) - 1
    weights = {at: x for at, x in numbers.items() if at[0] < last}
    biases = {at: x for at, x in numbers.items() if at[0] == last}
    yield _Slot(block, block, weights, options(constants, block, weights))
    yield _Slot(f"b_{block[2:]}", block, biases, options(constants, block, biases))


def _cells(one: Assignment) -> set[Place]:
    return {place for places in one.values() for place in places}


def _first_choice(constants: Constants, slots: list[_Slot], fixed: Mapping[str, Assignment]) -> dict[str, Assignment]:
    """For each slot the first option on cells that no other slot has; those of `fixed` as they are."""
    chosen = dict(fixed)
    taken = {place for one in fixed.values() for place in _cells(one)}
    for slot in slots:
        if slot.name not in chosen:
            free = (one for one in slot.options if taken.isdisjoint(_cells(one)))
            one = next(free, None) or scattered(constants, slot.block, slot.numbers, taken)
            chosen[slot.name] = one
            taken |= _cells(one)
    return chosen


def _best(
    constants: Constants, slots: list[_Slot], chosen: dict[str, Assignment], score: Score
) -> tuple[dict[str, Assignment], tuple[str, ...]]:
    """Change one slot at a time, for as long as that identifies more cells; slots in its way go elsewhere."""
    best, moved = score(chosen)
    tried = 1
    improved = True
    while improved and best < moved and tried < MOST_TRIED:
        improved = False
        for slot in slots:
            for one in slot.options:
                if one == chosen[slot.name] or best == moved or tried >= MOST_TRIED:
                    continue
                others = {n: other for n, other in chosen.items() if _cells(other).isdisjoint(_cells(one))}
                candidate = _first_choice(constants, slots, {**others, slot.name: one})
                tried += 1
                count, all_ = score(candidate)
                if count > best:
                    chosen, best, moved, improved = candidate, count, all_, True
    notes = [
        _note(slot, chosen[slot.name], best, moved) for slot in slots if len(slot.options) > 1 and chosen[slot.name]
    ]
    return chosen, tuple(notes)


def _note(slot: _Slot, one: Assignment, best: int, moved: int) -> str:
    places = sorted(_cells(one))
    first, last = places[0], places[-1]
    where = f"{first[0]}!{cell_name(*first[1:])}" + (f" … {cell_name(*last[1:])}" if len(places) > 1 else "")
    return (
        f"{slot.name} fits in {len(slot.options)} ways; taken is {where}, "
        f"under which {best} of {moved} tried cells are identified"
    )


def _scorer(workbook: Workbook, network: Network, flow: Flow, engine: Evaluate, seed: int) -> Score:
    part = flow.order[:PART]
    small = excerpt(workbook, set(part))

    def score(chosen: Mapping[str, Assignment]) -> tuple[int, int]:
        """How many cells of the part are identified, and how many its inputs move."""
        cells = {element: places for one in chosen.values() for element, places in one.items()}
        runs = run(small, network, InputMap(cells, ""), engine, part, TRIALS, seed)
        todo = [number for number, moved in enumerate(runs.moved) if moved]
        return len(look_up(Training(network, runs.inputs), runs.values, todo)), len(todo)

    return score


def excerpt(workbook: Workbook, formulas: Collection[Place]) -> Workbook:
    """The workbook with all its constants, but of its formulas only these."""
    sheets = []
    for sheet in workbook.sheets:
        cells = {at: cell for at, cell in sheet.cells.items() if cell.formula is None or (sheet.name, *at) in formulas}
        arrays = {at: size for at, size in sheet.arrays.items() if at in cells}
        sheets.append(replace(sheet, cells=cells, arrays=arrays))
    return replace(workbook, sheets=tuple(sheets))


def with_formulas(bare: Workbook, workbook: Workbook, formulas: Iterable[Place]) -> Workbook:
    """A workbook without formulas, and these formulas of `workbook`; of an array's cells, the whole array."""
    more: dict[str, dict[Position, Cell]] = {sheet.name: {} for sheet in workbook.sheets}
    anchors = {sheet.name: array_cells(sheet) if sheet.arrays else {} for sheet in workbook.sheets}
    cells = {sheet.name: sheet.cells for sheet in workbook.sheets}
    for name, row, column in formulas:
        at = anchors[name].get((row, column), (row, column))
        more[name][at] = cells[name][at]
    sheets = []
    for sheet, original in zip(bare.sheets, workbook.sheets, strict=True):
        arrays = {at: size for at, size in original.arrays.items() if at in more[sheet.name]}
        sheets.append(replace(sheet, cells={**sheet.cells, **more[sheet.name]}, arrays=arrays))
    return replace(bare, sheets=tuple(sheets))


def _refuse_missing(network: Network, cells: Collection[Element]) -> None:
    array = inputs_of(network)
    lacking = [
        (block.name, i, j)
        for block in input_blocks(network)
        if block.name.startswith(NEEDED)
        for i in range(block.rows - block.name.startswith("W_"))
        for j in range(block.columns)
        if not block.is_bias_node(i, j) and (block.name, i, j) not in cells
    ]
    if lacking:
        name, i, j = lacking[0]
        more = f" (nor {len(lacking) - 1} more inputs)" if len(lacking) > 1 else ""
        raise FileError(
            f"inputs not found: no cell that a formula uses holds {name}[{i}, {j}] = {array[name][0, i, j]:g}{more}: "
            "say where the inputs stand with --inputs MAP.toml"
        )
