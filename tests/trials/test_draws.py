"""Trials: reproducible, on the domain of the loss, and such that no mistake can hide in any cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sheetnet import load_network
from sheetnet.activations_and_losses import ACTIVATION_FACTS, LOSS_FACTS, Targets
from sheetnet.network import Network, activation_name
from sheetnet.network_file import template_names
from sheetnet.reference import Array, Equation, Values, activation_of, evaluate_step, stacked
from sheetnet.trials import TRIALS, draw, kinds
from sheetnet.trials.draw import Trials, draw_trials
from sheetnet.trials.tolerance import agreement, scales
from tests.support.marks import every_pair
from tools.small_networks import make_network, pairs

SEEDS = range(20)
MARGIN = 1e-3  # what logarithmic losses keep from 0 and 1; a softmax of n outputs keeps 2/n of it from 0
SIZES = ((2, 4, 3), (2, 3, 5, 4))


def networks() -> dict[str, Network]:
    """Every template, 64-32-10 among them, and every activation with every loss."""
    found = {name: load_network(name) for name in template_names()}
    found |= {f"{a} {loss} {s}": make_network(a, loss, s) for a, loss in pairs() for s in SIZES}
    for biases in ((False, False, False), (True, False, True)):
        for a, loss in (("relu", "half_sse"), ("softmax", "cross_entropy")):
            found[f"{a} {loss} {biases}"] = make_network(a, loss, (2, 3, 5, 4), hidden="relu", biases=biases)
    return found


every_network = pytest.mark.parametrize("network", [pytest.param(n, id=name) for name, n in networks().items()])


def inputs_in(network: Network, trials: Trials) -> dict[str, Array]:
    """The inputs of all trials, as the reference takes them."""
    return {name: trials.values[name] for name, block in network.blocks.items() if block.kind == "input"}


# --- Nothing hides ---------------------------------------------------------------------------------------------------


@every_network
def test_no_cell_is_doubtful(network: Network) -> None:
    """With each of twenty seeds, right and wrong formulas can be told apart in every cell."""
    for seed in SEEDS:
        trials = draw_trials(network, seed=seed)
        assert set(trials.doubtful) == set(network.blocks)
        assert {name: marks.sum() for name, marks in trials.doubtful.items() if marks.any()} == {}, seed
        assert TRIALS <= trials.count <= 4 * TRIALS


@every_network
def test_every_number_is_visible_in_at_least_three_trials(network: Network) -> None:
    """It then stands a thousand times above the absolute tolerance, and is a millionth of its block's largest at least."""
    for seed in SEEDS:
        values = draw_trials(network, seed=seed).values
        scale = np.max([np.abs(array).max(axis=(1, 2)) for array in values.values()], axis=0)
        for name, array in values.items():
            size = np.abs(array)
            clear = size > np.maximum(1e-9 * np.maximum(scale, 1), 1e-6 * size.max(axis=(1, 2)))[:, None, None]
            assert clear.sum(axis=0).min() >= 3, (name, seed)


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(n, id=name)
        for name, n in networks().items()
        if any(n.kinks(layer) for layer in range(1, n.depth + 1))
    ],
)
def test_every_unit_that_bends_is_seen_on_both_sides(network: Network) -> None:
    """Each ReLU, for each observation, is on in at least three trials and off in at least two."""
    seen = 0
    for seed in SEEDS:
        values = draw_trials(network, seed=seed).values
        for number in range(1, network.depth + 1):
            for kink in network.kinks(number):
                assert (values[f"z_{number}"] > kink).sum(axis=0).min() >= 3, (number, seed)
                assert (values[f"z_{number}"] < kink).sum(axis=0).min() >= 2, (number, seed)
                seen += 1
    assert seen >= len(SEEDS)


@pytest.mark.parametrize("sizes", [(8, 100), (8, 50), (10, 20, 8)], ids=str)
@pytest.mark.parametrize(("activation", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")])
def test_many_outputs_under_a_logarithm_leave_trials_to_draw(
    activation: str, loss: str, sizes: tuple[int, ...]
) -> None:
    """Of a hundred outputs of a softmax some are below any fixed margin; that must not use up the candidates."""
    trials = draw_trials(make_network(activation, loss, sizes, observations=8, hidden="relu"))
    assert trials.count >= TRIALS
    assert not any(marks.any() for marks in trials.doubtful.values())


def test_a_unit_that_is_never_off_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its value, derivative and δ are marked, not passed: a formula without the bend would look right."""
    network = make_network("relu", "half_sse")
    monkeypatch.setattr("sheetnet.trials.candidates._switching", lambda network, layer, z, generator: 3 - z.min(axis=1))
    monkeypatch.setattr(draw, "KINDS", (kinds.USUAL,))
    trials = draw_trials(network, seed=1234)
    for name in ("da_dz_1", "da_dz_2", "delta_1", "delta_2", "a_2"):
        assert trials.doubtful[name].all(), name
    assert trials.doubtful["A_1"][:, :-1].all()
    assert not trials.doubtful["A_1"][:, -1].any(), "the bias node has no bend"
    assert not trials.doubtful["z_1"].any()


def test_where_no_trial_can_be_drawn_every_cell_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    """No trials, no proof: nothing may count as correct then."""
    monkeypatch.setattr(draw, "LARGEST", 0.0)
    trials = draw_trials(make_network("relu", "half_sse"))
    assert trials.count == 0
    assert all(marks.all() for marks in trials.doubtful.values())


# --- Mistakes show ---------------------------------------------------------------------------------------------------

Mutant = Callable[[Network, int], dict[str, Equation]]


def _one_sided(sign: int, kink: float = 0.0) -> Mutant:
    """The activation and its derivative as if z were always above (or below) a bend: a ReLU always on, or never."""

    def mutant(network: Network, layer: int) -> dict[str, Equation]:
        known, z, a = activation_of(network.layers[layer - 1]), f"z_{layer}", f"a_{layer}"

        def kept(values: Values) -> Array:
            beyond = sign * (values[z] - kink)
            return np.where(beyond > 0, values[z], kink + sign * np.minimum(-beyond, 0.5))

        return {a: lambda v: known.f(kept(v)), f"da_dz_{layer}": lambda v: known.derivative(kept(v), v[a])}

    return mutant


def _no_bias(_: Network, layer: int) -> dict[str, Equation]:
    below, weights = f"A_{layer - 1}", f"W_{layer}"
    return {f"z_{layer}": lambda v: v[below][..., :-1] @ v[weights][..., :-1, :]}


def _no_derivative(_: Network, layer: int) -> dict[str, Equation]:
    return {f"delta_{layer}": lambda v: v[f"dC_da_{layer}"]}


def _wrong_sign(_: Network, layer: int) -> dict[str, Equation]:
    return {f"W_{layer}_new": lambda v: v[f"W_{layer}"] + v["gamma"] * v[f"dC_dW_{layer}"]}


def _other_reduction(network: Network, layer: int) -> dict[str, Equation]:
    below, delta = f"A_{layer - 1}", f"delta_{layer}"
    return {
        f"dC_dW_{layer}": lambda v: (
            np.swapaxes(v[below], -1, -2) @ v[delta] * (1 if network.reduction == "mean" else 1 / 3)
        )
    }


def _diagonal_only(_: Network, layer: int) -> dict[str, Equation]:
    return {f"delta_{layer}": lambda v: v[f"dC_da_{layer}"] * v[f"da_dz_{layer}"]}


def assert_seen(network: Network, mutant: Mutant, layer: int, seed: int) -> None:
    """In every cell of each block whose equation is replaced, the wrong value differs in two trials at least."""
    trials = draw_trials(network, seed=seed)
    inputs = inputs_in(network, trials)
    right = evaluate_step(network, inputs)
    replaced = mutant(network, layer)
    for name, equation in replaced.items():
        expected, found = right[name].reshape(trials.count, -1), equation(right).reshape(trials.count, -1)
        differs = (~agreement(found, expected, scales(expected))).sum(axis=0)
        assert differs.min() >= 2, (name, seed, differs)


@pytest.mark.parametrize("sign", [1, -1], ids=["never off", "never on"])
@pytest.mark.parametrize(
    ("activation", "kink"), [(name, kink) for name, known in ACTIVATION_FACTS.items() for kink in known.kinks]
)
def test_a_forgotten_side_of_a_bend_shows_in_every_cell(activation: str, kink: float, sign: int) -> None:
    """A ReLU without its mask differs wherever it stands: blind draws would leave some unit on in all trials."""
    network = make_network(activation, "half_sse", (2, 3, 4, 3))
    for seed in SEEDS:
        for layer in (1, 2, 3):
            assert_seen(network, _one_sided(sign, kink), layer, seed)


@pytest.mark.parametrize("sign", [1, -1], ids=["never off", "never on"])
def test_a_forgotten_side_of_a_bend_shows_in_64_32_10(sign: int) -> None:
    """All 8 × 32 hidden units of the digits, with every seed."""
    network = load_network("digits-64-32-10")
    for seed in SEEDS:
        assert_seen(network, _one_sided(sign), 1, seed)


@pytest.mark.parametrize("mutant", [_no_bias, _no_derivative, _wrong_sign, _other_reduction])
@pytest.mark.parametrize(("activation", "loss"), [pair for pair in pairs() if pair[0] != "identity"])
def test_common_mistakes_show_in_every_cell(activation: str, loss: str, mutant: Mutant) -> None:
    """Bias forgotten, derivative forgotten, added instead of subtracted, summed instead of averaged."""
    network = make_network(activation, loss, observations=3)
    for seed in SEEDS:
        for layer in (1, 2):
            assert_seen(network, mutant, layer, seed)


@pytest.mark.parametrize("loss", [loss for activation, loss in pairs() if activation == "softmax"])
def test_the_diagonal_of_the_jacobian_alone_shows_in_every_cell(loss: str) -> None:
    """The usual mistake with softmax: δ = ∂C/∂a · a(1 − a)."""
    network = make_network("softmax", loss, (2, 3, 3))
    for seed in SEEDS:
        for layer in (1, 2):
            assert_seen(network, _diagonal_only, layer, seed)


# --- What is drawn ---------------------------------------------------------------------------------------------------


@every_network
def test_the_same_seed_draws_the_same_trials(network: Network) -> None:
    """Bit for bit; another seed draws others."""
    first, again, other = (draw_trials(network, seed=seed) for seed in (7, 7, 8))
    for name, array in first.values.items():
        np.testing.assert_array_equal(again.values[name], array)
    assert not np.array_equal(first.values["W_1"][:8], other.values["W_1"][:8])


@every_network
def test_trials_are_the_references_answers_to_their_inputs(network: Network) -> None:
    """Choosing among the candidates keeps inputs and answers together; nothing explodes."""
    trials = draw_trials(network, seed=3)
    arrays = evaluate_step(network, inputs_in(network, trials))
    for name, block in network.blocks.items():
        found, expected = trials.values[name], stacked(arrays[name], block)
        assert found.shape == (trials.count, *block.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)
        assert np.abs(found).max() < 1e6, name


@every_pair
def test_targets_are_on_the_domain_of_the_loss(activation: str, loss: str) -> None:
    """On the simplex for cross_entropy, from 0 to 1 for binary_cross_entropy, real and of both signs for the others."""
    network = make_network(activation, loss, (2, 3, 4))
    domain = LOSS_FACTS[loss].targets
    for seed in SEEDS:
        targets = draw_trials(network, seed=seed).values["target"]
        if domain is Targets.REAL:
            assert targets.min() < 0 < targets.max()
        else:
            assert (targets.min(), targets.max()) == (0, 1), "formulas may treat these apart"
            assert ((targets > 0) & (targets < 1)).any(axis=0).all()
            assert np.allclose(targets.sum(axis=-1), 1, rtol=0, atol=1e-12) == (domain is Targets.SIMPLEX)


@pytest.mark.parametrize(("activation", "loss"), [pair for pair in pairs() if LOSS_FACTS[pair[1]].one_hot])
@pytest.mark.parametrize("sizes", [(2, 3, 2), (4, 8, 12)], ids=str)
def test_outputs_keep_away_from_where_logarithms_explode(activation: str, loss: str, sizes: tuple[int, ...]) -> None:
    """Before and after the step, or 1 − a would lose the digits that are compared."""
    network = make_network(activation, loss, sizes)
    low, high = LOSS_FACTS[loss].outputs.low, LOSS_FACTS[loss].outputs.high
    above = MARGIN * (2 / sizes[-1] if activation == "softmax" else 1)
    for seed in SEEDS:
        values = draw_trials(network, seed=seed).values
        for suffix in ("", "_new"):
            outputs = values[activation_name(2, 2) + suffix]
            assert low + above < outputs.min()
            assert outputs.max() < high - MARGIN


def test_a_shared_bias_is_drawn_once() -> None:
    """It is one number in one cell; another layer's is another number."""
    network = make_network("sigmoid", "half_sse", (2, 3, 4), train_bias=False, shared_bias=True)
    values = draw_trials(network).values
    for name in ("W_1", "W_2"):
        biases = values[name][:, -1, :]
        np.testing.assert_array_equal(biases, np.repeat(biases[:, :1], biases.shape[1], axis=1))
        np.testing.assert_array_equal(values[f"{name}_new"][:, -1, :], biases)
    assert len(np.unique(values["W_1"][:, -1, 0])) == len(values["W_1"])
    assert not np.array_equal(values["W_1"][:, -1, 0], values["W_2"][:, -1, 0])


def test_inputs_that_the_sheet_ties_have_one_value() -> None:
    """A cell that merely refers to another input takes its draw, across blocks too."""
    network = make_network("tanh", "half_sse")
    ties = {("W_1", 1, 2): ("W_1", 0, 0), ("target", 2, 1): ("A_0", 0, 1)}
    values = draw_trials(network, ties=ties).values
    for (name, row, column), (other, r, c) in ties.items():
        np.testing.assert_array_equal(values[name][:, row, column], values[other][:, r, c])
    free = draw_trials(network).values
    assert not np.array_equal(free["W_1"][:, 1, 2], free["W_1"][:, 0, 0])


@pytest.mark.parametrize("count", [4, 8, 16])
def test_as_many_trials_as_asked_for_are_drawn(count: int) -> None:
    """More only where a network needs them."""
    assert draw_trials(make_network("sigmoid", "half_sse"), count=count).count == count
    assert count <= draw_trials(make_network("relu", "half_sse"), count=count).count <= 4 * count


def test_equal_questions_are_drawn_once_and_nobody_can_change_the_answer() -> None:
    """A class has one network: its trials are shared, so they are read-only."""
    network = make_network("relu", "half_sse")
    trials = draw_trials(network, seed=11)
    assert draw_trials(make_network("relu", "half_sse"), seed=11) is trials
    with pytest.raises(ValueError, match="read-only"):
        trials.values["gamma"][0] = 1.0
