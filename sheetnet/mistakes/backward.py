"""Known mistakes on the way back: derivatives, Jacobians, δ, and ∂C/∂a of the layer below."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.mistakes.costs import differ_in_factor
from sheetnet.mistakes.equation_parts import EquationParts, Part, fit, only, rolled, turned
from sheetnet.mistakes.known_mistake import Change, Mistake, change
from sheetnet.mistakes.site import Site
from sheetnet.quantity import q
from sheetnet.reference import ACTIVATIONS, LOSSES, Array


def _other_derivatives(site: Site, kind: str) -> Iterator[Change]:
    if kind == "da_dz":
        for name in ACTIVATIONS:
            if name not in (site.activation_name, "identity"):
                yield change(kind, f"{name}'s instead of {site.activation_name}'s", result=_derivative_of(name))


def _derivative_of(name: str) -> Part:
    return lambda s: ACTIVATIONS[name].derivative(s["z"], s["a"])


def _other_masks(site: Site, kind: str) -> Iterator[Change]:
    """The mask of another layer, where that layer has such a neuron."""
    part = {"da_dz": "result", "delta": "da_dz"}.get(kind)
    if part is not None:
        for layer in range(1, site.network.depth + 1):
            if layer != site.layer:
                yield change(kind, f"of layer {layer}", **{part: _mask_of(layer)})
                yield change(kind, f"∂a/∂z of layer {layer}", **{part: _slope_of(layer)})


def _mask_of(layer: int) -> Part:
    def mask(s: EquationParts) -> Array:
        z = fit(s.value(q("z", layer)), *s.here("z").shape[-2:])
        return s.site.activation.derivative(z, z) + 0 * z  # NaN, where that layer has no such neuron

    return mask


def _slope_of(layer: int) -> Part:
    return lambda s: fit(s.value(q("da_dz", layer)), *s.here("z").shape[-2:])


def _bends(site: Site) -> bool:
    return site.layer > 0 and bool(site.network.kinks(site.layer))


def _other_gradients(site: Site, kind: str) -> Iterator[Change]:
    if site.quantity == "dC_da" and site.output:
        for name in LOSSES:
            if name != site.network.loss and not differ_in_factor(site, name):
                yield change(kind, f"{name}'s with {site.network.loss}", result=_gradient_of(name))
    if site.quantity == "delta" and site.output:
        label = f"a - T with {site.activation_name} and {site.network.loss}"
        yield change(kind, label, result=lambda s: s.activations(s.site.layer) - s.value("target"))


def _gradient_of(name: str) -> Part:
    return lambda s: LOSSES[name].gradient(s["a"], s["T"])


_WITHOUT_SLOPE = (
    change("delta", da_dz=lambda s: 1.0),
    change("delta.softmax", result=lambda s: s["dC_da"]),
    change("da_dz", result=lambda s: 1 + 0 * s["a"]),
)

DERIVATIVES = (
    Mistake(
        "SN051",
        "derivative taken at z where a belongs",
        "da_dz, J",
        "z*(1-z)",
        "a*(1-a)",
        "a(1 - a) is written in the output a, not in z; put the activation's value in.",
        (change("da_dz", a=lambda s: s["z"]), change("J", a=lambda s: s.here("z"))),
    ),
    Mistake(
        "SN052",
        "derivative taken at a as if it were z",
        "da_dz",
        "1/(1+EXP(-a))*(1-1/(1+EXP(-a)))",
        "1/(1+EXP(-z))*(1-1/(1+EXP(-z)))",
        "f'(z) is wanted at z; a has been through f already, so this applies f once too often.",
        (change("da_dz", z=lambda s: s["a"], a=lambda s: s.site.activation.f(s.right("a"))),),
    ),
    Mistake(
        "SN053",
        "derivative of another activation",
        "da_dz",
        "1-a^2",
        "a*(1-a)",
        "The derivative belongs to the layer's own activation: a(1 - a) for the sigmoid, 1 - a² for tanh.",
        forms=_other_derivatives,
    ),
    Mistake(
        "SN054",
        "part of the derivative missing",
        "da_dz",
        "1-a",
        "a*(1-a)",
        "The derivative has two factors or terms; the activation alone, or 1 - a alone, is not it.",
        (
            change("da_dz", "a alone", result=lambda s: s["a"]),
            change("da_dz", "1 - a", result=lambda s: 1 - s["a"]),
            change("da_dz", "1 + a", result=lambda s: 1 + s["a"]),
            change("da_dz", "a²", result=lambda s: s["a"] ** 2),
        ),
    ),
    Mistake(
        "SN055",
        "derivative with the wrong sign",
        "da_dz",
        "a*(a-1)",
        "a*(1-a)",
        "Activations rise, so their derivatives are not negative; mind which is subtracted from which.",
        (
            change("da_dz", result=lambda s: -s.right("result")),
            change("da_dz", "a(1 + a)", result=lambda s: s["a"] * (1 + s["a"])),
            change("da_dz", "1 + a²", result=lambda s: 1 + s["a"] ** 2),
        ),
    ),
    Mistake(
        "SN056",
        "derivative factor missing in the output δ",
        "delta, da_dz",
        "a-T",
        "(a-T)*a*(1-a)",
        "The error reaches z through the activation: multiply ∂C/∂a by ∂a/∂z.",
        _WITHOUT_SLOPE,
        applies=lambda site: site.output,
    ),
    Mistake(
        "SN057",
        "derivative factor missing in a hidden δ",
        "delta, da_dz",
        "SUMPRODUCT(delta_2,W_2)",
        "SUMPRODUCT(delta_2,W_2)*a*(1-a)",
        "Hidden neurons have an activation too: multiply what comes back through the weights by ∂a/∂z.",
        _WITHOUT_SLOPE,
        applies=lambda site: site.hidden and not _bends(site),
    ),
    Mistake(
        "SN058",
        "relu mask missing",
        "delta, da_dz",
        "dC_da",
        "dC_da*IF(z>0,1,0)",
        "Where z is not positive the unit is off, and no error passes back through it: multiply by 1 or 0.",
        (change("delta", da_dz=lambda s: 1.0), change("da_dz", result=lambda s: 1 + 0 * s["a"])),
        applies=_bends,
    ),
    Mistake(
        "SN059",
        "relu mask from the wrong layer",
        "delta, da_dz",
        "dC_da_1*IF(z_2>0,1,0)",
        "dC_da_1*IF(z_1>0,1,0)",
        "The mask of a layer is made of that layer's own z.",
        forms=_other_masks,
        applies=_bends,
    ),
    Mistake(
        "SN060",
        "relu mask upside down",
        "da_dz",
        "IF(z>0,0,1)",
        "IF(z>0,1,0)",
        "Errors pass where the unit is on, z > 0, and stop where it is off.",
        (change("da_dz", z=lambda s: -s.right("z")),),
        applies=_bends,
    ),
    Mistake(
        "SN061",
        "softmax Jacobian reduced to its diagonal",
        "J, delta",
        "dC_da_0*a_0*(1-a_0)",
        "dC_da_0*a_0*(1-a_0)-dC_da_1*a_1*a_0",
        "Each z moves all outputs of its row: δ is the sum over the outputs i of ∂C/∂a_i · ∂a_i/∂z_j.",
        (
            change("J", rest=lambda s: 0 * s.right("rest")),
            change("delta.softmax", result=lambda s: s["dC_da"] * s.here("da_dz")),
        ),
    ),
    Mistake(
        "SN062",
        "sign of the Jacobian's other elements flipped",
        "J",
        "a_0*a_1",
        "-a_0*a_1",
        "When one z grows the other outputs of the row shrink: ∂a_i/∂z_j = -a_i a_j off the diagonal.",
        (change("J", rest=lambda s: -s.right("rest")),),
    ),
    Mistake(
        "SN063",
        "diagonal of the Jacobian like the rest",
        "J",
        "-a_0*a_0",
        "a_0*(1-a_0)",
        "∂a_i/∂z_j = a_i (1 - a_j) where i = j: the quotient rule has one term more there.",
        (
            change("J", "-a_i a_i", diagonal=lambda s: -(s["a"] ** 2)),
            change("J", "a_i", diagonal=lambda s: s["a"]),
            change("J", "a_i(1 - a_j) everywhere", rest=lambda s: s["a"][..., :, None] * (1 - s["a"][..., None, :])),
        ),
    ),
    Mistake(
        "SN064",
        "derivative factor twice",
        "delta",
        "dC_da*da_dz*a*(1-a)",
        "dC_da*da_dz",
        "The chain rule passes each activation once.",
        (change("delta", da_dz=lambda s: s.right("da_dz") ** 2),),
    ),
    Mistake(
        "SN065",
        "∂C/∂a left out of δ",
        "delta",
        "a*(1-a)",
        "(a-T)*a*(1-a)",
        "δ is the error ∂C/∂a times the derivative; without the error nothing is learned from the target.",
        (change("delta", dC_da=lambda s: 1.0), change("delta.softmax", result=lambda s: s.here("da_dz"))),
    ),
    Mistake(
        "SN066",
        "added where the chain rule multiplies",
        "delta",
        "dC_da+da_dz",
        "dC_da*da_dz",
        "The factors of a chain of functions are multiplied.",
        (change("delta", result=lambda s: s["dC_da"] + s["da_dz"]),),
    ),
    Mistake(
        "SN067",
        "cross-entropy gradient paired with another loss",
        "dC_da, delta",
        "a-T",
        "(a-T)*a*(1-a)",
        "δ = a - T holds for softmax with cross_entropy and sigmoid with binary_cross_entropy alone; elsewhere take this"
        " loss's own ∂C/∂a times the activation's own derivative.",
        forms=_other_gradients,
    ),
    Mistake(
        "SN068",
        "derivative of e^(-z) in place of the sigmoid's",
        "da_dz",
        "-a",
        "a*(1-a)",
        "-y is the derivative of y = e^(-z); the sigmoid is 1/(1+e^(-z)), and the chain rule makes a(1 - a) of it.",
        (
            change("da_dz", "-a", result=lambda s: -s["a"]),
            change("da_dz", "-e^(-z)", result=lambda s: -np.exp(-s["z"])),
        ),
        applies=lambda site: site.activation_name == "sigmoid",
    ),
)


def _other_rows(site: Site, kind: str) -> Iterator[Change]:
    if kind == "dC_da.hidden":
        for step in range(1, min(site.network.sizes[site.layer], 9)):
            yield change(kind, f"{step} rows further on", weights=rolled("weights", step, -2))


HIDDEN = (
    Mistake(
        "SN071",
        "hidden δ through new weights",
        "dC_da",
        "SUMPRODUCT(delta_2,W_2_new)",
        "SUMPRODUCT(delta_2,W_2)",
        "All gradients are computed before any weight changes; the error goes back through the weights it came by.",
        (change("dC_da.hidden", W=lambda s: s.value(q("W", s.site.layer + 1, new=True))),),
    ),
    Mistake(
        "SN072",
        "hidden δ through the wrong row or column of W",
        "dC_da",
        "delta_0*w_00+delta_1*w_01",
        "delta_0*w_00+delta_1*w_10",
        "Back goes the other way than forward: over the weights that leave this neuron, not those that enter one.",
        (change("dC_da.hidden", "transposed", weights=turned("weights")),),
        forms=_other_rows,
    ),
    Mistake(
        "SN073",
        "hidden δ through the own neuron's weight alone",
        "dC_da",
        "delta_0*w_00",
        "delta_0*w_00+delta_1*w_10",
        "A hidden neuron feeds every neuron above: sum δ times weight over all of them.",
        (change("dC_da.hidden", result=lambda s: _own_alone(s)),),
    ),
    Mistake(
        "SN074",
        "hidden δ through the bias row",
        "dC_da",
        "delta_0*b_0+delta_1*b_1",
        "delta_0*w_00+delta_1*w_10",
        "The bias leads from the bias node, not from this neuron; leave the last row of W out on the way back.",
        (
            change("dC_da.hidden", "", weights=lambda s: s["W"][..., -1:, :] + 0 * s.right("weights")),
            change("dC_da.hidden", "added to the sum", weights=lambda s: s.right("weights") + s["W"][..., -1:, :]),
        ),
        applies=lambda site: site.hidden and site.network.has_bias(site.layer + 1),
    ),
    Mistake(
        "SN075",
        "weights left out on the way back",
        "dC_da",
        "SUM(delta_2)",
        "SUMPRODUCT(delta_2,W_2)",
        "Each δ above counts as much as the weight that leads to it.",
        (change("dC_da.hidden", weights=lambda s: 1 + 0 * s.right("weights")),),
    ),
    Mistake(
        "SN076",
        "∂C/∂a of the layer above in place of its δ",
        "dC_da",
        "SUMPRODUCT(dC_da_2,W_2)",
        "SUMPRODUCT(delta_2,W_2)",
        "What goes back through the weights is ∂C/∂z = δ; the derivative of the layer above is missing.",
        (change("dC_da.hidden", delta=lambda s: s.here("dC_da", above=1)),),
    ),
    Mistake(
        "SN077",
        "error of one neuron above alone",
        "dC_da",
        "delta_0*w_10",
        "delta_0*w_10+delta_1*w_11",
        "Every neuron above sends its error back to every neuron below: sum over all of them.",
        (
            change("dC_da.hidden", "the first", delta=lambda s: only(s.right("delta"), 0)),
            change("dC_da.hidden", "the last", delta=lambda s: only(s.right("delta"), -1)),
        ),
    ),
)


def _own_alone(s: EquationParts) -> Array:
    """δ_i w_ii, for the neurons that have a namesake above."""
    weights, delta = s["weights"], s["delta"]
    diagonal = np.diagonal(weights, axis1=-2, axis2=-1)[..., None, :]
    return fit(delta[..., : diagonal.shape[-1]] * diagonal, delta.shape[-2], weights.shape[-2])
