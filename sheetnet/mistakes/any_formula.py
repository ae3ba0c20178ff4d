"""Known mistakes of any formula: shifted references, neurons and observations exchanged, ranges too short, rounding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np

from sheetnet.mistakes.equation_parts import READS, RECIPES, TWICE, EquationParts, Part, reads_twice, rolled, shifted
from sheetnet.mistakes.known_mistake import DIRECTIONS, Change, Mistake, change, drifted, miscounted, misplaced
from sheetnet.mistakes.site import Site
from sheetnet.reference import Array

_ALONG = {("cost_n", (False, True)), ("cost", (True, False))}  # the direction in which each is summed
FARTHEST_NEURON = 9  # neurons away that an exchange is looked for; in narrower layers all are


def _moved(part: str, row: int, column: int) -> Part:
    return lambda s: shifted(s.right(part), row, column)


def _drifts(site: Site, kind: str) -> Iterator[Change]:
    if kind == "W_new":
        yield Change(kind, {"gamma": lambda s: 0.0}, "γ, an empty cell", instead=("gamma", 0, 0))
    for part in (*READS, *(["w"] if site.network.l2 else [])):
        if part in RECIPES[kind]:
            for words, (row, column) in DIRECTIONS.items():
                if (kind, (row != 0, column != 0)) in _ALONG:
                    continue  # then a term is missing from the range
                yield change(kind, f"{part} {words}", **{part: _moved(part, row, column)})


def _exchanges(site: Site, kind: str, axes: tuple[int, ...], words: str) -> Iterator[Change]:
    """The number of another neuron or observation: the block rolled along an axis, by every step or the nearest."""
    part = "act" if "act" in RECIPES[kind] else "result"
    for axis in axes:
        for step in _steps(_length(site, kind, axis)):
            yield change(kind, f"{words} {step:+d}", **{part: rolled(part, step, axis)})


def _steps(size: int) -> Iterable[int]:
    return range(1, size) if size <= FARTHEST_NEURON else (*range(1, 5), *range(-4, 0))


def _neurons(site: Site, kind: str) -> Iterator[Change]:
    axes = {
        "dC_dW": (-1, -2),
        "W_new": (-1, -2),
        "J": (-1, -2),
        "J.other": (-1, -2),
        "cost_n": (),
        "cost": (),
        "penalty": (),
    }
    yield from _exchanges(site, kind, axes.get(kind, (-1,)), "neuron")
    yield from _in_one_reference(site, kind, -1, "neuron")


def _observations(site: Site, kind: str) -> Iterator[Change]:
    axes = {"dC_dW": (), "W_new": (), "J": (), "J.other": (), "cost": (), "penalty": ()}
    yield from _exchanges(site, kind, axes.get(kind, (-2,)), "observation")
    yield from _in_one_reference(site, kind, -2, "observation")


def _in_one_reference(site: Site, kind: str, axis: int, words: str) -> Iterator[Change]:
    """The number of another neuron or observation in one reference alone: the target, or one of two to one number."""
    parts = {"T": "T", **({part: f"one {part[0]} of two" for part in TWICE} if reads_twice(site) else {})}
    for part, called in parts.items():
        if part in RECIPES[kind]:
            for step in _steps(_length(site, kind, axis)):
                yield change(kind, f"{called} of {words} {step:+d}", **{part: rolled(part, step, axis)})


def _length(site: Site, kind: str, axis: int) -> int:
    sizes = site.network.sizes
    if kind in ("dC_dW", "W_new"):
        return sizes[site.layer] if axis == -1 else site.network.nodes(site.layer - 1)
    if axis == -2 and kind.partition(".")[0] != "J":
        return site.network.observations
    return sizes[site.layer] if site.layer or kind == "inputs" else site.outputs


def _shorter(part: str, axis: int, index: int) -> Part:
    def without(s: EquationParts) -> Array:
        found = s.right(part).copy()
        np.moveaxis(found, axis, 0)[index] = 0.0
        return found

    return without


def _parts_of_sums(site: Site, kind: str) -> Iterator[Change]:
    """A range that is too short at either end, and means over such a range."""
    if kind not in _SUMS and kind != "softmax":
        return
    part, axis = _SUMS.get(kind, ("total", -1))
    count = _terms(site, kind)
    for start, stop in combinations(range(count + 1), 2):
        size = stop - start
        if count > FARTHEST_NEURON or not 1 < size < count:
            continue
        short = _total_of(start, stop) if kind == "softmax" else _between(part, axis, start, stop)
        words = f"{size} of {count} terms"
        yield change(kind, words, **{part: short})
        if "share" in RECIPES[kind]:
            yield change(kind, f"the mean of {words}", **{part: short, "share": _share(size)})


def _terms(site: Site, kind: str) -> int:
    """How many terms the sum of a block has."""
    sizes = site.network.sizes
    if kind == "z":
        return site.network.nodes(site.layer - 1)
    if kind in ("cost", "dC_dW"):
        return site.network.observations
    return site.outputs if kind == "cost_n" else sizes[site.layer + (kind == "dC_da.hidden")]


def _between(part: str, axis: int, start: int, stop: int) -> Part:
    def kept(s: EquationParts) -> Array:
        array = s.right(part)
        inside = (np.arange(array.shape[axis]) >= start) & (np.arange(array.shape[axis]) < stop)
        return np.where(inside if axis == -1 else inside[:, None], array, 0.0)

    return kept


def _total_of(start: int, stop: int) -> Part:
    return lambda s: s["e"][..., start:stop].sum(axis=-1, keepdims=True)


def _share(size: int) -> Part:
    return lambda s: 1 / size


def _total_without(index: int) -> Part:
    return lambda s: s["e"].sum(axis=-1, keepdims=True) - s["e"][..., [index]]


# What is summed in each equation: kind → part and axis.
_SUMS = {
    "z": ("A", -1),
    "cost_n": ("terms", -1),
    "cost": ("terms", -2),
    "dC_da.hidden": ("delta", -1),
    "delta.softmax": ("dC_da", -1),
    "dC_dW": ("delta", -2),
}

ANYWHERE = (
    Mistake(
        "SN110",
        "neurons exchanged",
        "any",
        "1/(1+EXP(-z_1))",
        "1/(1+EXP(-z_0))",
        "The number of another neuron stands here: check the neuron's index in every reference of the formula.",
        forms=_neurons,
    ),
    Mistake(
        "SN111",
        "observations exchanged",
        "any",
        "SUM(C_10,C_11)",
        "SUM(C_00,C_01)",
        "The number of another observation stands here: check the observation's row in every reference.",
        forms=_observations,
    ),
    Mistake(
        "SN112",
        "reference off by one row or column",
        "any",
        "$C$3*D8",
        "$C$3*D7",
        "A reference drifted when the formula was filled down or across; move it back, and put $ where it must stay.",
        forms=_drifts,
        singles=drifted,
    ),
    Mistake(
        "SN113",
        "range too short",
        "z, cost, delta, dC_dW",
        "SUM(B2:B4)",
        "SUM(B2:B5)",
        "Some terms of the sum or the mean are outside the range; stretch it over all of them.",
        tuple(
            change(kind, f"the {words} term is missing", **{part: _shorter(part, axis, index)})
            for kind, (part, axis) in _SUMS.items()
            for words, index in (("first", 0), ("last", -1))
        )
        + tuple(
            change("softmax", f"the {words} term is missing", total=_total_without(index))
            for words, index in (("first", 0), ("last", -1))
        ),
        forms=_parts_of_sums,
    ),
    Mistake(
        "SN114",
        "one term missing, doubled or with the wrong sign",
        "any",
        "x_0*w_00-x_1*w_01+b_0",
        "x_0*w_00+x_1*w_01+b_0",
        "One of the terms is left out, counted twice or subtracted; compare the formula with the sum term by term.",
        singles=miscounted,
    ),
    Mistake(
        "SN115",
        "another cell's number in place of the right one",
        "any",
        "A7*F12",
        "A7*F9",
        "One reference points at a cell that holds another quantity; the report says at which, and what belongs there.",
        singles=misplaced,
    ),
    Mistake(
        "SN116",
        "filled with a $ missing or too many",
        "any",
        "W_01-D8*G_01",
        "W_01-$D$7*G_01",
        "A reference moved along when the right formula beside it was filled, or stayed though it had to move; $ before"
        " column or row is what keeps it.",
    ),
    Mistake(
        "SN117",
        "brackets missing",
        "any",
        "a*1-a",
        "a*(1-a)",
        "Powers are computed first, then products and quotients, then sums; brackets say what belongs together.",
    ),
    Mistake(
        "SN118",
        "an empty cell read",
        "any",
        "W_00-D9*G_00",
        "W_00-$D$7*G_00",
        "An empty cell counts as 0; the report says which one the formula refers to.",
    ),
    Mistake(
        "SN119",
        "a typed constant in a helper cell",
        "any",
        "1/(1+U1^-z)",
        "1/(1+EXP(-z))",
        "A helper cell holds a rounded e, a typed γ or a wrong N; let it compute the constant, or refer to the input.",
    ),
    Mistake(
        "SN120",
        "intermediate rounding",
        "any",
        "ROUND(1/(1+EXP(-z)),4)",
        "1/(1+EXP(-z))",
        "Rounded numbers carry their error into all that follows; show fewer digits by the cell's format instead.",
    ),
)
