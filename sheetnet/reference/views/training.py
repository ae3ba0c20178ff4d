"""The view `Training` in NumPy: steps of gradient descent, each from the one before.

Row 0 has the weights of the step, row t + 1 those of row t after one step; every row has its whole forward and backward
pass. Training may amplify rounding: what two right sheets would not agree on is not asked (`training_asked`).

Rows that are nearly alike: in Training a row differs from the next by one step, in the gradient check by h. Whoever reads
the largest z, or the sign of a z, from a neighbouring row is wrong only where these differ between the two (`told_apart`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network, activation_name
from sheetnet.quantity import Quantity, q, train
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Values, equations
from sheetnet.workbook_options import WorkbookOptions

APART = 1e-7  # far above the tolerance of a judge, far below h


def told_apart(network: Network, found: Values) -> Iterator[NDArray[np.bool_]]:
    """K × (rows − 1) × anything: which trial shows what between neighbouring rows of every block of z.

    `found` are a view's blocks, K × rows × columns; NaN shows nothing.
    """
    for name, z in found.items():
        quantity = Quantity.of(name)
        if quantity.symbol != "z" or not (layer := quantity.layer):
            continue
        above, below = z[:, :-1], z[:, 1:]
        if network.mixes(layer):
            first, second = above.max(axis=-1), below.max(axis=-1)
            yield from (first - second > APART, second - first > APART)
        for kink in network.kinks(layer):
            yield (above > kink) & (below <= kink) | (above <= kink) & (below > kink)


# Each step of the jolted copies moves the weights by 2e-15 of themselves, twenty times the rounding of a spreadsheet.
# Where that moves a number by a third of what the judge allows, the rounding alone might move it as far.
GROWTH_JOLT, GROWTH_JOLTED = 2e-15, 2
GROWN_RELATIVE, GROWN_ABSOLUTE = 3e-10, 3e-13
GROWTH = 100.0  # times the largest number of the first row: training that diverges would drown every other comparison


def training_numbers(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """Block → K × (steps + 1) × columns, as the sheet has them; infinities and NaN where training diverges."""
    rows = [_row(network, row) for row in _descent(network, values, presentation.steps)]
    found = {name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]}
    return {"train_gamma": np.asarray(values["gamma"]), **found}


def training_asked(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """The same with NaN, which asks nothing, in all rows of a trial from the first one on that rounding may decide.

    What does not depend on the weights is always asked: inputs, targets, γ, the bias nodes.
    """
    found = training_numbers(network, values, presentation)
    lost = _lost(network, values, presentation.steps)
    for name, array in found.items():
        quantity = Quantity.of(name)
        if quantity.symbol not in ("target", "gamma") and (quantity.symbol, quantity.layer) != ("A", 0):
            trained = array[:, :, :-1] if quantity.symbol == "A" else array
            trained[lost] = np.nan
    return found


def training_row_demands(network: Network, found: Values) -> Iterator[NDArray[np.bool_]]:
    """As `told_apart`; and targets of 0 and of 1, beside others, in every row that is compared."""
    yield from told_apart(network, found)
    if not network.loss_facts.one_hot:
        return
    asked = np.isfinite(found["train_cost"])
    for n in range(network.observations):
        target = found[f"train_target_n{n}"]
        beside = np.roll(target, 1, axis=-1)
        for special in (0.0, 1.0):
            yield asked & (target == special) & ((beside != special) | (target.shape[-1] == 1))


def _descent(network: Network, values: Values, steps: int, exact: int | None = None) -> Iterator[Values]:
    """The quantities of each row in turn. Trials from number `exact` on are jolted at each step."""
    needed = {name: equation for name, equation in equations(network).items() if _is_needed(Quantity.of(name))}
    layers = range(1, network.depth + 1)
    current = {name: values[name] for name in ("A_0", "target", "gamma", *(q("W", layer) for layer in layers))}
    dice = np.random.default_rng(0)
    for _ in range(steps + 1):
        with np.errstate(all="ignore"):
            for name, equation in needed.items():
                current[name] = equation(current)
        yield current
        current = current | {q("W", layer): current[q("W", layer, new=True)] for layer in layers}
        if exact is not None:
            for layer in layers:
                weights = current[q("W", layer)]
                weights[exact:] *= 1 + GROWTH_JOLT * dice.standard_normal(weights[exact:].shape)


def _is_needed(quantity: Quantity) -> bool:
    """Neither turned copies nor the second forward pass, which is that of the next row."""
    return not quantity.transposed and (quantity.symbol == "W" or not quantity.new)


def _row(network: Network, values: Values) -> dict[str, Array]:
    """One row of the sheet: block → K × columns, weights before what is computed from them.

    Weights and gradients stand by neuron, each with its bias last.
    """
    layers, found = range(1, network.depth + 1), {}
    for layer in layers:
        found[train("W", layer)] = _by_neuron(values[q("W", layer)])
    names = [name for layer in layers for name in _of_layer(network, layer)]
    for n in range(network.observations):
        found |= {train.of(name, n): values[name][:, n] for name in ("A_0", "target", *names, "cost_n")}
    for layer in layers:
        found[train("dC_dW", layer)] = _by_neuron(values[q("dC_dW", layer)])
    return found | {"train_cost": values["cost"][:, 0]}


def _by_neuron(weights: Array) -> Array:
    return np.swapaxes(weights, -1, -2).reshape(len(weights), -1)


def _of_layer(network: Network, layer: int) -> list[str]:
    """The quantities of a layer that each observation has: ∂C/∂a alone only where neurons mix, which need it in full."""
    mixed = [q("e", layer), q("dC_da", layer)] if network.mixes(layer) else []
    return [q("z", layer), activation_name(layer, network.depth), q("delta", layer), *mixed]


def _lost(network: Network, values: Values, steps: int) -> NDArray[np.bool_]:
    """K × (steps + 1): whether rounding, or divergence, may have decided a number of this row or of one above."""
    count = len(values["gamma"])
    copies = {name: np.concatenate([array] * (1 + GROWTH_JOLTED)) for name, array in values.items()}
    lost, so_far, scale = [], np.zeros(count, dtype=np.bool_), np.ones(count)
    for number, row in enumerate(_descent(network, copies, steps, exact=count)):
        flat = np.concatenate(list(_row(network, row).values()), axis=1).reshape(1 + GROWTH_JOLTED, count, -1)
        exact, jolted = flat[0], flat[1:]
        if number == 0:
            scale = np.maximum(np.abs(exact).max(axis=1), 1.0)
        with np.errstate(invalid="ignore", over="ignore"):
            room = GROWN_RELATIVE * np.abs(exact) + GROWN_ABSOLUTE * scale[:, None]
            steady = (np.abs(jolted - exact) <= room) & (np.abs(exact) <= GROWTH * scale[:, None])
        so_far = so_far | ~steady.all(axis=(0, 2))  # NaN is not below anything
        lost.append(so_far)
    return np.stack(lost, axis=1)
