"""Draws the trials: seeded random inputs of the step, chosen so that no mistake can hide.

Blind draws are not enough: a ReLU unit may stay dead in all of them, a gradient may stay below the tolerance. So
more candidates are drawn than needed, of several kinds, and trials are taken from them until every number was seen, every
unit with a bend on both sides, and every mask apart from every other. docs/trials.md says what the trials promise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, evaluate_step, stacked
from sheetnet.trials import TRIALS
from sheetnet.trials.candidates import candidates
from sheetnet.trials.demands import (
    LEVEL,
    Demand,
    all_told,
    demands,
    largest,
    signs,
    single_unit_below,
    telling_apart,
)
from sheetnet.trials.kinds import KINDS, PLAIN_TRIALS, USUAL, TrialKind
from sheetnet.trials.tolerance import ABSOLUTE, RELATIVE

OFTEN, MOST = 4, 24  # times as many trials: until all is seen as often as it should be, and seen at all
POOL = 6  # times as many candidates as trials
POOLS = 10  # pools of candidates, where one does not have what is asked for
MOST_DRAWN = 15_000_000  # numbers of all candidates
OUTPUT_MARGIN = 1e-3  # outputs under logarithmic losses keep this distance from 0 and 1
LARGEST = 1e6  # no quantity may explode
# Inputs that differ by twenty times the rounding of a spreadsheet may move no number by a third of the tolerance.
JOLT, JOLTED = 2e-15, 1 / 3

InputElement = tuple[str, int, int]  # block, row, column of an input
Ties = Mapping[InputElement, InputElement]  # an input → the one it is tied to


@dataclass(frozen=True)
class Trials:
    """K sets of inputs: block → K × rows × columns.

    `doubtful` marks, block → rows × columns, the cells whose right and wrong formulas no trial could tell apart. In
    `one_hot` trials all targets are 0 or 1.
    """

    network: Network
    inputs: Mapping[str, Array]
    doubtful: Mapping[str, NDArray[np.bool_]]
    one_hot: bool = False

    @property
    def count(self) -> int:
        """K."""
        return len(self.inputs["gamma"])

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """The inputs with the reference's answers, computed when first asked for: of large networks they take much room."""
        found = blocks_of(self.network, evaluate_step(self.network, self.inputs))
        for array in found.values():
            array.flags.writeable = False
        return found


def draw_trials(
    network: Network, count: int = TRIALS, seed: int = 0, ties: Ties | None = None, one_hot: bool = False
) -> Trials:
    """At least `count` trials, reproducible by `seed`; more where the network needs them.

    `one_hot` draws targets of 0 and 1 alone, every class in turn. The arrays are read-only: a class has one network, and
    its trials are drawn once.
    """
    return _drawn(network, count, seed, tuple((ties or {}).items()), one_hot)


@lru_cache(maxsize=4)
def _drawn(
    network: Network, count: int, seed: int, ties: tuple[tuple[InputElement, InputElement], ...], one_hot: bool
) -> Trials:
    generator = np.random.default_rng(seed)
    values, kinds = _pool(network, generator, count, dict(ties), one_hot)
    chosen = _of_each_kind(network, values, kinds, demands(network, values), count)
    often = (count + 1) // 2  # of few trials, not all can be asked to show a thing
    for attempt in range(POOLS):
        if attempt:  # another pool, where one was not enough
            values, asked = {name: array[chosen] for name, array in values.items()}, []
            more, _ = _pool(network, generator, count, dict(ties), one_hot)
            values = {name: np.concatenate([array, more.pop(name)]) for name, array in values.items()}
            chosen = list(range(len(chosen)))
        asked = demands(network, values)
        chosen = choose([replace(demand, wanted=1) for demand in asked], chosen, 0, MOST * count)
        found, masks = signs(network, values)
        chosen += telling_apart(found, masks, chosen, MOST * count)
        asked = [replace(demand, wanted=min(demand.wanted, often)) for demand in asked]
        chosen = choose(asked, chosen, count, OFTEN * count)
        doubtful = _doubtful(network, asked, chosen)
        done = not any(marks.any() for marks in doubtful.values()) and all_told(found[chosen], masks)
        if done or len(chosen) >= MOST * count:
            break
    return read_only(Trials(network, _inputs(network, values, chosen), doubtful, one_hot))


@lru_cache(maxsize=4)
def plain_trials(network: Network, count: int = TRIALS, seed: int = 0) -> Trials:
    """Trials of the usual kind alone, no target of them 0 or 1: for expressions that need not be defined there."""
    values = usable_draws(network, np.random.default_rng(seed), POOL * count, {}, False, PLAIN_TRIALS)
    asked = demands(network, values)
    chosen = choose(asked, [], count, OFTEN * count)
    return read_only(Trials(network, _inputs(network, values, chosen), _doubtful(network, asked, chosen)))


def _inputs(network: Network, values: Mapping[str, Array], chosen: Sequence[int]) -> dict[str, Array]:
    """The inputs of the chosen candidates."""
    return {name: values[name][list(chosen)] for name, block in network.blocks.items() if block.kind == "input"}


def _pool(
    network: Network, generator: np.random.Generator, count: int, ties: Ties, one_hot: bool
) -> tuple[dict[str, Array], NDArray[np.intp]]:
    """The usable candidates of all kinds, as blocks, and the kind of each (its place in KINDS)."""
    bends = sum(bool(network.kinks(layer)) for layer in range(1, network.depth + 1))
    wanted = [POOL * (max(count, bends) if kind is USUAL else kind.least) for kind in KINDS]
    numbers = sum(block.rows * block.columns for block in network.blocks.values())
    share = min(1.0, MOST_DRAWN / (numbers * sum(wanted)))
    drawn = [usable_draws(network, generator, max(int(n * share), 4), ties, one_hot, kind)
             for n, kind in zip(wanted, KINDS, strict=True)]  # fmt: skip
    kinds = np.repeat(np.arange(len(KINDS)), [len(values["gamma"]) for values in drawn])
    return {name: np.concatenate([values.pop(name) for values in drawn]) for name in network.blocks}, kinds


def usable_draws(
    network: Network, generator: np.random.Generator, count: int, ties: Ties, one_hot: bool, kind: TrialKind = USUAL
) -> dict[str, Array]:
    """Of so many candidates of a kind those that can be used, with the reference's answers."""
    inputs = candidates(network, generator, count, one_hot, kind)
    tie(inputs, network, ties)
    values = blocks_of(network, evaluate_step(network, inputs))
    kept = usable(network, values)
    return {name: array[kept] for name, array in values.items()}


def read_only(trials: Trials) -> Trials:
    """The trials, which several workbooks share."""
    for array in (*trials.inputs.values(), *trials.doubtful.values()):
        array.flags.writeable = False
    return trials


def blocks_of(network: Network, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The quantities as blocks, K × rows × columns: Jacobians one under the other."""
    return {name: stacked(arrays[name], block) for name, block in network.blocks.items()}


def tie(inputs: dict[str, Array], network: Network, ties: Ties) -> None:
    """Give inputs that are one number the same draw: a layer's shared bias, and what the sheet ties together."""
    for number, layer in enumerate(network.layers, 1):
        if layer.shared_bias:
            inputs[q("W", number)][:, -1, :] = inputs[q("W", number)][:, -1, :1]
    for (name, row, column), (other, r, c) in ties.items():
        inputs[name][:, row, column] = inputs[other][:, r, c]


def usable(network: Network, values: Mapping[str, Array]) -> NDArray[np.intp]:
    """The candidates in which nothing explodes, no output comes too near to where a logarithm does, no unit to its bend."""
    good = np.ones(len(values["gamma"]), dtype=np.bool_)
    for name, array in values.items():
        size = np.abs(array)
        good &= (size < LARGEST).all(axis=(1, 2))  # NaN is not below anything
        quantity = Quantity.of(name)
        for kink in network.kinks(quantity.layer or 0) if quantity.symbol == "z" else ():
            apart = np.abs(array - kink) > LEVEL
            if single_unit_below(network, quantity.layer or 0):
                apart |= array == 0.0
            good &= apart.all(axis=(1, 2))
    low, high = network.loss_facts.outputs.low, network.loss_facts.outputs.high
    if np.isfinite(low):
        # Outputs that mix share 1 among them, so that some of many are small whatever is drawn.
        above = OUTPUT_MARGIN * (2 / network.sizes[-1] if network.mixes(network.depth) else 1)
        for name in (q("a", network.depth), q("a", network.depth, new=True)):
            outputs = values[name].reshape(len(good), -1)
            good &= (outputs > low + above).all(axis=1) & (outputs < high - OUTPUT_MARGIN).all(axis=1)
    kept = np.flatnonzero(good)
    return np.asarray(kept[_steady(network, {name: array[kept] for name, array in values.items()})])


def _steady(network: Network, values: Mapping[str, Array]) -> NDArray[np.bool_]:
    """The candidates in which rounding stays rounding: deep networks may magnify it until right sheets differ."""
    dice = np.random.default_rng(0)
    inputs = {name: values[name] for name, block in network.blocks.items() if block.kind == "input"}
    jolted = {name: array * (1 + JOLT * dice.standard_normal(array.shape)) for name, array in inputs.items()}
    moved, scale = blocks_of(network, evaluate_step(network, jolted)), largest(values)[:, None, None]
    steady = np.ones(len(scale), dtype=np.bool_)
    for name, array in values.items():
        room = (RELATIVE * np.abs(array) + ABSOLUTE * scale) * JOLTED
        steady &= (np.abs(moved[name] - array) <= room).all(axis=(1, 2))
    return steady


def _of_each_kind(
    network: Network, values: Mapping[str, Array], kinds: NDArray[np.intp], asked: Sequence[Demand], count: int
) -> list[int]:
    """Of each kind as many trials as there are to be: those that show most of what is special to it."""
    chosen: list[int] = []
    for number, kind in enumerate(KINDS[:count]):
        those = np.flatnonzero(kinds == number)
        some = {name: array[those] for name, array in values.items()}
        special = asked if kind.shows is None else [Demand(shown, 1) for shown in kind.shows(network, some)]
        of_kind = special if kind.shows else [replace(demand, met=demand.met[those]) for demand in special]
        wanted = max(1, min(kind.least, kind.least * count // TRIALS))
        chosen += [int(those[n]) for n in choose(of_kind, [], wanted, wanted)]
    return chosen


def choose(asked: Sequence[Demand], chosen: Sequence[int], least: int, most: int) -> list[int]:
    """Add to those chosen the candidate that meets most of what is lacking, until nothing is, or there are `most`."""
    found = list(chosen)
    met = np.concatenate([demand.met for demand in asked], axis=1)
    lacking = np.concatenate([np.full(demand.met.shape[1], demand.wanted) for demand in asked])
    lacking = np.minimum(lacking, met.sum(axis=0)) - met[found].sum(axis=0)  # what no candidate has is not waited for
    while len(found) < min(len(met), most):
        open_ = np.flatnonzero(lacking > 0)
        if not len(open_) and len(found) >= least:
            break
        scores = met[:, open_].sum(axis=1)
        scores[found] = -1
        found.append(int(scores.argmax()))
        lacking = lacking - met[found[-1]]
    return found


def _doubtful(network: Network, asked: Sequence[Demand], chosen: Sequence[int]) -> dict[str, NDArray[np.bool_]]:
    """The cells of which a demand was met in no trial. A unit never seen on one side makes its a, ∂a/∂z and δ doubtful."""
    found = {name: np.zeros(block.shape, dtype=np.bool_) for name, block in network.blocks.items()}
    for demand in asked:
        unmet = np.logical_not(demand.met[list(chosen)].any(axis=0))
        for name in demand.doubts:
            block = network.blocks[name]
            columns = len(unmet) // block.rows  # a bias node's column is not among them
            found[name][:, :columns] |= unmet.reshape(block.rows, columns)
    return found
