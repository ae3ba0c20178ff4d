"""The kinds of trials: what each shows, in shallow networks and in deep ones, for one observation and for many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sheetnet.judge import judge
from sheetnet.network import Layer, Network
from sheetnet.reference import evaluate_step
from sheetnet.syntax import cell_name
from sheetnet.trials.candidates import candidates
from sheetnet.trials.demands import signs, untold
from sheetnet.trials.draw import Trials, draw_trials
from sheetnet.trials.kinds import KINDS
from sheetnet.validation import case as cases
from sheetnet.validation import state as runs_of
from sheetnet.workbook import Cell
from tests.support.sheets import blamed, place_of, step_book, with_cell, with_formula
from tools.small_networks import make_network

SEEDS = range(5)
SHAPES = {
    "one observation": make_network("relu", "half_sse", (3, 4, 3), observations=1),
    "a batch": make_network("relu", "half_sse", (3, 4, 3), observations=4),
    "a sum of many": make_network("relu", "half_sse", (2, 3, 2), observations=60, reduction="sum"),
    "a chain": make_network("relu", "half_sse", (1,) * 13, observations=1),
    "a chain of many observations": make_network("relu", "mse", (1,) * 9, observations=12, reduction="sum"),
    "leaky and wide": make_network("leaky_relu", "half_sse", (8, 16, 8), observations=6),
    "sixty layers": make_network("sigmoid", "binary_cross_entropy", (2, *(3,) * 59, 2), observations=2, hidden="tanh"),
    "a deep shared bias": make_network("sigmoid", "half_sse", (2,) * 12, train_bias=False, shared_bias=True),
}
every_shape = pytest.mark.parametrize("network", [pytest.param(n, id=name) for name, n in SHAPES.items()])


@every_shape
def test_nothing_is_doubtful_whatever_the_shape(network: Network) -> None:
    """Chains, deep networks, sums over many observations: each number is seen, each unit on and off."""
    for seed in SEEDS:
        trials = draw_trials(network, seed=seed)
        assert {name: int(marks.sum()) for name, marks in trials.doubtful.items() if marks.any()} == {}


DEEP = {
    f"{depth} layers of {hidden}, {width} wide, {'with' if biases else 'without'} biases": make_network(
        "identity", "mse", (2, *(width,) * (depth - 1), 1), 3, hidden=hidden, biases=(biases,) * depth
    )
    for hidden, depth, width, biases in (
        ("sigmoid", 60, 1, False), ("sigmoid", 100, 2, True), ("sigmoid", 100, 2, False), ("tanh", 100, 3, True),
        ("softplus", 60, 1, False), ("softplus", 100, 3, True), ("relu", 35, 1, False),
    )
}  # fmt: skip


@pytest.mark.parametrize("kind", DEEP)
def test_no_number_fades_in_very_many_layers(kind: str) -> None:
    """Each trial keeps its own gradient, with biases and without, in chains too."""
    trials = draw_trials(DEEP[kind])
    assert not any(marks.any() for marks in trials.doubtful.values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", DEEP)
def test_right_workbooks_of_very_many_layers_are_right(kind: str) -> None:
    assert set(judge(step_book(DEEP[kind]), DEEP[kind]).counts) == {"correct"}


@every_shape
def test_every_mask_differs_from_every_other_sign_and_its_opposite(network: Network) -> None:
    """Of other units, observations and layers, and of the inputs; so a mask taken from there is seen."""
    for seed in SEEDS:
        found, masks = signs(network, draw_trials(network, seed=seed).values)
        if masks:
            assert len(untold(found, masks)[0]) == 0


@every_shape
def test_right_workbooks_are_right_whatever_the_shape(network: Network) -> None:
    """As generated every cell is correct."""
    assert set(judge(step_book(network), network).counts) == {"correct"}


def test_kinds_are_told_by_their_names_and_have_a_reason() -> None:
    """Each is among the trials of the usual number."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(kind.reason for kind in KINDS)
    assert sum(kind.least for kind in KINDS) == 8


def of_kind(network: Network, name: str) -> dict[str, np.ndarray]:
    [kind] = [kind for kind in KINDS if kind.name == name]
    return evaluate_step(network, candidates(network, np.random.default_rng(0), 24, kind=kind))


NETWORK = make_network("identity", "half_sse", (2, 3, 2), observations=3, hidden="sigmoid")


def test_typed_trials_hold_short_decimals() -> None:
    """All inputs and targets have one decimal at most, γ one digit; in half of the trials the weights are short too."""
    values = of_kind(NETWORK, "typed")
    for name in ("A_0", "target"):
        np.testing.assert_array_equal(np.round(values[name], 1), values[name])
    assert all(len(f"{gamma:g}".replace("0", "").replace(".", "")) == 1 for gamma in values["gamma"].ravel())
    short = (np.round(values["W_1"][:, :-1], 2) == values["W_1"][:, :-1]).all(axis=(1, 2))
    assert short.mean() == 0.5


def test_far_trials_are_beyond_what_activations_are_cut_off_at() -> None:
    """Every z is beyond 6 on either side in some, and γ above 1 in some."""
    values = of_kind(NETWORK, "far")
    for name in ("z_1", "z_2"):
        assert (values[name] > 6).any(axis=0).all()
        assert (values[name] < -6).any(axis=0).all()
    assert (values["gamma"] > 1).any()


def test_steep_trials_are_beyond_what_gradients_are_cut_off_at() -> None:
    """Every gradient is beyond 1 on either side in some."""
    values = of_kind(NETWORK, "steep")
    for name in ("dC_da_1", "dC_da_2", "delta_1", "delta_2", "dC_dW_1", "dC_dW_2"):
        assert (values[name] > 1).any(axis=0).all(), name
        assert (values[name] < -1).any(axis=0).all(), name


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_learning_rate_follows_the_reduction(reduction: str) -> None:
    """One step moves no z far, though a sum over 100 observations has a gradient 100 times as large."""
    network = make_network("tanh", "half_sse", (2, 3, 2), observations=100, reduction=reduction)
    values = evaluate_step(network, candidates(network, np.random.default_rng(0), 24))
    assert np.abs(values["z_1_new"] - values["z_1"]).max() < 1


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("special", [0, 1])
def test_a_guard_that_is_wrong_for_targets_of_0_or_1_is_seen(loss: str, special: int) -> None:
    """The sheet's own targets are soft, so that it is never used there."""
    network = make_network("softmax", loss, (2, 3, 3), observations=2)
    workbook = step_book(network)
    place, target = (place_of(workbook, network, block, 1, 2) for block in ("cost_out", "target"))
    sheet = workbook.sheet(place[0])
    assert sheet is not None
    guarded = f"IF({cell_name(*target[1:])}={special},0.5,{sheet.cells[place[1:]].formula})"
    assert set(blamed(judge(with_formula(workbook, place, guarded), network))) == {"cost_out[1, 2]"}


def test_a_formula_that_has_no_value_but_for_targets_of_0_and_1_is_right_where_they_are_such() -> None:
    """−LN(INDEX(a, MATCH(1, T))) finds no 1 among soft targets."""
    network = make_network("softmax", "cross_entropy", (2, 3, 3), observations=1)
    network = replace(network, targets=((0.0, 1.0, 0.0),))
    workbook = step_book(network)
    a, t = (
        ":".join(cell_name(*place_of(workbook, network, block, 0, j)[1:]) for j in (0, 2))
        for block in ("a_2", "target")
    )
    place = place_of(workbook, network, "cost_n")
    report = judge(with_formula(workbook, place, f"-LN(INDEX({a},MATCH(1,{t},0)))"), network)
    assert report.ok, blamed(report)
    soft = with_cell(workbook, place_of(workbook, network, "target", 0, 0), Cell(0.25))
    assert not judge(with_formula(soft, place, f"-LN(INDEX({a},MATCH(1,{t},0)))"), network).ok


def test_without_any_trial_nothing_is_correct_and_the_report_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong cell is still wrong where it shows; the rest is undetermined, but for constants."""
    network = make_network("tanh", "half_sse")
    drawn = draw_trials(network)
    none = Trials(
        network,
        {name: array[:0] for name, array in drawn.inputs.items()},
        {name: np.ones(marks.shape, dtype=bool) for name, marks in drawn.doubtful.items()},
    )
    monkeypatch.setattr(cases, "draw_for", lambda *_: none)
    monkeypatch.setattr(
        runs_of, "inputs_from_content", lambda *_: {name: array[:0] for name, array in drawn.values.items()}
    )
    workbook = step_book(network)
    report = judge(with_formula(workbook, place_of(workbook, network, "z_1"), "7"), network)
    assert not report.ok
    assert any("no random inputs" in note for note in report.notes)
    assert blamed(report)["z_1[0, 0]"] in ("wrong", "hardcoded")
    assert {cell.verdict for cell in report.cells if cell.quantity == "delta_2"} <= {"undetermined", "carried"}


def test_networks_of_mixed_layers_leave_no_doubt() -> None:
    """Softmax between narrow layers with a bend, twenty of them."""
    sizes = (2, *(2, 3, 1, 4) * 5, 3)
    network = make_network("softmax", "cross_entropy", sizes, observations=7, reduction="sum", hidden="relu")
    names = ["relu", "softmax", "leaky_relu", "elu"] * 5
    layers = tuple(
        Layer(name if layer.neurons > 1 else "relu", layer.weights)
        for name, layer in zip(names, network.layers, strict=False)
    )
    network = replace(network, layers=(*layers, network.layers[-1]))
    trials = draw_trials(network)
    assert not any(marks.any() for marks in trials.doubtful.values())
    found, masks = signs(network, trials.values)
    assert len(untold(found, masks)[0]) == 0
