"""The equations of the step as named parts, any of which may be replaced.

A part is computed from a parts, which gives the reference's values of all other quantities and the parts of the same
recipe: `parts["weights"]` is the weights, or what stands in their place. So mistakes combine by replacing two parts.

The part "result" is the block. Written apart from `reference.equations`, so that a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sheetnet.mistakes.site import Site
from sheetnet.network import Network, activation_name
from sheetnet.quantity import q
from sheetnet.reference import Array, Values


class EquationParts:
    """The parts of one equation, each computed once, from the values of all other quantities (K × rows × columns)."""

    def __init__(self, site: Site, values: Values, recipe: Recipe, replaced: Recipe) -> None:
        self.site = site
        self._values, self._recipe, self._replaced = values, recipe, replaced
        self._made: dict[str, Array] = {}

    def __getitem__(self, part: str) -> Array:
        if part not in self._made:
            self._made[part] = np.asarray((self._replaced.get(part) or self._recipe[part])(self), dtype=np.float64)
        return self._made[part]

    def right(self, part: str) -> Array:
        """What the recipe itself says of a part that is replaced."""
        return np.asarray(self._recipe[part](self), dtype=np.float64)

    def value(self, block: str) -> Array:
        """The reference's values of another quantity."""
        return self._values[block]

    def here(self, quantity: str, above: int = 0) -> Array:
        """A quantity of this layer (or so many above), in the same pass: `here("z")`."""
        return self.value(q(quantity, self.site.layer + above, self.site.new))

    def activations(self, layer: int) -> Array:
        """a of a layer, without the bias node; x for layer 0."""
        depth = self.site.network.depth
        name = activation_name(layer, depth, self.site.new)
        return self.value(name)[..., : self.site.network.sizes[layer]]


Part = Callable[[EquationParts], "Array | float"]
Recipe = Mapping[str, Part]


def fit(array: Array, rows: int, columns: int) -> Array:
    """The upper left rows × columns of an array; what lies beyond it is NaN, which equals nothing."""
    found = np.full((*array.shape[:-2], rows, columns), np.nan)
    part = array[..., :rows, :columns]
    found[..., : part.shape[-2], : part.shape[-1]] = part
    return found


def transposed(array: Array) -> Array:
    """The transposes of the last two axes."""
    return np.swapaxes(array, -1, -2)


def turned(part: str) -> Part:
    """A part with rows and columns exchanged, as far as it has them."""
    return lambda s: fit(transposed(s.right(part)), *s.right(part).shape[-2:])


def rolled(part: str, step: int, axis: int) -> Part:
    """A part so many places further along an axis."""
    return lambda s: np.roll(s.right(part), -step, axis=axis)


def activations_of(layer: int) -> Part:
    """The activations of another layer in place of the inputs."""
    return lambda s: fit(s.activations(layer), *s.right("inputs").shape[-2:])


def z_below(s: EquationParts) -> Array:
    """z of the layer below in place of its activations."""
    layer = s.site.layer - 1
    return s.value(q("z", layer, s.site.new)) if layer else s.right("inputs")


def only(array: Array, *index: int | slice) -> Array:
    """Some numbers of each trial's block, the others 0."""
    found = np.zeros_like(array)
    found[..., *index] = array[..., *index]
    return found


def shifted(array: Array, row: int, column: int) -> Array:
    """Element (r, c) becomes (r + row, c + column); 0 beyond the edge."""
    rows, columns = array.shape[-2:]
    found = np.zeros_like(array)
    to_rows, from_rows = _overlap(rows, row)
    to_columns, from_columns = _overlap(columns, column)
    found[..., to_rows, to_columns] = array[..., from_rows, from_columns]
    return found


def _overlap(size: int, step: int) -> tuple[slice, slice]:
    return slice(max(0, -step), size - max(0, step)), slice(max(0, step), size - max(0, -step))


# Parts that read a block of the sheet as it stands: a reference may miss them by a row or a column.
READS = ("A", "W", "z", "a", "a_first", "a_again", "T", "T_again", "terms", "delta", "dC_da", "da_dz", "J", "gradient")
# The same in a network with a penalty: the R of a cost, the w of λ w in ∂C/∂W, and λ itself.
PENALTY_READS = ("R", "w", "l2_factor")
# Parts that stand for one of two references to the same number: one may drift while the other stays.
TWICE = ("a_first", "a_again", "T_again")
# Activation → f'(z) written in two references to a.
PRODUCTS: dict[str, Callable[[Array, Array], Array]] = {
    "sigmoid": lambda first, again: first * (1 - again),
    "tanh": lambda first, again: 1 - first * again,
}


def kind_of(site: Site) -> str | None:
    """Which recipe computes a block; None for an input that nothing computes."""
    net, quantity, loss = site.network, site.quantity, site.network.loss_facts
    if quantity in ("A", "a"):
        return "inputs" if site.layer == 0 else "softmax" if site.is_softmax else "a"
    if quantity in ("e", "J") and not site.is_softmax:
        return f"{quantity}.other"
    if quantity == "cost_out" or (quantity == "dC_da" and site.output):
        form = "squared" if loss.squares else "log" if loss.entropy else "other"
        return f"{quantity}.{form}"
    if quantity == "dC_da":
        return "dC_da.hidden"
    if quantity == "delta":
        return "delta.softmax" if net.mixes(site.layer) else "delta"
    return quantity if quantity in RECIPES else None


def reads_twice(site: Site) -> bool:
    """Whether the equation of a block refers to one number twice."""
    if site.quantity == "da_dz":
        return site.activation_name in PRODUCTS
    return site.quantity == "cost_out" or site.network.loss_facts.entropy == "both"


def cook(site: Site, values: Values, replaced: Recipe | None = None) -> Array:
    """The block of a site, K × rows × columns (`J_l` unstacked), from the values of the others, parts replaced."""
    kind = kind_of(site)
    assert kind is not None, f"{site.block} is an input"
    with np.errstate(all="ignore"):
        return EquationParts(site, values, RECIPES[kind], replaced or {})["result"]


def _below(s: EquationParts) -> Array:
    return s.value(q("A", s.site.layer - 1, s.site.new))


def _with_node(s: EquationParts) -> Array:
    """[a, node] where the block has the bias node: A_l, not a_l, where the next layer has biases."""
    act = s["act"]
    if not s.site.network.blocks[s.site.block].bias_node:
        return act
    return np.concatenate([act, np.broadcast_to(s["node"], (*act.shape[:-1], 1))], axis=-1)


def _target_of(s: EquationParts) -> Array:
    return s.value("target")


def _outputs(s: EquationParts) -> Array:
    return s.value(q("a", s.site.network.depth, s.site.new))


def _binary(s: EquationParts) -> bool:
    return s.site.network.loss_facts.entropy == "both"


def share_of(network: Network) -> float:
    """1/N where the network takes the mean over the observations, 1/(N n) where over their outputs too."""
    return 1 / network.divisor


def _trained(s: EquationParts) -> Array:
    trained = np.ones_like(s["W"])
    trained[..., s.site.fan_in :, :] = s.site.network.train_bias
    return trained


def _penalised(s: EquationParts) -> Array:
    """1 for the weights of this layer that are penalised, 0 for the others."""
    found = np.zeros_like(s["w"])
    found[..., : s.site.network.penalised_rows(s.site.layer), :] = 1.0
    return found


def squares_of(s: EquationParts, new: bool, rows: Callable[[int], int]) -> Array:
    """Σ w² over the first `rows(layer)` rows of every layer's weights, old or new ones."""
    layers = range(1, s.site.network.depth + 1)
    parts = [s.value(q("W", layer, new))[..., : rows(layer), :] ** 2 for layer in layers]
    return np.asarray(sum(part.sum(axis=(-2, -1), keepdims=True) for part in parts))


def _inputs_and_node(s: EquationParts) -> Array:
    """A of the layer below, put together again."""
    return np.concatenate([s["inputs"], s["node"]], axis=-1) if s.site.has_bias else s["inputs"]


def _slope(s: EquationParts) -> Array:
    product = PRODUCTS.get(s.site.activation_name)
    return product(s["a_first"], s["a_again"]) if product else s.site.activation.derivative(s["z"], s["a"])


def _power(s: EquationParts) -> Array:
    power = s.site.activation.power
    assert power is not None, "only where neurons mix is there a block e"
    return power(s["z"])


def _jacobian(s: EquationParts) -> Array:
    own = np.eye(s["a"].shape[-1], dtype=bool)
    return np.where(own, s["diagonal"][..., None], s["rest"])


_SPLIT: Recipe = {  # a layer without biases has no bias node: 0 in its place changes nothing, and no mistake with it does
    "inputs": lambda s: s["A"][..., : s.site.fan_in],
    "node": lambda s: s["A"][..., -1:] if s.site.has_bias else 0.0,
}
_ERROR: Recipe = {
    "a": _outputs,
    "T": _target_of,
    "error": lambda s: s["a"] - s["T"],
    "factor": lambda s: s.site.network.loss_facts.square_factor(s.site.outputs),
}
_NODE: Recipe = {"node": lambda s: 1.0, "result": _with_node}
_AGAIN: Recipe = {"a_again": lambda s: s["a"], "T_again": lambda s: s["T"]}
_EXPONENT: Recipe = {
    "z": lambda s: s.here("z"),
    "top": lambda s: s["z"].max(axis=-1, keepdims=True),
    "e": lambda s: np.exp(s["z"] - s["top"]),
}

RECIPES: dict[str, Recipe] = {
    "inputs": {"act": lambda s: s.activations(0), **_NODE},
    "z": {
        **_SPLIT,
        "A": _below,
        "W": lambda s: s.here("W"),
        "weights": lambda s: s["W"][..., : s.site.fan_in, :],
        "bias": lambda s: s["W"][..., -1:, :] if s.site.has_bias else 0.0,
        "result": lambda s: s["inputs"] @ s["weights"] + s["node"] * s["bias"],
    },
    "e": {**_EXPONENT, "result": lambda s: s["e"]},
    "e.other": {"z": lambda s: s.here("z"), "result": _power},
    "a": {"z": lambda s: s.here("z"), "act": lambda s: s.site.activation.f(s["z"]), **_NODE},
    "softmax": {
        **_EXPONENT,
        "total": lambda s: s["e"].sum(axis=-1, keepdims=True),
        "act": lambda s: s["e"] / s["total"],
        **_NODE,
    },
    "cost_out.squared": {
        **_ERROR,
        **_AGAIN,
        "square": lambda s: s["error"] * (s["a_again"] - s["T_again"]),
        "result": lambda s: s["factor"] * s["square"],
    },
    "cost_out.log": {
        "a": _outputs,
        "T": _target_of,
        **_AGAIN,
        "ln": lambda s: np.log(s["a"]),
        "ln_rest": lambda s: np.log(1 - s["a_again"]),
        "own": lambda s: np.where(s["T"] == 0, 0.0, s["T"] * s["ln"]),
        "other": lambda s: np.where(s["T_again"] == 1, 0.0, (1 - s["T_again"]) * s["ln_rest"]) if _binary(s) else 0.0,
        "sign": lambda s: -1.0,
        "result": lambda s: s["sign"] * (s["own"] + s["other"]),
    },
    "cost_out.other": {"a": _outputs, "T": _target_of, "result": lambda s: s.site.loss.terms(s["a"], s["T"])},
    "cost_n": {
        "terms": lambda s: s.value(q("cost_out", new=s.site.new)),
        "share": lambda s: 1.0,
        "result": lambda s: s["share"] * s["terms"].sum(axis=-1, keepdims=True),
    },
    "cost": {
        "terms": lambda s: s.value(q("cost_n", new=s.site.new)),
        "share": lambda s: share_of(s.site.network),
        "R": lambda s: s.value(q("penalty", new=s.site.new)) if s.site.network.l2 else 0.0,
        "result": lambda s: s["share"] * s["terms"].sum(axis=-2, keepdims=True) + s["R"],
    },
    "penalty": {
        "l2_factor": lambda s: s.value("l2_factor"),
        "half": lambda s: 0.5,
        "over_N": lambda s: 1 / s.site.network.penalty_divisor,
        "squares": lambda s: squares_of(s, s.site.new, s.site.network.penalised_rows),
        "result": lambda s: s["half"] * s["over_N"] * s["l2_factor"] * s["squares"],
    },
    "dC_da.squared": {**_ERROR, "result": lambda s: 2 * s["factor"] * s["error"]},
    "dC_da.log": {
        "a": _outputs,
        "T": _target_of,
        **_AGAIN,
        "own": lambda s: np.where(s["T"] == 0, 0.0, s["T"] / s["a"]),
        "other": lambda s: (
            np.where(s["T_again"] == 1, 0.0, (1 - s["T_again"]) / (1 - s["a_again"])) if _binary(s) else 0.0
        ),
        "sign": lambda s: 1.0,
        "result": lambda s: s["sign"] * (s["other"] - s["own"]),
    },
    "dC_da.other": {"a": _outputs, "T": _target_of, "result": lambda s: s.site.loss.gradient(s["a"], s["T"])},
    "dC_da.hidden": {
        "delta": lambda s: s.here("delta", above=1),
        "W": lambda s: s.here("W", above=1),
        "weights": lambda s: s["W"][..., : s.site.network.sizes[s.site.layer], :],
        "result": lambda s: s["delta"] @ transposed(s["weights"]),
    },
    "da_dz": {
        "z": lambda s: s.here("z"),
        "a": lambda s: s.activations(s.site.layer),
        "a_first": lambda s: s["a"],
        "a_again": lambda s: s["a"],
        "result": _slope,
    },
    "J": {
        "a": lambda s: s.activations(s.site.layer),
        "a_again": lambda s: s["a"],
        "diagonal": lambda s: s["a"] * (1 - s["a_again"]),
        "rest": lambda s: -s["a"][..., :, None] * s["a"][..., None, :],
        "result": _jacobian,
    },
    "J.other": {"result": lambda s: s.site.activation.jacobian(s.here("z"), s.activations(s.site.layer))},
    "delta": {
        "dC_da": lambda s: s.here("dC_da"),
        "da_dz": lambda s: s.here("da_dz"),
        "result": lambda s: s["dC_da"] * s["da_dz"],
    },
    "delta.softmax": {
        "dC_da": lambda s: s.here("dC_da"),
        "J": lambda s: s.here("J"),
        "result": lambda s: (s["dC_da"][..., None, :] @ s["J"])[..., 0, :],
    },
    "dC_dW": {
        **_SPLIT,
        "A": _below,
        "delta": lambda s: s.here("delta"),
        "share": lambda s: share_of(s.site.network),
        "l2_factor": lambda s: s.value("l2_factor"),
        "w": lambda s: s.here("W"),
        "over_N": lambda s: 1 / s.site.network.penalty_divisor,
        "penalised": _penalised,
        "decay": lambda s: s["l2_factor"] * s["over_N"] * s["penalised"] * s["w"] if s.site.network.l2 else 0.0,
        "result": lambda s: s["share"] * (transposed(_inputs_and_node(s)) @ s["delta"]) + s["decay"],
    },
    "W_new": {
        "W": lambda s: s.here("W"),
        "gradient": lambda s: s.here("dC_dW"),
        "gamma": lambda s: s.value("gamma"),
        "trained": _trained,
        "step": lambda s: s["trained"] * (s["gamma"] * s["gradient"]),
        "result": lambda s: s["W"] - s["step"],
    },
}
