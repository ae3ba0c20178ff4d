"""Known mistakes in the gradients of the weights and in the update."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.mistakes.equation_parts import EquationParts, Part, activations_of, fit, turned, z_below
from sheetnet.mistakes.known_mistake import Change, Mistake, change
from sheetnet.mistakes.site import Site
from sheetnet.quantity import q
from sheetnet.reference import Array


def _other_inputs(site: Site, kind: str) -> Iterator[Change]:
    if kind == "dC_dW":
        for i in range(min(site.network.sizes[site.layer - 1], 8)):
            yield change(kind, f"input {i}", node=_input(i))


def _input(i: int) -> Part:
    return lambda s: s.right("inputs")[..., i : i + 1]


def _other_activations(site: Site, kind: str) -> Iterator[Change]:
    if kind == "dC_dW":
        for layer in range(site.network.depth + 1):
            if layer not in (site.layer - 1, site.layer):
                yield change(kind, f"a of layer {layer}", inputs=activations_of(layer))


def _other_layers(site: Site, kind: str) -> Iterator[Change]:
    names = {"dC_dW": ("delta", "delta"), "W_new": ("gradient", "dC_dW")}
    if kind in names:
        part, quantity = names[kind]
        for layer in range(1, site.network.depth + 1):
            if layer != site.layer:
                yield change(kind, q(quantity, layer), **{part: _of_layer(q(quantity, layer), part)})


def _of_layer(block: str, part: str) -> Part:
    return lambda s: fit(s.value(block), *s.right(part).shape[-2:])


def _same_layer(s: EquationParts) -> Array:
    return fit(s.activations(s.site.layer), *s.right("inputs").shape[-2:])


def _frozen(s: EquationParts) -> Array:
    trained = np.array(s.right("trained"))
    trained[..., s.site.fan_in :, :] = 0.0
    return trained


GRADIENTS = (
    Mistake(
        "SN080",
        "gradient with a of another layer",
        "dC_dW",
        "a_2*delta_2",
        "a_1*delta_2",
        "∂z/∂w is what the weight multiplies: the activation of the layer below.",
        (change("dC_dW", "a of the same layer", inputs=_same_layer),),
        forms=_other_activations,
    ),
    Mistake(
        "SN081",
        "gradient with z in place of a",
        "dC_dW",
        "z_1*delta_2",
        "a_1*delta_2",
        "The weight multiplies the activation a of the layer below, not its z.",
        (change("dC_dW", inputs=z_below),),
    ),
    Mistake(
        "SN082",
        "gradient transposed",
        "dC_dW, W_new",
        "a_1*delta_0",
        "a_0*delta_1",
        "Row i of the gradient belongs to input i and column j to neuron j, as in W; here they are exchanged.",
        (change("dC_dW", result=turned("result")), change("W_new", gradient=turned("gradient"))),
    ),
    Mistake(
        "SN083",
        "bias gradient zero",
        "dC_dW",
        "0*delta_0",
        "1*delta_0",
        "The bias node puts out 1, so the gradient of a bias is δ itself (summed over the batch), not 0.",
        (change("dC_dW", node=lambda s: 0.0 * s.right("node")),),
        applies=lambda site: site.has_bias,
    ),
    Mistake(
        "SN084",
        "bias gradient multiplied by an input",
        "dC_dW",
        "x_1*delta_0",
        "1*delta_0",
        "The bias node puts out 1 whatever the inputs are.",
        forms=_other_inputs,
        applies=lambda site: site.has_bias,
    ),
    Mistake(
        "SN085",
        "activation left out of the gradient",
        "dC_dW",
        "delta_0",
        "a_0*delta_0",
        "∂C/∂w is δ times what the weight multiplies; δ alone is the gradient of the bias.",
        (change("dC_dW", inputs=lambda s: 1 + 0 * s.right("inputs")),),
    ),
    Mistake(
        "SN086",
        "δ of another layer",
        "dC_dW",
        "a_0*delta_2",
        "a_0*delta_1",
        "The gradient of W of layer l takes δ of layer l, the layer the weights lead into.",
        forms=_other_layers,
        applies=lambda site: site.quantity == "dC_dW",
    ),
)

UPDATES = (
    Mistake(
        "SN091",
        "γ missing",
        "W_new",
        "w-dC_dW",
        "w-γ*dC_dW",
        "Without the learning rate the step is as long as the gradient, and overshoots.",
        (change("W_new", gamma=lambda s: 1.0),),
    ),
    Mistake(
        "SN092",
        "γ squared or halved",
        "W_new",
        "w-γ*γ*dC_dW",
        "w-γ*dC_dW",
        "The learning rate enters once: not again in ∂C/∂W or δ, and without another ½.",
        (
            change("W_new", "squared", gamma=lambda s: s.right("gamma") ** 2),
            change("W_new", "halved", gamma=lambda s: s.right("gamma") / 2),
            change("W_new", "doubled", gamma=lambda s: s.right("gamma") * 2),
            change("W_new", "divided by", gamma=lambda s: 1 / s.right("gamma")),
            change("W_new", "a tenth of it", gamma=lambda s: s.right("gamma") / 10),
            change("W_new", "ten times", gamma=lambda s: s.right("gamma") * 10),
        ),
    ),
    Mistake(
        "SN093",
        "ascent for descent",
        "W_new",
        "w+γ*dC_dW",
        "w-γ*dC_dW",
        "The gradient points uphill; to lower the cost, subtract it.",
        (change("W_new", step=lambda s: -s.right("step")),),
    ),
    Mistake(
        "SN094",
        "bias updated though frozen",
        "W_new",
        "b-γ*dC_db",
        "b",
        "This network does not train its biases: they keep their value.",
        (change("W_new", trained=lambda s: np.ones_like(s.right("trained"))),),
        applies=lambda site: site.has_bias and not site.network.train_bias,
    ),
    Mistake(
        "SN095",
        "bias not updated though trained",
        "W_new",
        "b",
        "b-γ*dC_db",
        "The biases are weights of the bias node and learn like all others.",
        (change("W_new", trained=_frozen),),
        applies=lambda site: site.has_bias and site.network.train_bias,
    ),
    Mistake(
        "SN096",
        "updated one layer with the other's gradient",
        "W_new",
        "w_1-γ*dC_dW_2",
        "w_1-γ*dC_dW_1",
        "Each layer's weights are changed by their own gradient.",
        forms=_other_layers,
        applies=lambda site: site.quantity == "W_new",
    ),
    Mistake(
        "SN097",
        "weights not updated",
        "W_new",
        "w",
        "w-γ*dC_dW",
        "The new weight is the old one minus γ times its gradient.",
        (change("W_new", gradient=lambda s: 0.0 * s.right("gradient")),),
    ),
    Mistake(
        "SN098",
        "the step alone, without the weight",
        "W_new",
        "-γ*dC_dW",
        "w-γ*dC_dW",
        "The step is subtracted from the old weight, which the formula leaves out.",
        (
            change("W_new", "-γ dC/dW", W=lambda s: 0.0 * s.right("W")),
            change("W_new", "γ dC/dW", result=lambda s: s["step"]),
        ),
    ),
    Mistake(
        "SN099",
        "gradient averaged a second time, or summed again",
        "W_new",
        "w-γ*dC_dW/4",
        "w-γ*dC_dW",
        "The gradient is already reduced over the batch; the update neither divides nor multiplies by N.",
        (
            change("W_new", "divided by N", gradient=lambda s: s.right("gradient") / s.site.network.observations),
            change("W_new", "multiplied by N", gradient=lambda s: s.right("gradient") * s.site.network.observations),
        ),
        applies=lambda site: site.network.observations > 1,
    ),
    Mistake(
        "SN100",
        "γ added to the gradient, not multiplied",
        "W_new",
        "w-(γ+dC_dW)",
        "w-γ*dC_dW",
        "A sign of multiplication is missing: the step is the learning rate times the gradient.",
        (change("W_new", step=lambda s: s["trained"] * (s["gamma"] + s["gradient"])),),
    ),
    Mistake(
        "SN101",
        "γ at the wrong place in the update",
        "W_new",
        "(w-γ)*dC_dW",
        "w-γ*dC_dW",
        "The learning rate multiplies the gradient alone, and the product is subtracted from the weight.",
        (
            change("W_new", "(w - γ) ∂C/∂W", result=lambda s: (s["W"] - s["gamma"]) * s["gradient"]),
            change("W_new", "γ (w - ∂C/∂W)", result=lambda s: s["gamma"] * (s["W"] - s["gradient"])),
            change("W_new", "γ w - ∂C/∂W", result=lambda s: s["gamma"] * s["W"] - s["gradient"]),
            change("W_new", "w (1 - γ ∂C/∂W)", result=lambda s: s["W"] * (1 - s["gamma"] * s["gradient"])),
        ),
    ),
)
