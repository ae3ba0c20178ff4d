"""Draws the inputs of the step for trials of a kind.

Inputs are drawn layer by layer: the weights so that z varies as far as the kind wants, the biases so that it varies about
the place that the kind wants. Each layer sees the activations below it less their mean, over all trials drawn together;
so neither the signal nor the gradient fades, and a bias can switch every unit on and off. Where a layer has no biases, its
weights put z there as far as they can: by what they make of that mean. In networks of very many layers what holds in the
mean of all trials fails in most of them: there each trial has its own mean, and weights that keep its own gradient.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sheetnet.activations_and_losses import Targets
from sheetnet.network import Network
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array, activation_of, equations, nodes_of
from sheetnet.trials.kinds import USUAL, TrialKind

LARGEST_STEP = 0.5  # the largest part of how far z varies by which one step may change a z
CLOSEST = 1e-3  # the shortest distance from its bend at which a unit is put on purpose
CLOSE_SHARE = 0.3  # how many units are put close to it
WIDEST_GAP = 2.0  # the longest distance of the observation nearest to the bend, of units that are on or off for all
TOO_ALIKE = 1e-6  # observations whose z differ by less cannot be parted by a bias
REDRAWN = 12  # times weights without biases are drawn anew, where an observation meets only units that are off
NEAR_MEAN = 0.3  # of how far the activations below vary: a mean that is smaller cannot stand for a bias
PENALTIES = (0.1, 1.0)  # λ: so that λ w is of the order of the gradient
DEEP = 30  # layers, beyond which each trial's own gradient is kept from fading
_CHAIN_Z = np.concatenate([np.arange(-3.0, 0.0, 0.05), np.arange(0.2, 3.0, 0.05)])[:-1]
_TINY = 1e-9  # what is smaller is nothing to divide by
BLOCKED = 1.0  # layers in which an observation meets nothing but units that are off: they stop its gradient


def candidates(
    network: Network, generator: np.random.Generator, count: int, one_hot: bool = False, kind: TrialKind = USUAL
) -> dict[str, Array]:
    """Random inputs of one kind, count × rows × columns each.

    Where targets are probabilities every third trial has targets of 0 and 1, for these are special; where `one_hot` all
    have.
    """
    decimals = _decimals(kind, count)
    x = generator.normal(size=(count, network.observations, network.sizes[0]))
    x = _rounded(x * (3.0 if kind.typed else 1.0), decimals)
    inputs = {"A_0": nodes_of(network, 0, x)}
    a, moved = x, np.random.default_rng(0).normal(size=x.shape)
    for layer in range(1, network.depth + 1):
        if _is_deep(network, layer, kind):
            weights, z = _deep_layer(network, layer, a, moved, generator, kind, decimals)
        else:
            weights, z = _layer(network, layer, a, generator, kind, decimals)
        inputs[q("W", layer)] = weights
        activation, below = activation_of(network.layers[layer - 1]), a
        a = activation.f(z)
        if network.depth > DEEP:
            moved = (moved @ weights[:, : below.shape[2]]) * activation.derivative(z, a)
    inputs["target"] = _targets(network, generator, a, kind, one_hot)
    if network.l2 is not None:
        factor = generator.uniform(*PENALTIES, size=(count, 1, 1))
        inputs["l2_factor"] = _one_digit(factor) if kind.typed else factor
    part = generator.uniform(0.2, 1.0, size=(count, 1, 1)) * LARGEST_STEP * network.depth**-0.5
    gamma = generator.uniform(*kind.gamma, size=part.shape)
    if kind.away:  # nearer to the outputs, so that γ may be as large as it is to be
        near = np.minimum(part / gamma / _steepness(network, inputs, kind), 1.0)
        soft = ~np.isin(inputs["target"], (0.0, 1.0)).all(axis=(1, 2), keepdims=True)
        nearer = a + near * (inputs["target"] - a)
        if network.loss_facts.targets is Targets.SIMPLEX:
            nearer /= nearer.sum(axis=-1, keepdims=True)
        inputs["target"] = np.where(soft, nearer, inputs["target"])
    gamma = np.minimum(gamma, part / _steepness(network, inputs, kind))
    inputs["gamma"] = _one_digit(gamma) if kind.typed else gamma
    return inputs


def _decimals(kind: TrialKind, count: int) -> NDArray[np.float64] | None:
    """How many decimals the typed numbers of each trial have, 0 or 1 in turn."""
    return np.asarray(np.arange(count) % 2, dtype=np.float64)[:, None, None] if kind.typed else None


def _rounded(numbers: Array, decimals: Array | None, half: bool = False) -> Array:
    """To so many decimals, but never to 0; with a half of the last one where asked, so that sums are not 0 either."""
    if decimals is None:
        return numbers
    unit = 10.0**decimals
    whole = np.round(numbers * unit)
    whole = np.where(whole == 0, np.where(numbers < 0, -1.0, 1.0), whole)
    if half:
        return np.asarray((whole * unit * 10 + 5) / (unit**2 * 10))
    return np.asarray(whole / unit)


def _layer(
    network: Network,
    layer: int,
    a: Array,
    generator: np.random.Generator,
    kind: TrialKind,
    decimals: Array | None,
) -> tuple[Array, Array]:
    """W⁽ˡ⁾ with the biases, if there are any, in its last row, and the z that follow."""
    if not network.has_bias(layer):
        return _layer_without_biases(network, layer, a, generator, kind, decimals)
    n_in, n_out = network.sizes[layer - 1], network.sizes[layer]
    drawn, middle, varied = _directions(a, n_out, generator)
    if network.layers[layer - 1].shared_bias and n_in > 1 and (length := float(middle @ middle)) > 0:
        drawn -= middle[:, None] * (middle @ drawn / length)[:, None]  # one bias cannot put every z in the middle
    spread = kind.output if layer == network.depth else kind.hidden
    size = spread / varied * n_in**-0.5
    weights = _typed_in_some(drawn * size, decimals, size)
    bias = _biases(network, layer, (a - middle) @ weights, generator, kind) - middle @ weights
    if network.layers[layer - 1].shared_bias:
        bias = np.repeat(bias[:, :1], n_out, axis=1)
    if decimals is not None:
        bias = np.where(_all_typed(len(a))[:, 0], _rounded(bias, decimals[:, 0], half=bool(network.kinks(layer))), bias)
    return np.concatenate([weights, bias[:, None]], axis=1), a @ weights + bias[:, None]


def _is_deep(network: Network, layer: int, kind: TrialKind) -> bool:
    """Whether a layer is drawn so that the gradient keeps its size in each trial, not only in the mean of all.

    In a hundred layers that mean hides trials in which it is gone. Units with a bend have it by being on; but in a chain
    without biases one that is off stops all.
    """
    chain = network.sizes[layer - 1] == 1 and not network.has_bias(layer)
    asked = network.depth > DEEP and not kind.away and not kind.lift
    return asked and layer < network.depth and (chain or not network.kinks(layer))


def _deep_layer(
    network: Network,
    layer: int,
    a: Array,
    moved: Array,
    generator: np.random.Generator,
    kind: TrialKind,
    decimals: Array | None,
) -> tuple[Array, Array]:
    """W⁽ˡ⁾ and z, so large in each trial that what its inputs move (`moved`, as a) moves z as far as the kind wants."""
    n_in, n_out = network.sizes[layer - 1], network.sizes[layer]
    middle = a.mean(axis=1, keepdims=True)
    drawn = generator.normal(size=(len(a), n_in, n_out))
    if n_in == 1 and not network.has_bias(layer):
        weights = _kept_in_chain(network, layer, drawn, generator) / _not_0(middle)
        weights = _typed_in_some(weights, decimals, np.abs(weights))
        return weights, a @ weights
    reach = np.sqrt(np.maximum(moved**2, (a - middle) ** 2).mean(axis=(1, 2), keepdims=True))
    size = kind.hidden / _not_0(reach) * n_in**-0.5
    weights = (_far_from_0(drawn, generator) if n_in == 1 else drawn) * size
    wanted = _biases(network, layer, (a - middle) @ weights, generator, kind)[:, None]
    length = (middle * middle).sum(axis=2, keepdims=True)
    if not network.has_bias(layer):
        stands = length > NEAR_MEAN**2 * n_in * reach**2
        weights = weights + np.where(
            stands, np.swapaxes(middle, 1, 2) * (wanted - middle @ weights) / _not_0(length), 0.0
        )
    weights = _typed_in_some(weights, decimals, size)
    if not network.has_bias(layer):
        return weights, a @ weights
    bias = wanted - middle @ weights
    if network.layers[layer - 1].shared_bias:
        bias = np.repeat(bias[:, :, :1], n_out, axis=2)
    return np.concatenate([weights, bias], axis=1), a @ weights + bias


def _kept_in_chain(network: Network, layer: int, drawn: Array, generator: np.random.Generator) -> Array:
    """z of a chain without biases at which ∂z f′(z) / f(z) is ±1, so that the gradient goes on; with a bend, mostly on."""
    near = generator.uniform(0.8, 1.25, size=drawn.shape)
    kinks = network.kinks(layer)
    if kinks:
        off = generator.uniform(size=drawn.shape) < BLOCKED / network.depth
        return np.where(off, -near, near) + max(kinks)
    activation, z = activation_of(network.layers[layer - 1]), _CHAIN_Z[:, None]
    f = activation.f(z)
    best = np.abs(np.abs(z * activation.derivative(z, f) / f) - 1).argmin()
    return np.asarray(near * _CHAIN_Z[best])


def _not_0(numbers: Array) -> Array:
    """The numbers to divide by, 1 where nothing is left of one, as behind a unit that is off."""
    return np.where(np.abs(numbers) < _TINY, 1.0, numbers)


def _directions(a: Array, n_out: int, generator: np.random.Generator) -> tuple[Array, Array, float]:
    """Weights of order 1 for each trial, the mean of the observations a, and how far they are from it."""
    middle = a.mean(axis=(0, 1))
    varied = float(np.sqrt(((a - middle) ** 2).mean())) or 1.0
    drawn = generator.normal(size=(len(a), len(middle), n_out))
    return (_far_from_0(drawn, generator) if len(middle) == 1 else drawn), middle, varied


def _all_typed(count: int) -> NDArray[np.bool_]:
    """The trials whose weights are typed, too; in the others sums of whole numbers may be 0 too often."""
    return np.asarray(np.arange(count)[:, None, None] % 4 < 2)


def _typed_in_some(weights: Array, decimals: Array | None, size: float | Array) -> Array:
    """Weights of that size with so many decimals, or as many as they need, in the trials in which all are typed."""
    if decimals is None:
        return weights
    needed = np.ceil(-np.log10(1.5 * size))
    return np.where(_all_typed(len(weights)), _rounded(weights, np.maximum(decimals, needed)), weights)


def _far_from_0(drawn: Array, generator: np.random.Generator) -> Array:
    """Other numbers of the same signs: a chain must not break where a normal draw is nearly 0."""
    return np.asarray(np.sign(drawn) * (0.6 + 0.8 * generator.uniform(size=drawn.shape)))


def _layer_without_biases(
    network: Network,
    layer: int,
    a: Array,
    generator: np.random.Generator,
    kind: TrialKind,
    decimals: Array | None,
) -> tuple[Array, Array]:
    """W⁽ˡ⁾ and z = a W⁽ˡ⁾, drawn anew in trials in which an observation would meet nothing but units that are off."""
    weights = _weights_alone(network, layer, a, generator, kind, decimals)
    z = a @ weights
    off = network.activation_facts(layer).off
    if off is None or layer == network.depth or network.sizes[layer] == 1:
        return weights, z
    for _ in range(REDRAWN):
        blocked = (z <= off).all(axis=2).sum(axis=1)
        if not blocked.any():
            break
        others = _weights_alone(network, layer, a, generator, kind, decimals)
        better = ((a @ others <= off).all(axis=2).sum(axis=1) < blocked)[:, None, None]
        weights = np.where(better, others, weights)
        z = a @ weights
    return weights, z


def _weights_alone(
    network: Network,
    layer: int,
    a: Array,
    generator: np.random.Generator,
    kind: TrialKind,
    decimals: Array | None,
) -> Array:
    """Weights that make of the mean of a what biases would add: m W = c is met by adding m c / |m|² to W."""
    n_in = network.sizes[layer - 1]
    drawn, middle, varied = _directions(a, network.sizes[layer], generator)
    spread = kind.output if layer == network.depth else kind.hidden
    size, length = spread / varied * n_in**-0.5, float(middle @ middle)
    if length <= NEAR_MEAN**2 * n_in * varied**2:
        weights = drawn * (max(spread, kind.away) / varied * n_in**-0.5)
    else:
        weights = drawn * size
        wanted = _biases(network, layer, (a - middle) @ weights, generator, kind)
        if n_in > 1:
            weights = weights + middle[:, None] * ((wanted - middle @ weights) / length)[:, None]
    return _typed_in_some(weights, decimals, size)


def _biases(network: Network, layer: int, z: Array, generator: np.random.Generator, kind: TrialKind) -> Array:
    """What to add to z (trials × observations × units) of each unit, so that it lies where the kind wants it."""
    kinks, high = network.kinks(layer), network.activation_facts(layer).outputs.high
    near_logarithm = layer == network.depth and np.isfinite(network.loss_facts.outputs.low)
    noise = generator.normal(scale=0.5, size=(len(z), z.shape[2]))
    if near_logarithm and high < np.inf:
        return noise
    if near_logarithm:
        return noise + 3  # a logarithm of outputs without a bound above: they are to be above 0
    if kind.away:
        side = np.where(generator.integers(0, 2, size=noise.shape) > 0, 1.0, -1.0)
        side[::2] = 1.0
        if not kinks:  # what bends would be off altogether
            side[1::2] = -1.0
        return side * kind.away + noise + max(kinks, default=0.0)
    if kind.lift and np.isinf(high):
        return noise + kind.lift + max(kinks, default=0.0)
    return _switching(network, layer, z, generator) if kinks else noise


def some_kink(network: Network, layer: int, generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """A bend for each unit of each trial: the activation's own, or one of several."""
    kinks = network.kinks(layer)
    return np.full(shape, kinks[0]) if len(kinks) == 1 else generator.choice(kinks, size=shape)


def _switching(network: Network, layer: int, z: Array, generator: np.random.Generator) -> Array:
    """Biases by which a unit is off for some observations and on for the rest, one of them close to its bend.

    Units are off as often as on, but where layers are narrow or many: what is off stops the gradient. There one layer a
    trial, each in turn, is off as often as on.
    """
    count, rows, units = z.shape
    bent = [number for number in range(1, network.depth + 1) if network.kinks(number)]
    off = np.minimum(generator.uniform(0.05, 0.5, size=(count, 1)), (BLOCKED / len(bent)) ** (1 / units))
    off[np.arange(count) % len(bent) == bent.index(layer)] = 0.5
    ordered = np.sort(z, axis=1)
    ends = np.concatenate([ordered[:, :1] - WIDEST_GAP, ordered, ordered[:, -1:] + WIDEST_GAP], axis=1)
    dark = _nearest_gap(generator.binomial(rows, np.broadcast_to(off, (count, units))), ends)
    below, above = (np.take_along_axis(ends, (dark + k)[:, None], axis=1)[:, 0] for k in (0, 1))
    near = (above - below) * generator.uniform(size=dark.shape)
    close = generator.uniform(size=dark.shape) < CLOSE_SHARE
    near = np.where(close, np.minimum(near, CLOSEST ** generator.uniform(size=dark.shape)), near)
    upper = generator.integers(0, 2, size=dark.shape) > 0
    threshold = np.where((upper | (dark == 0)) & (dark < rows), above - near, below + near)
    return np.asarray(some_kink(network, layer, generator, (count, units)) - threshold)


def _nearest_gap(dark: NDArray[np.intp], ends: Array) -> NDArray[np.intp]:
    """How many observations to leave below the bend: about so many, but not one of two that have the same z."""
    same = np.diff(ends, axis=1) < TOO_ALIKE
    return np.asarray((np.abs(np.arange(same.shape[1])[:, None] - dark[:, None]) + same * ends.shape[1]).argmin(axis=1))


def _targets(network: Network, generator: np.random.Generator, a: Array, kind: TrialKind, one_hot: bool) -> Array:
    """Targets on the domain of the loss; off the simplex δ = a ΣT − T, and the textbook's a − T would be blamed."""
    domain = network.loss_facts.targets
    if domain is Targets.REAL:
        return _real_targets(generator, a, kind)
    if domain is Targets.POSITIVE:
        return _rounded(generator.uniform(0.2, 3.0, size=a.shape), _decimals(kind, len(a)))
    drawn = generator.uniform(0.05, 0.95, size=a.shape)
    if domain is Targets.SIMPLEX:
        drawn /= drawn.sum(axis=-1, keepdims=True)
    if kind.soft:
        return drawn
    hard = _one_hot_targets(domain, generator, a.shape)
    return hard if one_hot or kind.typed else np.where(np.arange(len(a))[:, None, None] % 3 == 2, hard, drawn)


def _real_targets(generator: np.random.Generator, a: Array, kind: TrialKind) -> Array:
    if kind.error is None:
        return _rounded(generator.normal(size=a.shape) * (3.0 if kind.typed else 1.0), _decimals(kind, len(a)))
    sign = np.where(generator.integers(0, 2, size=a.shape) > 0, 1.0, -1.0)
    return np.asarray(a + sign * generator.uniform(*kind.error, size=a.shape))


def _one_hot_targets(domain: Targets, generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Targets of 0 and 1: one class a row, each in turn, for probabilities that sum to 1; else any 0s and 1s."""
    if domain is Targets.SIMPLEX:
        trials, rows = np.arange(shape[0])[:, None], np.arange(shape[1])
        return np.asarray(np.eye(shape[2])[(trials // 3 + rows + generator.integers(shape[2])) % shape[2]])
    return generator.integers(0, 2, size=shape).astype(float)


def _one_digit(gamma: Array) -> Array:
    """Cut to one digit: 0.3, 0.05."""
    unit = 10.0 ** np.floor(np.log10(gamma))
    return np.asarray(np.maximum(np.floor(gamma / unit), 1) * 10 / np.round(10 / unit))


def _steepness(network: Network, inputs: Mapping[str, Array], kind: TrialKind) -> Array:
    """By how much a step with γ = 1 would change a z of each trial, in parts of how far z varies: A⁽ˡ⁻¹⁾ ∂C/∂W⁽ˡ⁾."""
    values, found = dict(inputs), []
    with np.errstate(all="ignore"):
        for name, equation in equations(network).items():
            if Quantity.of(name).new:
                break  # the step itself needs γ
            values[name] = equation(values)
        for layer in range(1, network.depth + 1):
            change = np.abs(values[q("A", layer - 1)] @ values[q("dC_dW", layer)]).max(axis=(1, 2))
            found.append(change / (kind.output if layer == network.depth else kind.hidden))
    return np.asarray(np.nan_to_num(np.max(found, axis=0), nan=1e9, posinf=1e9) + 1e-9)[:, None, None]
