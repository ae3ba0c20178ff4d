"""Trials: seeded random draws of every input of the step, chosen so that no mistake can hide. It knows no workbook.

Blind draws are not enough: a ReLU unit may stay dead in all of them, a gradient may stay below the tolerance. So
more candidates are drawn than needed, and trials are taken from them until every unit with a bend was seen on both
sides and every number stood well above the tolerance often enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.reference import ACTIVATIONS, LOSSES, Array, evaluate, stacked, with_bias_node

TRIALS = 8
MOST = 4  # times as many trials, where that many are needed
POOL = 6  # times as many candidates as trials
ALIVE, DEAD, VISIBLE = 3, 2, 3  # in how many trials each unit must be on, off, each number be visible
THRESHOLD = 1e-6  # a number is visible when it stands a million times above the absolute tolerance
OUTPUT_MARGIN = 1e-3  # outputs under logarithmic losses keep this distance from 0 and 1
WIDE = 4  # nodes from which on a layer's inputs and γ are scaled down
MOST_MAXIMA = 16  # outputs of a softmax up to which each is to be the largest once: that takes as many trials
LARGEST = 1e6  # no quantity may explode

Element = tuple[str, int, int]  # block, row, column of an input
Ties = Mapping[Element, Element]  # an input → the one it is tied to


@dataclass(frozen=True)
class Trials:
    """K sets of inputs with the reference's answers: block → K × rows × columns.

    `doubtful` marks, block → rows × columns, the cells whose right and wrong formulas no trial could tell apart. In
    `one_hot` trials all targets are 0 or 1.
    """

    values: Mapping[str, Array]
    doubtful: Mapping[str, NDArray[np.bool_]]
    one_hot: bool = False

    @property
    def count(self) -> int:
        """K."""
        return len(self.values["gamma"])


def draw_trials(
    network: Network, count: int = TRIALS, seed: int = 0, ties: Ties | None = None, one_hot: bool = False
) -> Trials:
    """At least `count` trials, reproducible by `seed`; more where the network needs them (at most 4 times as many).

    `one_hot` draws targets of 0 and 1 alone, every class in turn. The arrays are read-only: a class has one network, and
    its trials are drawn once.
    """
    return _drawn(network, count, seed, tuple((ties or {}).items()), one_hot)


@lru_cache(maxsize=4)
def _drawn(network: Network, count: int, seed: int, ties: tuple[tuple[Element, Element], ...], one_hot: bool) -> Trials:
    generator = np.random.default_rng(seed)
    inputs = candidates(network, generator, POOL * count, one_hot)
    tie(inputs, network, dict(ties))
    values = blocks_of(network, evaluate(network, inputs))
    flat = flattened(values)
    kept = usable(network, values, flat)
    conditions, demands = _conditions(network, values, flat, kept)
    chosen, lacking = choose(conditions, demands, count, MOST * count)
    rows = kept[chosen]
    doubtful = _doubtful(network, values, lacking)
    return read_only(Trials({name: array[rows] for name, array in values.items()}, doubtful, one_hot))


def read_only(trials: Trials) -> Trials:
    """The trials, which several workbooks share."""
    for array in (*trials.values.values(), *trials.doubtful.values()):
        array.flags.writeable = False
    return trials


def blocks_of(network: Network, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The quantities as blocks, K × rows × columns: Jacobians one under the other."""
    return {name: stacked(arrays[name], block) for name, block in network.blocks.items()}


def flattened(values: Mapping[str, Array]) -> Array:
    """All numbers of each trial in a row."""
    return np.concatenate([array.reshape(len(array), -1) for array in values.values()], axis=1)


def tie(inputs: dict[str, Array], network: Network, ties: Ties) -> None:
    """Give inputs that are one number the same draw: a layer's shared bias, and what the sheet ties together."""
    for number, layer in enumerate(network.layers, 1):
        if layer.shared_bias:
            inputs[f"W_{number}"][:, -1, :] = inputs[f"W_{number}"][:, -1, :1]
    for (name, row, column), (other, r, c) in ties.items():
        inputs[name][:, row, column] = inputs[other][:, r, c]


def candidates(network: Network, generator: np.random.Generator, count: int, one_hot: bool) -> dict[str, Array]:
    """Random inputs, scaled by fan-in so that z stays of order 1, and so does what one step changes in z.

    One step changes z by about γ |A|² δ: so the inputs of a wide layer are small (its weights large instead), and γ is
    smaller where a hidden layer is wide.
    """
    n = network.sizes
    rows = network.observations
    x_scale = min(1.0, (WIDE / n[0]) ** 0.5)
    inputs = {"A_0": with_bias_node(generator.normal(scale=x_scale, size=(count, rows, n[0])))}
    for layer in range(1, network.depth + 1):
        scale = n[layer - 1] ** -0.5 / (x_scale if layer == 1 else 1.0)
        weights = generator.normal(scale=scale, size=(count, n[layer - 1] + 1, n[layer]))
        weights[:, -1, :] = generator.normal(scale=0.5, size=(count, n[layer]))
        inputs[f"W_{layer}"] = weights
    inputs["target"] = _targets(network, generator, (count, rows, n[-1]))
    inputs["gamma"] = generator.uniform(0.1, 1.0, size=(count, 1, 1)) * min(1.0, WIDE / max(n[1:]))
    if one_hot:
        inputs["target"] = _one_hot_targets(network, generator, inputs["target"].shape)
    return inputs


def _targets(network: Network, generator: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Targets on the domain of the loss; off the simplex δ = a ΣT − T, and the textbook's a − T would be blamed."""
    domain = LOSSES[network.loss].targets
    if domain == "real":
        return generator.normal(size=shape)
    drawn = generator.uniform(0.05, 0.95, size=shape)
    return drawn / drawn.sum(axis=-1, keepdims=True) if domain == "simplex" else drawn


def _one_hot_targets(network: Network, generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Targets of 0 and 1: one class a row, each in turn, for probabilities that sum to 1; else any 0s and 1s."""
    if LOSSES[network.loss].targets == "simplex":
        rows = np.arange(shape[0] * shape[1]).reshape(shape[:2])
        return np.asarray(np.eye(shape[2])[rows % shape[2]])
    return generator.integers(0, 2, size=shape).astype(float)


def usable(network: Network, values: Mapping[str, Array], flat: Array) -> NDArray[np.intp]:
    """The candidates in which nothing explodes and no output comes too near to where a logarithm does."""
    good = np.asarray((np.abs(flat) < LARGEST).all(axis=1))  # NaN is not below anything
    low, high = LOSSES[network.loss].outputs
    if np.isfinite(low):
        # The outputs of a softmax share 1 among them, so that some of many are small whatever is drawn.
        above = OUTPUT_MARGIN * (2 / network.sizes[-1] if network.mixes(network.depth) else 1)
        for name in (f"a_{network.depth}", f"a_{network.depth}_new"):
            outputs = values[name].reshape(len(good), -1)
            good &= (outputs > low + above).all(axis=1) & (outputs < high - OUTPUT_MARGIN).all(axis=1)
    return np.flatnonzero(good)


def _kinks(network: Network) -> list[str]:
    """The z blocks whose activation bends at 0."""
    layers = enumerate(network.layers, 1)
    return [f"z_{number}" for number, layer in layers if ACTIVATIONS[layer.activation].kink]


def _maxima(network: Network) -> list[str]:
    """The z blocks of which softmax takes the largest of a row: each should be it once, or a MAX of too few passes.

    What stays unmet leaves nothing in doubt but e = exp(z − max z), an intermediate result that need not be there.
    """
    if network.sizes[-1] > MOST_MAXIMA:
        return []
    return [f"z_{number}" for number in range(1, network.depth + 1) if network.mixes(number)]


def _conditions(
    network: Network, values: Mapping[str, Array], flat: Array, kept: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Which candidate meets which condition (candidates × conditions), and in how many trials each must be met."""
    met = [np.abs(flat[kept]) > THRESHOLD]
    demands = [np.full(flat.shape[1], VISIBLE)]
    for name in _kinks(network):
        z = values[name][kept].reshape(len(kept), values[name][0].size)
        pull = values[f"dC_da_{name[2:]}"][kept].reshape(z.shape)
        # Off, and yet ∂C/∂a pulls at it: else a δ that forgot ∂a/∂z would be 0 all the same.
        met += [z > THRESHOLD, (z < -THRESHOLD) & (np.abs(pull) > THRESHOLD)]
        demands += [np.full(z.shape[1], ALIVE), np.full(z.shape[1], DEAD)]
    for name in _maxima(network):
        z = values[name][kept]
        met.append((z == z.max(axis=-1, keepdims=True)).reshape(len(kept), values[name][0].size))
        demands.append(np.asarray(met[-1].any(axis=0)))  # where no candidate has it, none is waited for
    return np.concatenate(met, axis=1, dtype=np.float32), np.concatenate(demands, dtype=np.float32)


def choose(
    conditions: NDArray[np.float32], demands: NDArray[np.float32], least: int, most: int
) -> tuple[list[int], NDArray[np.float32]]:
    """Take the candidate that meets most of what is still lacking, until nothing is, or until there are `most`."""
    chosen: list[int] = []
    lacking = demands.copy()
    while len(chosen) < min(len(conditions), least if not lacking.any() else most):
        scores = conditions @ (lacking > 0).astype(np.float32)
        scores[chosen] = -1
        chosen.append(int(scores.argmax()))
        lacking = np.maximum(lacking - conditions[chosen[-1]], 0)
    return chosen, lacking


def _doubtful(
    network: Network, values: Mapping[str, Array], lacking: NDArray[np.float32]
) -> dict[str, NDArray[np.bool_]]:
    """Conditions that stayed unmet, by cell. A unit never seen on one side makes its a, ∂a/∂z and δ doubtful."""
    found, start = {}, 0
    for name, array in values.items():
        shape = array.shape[1:]
        found[name] = lacking[start : start + shape[0] * shape[1]].reshape(shape) > 0
        start += shape[0] * shape[1]
    for name in _kinks(network):
        shape = values[name].shape[1:]
        size = shape[0] * shape[1]
        one_sided = (lacking[start : start + size] + lacking[start + size : start + 2 * size]).reshape(shape) > 0
        start += 2 * size
        layer = name[2:]
        activation = f"A_{layer}" if f"A_{layer}" in found else f"a_{layer}"
        found[f"da_dz_{layer}"] |= one_sided
        found[f"delta_{layer}"] |= one_sided
        found[activation][:, : shape[1]] |= one_sided
    return found
