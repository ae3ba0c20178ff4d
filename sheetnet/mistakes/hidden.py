"""Known mistakes on the way from δ of one layer to ∂C/∂a of the layer below. It knows no sheet and no student."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.mistakes.entry import Change, Mistake, change
from sheetnet.mistakes.scene import Part, Scene, Site, fit, turned
from sheetnet.reference import Array


def _other_rows(site: Site, kind: str) -> Iterator[Change]:
    if kind == "dC_da.hidden":
        for step in range(1, min(site.network.sizes[site.layer], 9)):
            yield change(kind, f"{step} rows further on", weights=_rolled(step))


def _rolled(step: int) -> Part:
    return lambda s: np.roll(s.right("weights"), -step, axis=-2)


HIDDEN = (
    Mistake(
        "SN071",
        "hidden δ through new weights",
        "dC_da",
        "SUMPRODUCT(delta_2,W_2_new)",
        "SUMPRODUCT(delta_2,W_2)",
        "All gradients are computed before any weight changes; the error goes back through the weights it came by.",
        (change("dC_da.hidden", W=lambda s: s.value(f"W_{s.site.layer + 1}_new")),),
    ),
    Mistake(
        "SN072",
        "hidden δ through the wrong row or column of W",
        "dC_da",
        "delta_0*w_00+delta_1*w_01",
        "delta_0*w_00+delta_1*w_10",
        "Back goes the other way than forward: over the weights that leave this neuron, not those that enter one.",
        (change("dC_da.hidden", "transposed", weights=lambda s: _turned_weights(s)),),
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
            change("dC_da.hidden", "the first", delta=lambda s: _only(s.right("delta"), 0)),
            change("dC_da.hidden", "the last", delta=lambda s: _only(s.right("delta"), -1)),
        ),
    ),
)


def _turned_weights(s: Scene) -> Array:
    weights = s.right("weights")
    return fit(turned(weights), *weights.shape[-2:])


def _own_alone(s: Scene) -> Array:
    """δ_i w_ii, for the neurons that have a namesake above."""
    weights, delta = s["weights"], s["delta"]
    diagonal = np.diagonal(weights, axis1=-2, axis2=-1)[..., None, :]
    return fit(delta[..., : diagonal.shape[-1]] * diagonal, delta.shape[-2], weights.shape[-2])


def _only(array: Array, column: int) -> Array:
    """One column of an array, the others 0."""
    found = np.zeros_like(array)
    found[..., column] = array[..., column]
    return found
