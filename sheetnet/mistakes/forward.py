"""Known mistakes in z and in the activations, softmax included."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.mistakes.equation_parts import EquationParts, Part, activations_of, fit, turned, z_below
from sheetnet.mistakes.known_mistake import Change, Mistake, change
from sheetnet.mistakes.site import Site
from sheetnet.quantity import q
from sheetnet.reference import ACTIVATIONS, Activation, Array


def _other_activations(site: Site, kind: str) -> Iterator[Change]:
    if kind in ("a", "softmax"):
        for name in ACTIVATIONS:
            if name not in (site.activation_name, "identity"):
                yield change(kind, f"{name} instead of {site.activation_name}", act=_applied(name))


def _applied(name: str) -> Part:
    return lambda s: ACTIVATIONS[name].f(s["z"])


def _other_weights(site: Site, kind: str) -> Iterator[Change]:
    if kind in ("z", "dC_da.hidden"):
        right = site.layer + (kind != "z")
        for layer in range(1, site.network.depth + 1):
            if layer != right:
                yield change(kind, q("W", layer, site.new), W=_weights_of(layer))
    if kind == "z":
        for layer in range(site.layer - 1):
            yield change(kind, q("A", layer, site.new), inputs=activations_of(layer))


def _weights_of(layer: int) -> Part:
    return lambda s: fit(s.value(q("W", layer, s.site.new)), *s.right("W").shape[-2:])


def _old_values(site: Site, kind: str) -> Iterator[Change]:
    """In the pass with the new weights: a value from before the update, for each block that is read."""
    if site.new:
        for part in ("A", "W", "z", "a", "terms"):
            yield change(kind, f"old {part}", **{part: _old(part)})


def _old(part: str) -> Part:
    return lambda s: _in_the_first_pass(s, part)


def _in_the_first_pass(s: EquationParts, part: str) -> Array:
    layer, depth = s.site.layer, s.site.network.depth
    names = {"W": q("W", layer), "z": q("z", layer), "a": q("a", depth)}
    names["A"] = q("A", layer - 1)
    names["terms"] = "cost_out" if s.site.quantity == "cost_n" else "cost_n"
    return s.value(names[part])


def _node_through_f(s: EquationParts) -> Array:
    return s.site.activation.f(np.ones((1, 1, 1)))


def _other_slopes(site: Site, kind: str) -> Iterator[Change]:
    """The slope of other books below 0, or another layer's."""
    usual = ACTIVATIONS[site.activation_name]
    if usual.sloped is None:
        return
    own = site.network.layers[site.layer - 1].slope
    layers = site.network.layers
    others = [layer.slope for layer in layers if layer.activation == site.activation_name and layer.slope is not None]
    for slope in dict.fromkeys([*_SLOPES, *others]):
        part = {"a": "act", "da_dz": "result"}.get(kind)
        if part is not None and slope != own:
            yield change(kind, f"{slope:g}", **{part: _sloped(usual.sloped(slope), part)})


def _sloped(other: Activation, part: str) -> Part:
    if part == "act":
        return lambda s: other.f(s["z"])
    return lambda s: other.derivative(s["z"], s["a"])


_SLOPES = (0.1, 0.2, 0.001, 0.01, 1.0)  # below 0, in other books
_NODES: dict[str, Part] = {"0": lambda s: 0.0, "-1": lambda s: -1.0, "f(1)": _node_through_f}

FORWARD_MISTAKES = (
    Mistake(
        "SN001",
        "bias forgotten",
        "z",
        "x_0*w_00+x_1*w_01",
        "x_0*w_00+x_1*w_01+1*b_0",
        "Without the bias the neuron's line always passes through the origin; add the bias, the weight of the bias node.",
        (change("z", node=lambda s: 0.0), change("z", "a 1 in its place", bias=lambda s: 1.0)),
        applies=lambda site: site.has_bias,
    ),
    Mistake(
        "SN002",
        "bias counted twice",
        "z",
        "SUMPRODUCT(A,W)+b_0",
        "SUMPRODUCT(A,W)",
        "The last row of W is already the bias, met by the bias node's 1; leave out the second one.",
        (change("z", bias=lambda s: 2 * s.right("bias")),),
        applies=lambda site: site.has_bias,
    ),
    Mistake(
        "SN003",
        "bias node not 1",
        "A, z",
        "1/(1+EXP(-1))",
        "1",
        "The bias node is the constant 1: it has no z and goes through no activation.",
        (
            *(change(kind, label, node=node) for kind in ("inputs", "a", "softmax") for label, node in _NODES.items()),
            change("z", "-1: the bias is subtracted", node=lambda s: -1.0),
        ),
    ),
    Mistake(
        "SN004",
        "bias of another neuron",
        "z",
        "x_0*w_10+x_1*w_11+b_0",
        "x_0*w_10+x_1*w_11+b_1",
        "Each neuron has a bias of its own; take the one in the neuron's own column of W.",
        (
            change("z", "the first neuron's", bias=lambda s: s.right("bias")[..., :1]),
            change("z", "the next neuron's", bias=lambda s: np.roll(s.right("bias"), -1, axis=-1)),
            change("z", "the neuron's before", bias=lambda s: np.roll(s.right("bias"), 1, axis=-1)),
        ),
        applies=lambda site: site.has_bias,
    ),
    Mistake(
        "SN005",
        "bias multiplied by an input",
        "z",
        "x_0*w_00+x_1*w_01+x_1*b_0",
        "x_0*w_00+x_1*w_01+1*b_0",
        "The bias belongs to the bias node, whose value is 1, and to no input.",
        (
            change("z", "the last input", node=lambda s: s.right("inputs")[..., -1:]),
            change("z", "the first input", node=lambda s: s.right("inputs")[..., :1]),
        ),
        applies=lambda site: site.has_bias,
    ),
    Mistake(
        "SN006",
        "weights transposed",
        "z",
        "x_0*w_00+x_1*w_10",
        "x_0*w_00+x_1*w_01",
        "Row and column of the weights are exchanged; take the weights that lead into this neuron: with one column a"
        " neuron, go down its column.",
        (change("z", weights=turned("weights")),),
    ),
    Mistake(
        "SN007",
        "z of the layer below in place of its activation",
        "z",
        "z_0*w_00+z_1*w_01+b_0",
        "a_0*w_00+a_1*w_01+b_0",
        "A layer receives what the layer below puts out, a = f(z), not its z.",
        (change("z", inputs=z_below),),
    ),
    Mistake(
        "SN008",
        "weights or activations of another layer",
        "z, dC_da",
        "SUMPRODUCT(A_1,W_1)",
        "SUMPRODUCT(A_1,W_2)",
        "z of layer l takes W of layer l and the activations of the layer below; the errors of layer l come back through W"
        " of layer l + 1.",
        forms=_other_weights,
    ),
    Mistake(
        "SN009",
        "old values after the update",
        "z_new, a_new, cost_new",
        "SUMPRODUCT(A_1,W_1)",
        "SUMPRODUCT(A_1,W_1_new)",
        "The second pass asks what the new weights give; everything but the inputs must come from the second pass.",
        forms=_old_values,
    ),
    Mistake(
        "SN010",
        "weights already updated",
        "z",
        "SUMPRODUCT(A_1,W_1_new)",
        "SUMPRODUCT(A_1,W_1)",
        "The first pass takes the weights from before the step.",
        (change("z", W=lambda s: s.value(q("W", s.site.layer, new=True))),),
        applies=lambda site: not site.new,
    ),
    Mistake(
        "SN011",
        "activation forgotten",
        "a",
        "z",
        "1/(1+EXP(-z))",
        "The neuron puts out a = f(z); apply the layer's activation to z.",
        (change("a", act=lambda s: s["z"]), change("softmax", act=lambda s: s["z"])),
    ),
    Mistake(
        "SN012",
        "wrong activation",
        "a",
        "TANH(z)",
        "1/(1+EXP(-z))",
        "Another layer's function, or another of the same name in other books; apply the activation of this layer.",
        forms=_other_activations,
    ),
    Mistake(
        "SN013",
        "exponent's sign flipped",
        "a, e",
        "1/(1+EXP(z))",
        "1/(1+EXP(-z))",
        "1/(1+e^z) falls where the sigmoid rises, and e^(-z) makes softmax prefer the smallest; mind the sign before z.",
        (
            change("a", act=lambda s: s.site.activation.f(-s["z"])),
            change("softmax", e=lambda s: np.exp(-s["z"])),
            change("e", "e^(max z - z)", e=lambda s: np.exp(s["top"] - s["z"])),
            change("e", "e^(-z)", e=lambda s: np.exp(-s["z"])),
        ),
        applies=lambda site: site.activation_name in ("sigmoid", "softmax"),
    ),
    Mistake(
        "SN014",
        "1 - e^(-z) in place of 1 + e^(-z)",
        "a",
        "1/(1-EXP(-z))",
        "1/(1+EXP(-z))",
        "1/(1-e^(-z)) has a pole at 0 and leaves the range from 0 to 1; the sigmoid has a plus.",
        (
            change("a", "1/(1-e^(-z))", act=lambda s: 1 / (1 - np.exp(-s["z"]))),
            change("a", "e^z/(1-e^z)", act=lambda s: np.exp(s["z"]) / (1 - np.exp(s["z"]))),
        ),
        applies=lambda site: site.activation_name == "sigmoid",
    ),
    Mistake(
        "SN015",
        "brackets missing in the sigmoid",
        "a",
        "1/1+EXP(-z)",
        "1/(1+EXP(-z))",
        "A division binds more tightly than a sum, so 1/1+e^(-z) is 1+e^(-z); put the sum in brackets.",
        (change("a", act=lambda s: 1 + np.exp(-s["z"])),),
        applies=lambda site: site.activation_name == "sigmoid",
    ),
    Mistake(
        "SN016",
        "activation applied twice",
        "a",
        "1/(1+EXP(-a))",
        "1/(1+EXP(-z))",
        "The argument is already f(z); apply the activation to z, once.",
        (
            change("a", act=lambda s: s.site.activation.f(s.site.activation.f(s["z"]))),
            change("softmax", act=lambda s: s.site.activation.f(s.site.activation.f(s["z"]))),
        ),
    ),
    Mistake(
        "SN017",
        "relu upside down",
        "a",
        "MIN(0,z)",
        "MAX(0,z)",
        "relu keeps what is positive: the larger of 0 and z.",
        (
            change("a", "MIN(0,z)", act=lambda s: np.minimum(s["z"], 0.0)),
            change("a", "ABS(z)", act=lambda s: np.abs(s["z"])),
        ),
        applies=lambda site: site.activation_name == "relu",
    ),
    Mistake(
        "SN018",
        "another slope below 0",
        "a, da_dz",
        "IF(z>0,z,0.1*z)",
        "IF(z>0,z,0.01*z)",
        "Below 0 the layer has a slope of its own, as the equation beside the block says (usually 0.01 for leaky_relu, 1 for"
        " elu); other books choose 0.1, 0.2 or 0.001.",
        forms=_other_slopes,
        applies=lambda site: site.layer > 0,
    ),
)


def _power(base: float) -> Part:
    return lambda s: base ** (s["z"] - s["top"])


SOFTMAX_MISTAKES = (
    Mistake(
        "SN021",
        "softmax without exponentials",
        "a, e",
        "z_0/SUM(z_0,z_1,z_2)",
        "EXP(z_0)/SUM(EXP(z_0),EXP(z_1),EXP(z_2))",
        "z may be negative or sum to 0, so its shares are no probabilities; take e^z of each z first.",
        (
            change("softmax", "z over the sum of z", e=lambda s: s["z"]),
            change("softmax", "e^z over the sum of z", top=lambda s: 0.0, total=lambda s: _row_sum(s["z"])),
            change("softmax", "z over the sum of e^z", act=lambda s: s["z"] / _row_sum(np.exp(s["z"]))),
            change("e", "z", e=lambda s: s["z"]),
            change("e", "z - max z", e=lambda s: s["z"] - s["top"]),
        ),
    ),
    Mistake(
        "SN022",
        "softmax normalised over the batch",
        "a",
        "EXP(z_0)/SUM(EXP(column))",
        "EXP(z_0)/SUM(EXP(row))",
        "The outputs of one observation must sum to 1: divide by the sum over its row, not over the observations.",
        (
            change("softmax", "over a column", total=lambda s: s["e"].sum(axis=-2, keepdims=True)),
            change("softmax", "over a column of e^z", top=lambda s: 0.0, total=lambda s: _column_sum(np.exp(s["z"]))),
            change("softmax", "over everything", total=lambda s: s["e"].sum(axis=(-2, -1), keepdims=True)),
            change("softmax", "over all e^z", top=lambda s: 0.0, total=lambda s: _column_sum(_row_sum(np.exp(s["z"])))),
        ),
    ),
    Mistake(
        "SN023",
        "softmax not normalised",
        "a",
        "EXP(z_0)",
        "EXP(z_0)/SUM(EXP(z_0),EXP(z_1))",
        "e^z alone is no share of the whole; divide by the sum of e^z over the row.",
        (
            change("softmax", "e^(z - max z)", total=lambda s: 1.0),
            change("softmax", "e^z", e=lambda s: np.exp(s["z"]), total=lambda s: 1.0),
        ),
    ),
    Mistake(
        "SN024",
        "own term missing in softmax's sum",
        "a",
        "EXP(z_0)/(EXP(z_1)+EXP(z_2))",
        "EXP(z_0)/(EXP(z_0)+EXP(z_1)+EXP(z_2))",
        "The sum is over all neurons of the row, the own one included.",
        (change("softmax", total=lambda s: _row_sum(s["e"]) - s["e"]),),
    ),
    Mistake(
        "SN025",
        "maximum subtracted on one side alone",
        "a",
        "EXP(z_0-MAX(row))/SUM(EXP(row))",
        "EXP(z_0-MAX(row))/SUM(EXP(row-MAX(row)))",
        "Subtracting the maximum changes nothing only where numerator and sum both do it.",
        (
            change("softmax", "above", total=lambda s: _row_sum(np.exp(s["z"]))),
            change("softmax", "below", act=lambda s: np.exp(s["z"]) / _row_sum(s["e"])),
        ),
    ),
    Mistake(
        "SN026",
        "maximum not subtracted",
        "e",
        "EXP(z_0)",
        "EXP(z_0-MAX(row))",
        "e^z overflows from z = 710 on; this block is e^(z - max z), which gives the same shares and never overflows.",
        (change("e", top=lambda s: 0.0), change("e", "of the whole batch", top=lambda s: _batch_top(s["z"]))),
    ),
    Mistake(
        "SN027",
        "power of 10 in place of e",
        "a, e",
        "10^z_0/(10^z_0+10^z_1)",
        "EXP(z_0)/(EXP(z_0)+EXP(z_1))",
        "Softmax takes powers of e = 2.718…: EXP(z), not 10^z or 2^z.",
        tuple(change(kind, f"{base:g}^z", e=_power(base)) for kind in ("softmax", "e") for base in (10.0, 2.0)),
    ),
)


def _row_sum(array: Array) -> Array:
    return np.asarray(array.sum(axis=-1, keepdims=True))


def _column_sum(array: Array) -> Array:
    return np.asarray(array.sum(axis=-2, keepdims=True))


def _batch_top(array: Array) -> Array:
    return np.asarray(array.max(axis=(-2, -1), keepdims=True))
