"""What the views of many rows compute in NumPy: Training, step after step, and Gradient check, weight after weight.

In Training row 0 has the weights of the step, row t + 1 those of row t after one step; every row has its whole forward
and backward pass. Training may amplify rounding: what two right sheets would not agree on is not asked (`training_asked`).

Rows that are nearly alike: in Training a row differs from the next by one step, in the gradient check by h. Whoever reads
the largest z, or the sign of a z, from a neighbouring row is wrong only where these differ between the two (`told_apart`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sheetnet.network import Network, activation_name
from sheetnet.quantity import Quantity, moved, q, train
from sheetnet.reference.activations_and_losses import Array
from sheetnet.reference.equations import Equation, Values, equations, forward_pass
from sheetnet.workbook_options import WorkbookOptions, checked_weights

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
            trained = array[:, :, : network.sizes[quantity.layer or 0]] if quantity.symbol == "A" else array
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
    current = {name: values[name] for name, block in network.blocks.items() if block.kind == "input"}
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
    """All but the second forward pass, which is that of the next row."""
    return quantity.symbol == "W" or not quantity.new


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
    return found | {train.of(name): values[name][:, 0] for name in ("penalty", "cost") if name in values}


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


# The last digit of C₊ and C₋ is 1e-16 of them, spreadsheets take numbers for equal from 4e-15 on; 2h divides it.
DIGIT = 1e-14
JUDGED = 1e-12  # the judge's absolute tolerance, of which `noise` gives multiples
AT_BEND = 1e-12  # so near to its bend, rounding decides on which side of it a unit is


def gradient_noise(presentation: WorkbookOptions) -> dict[str, float]:
    """How many times the usual tolerance the quotient is allowed."""
    return {"grad_numeric": max(DIGIT / (2 * presentation.step_size) / JUDGED, 1.0)}


def gradient_check_numbers(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """Block → K × rows × columns: the cost with each weight moved, one row per weight, in the order of `checked_weights`.

        (C(w + h) − C(w − h)) / 2h = ∂C/∂w + O(h²)

    The workings of C(w + h) have a row more, the first: there no weight is moved.
    """
    h, weights, count = presentation.step_size, checked_weights(network), len(values["gamma"])
    forward = forward_pass(network)
    base = _moved(forward, values, None, 0.0)
    plus = [_moved(forward, values, weight, h) for weight in weights]
    minus = [_moved(forward, values, weight, -h) for weight in weights]
    w, backprop = (_column([values[q(x, layer)][:, i, j] for layer, i, j in weights]) for x in ("W", "dC_dW"))
    c_plus, c_minus = (_column([run["cost"][:, 0, 0] for run in runs]) for runs in (plus, minus))
    numeric = (c_plus - c_minus) / (2 * h)
    found = {
        "grad_h": np.full((count, 1, 1), h),
        "grad_tolerance": np.full((count, 1, 1), 100 * h * h + 1e-13 / h),
        "grad_cost": base["cost"],
        "grad_w": w,
        "grad_C_plus": c_plus,
        "grad_C_minus": c_minus,
        "grad_numeric": numeric,
        "grad_backprop": backprop,
    }
    if network.l2 is not None:
        for side, runs in (("plus", [base, *plus]), ("minus", minus)):
            found[moved("penalty", part=side)] = _column([run["penalty"][:, 0, 0] for run in runs])
    found |= _workings(network, "plus", [base, *plus]) | _workings(network, "minus", minus)
    return found | _switches(network, found)


def gradient_check_asked(network: Network, values: Values, presentation: WorkbookOptions) -> dict[str, Array]:
    """The same, with NaN for the count of units over their bend where rounding decides on which side one is."""
    found = gradient_check_numbers(network, values, presentation)
    for name, (z, still) in _bent(network, found).items():
        unclear = (np.minimum(np.abs(z), np.abs(still)) < AT_BEND).any(axis=-1, keepdims=True)
        found[name] = np.where(unclear, np.nan, found[name])
        found["grad_switches"] = np.where(unclear, np.nan, found["grad_switches"])
    return found


def gradient_row_demands(network: Network, found: Values) -> Iterator[NDArray[np.bool_]]:
    """As `told_apart`; and which trial takes units over their bends, and not as many in the next row."""
    yield from told_apart(network, found)
    for name in _bent(network, found):
        yield from (found[name] > 0, found[name][:, 1:] != found[name][:, :-1])


def _moved(
    forward: Mapping[str, Equation], values: Values, weight: tuple[int, int, int] | None, by: float
) -> dict[str, Array]:
    """The forward pass with one weight moved."""
    run = dict(values)
    if weight is not None:
        layer, i, j = weight
        changed = values[q("W", layer)].copy()
        changed[:, i, j] += by
        run[q("W", layer)] = changed
    with np.errstate(all="ignore"):
        for name, equation in forward.items():
            run[name] = equation(run)
    return run


def _workings(network: Network, side: str, runs: list[dict[str, Array]]) -> dict[str, Array]:
    """Each observation's z, a and cost, without the bias nodes."""
    names = ["cost_n"]
    for layer in range(1, network.depth + 1):
        names += [q("z", layer), q("a", layer), *([q("e", layer)] if network.mixes(layer) else [])]
    return {
        moved.of(name, n, part=side): np.stack([run[name][:, n] for run in runs], axis=1)
        for n in range(network.observations)
        for name in names
    }


def _switches(network: Network, found: Values) -> dict[str, Array]:
    """How many units of each observation the moved weight takes over their bends, and in all."""
    counts = {
        name: ((z > 0) != (still > 0)).sum(axis=-1, keepdims=True).astype(float)
        for name, (z, still) in _bent(network, found).items()
    }
    return counts | {"grad_switches": np.asarray(sum(counts.values()))} if counts else {}


def _bent(network: Network, found: Values) -> dict[str, tuple[Array, Array]]:
    """Block of counts → how far the z of units lie above their bends, with the weight moved and without."""
    bent = [(k, kink) for k in range(1, network.depth + 1) for kink in network.kinks(k)]
    pairs: dict[str, tuple[Array, Array]] = {}
    for n in range(network.observations if bent else 0):
        plus, minus = (
            np.concatenate([found[moved("z", k, n, part=side)] - kink for k, kink in bent], axis=-1)
            for side in ("plus", "minus")
        )
        pairs[f"grad_plus_switch_n{n}"] = plus[:, 1:], plus[:, :1]
        pairs[f"grad_minus_switch_n{n}"] = minus, plus[:, :1]
    return pairs


def _column(rows: list[Array]) -> Array:
    return np.stack(rows, axis=1)[:, :, None]
