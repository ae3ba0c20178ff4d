"""Known mistakes with L2 regularisation: in the penalty, in the cost that it is part of, and in the gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sheetnet.mistakes.equation_parts import EquationParts, Part, squares_of
from sheetnet.mistakes.known_mistake import Change, Mistake, change
from sheetnet.mistakes.site import Site
from sheetnet.quantity import q
from sheetnet.reference import Array


def _has_penalty(site: Site) -> bool:
    return site.network.l2 is not None


def _other_share(s: EquationParts) -> float:
    """1 where λ is divided by N, 1/N where it is not."""
    return 1.0 if s.site.network.penalty_divisor > 1 else 1 / s.site.network.observations


def _other_rows(s: EquationParts, layer: int) -> int:
    """All rows of W where its biases are not penalised, those without the biases where they are."""
    network = s.site.network
    without = network.sizes[layer - 1]
    return without if network.penalised_rows(layer) > without else network.nodes(layer - 1)


def _otherwise_penalised(s: EquationParts) -> Array:
    found = np.zeros_like(s["w"])
    found[..., : _other_rows(s, s.site.layer), :] = 1.0
    return found


def _some_layers(site: Site, kind: str) -> Iterator[Change]:
    """One layer left out of the penalty, or alone in it; its last row or column left out."""
    if kind != "penalty":
        return
    for layer in range(1, site.network.depth + 1) if site.network.depth > 1 else ():
        yield change(kind, f"layer {layer} left out", squares=_without(layer))
        yield change(kind, f"layer {layer} alone", squares=_alone(layer))
    for layer in range(1, site.network.depth + 1):
        for words, rows, columns in (("row", 1, 0), ("column", 0, 1)):
            yield change(kind, f"without the last {words} of layer {layer}", squares=_without(layer, rows, columns))


def _of(s: EquationParts, layer: int, rows: int = 0, columns: int = 0) -> Array:
    """Σ w² of a layer, without the last so many rows and columns."""
    taken = s.value(q("W", layer, s.site.new))[..., : s.site.network.penalised_rows(layer), :]
    last, end = (size - less for size, less in zip(taken.shape[-2:], (rows, columns), strict=True))
    return np.asarray((taken[..., :last, :end] ** 2).sum(axis=(-2, -1), keepdims=True))


def _alone(layer: int) -> Part:
    return lambda s: _of(s, layer)


def _without(layer: int, rows: int | None = None, columns: int = 0) -> Part:
    """Σ w² without the last so many rows and columns of a layer, or without the layer."""
    kept = 0.0 if rows is None else 1.0
    return lambda s: s.right("squares") - _of(s, layer) + kept * _of(s, layer, rows or 0, columns)


def _sums(signed: bool) -> Part:
    """Σ w, or Σ |w|, in place of Σ w²."""

    def total(s: EquationParts) -> Array:
        network = s.site.network
        parts = []
        for layer in range(1, network.depth + 1):
            w = s.value(q("W", layer, s.site.new))[..., : network.penalised_rows(layer), :]
            parts.append((w if signed else np.abs(w)).sum(axis=(-2, -1), keepdims=True))
        return np.asarray(sum(parts))

    return total


def _decay_again(s: EquationParts) -> Array:
    """λ w of the weights that are penalised, over N where λ is meant for all observations."""
    network, w = s.site.network, s["W"]
    found = np.zeros_like(w)
    rows = network.penalised_rows(s.site.layer)
    found[..., :rows, :] = s.value("l2_factor") / network.penalty_divisor * w[..., :rows, :]
    return np.asarray(s["trained"] * found)


def _without_factor(s: EquationParts) -> float:
    del s
    return 1.0


def _factor_squared(s: EquationParts) -> Array:
    return np.asarray(s.right("l2_factor") ** 2)


PENALTY = (
    Mistake(
        "SN102",
        "penalty left out of the cost, or subtracted",
        "cost",
        "AVERAGE(C_0,C_1)",
        "AVERAGE(C_0,C_1)+R",
        "What is made small is the cost of the observations and the penalty R together.",
        (change("cost", R=lambda s: 0.0), change("cost", "subtracted", R=lambda s: -s.right("R"))),
        applies=_has_penalty,
    ),
    Mistake(
        "SN103",
        "penalty left out of the gradient, or subtracted",
        "dC_dW",
        "a_0*delta_0",
        "a_0*delta_0+λ*w",
        "The penalty λ/2 Σ w² is part of the cost, so its slope λ w is part of ∂C/∂w; with a minus weights would grow.",
        (
            change("dC_dW", decay=lambda s: 0.0 * s.right("decay")),
            change("dC_dW", "subtracted", decay=lambda s: -s.right("decay")),
        ),
        applies=_has_penalty,
    ),
    Mistake(
        "SN104",
        "½ of the penalty missing, or its slope doubled or halved",
        "penalty, dC_dW",
        "λ*SUMSQ(w)",
        "λ/2*SUMSQ(w)",
        "The ½ before the squares is there so that the slope is λ w, without a 2.",
        (
            change("penalty", "without ½", half=lambda s: 1.0),
            change("penalty", "halved twice", half=lambda s: 0.25),
            change("dC_dW", "2 λ w", decay=lambda s: 2 * s.right("decay")),
            change("dC_dW", "λ w / 2", decay=lambda s: s.right("decay") / 2),
        ),
        applies=_has_penalty,
    ),
    Mistake(
        "SN105",
        "λ divided by N although it is not, or not although it is",
        "penalty, cost, dC_dW",
        "(a_0*delta_0+λ*w)/4",
        "a_0*delta_0/4+λ*w",
        "Whether λ is divided by N is the network's convention, which both the penalty and its slope follow.",
        (
            change("penalty", over_N=_other_share),
            change("dC_dW", over_N=_other_share),
            change("cost", "inside the mean", R=lambda s: s.right("R") / s.site.network.divisor),
            change("dC_dW", "inside the mean", decay=lambda s: s.right("decay") / s.site.network.divisor),
        ),
        applies=_has_penalty,
    ),
    Mistake(
        "SN106",
        "biases penalised although they are not, or left out although they are",
        "penalty, dC_dW",
        "delta_0+λ*b",
        "delta_0",
        "Whether biases are penalised too is the network's convention; in most textbooks the weights alone are.",
        (
            change("penalty", squares=lambda s: squares_of(s, s.site.new, lambda layer: _other_rows(s, layer))),
            change("dC_dW", penalised=_otherwise_penalised),
        ),
        applies=lambda site: _has_penalty(site) and any(layer.bias for layer in site.network.layers),
    ),
    Mistake(
        "SN107",
        "λ or the square of the weights missing in the penalty",
        "penalty, dC_dW",
        "λ/2*SUM(w)",
        "λ/2*SUMSQ(w)",
        "The penalty is λ times half the sum of the squares, without a root, and its slope λ times w; |w| would be L1.",
        (
            change("penalty", "Σ w", squares=_sums(signed=True)),
            change("penalty", "Σ |w|", squares=_sums(signed=False)),
            change("penalty", "the root of Σ w²", squares=lambda s: np.sqrt(s.right("squares"))),
            change("dC_dW", "λ without w", w=lambda s: 1 + 0 * s.right("w")),
            change("dC_dW", "the sign of w", w=lambda s: np.sign(s.right("w"))),
            change("dC_dW", "w²", w=lambda s: s.right("w") ** 2),
            *(
                change(kind, f"λ {words}", l2_factor=factor)
                for kind in ("penalty", "dC_dW")
                for words, factor in (("missing", _without_factor), ("squared", _factor_squared))
            ),
        ),
        applies=_has_penalty,
    ),
    Mistake(
        "SN108",
        "penalty of other weights",
        "penalty, cost",
        "λ/2*SUMSQ(w_1)",
        "λ/2*(SUMSQ(w_1)+SUMSQ(w_2))",
        "The weights of all layers are penalised alike; in the cost after the step it is the new weights that are.",
        (
            change("penalty", "the old ones", squares=lambda s: squares_of(s, False, s.site.network.penalised_rows)),
            change("cost", "the old ones", R=lambda s: s.value(q("penalty"))),
        ),
        forms=_some_layers,
        applies=_has_penalty,
    ),
    Mistake(
        "SN109",
        "weights shrunk a second time in the update",
        "W_new",
        "w-γ*(dC_dW+λ*w)",
        "w-γ*dC_dW",
        "∂C/∂w has λ w in it already; weight decay in the update as well would take it twice.",
        (
            change("W_new", "by γ λ w", result=lambda s: s["W"] - s["step"] - s["gamma"] * _decay_again(s)),
            change("W_new", "by λ w", result=lambda s: s["W"] - s["step"] - _decay_again(s)),
        ),
        applies=_has_penalty,
    ),
)
