"""Activations and losses as spreadsheet text: the value and the derivative of one cell.

Portable functions only. `1/(1+EXP(-z))` holds for every z above −709, where EXP overflows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def unmixed(*cells: str) -> str:
    """What stands for e_j and s_j where neurons do not mix: it is never to be asked for."""
    raise AssertionError(f"{cells}: this activation does not mix a row")


@dataclass(frozen=True)
class ScalarActivation:
    """`value(z)` and `derivative(z, a)` of one cell.

    Where neurons mix, a_j = e_j / Σe: `power(z, row of z)` is e_j, `value(e, row of e)` is of that, and `share(z, a)` is
    s_j = a_j ∂ln e_j/∂z_j, by which the Jacobian is (δ_ij − a_i) s_j. The derivative is its diagonal.
    """

    value: Callable[..., str]
    derivative: Callable[[str, str], str]
    power: Callable[[str, str], str] = unmixed
    share: Callable[[str, str], str] = unmixed


def exponential(z: str, z_row: str) -> str:
    """e^(z − max z): the largest exponent of a row is 0, so that nothing overflows."""
    return f"EXP({z}-MAX({z_row}))"


ACTIVATION_FORMULAS: dict[str, ScalarActivation] = {
    "identity": ScalarActivation(lambda z: z, lambda z, a: "1"),
    "sigmoid": ScalarActivation(lambda z: f"1/(1+EXP(-{z}))", lambda z, a: f"{a}*(1-{a})"),
    "tanh": ScalarActivation(lambda z: f"TANH({z})", lambda z, a: f"1-{a}*{a}"),
    "relu": ScalarActivation(lambda z: f"MAX(0,{z})", lambda z, a: f"IF({z}>0,1,0)"),
    "leaky_relu": ScalarActivation(
        lambda z: f"IF({z}>0,{z},0.01*{z})",
        lambda z, a: f"IF({z}>0,1,0.01)",
    ),
    "elu": ScalarActivation(
        lambda z: f"IF({z}>0,{z},EXP({z})-1)",
        lambda z, a: f"IF({z}>0,1,EXP({z}))",
    ),
    "softplus": ScalarActivation(
        lambda z: f"MAX(0,{z})+LN(1+EXP(-MAX({z},-{z})))",  # MAX(z, −z) is |z|: the exponent never overflows
        lambda z, a: f"1/(1+EXP(-{z}))",
    ),
    "softmax": ScalarActivation(
        lambda e, e_row: f"{e}/SUM({e_row})", lambda z, a: f"{a}*(1-{a})", exponential, lambda z, a: a
    ),
}


@dataclass(frozen=True)
class ScalarLoss:
    """`term(a, t, n)` is the cost of one of n outputs, `gradient(a, t, n)` its ∂C/∂a."""

    term: Callable[[str, str, int], str]
    gradient: Callable[[str, str, int], str]


LOSS_FORMULAS: dict[str, ScalarLoss] = {
    "half_sse": ScalarLoss(lambda a, t, n: f"0.5*({a}-{t})*({a}-{t})", lambda a, t, n: f"{a}-{t}"),
    "mse": ScalarLoss(lambda a, t, n: f"({a}-{t})*({a}-{t})/{n}", lambda a, t, n: f"2*({a}-{t})/{n}"),
    "binary_cross_entropy": ScalarLoss(
        lambda a, t, n: f"-(IF({t}=0,0,{t}*LN({a}))+IF({t}=1,0,(1-{t})*LN(1-{a})))",
        lambda a, t, n: f"IF({t}=1,0,(1-{t})/(1-{a}))-IF({t}=0,0,{t}/{a})",
    ),
    "cross_entropy": ScalarLoss(
        lambda a, t, n: f"IF({t}=0,0,-({t}*LN({a})))", lambda a, t, n: f"IF({t}=0,0,-({t}/{a}))"
    ),
}
