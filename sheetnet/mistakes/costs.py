"""Known mistakes in the cost and in its derivative with respect to the outputs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.activations_and_losses import LOSS_FACTS
from sheetnet.mistakes.equation_parts import EquationParts, Part, only, share_of
from sheetnet.mistakes.known_mistake import Change, Mistake, change
from sheetnet.mistakes.site import Site
from sheetnet.reference import LOSSES, Array

TWO_OUTPUTS = 2  # outputs, with which "multiplied by n" is the 2 of the square's derivative


def _other_losses(site: Site, kind: str) -> Iterator[Change]:
    if site.quantity == "cost_out":
        for name in LOSSES:
            if name != site.network.loss and not differ_in_factor(site, name):
                yield change(kind, f"{name} instead of {site.network.loss}", result=_terms_of(name))


def differ_in_factor(site: Site, name: str) -> bool:
    """Whether a loss and the network's are squares, one of which has neither ½ nor 1/n: mistakes of their own name that."""
    both = LOSS_FACTS[name], site.network.loss_facts
    return all(loss.squares for loss in both) and not all(loss.halves or loss.averages for loss in both)


def _terms_of(name: str) -> Part:
    return lambda s: LOSSES[name].terms(s["a"], s["T"])


def _other_share(s: EquationParts) -> Array:
    """1 where the network takes the mean over the observations, 1/N where it takes the sum or the mean of all elements."""
    mean = 1 / s.site.network.observations
    return np.asarray(1.0 if share_of(s.site.network) == mean else mean)


def _times_outputs(site: Site, kind: str) -> Iterator[Change]:
    if kind == "dC_da.squared" and site.outputs > TWO_OUTPUTS:
        yield change(kind, "multiplied by n", factor=lambda s: s.right("factor") * s.site.outputs)


def _first_row(s: EquationParts) -> Array:
    return only(s.right("delta"), 0, slice(None))


def _is_half(site: Site) -> bool:
    return site.network.loss_facts.halves


COSTS = (
    Mistake(
        "SN030",
        "½ missing",
        "cost_out",
        "(a-T)^2",
        "0.5*(a-T)^2",
        "The ½ makes the derivative a - T without a 2; without it cost and gradient do not belong together.",
        (change("cost_out.squared", factor=lambda s: 2 * s.right("factor")),),
        applies=_is_half,
    ),
    Mistake(
        "SN031",
        "½ too many",
        "cost_out",
        "0.5*(a-T)^2/2",
        "0.5*(a-T)^2",
        "The factor before the square is halved once more; this loss has it once, or (mse) not at all.",
        (change("cost_out.squared", factor=lambda s: s.right("factor") / 2),),
    ),
    Mistake(
        "SN032",
        "square missing",
        "cost_out",
        "0.5*ABS(a-T)",
        "0.5*(a-T)^2",
        "The cost is made of squares: large errors count more, and the derivative is in proportion to the error.",
        (
            change("cost_out.squared", "a - T", square=lambda s: s["error"]),
            change("cost_out.squared", "|a - T|", square=lambda s: np.abs(s["error"])),
            change("cost_out.squared", "a² - T²", square=lambda s: s["a"] ** 2 - s["T"] ** 2),
        ),
    ),
    Mistake(
        "SN033",
        "cost of the first output alone",
        "cost_n",
        "C_00",
        "SUM(C_00,C_01)",
        "Every output adds to the cost of an observation; sum over all of them.",
        (
            change("cost_n", "the first", terms=lambda s: s.right("terms")[..., :1]),
            change("cost_n", "the last", terms=lambda s: s.right("terms")[..., -1:]),
        ),
    ),
    Mistake(
        "SN034",
        "mean for sum, or sum for mean, over the outputs",
        "cost_out, cost_n, dC_da",
        "AVERAGE(C_00,C_01)",
        "SUM(C_00,C_01)",
        "half_sse and the cross-entropies sum over the outputs, mse takes their mean; the derivative must do the same.",
        (
            change("cost_n", "divided by n", share=lambda s: 1 / s.site.outputs),
            change("cost_n", "multiplied by n", share=lambda s: s.site.outputs),
            change("cost_out.squared", "divided by n", factor=lambda s: s.right("factor") / s.site.outputs),
            change("cost_out.squared", "multiplied by n", factor=lambda s: s.right("factor") * s.site.outputs),
            change("cost_out.log", "divided by n", sign=lambda s: s.right("sign") / s.site.outputs),
            change("dC_da.squared", "divided by n", factor=lambda s: s.right("factor") / s.site.outputs),
            change("dC_da.log", "divided by n", sign=lambda s: s.right("sign") / s.site.outputs),
        ),
        forms=_times_outputs,
        applies=lambda site: site.outputs > 1,
    ),
    Mistake(
        "SN035",
        "mean for sum, or sum for mean, over the observations",
        "cost, dC_da, dC_dW, delta",
        "SUM(C_0,C_1,C_2,C_3)",
        "AVERAGE(C_0,C_1,C_2,C_3)",
        "Cost and gradient must reduce the batch alike, once: here ∂C/∂a and δ carry no 1/N, ∂C/∂W does.",
        (
            change("cost", share=_other_share),
            change("dC_dW", share=_other_share),
            change("cost", "divided by N twice", share=lambda s: s.right("share") ** 2),
            change("dC_dW", "divided by N twice", share=lambda s: s.right("share") ** 2),
            *(
                change(kind, "1/N inside δ", dC_da=lambda s: s.right("dC_da") / s.site.network.observations)
                for kind in ("delta", "delta.softmax")
            ),
            change(
                "dC_da.squared", "1/N inside ∂C/∂a", factor=lambda s: s.right("factor") / s.site.network.observations
            ),
            change("dC_da.log", "1/N inside ∂C/∂a", sign=lambda s: s.right("sign") / s.site.network.observations),
            change("dC_da.other", "1/N inside ∂C/∂a", result=lambda s: s.right("result") / s.site.network.observations),
            change("dC_da.hidden", "1/N inside ∂C/∂a", delta=lambda s: s.right("delta") / s.site.network.observations),
        ),
        applies=lambda site: site.network.observations > 1,
    ),
    Mistake(
        "SN036",
        "log base 10",
        "cost_out, dC_da",
        "-LOG10(a)",
        "-LN(a)",
        "Cross-entropy is in natural logarithms, as is its derivative -T/a; LOG is base 10, write LN.",
        (
            change("cost_out.log", ln=lambda s: np.log10(s["a"]), ln_rest=lambda s: np.log10(1 - s["a"])),
            change("cost_out.log", "base 2", ln=lambda s: np.log2(s["a"]), ln_rest=lambda s: np.log2(1 - s["a"])),
            change("dC_da.log", "the derivative of LOG10", sign=lambda s: 1 / np.log(10)),
        ),
    ),
    Mistake(
        "SN037",
        "(1 - T) term missing",
        "cost_out, dC_da",
        "-T*LN(a)",
        "-(T*LN(a)+(1-T)*LN(1-a))",
        "Binary cross-entropy also punishes outputs that should be 0: add (1 - T) ln(1 - a), and its derivative.",
        (change("cost_out.log", other=lambda s: 0.0), change("dC_da.log", other=lambda s: 0.0)),
    ),
    Mistake(
        "SN038",
        "(1 - T) term with the wrong sign",
        "cost_out, dC_da",
        "-(T/a+(1-T)/(1-a))",
        "-(T/a-(1-T)/(1-a))",
        "The derivative of ln(1 - a) is -1/(1 - a), so the two terms of ∂C/∂a differ in sign; those of the cost do not.",
        (
            change("cost_out.log", other=lambda s: -s.right("other")),
            change("dC_da.log", other=lambda s: -s.right("other")),
        ),
    ),
    Mistake(
        "SN039",
        "T term missing",
        "cost_out, dC_da",
        "-(1-T)*LN(1-a)",
        "-(T*LN(a)+(1-T)*LN(1-a))",
        "T ln a is the heart of cross-entropy: it punishes outputs that should be 1 and are not.",
        (
            change("cost_out.log", own=lambda s: 0.0 * s.right("own")),
            change("dC_da.log", own=lambda s: 0.0 * s.right("own")),
        ),
    ),
    Mistake(
        "SN040",
        "minus sign of cross-entropy missing",
        "cost_out",
        "T*LN(a)",
        "-T*LN(a)",
        "Logarithms of numbers below 1 are negative; the minus makes the cost positive, to be made small.",
        (change("cost_out.log", sign=lambda s: 1.0),),
    ),
    Mistake(
        "SN041",
        "cost of another loss",
        "cost_out",
        "-T*LN(a)",
        "0.5*(a-T)^2",
        "The network is trained on one loss; its cost, ∂C/∂a and reported number all come from that one.",
        forms=_other_losses,
    ),
    Mistake(
        "SN042",
        "output and target exchanged",
        "cost_out, dC_da",
        "-a*LN(T)",
        "-T*LN(a)",
        "The logarithm is of the output, weighted by the target; the other way round T = 0 has no logarithm.",
        tuple(
            change(f"{quantity}.{form}", a=lambda s: s.right("T"), T=lambda s: s.right("a"))
            for quantity in ("cost_out", "dC_da")
            for form in ("log", "other")
        ),
    ),
    Mistake(
        "SN043",
        "cost of one observation alone",
        "cost, dC_dW",
        "C_0",
        "AVERAGE(C_0,C_1,C_2,C_3)",
        "Every observation of the batch adds to the cost and to the gradient.",
        (
            change("cost", "the first", terms=lambda s: s.right("terms")[..., :1, :]),
            change("cost", "the first, undivided", terms=lambda s: s.right("terms")[..., :1, :], share=lambda s: 1.0),
            change("cost", "the last", terms=lambda s: s.right("terms")[..., -1:, :]),
            change("cost", "the last, undivided", terms=lambda s: s.right("terms")[..., -1:, :], share=lambda s: 1.0),
            change("dC_dW", "the first", delta=_first_row),
            change(
                "dC_dW",
                "the first, undivided",
                delta=_first_row,
                share=lambda s: 1.0,
            ),
        ),
        applies=lambda site: site.network.observations > 1,
    ),
    Mistake(
        "SN044",
        "error's sign flipped",
        "dC_da, delta",
        "T-a",
        "a-T",
        "∂C/∂a is output minus target; the other way round the step goes uphill.",
        (
            change("dC_da.squared", error=lambda s: s["T"] - s["a"]),
            change("dC_da.log", sign=lambda s: -1.0),
            change("dC_da.other", result=lambda s: -s.right("result")),
            change("dC_da.hidden", delta=lambda s: -s.right("delta")),
            change("delta", dC_da=lambda s: -s.right("dC_da")),
            change("delta.softmax", dC_da=lambda s: -s.right("dC_da")),
        ),
    ),
    Mistake(
        "SN045",
        "factor of the square's derivative wrong",
        "dC_da",
        "2*(a-T)",
        "a-T",
        "d/da of (a - T)² is 2(a - T): with the ½ before the square that is a - T, for mse 2(a - T)/n.",
        (
            change("dC_da.squared", "twice too large", factor=lambda s: 2 * s.right("factor")),
            change("dC_da.squared", "half", factor=lambda s: s.right("factor") / 2),
            change("dC_da.squared", "still squared", result=lambda s: s["factor"] * s["error"] ** 2),
        ),
    ),
    Mistake(
        "SN048",
        "a small number added before the logarithm",
        "cost_out",
        "-LN(a+0.0000001)",
        "-LN(a)",
        "It keeps LN from 0, where no output of the network ever is, and changes the cost a little; leave it out.",
    ),
)
