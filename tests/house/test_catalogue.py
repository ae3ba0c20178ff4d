"""The catalogue says what is true of each activation and loss: its facts beside what NumPy computes."""

from __future__ import annotations

import ast
from math import inf, isfinite
from pathlib import Path

import numpy as np
import pytest

import sheetnet
from sheetnet.activations_and_losses import (
    ACTIVATION_FACTS,
    LOSS_FACTS,
    ActivationFacts,
    Example,
    Interval,
    LossFacts,
    Targets,
    activations_for,
    losses_for_all,
)
from sheetnet.auditing.evaluate import term_value
from sheetnet.auditing.expressions import parse_term
from sheetnet.formulas import ACTIVATION_FORMULAS, LOSS_FORMULAS
from sheetnet.reference import ACTIVATIONS, LOSSES, Array

every_activation = pytest.mark.parametrize("name", ACTIVATION_FACTS)
every_loss = pytest.mark.parametrize("name", LOSS_FACTS)
mixing = pytest.mark.parametrize("name", [name for name, known in ACTIVATION_FACTS.items() if known.mixes])
ROWS = np.random.default_rng(7).normal(size=(200, 4)) * 2
GRID = np.arange(-6, 6, 0.125)  # holds the bends, as most places where somebody lets a function bend
STEP = 2.0**-12


def jacobian(name: str, z: Array) -> Array:
    """∂a_i/∂z_j by central differences: rows × i × j."""
    moves = STEP * np.eye(z.shape[-1])
    f = ACTIVATIONS[name].f
    return np.stack([(f(z + move) - f(z - move)) / (2 * STEP) for move in moves], axis=-1)


def test_each_has_a_row_in_all_three_registries() -> None:
    """In the same order, in which errors list them."""
    assert list(ACTIVATION_FACTS) == list(ACTIVATIONS) == list(ACTIVATION_FORMULAS)
    assert list(LOSS_FACTS) == list(LOSSES) == list(LOSS_FORMULAS)


@every_activation
def test_the_outputs_of_an_activation_fill_their_interval(name: str) -> None:
    """None lies beyond, and z of ±1000 come to within a hundredth of its finite ends."""
    facts, f = ACTIVATION_FACTS[name], ACTIVATIONS[name].f
    assert all(a in facts.outputs for a in f(ROWS).ravel().tolist())
    far = f(np.array([[1000.0, -1000.0, -1000.0, 1.0]]))
    for end in filter(isfinite, (facts.outputs.low, facts.outputs.high)):
        assert np.abs(far - end).min() < 1e-2
    for end, extreme in ((facts.outputs.low, far.min()), (facts.outputs.high, far.max())):
        assert isfinite(end) or abs(extreme) >= 10


@every_activation
def test_an_activation_bends_at_its_kinks_and_nowhere_else(name: str) -> None:
    """There the slope, or the curvature, from the right is not that from the left."""
    f, facts = ACTIVATIONS[name].f, ACTIVATION_FACTS[name]
    if facts.mixes:
        assert facts.kinks == ()
        return
    at = {steps: f(GRID + steps * STEP) for steps in range(-2, 3)}
    slopes = np.abs(at[1] - 2 * at[0] + at[-1]) / STEP
    curvatures = np.abs(at[2] - 2 * at[1] + 2 * at[-1] - at[-2]) / STEP**2
    assert GRID[(slopes > 0.1) | (curvatures > 0.1)].tolist() == list(facts.kinks)


@every_activation
def test_an_activation_is_off_where_it_says_so(name: str) -> None:
    """At that z and below it gives 0 with slope 0, above it does not; others are off nowhere."""
    facts, known = ACTIVATION_FACTS[name], ACTIVATIONS[name]
    a = known.f(GRID)
    flat = (a == 0) & (known.derivative(GRID, a) == 0)
    expected = np.zeros_like(flat) if facts.off is None else facts.off >= GRID
    np.testing.assert_array_equal(flat, expected)


@every_activation
def test_an_activation_mixes_a_row_exactly_where_it_says_so(name: str) -> None:
    """∂a_i/∂z_j is not 0 for i ≠ j; the registries have a share there, and only there."""
    facts, known = ACTIVATION_FACTS[name], ACTIVATIONS[name]
    others = jacobian(name, ROWS) * (1 - np.eye(4))
    assert (np.abs(others).max() > 0.01) == facts.mixes
    assert (known.share is not None, known.power is not None) == (facts.mixes, facts.mixes)
    if not facts.mixes:
        with pytest.raises(AssertionError, match="does not mix"):
            ACTIVATION_FORMULAS[name].share("A1", "B1")


@mixing
def test_a_mixing_activation_has_the_jacobian_of_its_share(name: str) -> None:
    """(δ_ij − a_i) s_j beside central differences; symmetric where the catalogue says so; and a = e / Σe."""
    known, facts = ACTIVATIONS[name], ACTIVATION_FACTS[name].mixing
    assert facts is not None
    assert known.power is not None
    a, found = known.f(ROWS), known.jacobian(ROWS, known.f(ROWS))
    np.testing.assert_allclose(found, jacobian(name, ROWS), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.diagonal(found, axis1=1, axis2=2), known.derivative(ROWS, a), rtol=1e-12, atol=1e-15)
    e = known.power(ROWS)
    np.testing.assert_allclose(e / e.sum(axis=-1, keepdims=True), a, rtol=1e-12)
    assert np.allclose(found, np.swapaxes(found, 1, 2), rtol=1e-9, atol=1e-12) == facts.symmetric
    assert facts.is_softmax == np.allclose(e, np.exp(ROWS - ROWS.max(axis=-1, keepdims=True)), rtol=1e-12)


@pytest.mark.parametrize("name", [name for name, known in ACTIVATION_FACTS.items() if known.printed])
def test_what_documents_print_is_the_activation(name: str) -> None:
    """Both expressions, computed as the audit computes them."""
    printed, known = ACTIVATION_FACTS[name].printed, ACTIVATIONS[name]
    assert printed is not None
    z = ROWS[:, None, :]
    a = known.f(z)
    for text, expected in zip(printed, (a, known.derivative(z, a)), strict=True):
        found = term_value(parse_term(text, name), {"z": z, "a": a, "row": z})
        np.testing.assert_allclose(np.broadcast_to(found, z.shape), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", [name for name, known in LOSS_FACTS.items() if known.printed])
def test_what_documents_print_is_the_loss(name: str) -> None:
    """The cost of each output and its derivative."""
    printed, known = LOSS_FACTS[name].printed, LOSSES[name]
    assert printed is not None
    a, t = np.random.default_rng(3).uniform(0.1, 0.9, size=(2, 50, 1, 3))
    for text, expected in zip(printed, (known.terms(a, t), known.gradient(a, t)), strict=True):
        found = term_value(parse_term(text, name), {"a": a, "target": t, "n": np.full((1, 1, 1), 3.0)})
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@every_loss
def test_a_loss_is_defined_for_its_outputs_and_nowhere_else(name: str) -> None:
    """With targets that differ from 0 and 1, where a term may vanish; a finite end of the interval is no number of it."""
    facts, known = LOSS_FACTS[name], LOSSES[name]
    t = np.full((1, 1), 0.5)
    for a in (-2.0, -0.1, 0.0, 0.1, 0.9, 1.0, 1.1, 5.0):
        with np.errstate(all="ignore"):
            numbers = known.terms(np.full((1, 1), a), t), known.gradient(np.full((1, 1), a), t)
        assert bool(np.isfinite(numbers).all()) == (a in facts.outputs), a
    assert all(np.isfinite(known.terms(np.full((1, 1), 0.5), np.full((1, 1), float(x)))).all()
               for x in range(-3, 4) if x in facts.targets.allowed)  # fmt: skip


@every_loss
def test_a_loss_is_made_of_what_it_says(name: str) -> None:
    """Of squares, shared among the outputs, of −T ln a, or of none of these."""
    facts, known = LOSS_FACTS[name], LOSSES[name]
    a, t = np.random.default_rng(3).uniform(0.1, 0.9, size=(2, 50, 3))
    terms = known.terms(a, t)
    own, other = -t * np.log(a), -(1 - t) * np.log(1 - a)
    squares = (a - t) ** 2
    assert facts.squares == bool(np.ptp(terms / squares) < 1e-9)
    entropies = {"own": own, "both": own + other}
    assert [kind for kind, cost in entropies.items() if np.allclose(terms, cost)] == [facts.entropy] * bool(
        facts.entropy
    )
    alone = known.terms(a[:, :1], t[:, :1])  # the same output where there is no other
    np.testing.assert_allclose(terms[:, :1] * (3 if facts.averages else 1), alone, rtol=1e-12)


def test_intervals_and_pairs() -> None:
    """An end that belongs to the outputs must belong to where the loss is defined."""
    assert 0.0 in Interval(0, 1, closed=True)
    assert 0.0 not in Interval(0, 1)
    assert inf not in Interval()
    assert Interval(0, 1).within(Interval(0, inf))
    assert not Interval(0, inf, closed=True).within(Interval(0, inf))
    assert Interval(0, 1, closed=True).within(Interval(-1, 2))
    assert not Interval().within(Interval(0, inf))
    assert activations_for("binary_cross_entropy") == ["sigmoid", "softmax"]
    assert activations_for("mse") == list(ACTIVATION_FACTS)
    assert losses_for_all()[:2] == ["half_sse", "mse"]


def test_a_row_checks_itself() -> None:
    """What cannot be is refused where it is written, and not where it is used."""
    shown = Example("0", "0")
    with pytest.raises(ValueError, match="is empty"):
        Interval(1, 0)
    with pytest.raises(ValueError, match="name it in kinks"):
        ActivationFacts(Interval(), "a", "1", shown, off=1.0)
    with pytest.raises(ValueError, match="from left to right"):
        ActivationFacts(Interval(), "a", "1", shown, kinks=(1.0, -1.0))
    softmax = ACTIVATION_FACTS["softmax"].mixing
    with pytest.raises(ValueError, match="needs power and rest"):
        ActivationFacts(Interval(0, 1), "a", "1", shown, mixing=softmax)
    for outputs, because in ((Interval(0, 1), ""), (Interval(), "logarithm")):
        with pytest.raises(ValueError, match="because"):
            LossFacts("", "", "", ("0", "0"), outputs, because)
    assert len(Targets) == 4, "two that allow the same numbers are yet two"


# Where a name stands for the function itself; and the mistakes, each of which is about a certain function.
HOMES = (
    "activations_and_losses.py",
    "reference/activations_and_losses.py",
    "formulas/activations_and_losses.py",
    "mistakes/",
)


def test_no_other_module_spells_the_name_of_an_activation_or_a_loss() -> None:
    """They ask the catalogue, so that a new row is enough."""
    names, folder = {*ACTIVATION_FACTS, *LOSS_FACTS}, Path(sheetnet.__file__).parent
    modules = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}
    spelled = [
        f"{module}:{node.lineno}: {node.value}"
        for module, text in modules.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value in names and not module.startswith(HOMES)
    ]
    assert spelled == []
    assert set(HOMES[:3]) <= set(modules)


def test_every_name_is_explained_to_people() -> None:
    """In the page about network files, as code."""
    page = (Path(sheetnet.__file__).parent.parent / "docs" / "network-files.md").read_text(encoding="utf-8")
    assert [name for name in (*ACTIVATION_FACTS, *LOSS_FACTS) if f"`{name}`" not in page] == []
