"""Activations and losses as spreadsheet text: the value and the derivative of one cell.

Portable functions only. `1/(1+EXP(-z))` holds for every z above −709, where EXP overflows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sheetnet.network import Layer


def unmixed(*cells: str) -> str:
    """What stands for e_j and s_j where neurons do not mix: it is never to be asked for."""
    raise AssertionError(f"{cells}: this activation does not mix a row")


@dataclass(frozen=True)
class ScalarActivation:
    """`value(z)` and `derivative(z, a)` of one cell.

    Where neurons mix, a_j = e_j / Σe: `power(z, row of z)` is e_j, `value(e, row of e)` is of that, and `share(z, a)` is
    s_j = a_j ∂ln e_j/∂z_j, by which the Jacobian is (δ_ij − a_i) s_j. The derivative is its diagonal. `sloped` gives the
    same with another slope just below 0.
    """

    value: Callable[..., str]
    derivative: Callable[[str, str], str]
    power: Callable[[str, str], str] = unmixed
    share: Callable[[str, str], str] = unmixed
    sloped: Callable[[float], ScalarActivation] | None = None


def exponential(z: str, z_row: str) -> str:
    """e^(z − max z): the largest exponent of a row is 0, so that nothing overflows."""
    return f"EXP({z}-MAX({z_row}))"


def leaky_relu(slope: float) -> ScalarActivation:
    """z above 0, and slope z below."""
    return ScalarActivation(lambda z: f"IF({z}>0,{z},{slope:.15g}*{z})", lambda z, a: f"IF({z}>0,1,{slope:.15g})")


def elu(alpha: float) -> ScalarActivation:
    """z above 0, and α (e^z − 1) below; an α of 1 is not written."""
    if alpha == 1:
        return ScalarActivation(lambda z: f"IF({z}>0,{z},EXP({z})-1)", lambda z, a: f"IF({z}>0,1,EXP({z}))")
    return ScalarActivation(
        lambda z: f"IF({z}>0,{z},{alpha:.15g}*(EXP({z})-1))", lambda z, a: f"IF({z}>0,1,{alpha:.15g}*EXP({z}))"
    )


ACTIVATION_FORMULAS: dict[str, ScalarActivation] = {
    "identity": ScalarActivation(lambda z: z, lambda z, a: "1"),
    "sigmoid": ScalarActivation(lambda z: f"1/(1+EXP(-{z}))", lambda z, a: f"{a}*(1-{a})"),
    "tanh": ScalarActivation(lambda z: f"TANH({z})", lambda z, a: f"1-{a}*{a}"),
    "relu": ScalarActivation(lambda z: f"MAX(0,{z})", lambda z, a: f"IF({z}>0,1,0)"),
    "leaky_relu": replace(leaky_relu(0.01), sloped=leaky_relu),
    "elu": replace(elu(1.0), sloped=elu),
    "softplus": ScalarActivation(
        lambda z: f"MAX(0,{z})+LN(1+EXP(-MAX({z},-{z})))",  # MAX(z, −z) is |z|: the exponent never overflows
        lambda z, a: f"1/(1+EXP(-{z}))",
    ),
    "softmax": ScalarActivation(
        lambda e, e_row: f"{e}/SUM({e_row})", lambda z, a: f"{a}*(1-{a})", exponential, lambda z, a: a
    ),
}


def activation_formulas(layer: Layer) -> ScalarActivation:
    """The formulas of a layer's activation, with the layer's own slope below 0 where it has one."""
    known = ACTIVATION_FORMULAS[layer.activation]
    return known if known.sloped is None or layer.slope is None else known.sloped(layer.slope)


@dataclass(frozen=True)
class ScalarLoss:
    """`term(a, t, n)` is the cost of one of n outputs, `gradient(a, t, n)` its ∂C/∂a."""

    term: Callable[[str, str, int], str]
    gradient: Callable[[str, str, int], str]


LOSS_FORMULAS: dict[str, ScalarLoss] = {
    "half_sse": ScalarLoss(lambda a, t, n: f"0.5*({a}-{t})*({a}-{t})", lambda a, t, n: f"{a}-{t}"),
    "mse": ScalarLoss(lambda a, t, n: f"({a}-{t})*({a}-{t})/{n}", lambda a, t, n: f"2*({a}-{t})/{n}"),
    "sse": ScalarLoss(lambda a, t, n: f"({a}-{t})*({a}-{t})", lambda a, t, n: f"2*({a}-{t})"),
    "binary_cross_entropy": ScalarLoss(
        lambda a, t, n: f"-(IF({t}=0,0,{t}*LN({a}))+IF({t}=1,0,(1-{t})*LN(1-{a})))",
        lambda a, t, n: f"IF({t}=1,0,(1-{t})/(1-{a}))-IF({t}=0,0,{t}/{a})",
    ),
    "cross_entropy": ScalarLoss(
        lambda a, t, n: f"IF({t}=0,0,-({t}*LN({a})))", lambda a, t, n: f"IF({t}=0,0,-({t}/{a}))"
    ),
}
