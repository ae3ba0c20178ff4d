"""Explains a cell that computes nothing known: its neighbours, the nearest quantity, known mistakes.

Blocks go on: two cells in a line with indices or steps one apart say what the third is, and so do three corners of a
square.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from sheetnet.effort import Effort
from sheetnet.formulas import symbol_of
from sheetnet.identification.labels import Label, SignatureIndex
from sheetnet.identification.plain_words import in_words
from sheetnet.identification.state import IdentifyState
from sheetnet.mistakes.search import Diagnosis, Explanation
from sheetnet.network import activation_name
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, evaluate_step, stacked
from sheetnet.syntax.number_formats import is_number
from sheetnet.trials.tolerance import ABSOLUTE, RELATIVE
from sheetnet.validation.case import input_blocks
from sheetnet.workbook import Place

FOUR_WAYS = ((-1, 0), (1, 0), (0, -1), (0, 1))
IsKnown = Callable[[Label], bool]


def guesses(todo: Iterable[Place], labels: Mapping[Place, Label], possible: IsKnown) -> dict[Place, Label]:
    """For each cell the label that most of its surroundings suggest; a guess helps with the cells after it.

    `possible` says which labels there are, and are not taken.
    """
    known = dict(labels)
    found: dict[Place, Label] = {}
    for place in todo:
        votes = Counter(label for label in suggestions(place, known) if possible(label))
        if votes:
            found[place] = known[place] = votes.most_common(1)[0][0]
    return found


def suggestions(place: Place, known: Mapping[Place, Label]) -> Iterator[Label]:
    """What the cells around a cell suggest for it, one label for each pair or corner that goes on there."""
    sheet, row, column = place
    for down, right in FOUR_WAYS:
        near = known.get((sheet, row + down, column + right))
        far = known.get((sheet, row + 2 * down, column + 2 * right))
        if near is not None and far is not None and (label := _moved(near, far, near)) is not None:
            yield label
    for down in (-1, 1):  # corners: (r, c) is to (r ± 1, c) as (r, c') is to (r ± 1, c')
        base = known.get((sheet, row + down, column))
        for side in (-1, 1):
            corner, beside = known.get((sheet, row + down, column + side)), known.get((sheet, row, column + side))
            if base is None or corner is None or beside is None:
                continue
            if (label := _moved(base, corner, beside)) is not None:
                yield label
    for down, right in ((1, 0), (0, 1)):
        one, other = known.get((sheet, row - down, column - right)), known.get((sheet, row + down, column + right))
        if one is not None and other is not None and (label := _between(one, other)) is not None:
            yield label


def _moved(label: Label, origin: Label, target: Label) -> Label | None:
    """`label` moved as `target` is from `origin`: in its index, where all have the same, and in its step."""
    if origin.quantity != target.quantity:
        return None
    step = label.step + target.step - origin.step
    index = label.index
    change = [b - a for a, b in zip(origin.index, target.index, strict=True)]
    if any(change):
        if label.quantity != origin.quantity:
            return None
        index = tuple(i + c for i, c in zip(label.index, change, strict=True))
    return Label(label.quantity, index, step) if step >= 1 and (step, index) != (label.step, label.index) else None


def _between(one: Label, other: Label) -> Label | None:
    """The label halfway between two, where there is one."""
    if one.quantity != other.quantity or one == other:
        return None
    sums = [a + b for a, b in zip((*one.index, one.step), (*other.index, other.step), strict=True)]
    if any(total % 2 for total in sums):
        return None
    *index, step = (total // 2 for total in sums)
    return Label(one.quantity, tuple(index), step)


def connected(places: Iterable[Place], alike: Callable[[Place, Place], bool]) -> list[list[Place]]:
    """The places in groups of neighbours that are alike, each in reading order."""
    left = dict.fromkeys(sorted(places))
    groups = []
    while left:
        group = [next(iter(left))]
        del left[group[0]]
        for sheet, row, column in group:
            for down, right in FOUR_WAYS:
                near = (sheet, row + down, column + right)
                if near in left and alike((sheet, row, column), near):
                    del left[near]
                    group.append(near)
        groups.append(sorted(group))
    return groups


RATIOS = {-1.0: "−1", 2.0: "2", 0.5: "½", -2.0: "−2", -0.5: "−½"}


def comparison(state: IdentifyState, column: int, expected: Label, right: Array, computes: Label | None) -> str:
    """A cell against what it should compute."""
    found, wanted = state.runs.values[:, column], in_words(state.network, expected)
    if is_number(state.graph.formulas[state.places[column]]):
        return f"a number is typed here, where a formula for {wanted} belongs"
    if computes is not None:
        what = in_words(state.network, computes)
        return f"computes {what}, where {wanted} is wanted{_missing_factor(state, expected, computes)}"
    if (ratio := _ratio(found[1:], right[1:])) is not None:
        return f"is {_times(ratio)} × {wanted}, which it should be"
    agree = _agreeing(found, right)
    count = int(agree[1:].sum())
    if agree[0] and count == 0:
        return f"should be {wanted}: right at the sheet's own numbers by chance, wrong at others"
    often = f", though it agrees in {count} of {len(found) - 1} trials" if count else ""
    return f"should be {wanted}, and computes something else{often}"


def nearest(state: IdentifyState, column: int) -> str:
    """A cell of which nobody knows what it should compute."""
    found = state.runs.values[:, column]
    if not np.isfinite(found).all():
        return "does not give a number in every trial"
    if (multiple := _multiple(state, found)) is not None:
        return multiple
    numbers = state.training.step(1)[:, : state.training.blocks]
    counts = _agreeing(found[1:, None], numbers[1:]).sum(axis=0)
    best = int(counts.argmax())
    if counts[best] >= 2:
        label = in_words(state.network, Label(*state.training.elements[best]))
        return f"computes no known quantity; it agrees with {label} in {counts[best]} of {len(found) - 1} trials"
    return "computes no known quantity"


def _missing_factor(state: IdentifyState, expected: Label, computes: Label) -> str:
    """δ = ∂C/∂a · f′(z): where one factor stands for the product, the other one is missing."""
    delta = Quantity.of(expected.quantity)
    if delta.symbol != "delta" or not delta.layer:
        return ""
    dc_da, da_dz = q("dC_da", delta.layer), q("da_dz", delta.layer)
    if computes.quantity == dc_da:
        mask = "" if state.network.activation_facts(delta.layer).off is None else " mask"
        activation = state.network.layers[delta.layer - 1].activation
        return f": the factor {symbol_of(da_dz)}, the derivative of {activation}{mask}, is missing"
    return f": the factor {symbol_of(dc_da)} is missing" if computes.quantity == da_dz else ""


def _ratio(found: Array, right: Array) -> float | None:
    """found / right, where that is the same number in all trials."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (found / right)[right != 0]
    if len(ratios) < 2 or not np.isfinite(ratios).all() or not np.allclose(ratios, ratios[0], rtol=RELATIVE, atol=0):
        return None
    return None if abs(ratios[0]) < RELATIVE or ((found != 0) & (right == 0)).any() else float(ratios[0])


def _multiple(state: IdentifyState, found: Array) -> str | None:
    """The quantity of the first step of which the cell is a constant multiple."""
    trials = found[1:]
    expected = state.training.step(1)[1:]
    usable = np.flatnonzero(np.isfinite(expected).all(axis=0) & (np.ptp(expected, axis=0) > 0))
    _, matches = SignatureIndex(_unit(expected[:, usable]), np.ones((len(trials), 1))).matches(_unit(trials[:, None]))
    for number in sorted(usable[matches].tolist()):
        if (ratio := _ratio(trials, expected[:, number])) is not None:
            what = in_words(state.network, Label(*state.training.elements[number]))
            return f"is {_times(ratio)} × {what}, and no quantity itself"
    return None


def _unit(columns: Array) -> Array:
    """Columns of length 1 whose largest number is positive: alike for all multiples of one column."""
    largest = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return columns / np.where(largest == 0, 1.0, largest)


def _agreeing(found: Array, right: Array) -> np.typing.NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(found - right) <= RELATIVE * np.maximum(np.abs(found), np.abs(right)) + ABSOLUTE)


def _times(ratio: float) -> str:
    return next((text for number, text in RATIOS.items() if abs(ratio / number - 1) < RELATIVE), f"{ratio:.6g}")


MOST_GUESSES_HERE = 40_000  # mistaken equations computed for them all: 1 to 2 s
MOST_DIAGNOSED = 24  # wrong cells that are diagnosed: a search may take a fifth of a second


def mistakes(state: IdentifyState) -> dict[Place, tuple[Explanation, ...]]:
    """Wrong cell → its simplest explanations, for the first wrong cells in the order of calculation.

    Only cells that use no other wrong or carried cell are asked about: their numbers are their own formula's. Of those that
    hold one formula, filled down or across, the first is; what is found for it holds for all.
    """
    spoilt = state.wrong.keys() | state.carried
    alone = [p for p in state.graph.order if p in state.wrong and spoilt.isdisjoint(state.graph.precedents(p))]
    firsts: dict[tuple[str, str], Place] = {}
    for place in alone:
        firsts.setdefault((state.wrong[place].quantity, state.pattern(place)), place)
    asked = list(firsts.values())[:MOST_DIAGNOSED]
    diagnoses, guesses = dict[int, Diagnosis](), Effort().guesses.share(MOST_GUESSES_HERE)
    found = {}
    for place in asked:
        block, row, column, step = _block(state, state.wrong[place])
        if block in state.network.blocks:
            if step not in diagnoses:
                diagnoses[step] = Diagnosis(state.network, _values(state, step), guesses)
            signature = state.runs.values[:, state.numbers[place]]
            found[place] = diagnoses[step].findings(block, row, column, signature)
    copies = {p: firsts.get((label.quantity, state.pattern(p))) for p, label in state.wrong.items()}
    return {place: found[first] for place, first in copies.items() if first is not None and found.get(first)}


def _block(state: IdentifyState, label: Label) -> tuple[str, int, int, int]:
    """The block, row and column of a label, and the step that computes it."""
    name, step, *_, row, column = label.quantity, label.step, *label.index
    quantity = Quantity.of(name)
    if quantity.symbol == "W":
        return quantity.updated.name, row, column, step - 1
    if quantity.symbol == "a":
        return activation_name(quantity.layer or 0, state.network.depth), row, column, step
    if quantity.symbol == "J":
        return name, label.index[0] * state.network.blocks[name].columns + row, column, step
    return name, row, column, step


def _values(state: IdentifyState, step: int) -> Mapping[str, Array]:
    """Every quantity of one step, from that step's weights."""
    inputs = {block.name: state.runs.inputs[block.name] for block in input_blocks(state.network)}
    inputs |= state.training.batch_inputs(step)
    for name, array in inputs.items():
        if Quantity.of(name).symbol == "W":
            columns = [state.training.column(Label(name, index, step)) for index in np.ndindex(array.shape[1:])]
            inputs[name] = np.array(columns).T.reshape(array.shape)
    arrays = evaluate_step(state.network, inputs)
    blocks = state.network.blocks.items()
    return {**arrays, **{name: stacked(arrays[name], block) for name, block in blocks if block.quantity.symbol != "J"}}
