"""Adds trials for sheets whose rows are nearly alike, so that a formula that reads another row is seen.

In the gradient check a row differs from the next by h, in Training by one step. The largest z of a softmax and the signs
of a ReLU's z are mostly the same in both: trials are added in which they are not.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network
from sheetnet.quantity import q, train
from sheetnet.reference import Array, evaluate_step, inputs_of
from sheetnet.reference.views import VIEW_NUMBERS, row_demands
from sheetnet.reference.views.training import training_numbers
from sheetnet.trials import TRIALS
from sheetnet.trials.demands import Demand
from sheetnet.trials.draw import (
    POOL,
    InputElement,
    Ties,
    Trials,
    blocks_of,
    choose,
    draw_trials,
    read_only,
    tie,
    usable,
)
from sheetnet.trials.kinds import candidates, some_kink
from sheetnet.workbook_options import WorkbookOptions, least_cells

NEAR_BEND = 0.05  # of h: so near to its bend a unit is taken over it by nearly every weight that is moved, at h by some
NEAR_ROW_CANDIDATES = 8 * POOL  # times as many as trials: few of them let one step of Training cross a bend
FEWEST_CANDIDATES = 2 * POOL  # times as many as trials: of fewer there is nothing to choose from
MOST_CANDIDATE_NUMBERS = (
    10_000_000  # that may be computed to choose from; where it allows too few, the usual trials are all
)


def draw_for(
    network: Network,
    shown: WorkbookOptions,
    count: int = TRIALS,
    seed: int = 0,
    ties: Ties | None = None,
    one_hot: bool = False,
) -> Trials:
    """The trials of `draw_trials`, and as many again where the views shown have rows that are nearly alike."""
    bends = [layer for layer in range(1, network.depth + 1) if network.mixes(layer) or network.kinks(layer)]
    alike = any(view in VIEW_NUMBERS and VIEW_NUMBERS[view].row_demands is not None for view in shown.views)
    special = network.loss_facts.one_hot
    affordable = MOST_CANDIDATE_NUMBERS // (count * least_cells(network, shown)) if alike and (bends or special) else 0
    times = min(NEAR_ROW_CANDIDATES, affordable)
    if times < FEWEST_CANDIDATES:
        return draw_trials(network, count, seed, ties, one_hot)
    return _drawn(network, shown, count, times, seed, tuple((ties or {}).items()), one_hot)


@lru_cache(maxsize=4)
def _drawn(
    network: Network,
    shown: WorkbookOptions,
    count: int,
    times: int,
    seed: int,
    ties: tuple[tuple[InputElement, InputElement], ...],
    one_hot: bool,
) -> Trials:
    usual = draw_trials(network, count, seed, dict(ties), one_hot)
    generator = np.random.default_rng([seed, 1])
    inputs = candidates(network, generator, times * count, one_hot)
    tie(inputs, network, dict(ties))
    _bring_near(network, inputs, generator, shown.step_size, dict(ties))
    _let_cross(network, inputs, generator, shown, dict(ties))
    values = blocks_of(network, evaluate_step(network, inputs))
    kept = usable(network, values)
    pool = {name: np.concatenate([usual.values[name], array[kept]]) for name, array in values.items()}
    shows = _shows(network, shown, pool)
    known, more = shows[: usual.count], shows[usual.count :]
    new = more & ~known.any(axis=0)
    chosen = choose([Demand(new, 1)], [], 0, count)
    rows = [*range(usual.count), *(usual.count + number for number in chosen)]
    return read_only(Trials({name: array[rows] for name, array in pool.items()}, usual.doubtful, one_hot))


def _shows(network: Network, shown: WorkbookOptions, pool: dict[str, Array]) -> NDArray[np.bool_]:
    """Which candidate shows what, candidates × anything."""
    arrays = evaluate_step(network, {name: pool[name] for name in inputs_of(network)})
    return np.concatenate([each.reshape(len(each), -1) for each in row_demands(network, arrays, shown)], axis=1)


def _bring_near(
    network: Network, inputs: dict[str, Array], generator: np.random.Generator, step_size: float, ties: Ties
) -> None:
    """In half of the candidates: biases so that every unit with a bend is within h of it, for one of the observations."""
    half = len(inputs["gamma"]) // 2
    for layer in range(1, network.depth + 1):
        if not network.kinks(layer):
            continue
        shape = (half, network.sizes[layer])
        seen = generator.integers(0, network.observations, size=shape)
        z = np.take_along_axis(evaluate_step(network, inputs)[q("z", layer)][:half], seen[:, None], axis=1)[:, 0]
        distance = step_size * NEAR_BEND ** generator.uniform(size=shape)  # evenly on a scale of powers
        bend = some_kink(network, layer, generator, shape)
        inputs[q("W", layer)][:half, -1] += distance * generator.choice([-1.0, 1.0], size=shape) - (z - bend)
        tie(inputs, network, ties)


def _let_cross(
    network: Network, inputs: dict[str, Array], generator: np.random.Generator, shown: WorkbookOptions, ties: Ties
) -> None:
    """In the other half: biases so that every unit with a bend goes over it at some step of Training, about half-way."""
    bent = [layer for layer in range(1, network.depth + 1) if network.kinks(layer)]
    if "training" not in shown.views or not bent:
        return
    half = len(inputs["gamma"]) // 2
    some = {name: array[half:] for name, array in inputs.items()}
    found = training_numbers(network, evaluate_step(network, some), shown)
    for layer in bent:
        z = np.stack([found[train("z", layer, n)] for n in range(network.observations)], axis=1)
        shape = (len(z), network.sizes[layer])
        seen, step = generator.integers(0, z.shape[1], size=shape), generator.integers(0, shown.steps, size=shape)
        trial, unit = np.ogrid[: shape[0], : shape[1]]
        middle = (z[trial, seen, step, unit] + z[trial, seen, step + 1, unit]) / 2
        away = middle - some_kink(network, layer, generator, shape)
        inputs[q("W", layer)][half:, -1] -= np.nan_to_num(away, nan=0.0, posinf=0.0, neginf=0.0)
        tie(inputs, network, ties)
