"""Losses as spreadsheet text: the cost of one output and its derivative. It knows only cells; 0 · ln 0 = 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ScalarLoss:
    """`term(a, t, n)` is the cost of one of n outputs, `gradient(a, t, n)` its ∂C/∂a; the texts are how people write it."""

    term: Callable[[str, str, int], str]
    gradient: Callable[[str, str, int], str]
    equation: str
    slope: str


LOSSES: dict[str, ScalarLoss] = {
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
