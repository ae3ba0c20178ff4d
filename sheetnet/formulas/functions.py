"""Activations and losses as spreadsheet text: the value and the derivative of one cell.

Portable functions only. `1/(1+EXP(-z))` holds for every z above −709, where EXP overflows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ScalarActivation:
    """`value(z)` and `derivative(z, a)` of one cell. Where neurons mix (softmax), `value` is of e = e^(z − max z):
    `value(e, row of e)`. `equation` and `slope` are how people write the two.
    """

    value: Callable[..., str]
    derivative: Callable[[str, str], str]
    equation: str
    slope: str


def exponential(z: str, z_row: str) -> str:
    """e^(z − max z): the largest exponent of a row is 0, so that nothing overflows."""
    return f"EXP({z}-MAX({z_row}))"


ACTIVATION_FORMULAS: dict[str, ScalarActivation] = {
    "identity": ScalarActivation(lambda z: z, lambda z, a: "1", "a = z", "1"),
    "sigmoid": ScalarActivation(lambda z: f"1/(1+EXP(-{z}))", lambda z, a: f"{a}*(1-{a})", "a = 1/(1+e⁻ᶻ)", "a(1−a)"),
    "tanh": ScalarActivation(lambda z: f"TANH({z})", lambda z, a: f"1-{a}*{a}", "a = tanh z", "1−a²"),
    "relu": ScalarActivation(
        lambda z: f"MAX(0,{z})", lambda z, a: f"IF({z}>0,1,0)", "a = max(0, z)", "1 where z > 0, else 0"
    ),
    "leaky_relu": ScalarActivation(
        lambda z: f"IF({z}>0,{z},0.01*{z})",
        lambda z, a: f"IF({z}>0,1,0.01)",
        "a = z or 0.01z",
        "1 where z > 0, else 0.01",
    ),
    "elu": ScalarActivation(
        lambda z: f"IF({z}>0,{z},EXP({z})-1)",
        lambda z, a: f"IF({z}>0,1,EXP({z}))",
        "a = z or eᶻ−1",
        "1 where z > 0, else eᶻ",
    ),
    "softplus": ScalarActivation(
        lambda z: f"MAX(0,{z})+LN(1+EXP(-MAX({z},-{z})))",  # MAX(z, −z) is |z|: the exponent never overflows
        lambda z, a: f"1/(1+EXP(-{z}))",
        "a = ln(1+eᶻ)",
        "1/(1+e⁻ᶻ)",
    ),
    "softmax": ScalarActivation(
        lambda e, e_row: f"{e}/SUM({e_row})", lambda z, a: f"{a}*(1-{a})", "aⱼ = eⱼ/Σe", "aⱼ(1−aⱼ), the diagonal of J"
    ),
}


@dataclass(frozen=True)
class ScalarLoss:
    """`term(a, t, n)` is the cost of one of n outputs, `gradient(a, t, n)` its ∂C/∂a; the texts are how people write it."""

    term: Callable[[str, str, int], str]
    gradient: Callable[[str, str, int], str]
    equation: str
    slope: str


LOSS_FORMULAS: dict[str, ScalarLoss] = {
    "half_sse": ScalarLoss(
        lambda a, t, n: f"0.5*({a}-{t})*({a}-{t})", lambda a, t, n: f"{a}-{t}", "½(a − T)²", "a − T"
    ),
    "mse": ScalarLoss(
        lambda a, t, n: f"({a}-{t})*({a}-{t})/{n}", lambda a, t, n: f"2*({a}-{t})/{n}", "(a − T)²/n", "2(a − T)/n"
    ),
    "binary_cross_entropy": ScalarLoss(
        lambda a, t, n: f"-(IF({t}=0,0,{t}*LN({a}))+IF({t}=1,0,(1-{t})*LN(1-{a})))",
        lambda a, t, n: f"IF({t}=1,0,(1-{t})/(1-{a}))-IF({t}=0,0,{t}/{a})",
        "−(T ln a + (1 − T) ln(1 − a))",
        "(1 − T)/(1 − a) − T/a",
    ),
    "cross_entropy": ScalarLoss(
        lambda a, t, n: f"IF({t}=0,0,-({t}*LN({a})))", lambda a, t, n: f"IF({t}=0,0,-({t}/{a}))", "−T ln a", "−T/a"
    ),
}
