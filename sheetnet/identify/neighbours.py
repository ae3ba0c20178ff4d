"""What a cell ought to compute, judging by the labels around it. It knows labels and places, no values, no formulas.

Blocks go on: two cells in a line with indices or steps one apart say what the third is, and so do three corners of a
square.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from sheetnet.identify.result import Label
from sheetnet.workbook import Place

DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))
Known = Callable[[Label], bool]


def guesses(todo: Iterable[Place], labels: Mapping[Place, Label], possible: Known) -> dict[Place, Label]:
    """For each cell the label that most of its surroundings suggest; a guess helps with the cells after it.

    `possible` says which labels there are, and are not taken.
    """
    known = dict(labels)
    found: dict[Place, Label] = {}
    for place in todo:
        votes = Counter(label for label in _suggested(place, known) if possible(label))
        if votes:
            found[place] = known[place] = votes.most_common(1)[0][0]
    return found


def _suggested(place: Place, known: Mapping[Place, Label]) -> Iterator[Label]:
    sheet, row, column = place
    for down, right in DIRECTIONS:
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
            for down, right in DIRECTIONS:
                near = (sheet, row + down, column + right)
                if near in left and alike((sheet, row, column), near):
                    del left[near]
                    group.append(near)
        groups.append(sorted(group))
    return groups
