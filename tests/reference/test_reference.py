"""The reference against known answers, central differences of the cost, PyTorch, and what descent must do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.activations_and_losses import ACTIVATION_FACTS, LOSS_FACTS
from sheetnet.network import Network
from sheetnet.network_file import template_names
from sheetnet.reference import ACTIVATIONS, LOSSES, Array, Step, evaluate_step, inputs_of
from tests.support.marks import every_activation, every_pair
from tools.small_networks import make_network, refused_pairs


def with_weights(network: Network, weights: list[Array]) -> Network:
    """The network with other weights."""
    layers = [
        dataclasses.replace(layer, weights=tuple(map(tuple, w.tolist())))
        for layer, w in zip(network.layers, weights, strict=True)
    ]
    return dataclasses.replace(network, layers=tuple(layers))


# --- Known answers ---------------------------------------------------------------------------------------------------


def test_d02b_has_the_new_weights_of_its_source() -> None:
    """The weights after one step stand in the source of d02b with nine digits, a row an end neuron."""
    step = training_step(load_network("d02b"))
    expected_1 = [[0.149780716, 0.199561432], [0.249751144, 0.299502287]]
    expected_2 = [[0.35891648, 0.408666186], [0.51130127, 0.561370121]]
    np.testing.assert_allclose(step["W_1_new"][:-1].T, expected_1, rtol=0, atol=5.1e-10)
    np.testing.assert_allclose(step["W_2_new"][:-1].T, expected_2, rtol=0, atol=5.1e-10)


def test_d02b_has_the_outputs_and_the_cost_of_mazur() -> None:
    """Mazur's "A step by step backpropagation example" (2015), which d02b follows, prints these nine digits."""
    step = training_step(load_network("d02b"))
    np.testing.assert_allclose(step["a_1"], [[0.593269992, 0.596884378]], rtol=0, atol=5.1e-10)
    np.testing.assert_allclose(step["a_2"], [[0.75136507, 0.772928465]], rtol=0, atol=5.1e-10)
    np.testing.assert_allclose(step["cost_out"], [[0.274811083, 0.023560026]], rtol=0, atol=5.1e-10)
    np.testing.assert_allclose(step["cost"], [[0.298371109]], rtol=0, atol=5.1e-10)


def test_bias_node_has_the_costs_of_its_companion_sheet() -> None:
    """The sheet beside the note on bias nodes shows the cost of three steps with 15 decimals."""
    network = load_network("bias-node")
    costs = []
    for _ in range(3):
        step = training_step(network)
        costs.append(step["cost"].item())
        network = with_weights(network, [step["W_1_new"], step["W_2_new"]])
    expected = [0.060571693883346, 0.055579875035916, 0.050936402947562]
    np.testing.assert_allclose(costs, expected, rtol=0, atol=1e-15)


def test_relu_sigmoid_softmax_has_the_forward_pass_of_its_source() -> None:
    """The source prints it up to the logits of the last layer, computed on from outputs of two or three digits."""
    step = training_step(load_network("relu-sigmoid-softmax"))
    np.testing.assert_allclose(step["a_1"], [[1.35, 1.27, 1.8]], rtol=1e-12)
    np.testing.assert_allclose(step["a_2"], [[0.938, 0.94, 0.98]], rtol=0, atol=3e-3)
    np.testing.assert_allclose(step["z_3"], [[1.8658, 2.2292, 2.8204]], rtol=0, atol=5e-3)


def test_the_printed_outputs_of_relu_sigmoid_softmax_are_no_softmax() -> None:
    """Its source prints (0.2698, 0.3223, 0.4078): the logits over their sum, without the exponentials."""
    step, printed = training_step(load_network("relu-sigmoid-softmax")), [0.2698, 0.3223, 0.4078]
    np.testing.assert_allclose((step["z_3"] / step["z_3"].sum())[0], printed, rtol=0, atol=5e-4)
    assert np.abs(step["a_3"][0] - printed).min() > 0.03


@pytest.mark.parametrize("name", template_names())
def test_the_next_cost_is_the_cost_of_a_network_with_the_new_weights(name: str) -> None:
    """`cost_new` says what the next step will start from."""
    network = load_network(name)
    step = training_step(network)
    after = training_step(with_weights(network, [step[f"W_{n}_new"] for n in range(1, network.depth + 1)]))
    assert step["cost_new"].item() == pytest.approx(after["cost"].item(), rel=1e-13)


# --- The third witness: central differences --------------------------------------------------------------------------


# --- PyTorch ---------------------------------------------------------------------------------------------------------


# --- What a step does ------------------------------------------------------------------------------------------------


@every_pair
def test_all_gradients_are_computed_before_any_weight_changes(activation: str, loss: str) -> None:
    """The gradients do not depend on γ, and every weight moves by −γ times its own."""
    slow = training_step(make_network(activation, loss, learning_rate=0.25))
    fast = training_step(make_network(activation, loss, learning_rate=2.0))
    for layer in (1, 2):
        np.testing.assert_array_equal(slow[f"dC_dW_{layer}"], fast[f"dC_dW_{layer}"])
        moved = fast[f"W_{layer}"] - 2.0 * fast[f"dC_dW_{layer}"]
        np.testing.assert_allclose(fast[f"W_{layer}_new"], moved, rtol=1e-14, atol=1e-15)


@every_activation
def test_frozen_biases_keep_their_values_but_have_a_true_gradient(activation: str) -> None:
    """Only `W_l_new` knows that biases are not trained."""
    frozen = training_step(make_network(activation, "half_sse", train_bias=False))
    trained = training_step(make_network(activation, "half_sse", train_bias=True))
    for layer in (1, 2):
        np.testing.assert_array_equal(frozen[f"W_{layer}_new"][-1], frozen[f"W_{layer}"][-1])
        np.testing.assert_array_equal(frozen[f"dC_dW_{layer}"], trained[f"dC_dW_{layer}"])
        np.testing.assert_array_equal(frozen[f"W_{layer}_new"][:-1], trained[f"W_{layer}_new"][:-1])
        assert np.abs(frozen[f"dC_dW_{layer}"][-1]).max() > 1e-3
        assert np.abs(frozen[f"W_{layer}_new"][-1] - trained[f"W_{layer}_new"][-1]).max() > 1e-4


@every_pair
def test_the_sum_is_n_times_the_mean(activation: str, loss: str) -> None:
    """`reduction` scales the cost and the gradients of the weights; δ and the cost of each observation know none."""
    mean = training_step(make_network(activation, loss, observations=5, reduction="mean"))
    total = training_step(make_network(activation, loss, observations=5, reduction="sum"))
    for name in ("cost", "dC_dW_1", "dC_dW_2"):
        np.testing.assert_allclose(total[name], 5 * mean[name], rtol=1e-13, atol=1e-15)
    for name in ("cost_n", "delta_1", "delta_2", "dC_da_1", "da_dz_1"):
        np.testing.assert_array_equal(total[name], mean[name])


# --- Edges -----------------------------------------------------------------------------------------------------------


@every_activation
def test_activations_are_stable_far_from_zero(activation: str) -> None:
    """At z = ±1000 neither value nor derivative nor Jacobian overflows or is undefined."""
    known = ACTIVATIONS[activation]
    z = np.array([[1000.0, -1000.0, 0.0, 1e-300, -1e-300], [-1000.0, -1000.0, -1000.0, -1000.0, -999.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = known.f(z)
        found = [a, known.derivative(z, a)] + ([known.jacobian(z, a)] if known.share else [])
    assert all(np.isfinite(array).all() for array in found)
    outputs = ACTIVATION_FACTS[activation].outputs
    assert (a >= outputs.low).all()
    assert (a <= outputs.high).all()


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("sigmoid", [1.0, 0.0]), ("tanh", [1.0, -1.0]), ("relu", [1000.0, 0.0]), ("leaky_relu", [1000.0, -10.0]),
     ("elu", [1000.0, -1.0]), ("softplus", [1000.0, 0.0]), ("softmax", [1.0, 0.0]), ("identity", [1000.0, -1000.0])],
)  # fmt: skip
def test_activations_have_their_limits(activation: str, expected: list[float]) -> None:
    """At z = (1000, −1000) each activation is at its limit, to the last digit."""
    assert ACTIVATIONS[activation].f(np.array([1000.0, -1000.0])).tolist() == expected


def test_softmax_of_equal_large_logits_shares_evenly() -> None:
    """A shift of all logits by ±1000 changes nothing."""
    softmax = ACTIVATIONS["softmax"].f
    z = np.array([0.5, -1.0, 2.0])
    np.testing.assert_allclose(softmax(z + 1000), softmax(z), rtol=1e-12)
    np.testing.assert_allclose(softmax(z - 1000), softmax(z), rtol=1e-12)


def test_a_step_with_logits_of_a_thousand_is_finite() -> None:
    """A saturated softmax under half_sse gives zero gradients, not NaN."""
    network = make_network("softmax", "half_sse", (1, 3), observations=1)
    step = training_step(with_weights(network, [np.array([[0.0, 0.0, 0.0], [1000.0, -1000.0, 0.0]])]))
    assert step["a_1"].tolist() == [[1.0, 0.0, 0.0]]
    assert all(np.isfinite(array).all() for array in step.values())
    assert not step["dC_dW_1"].any()


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu"])
def test_the_derivative_at_the_bend_is_the_one_from_the_left(activation: str) -> None:
    """relu′(0) = 0 by definition, and leaky_relu′(0) is its slope below zero; elu has no bend in its first derivative."""
    expected = {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0}[activation]
    zero = np.zeros((1, 1))
    known = ACTIVATIONS[activation]
    assert known.derivative(zero, known.f(zero)).item() == expected


@pytest.mark.parametrize("loss", [name for name, loss in LOSS_FACTS.items() if loss.one_hot])
def test_zero_times_the_logarithm_of_zero_is_zero(loss: str) -> None:
    """An output that has reached its target of 0 or 1 costs nothing and pulls nowhere."""
    outputs = targets = np.array([[1.0, 0.0]])
    assert LOSSES[loss].terms(outputs, targets).sum() == 0
    slopes_there = LOSSES[loss].gradient(outputs, targets)
    assert np.isfinite(slopes_there).all()
    assert slopes_there[0, 1] in (0.0, 1.0)  # of −T ln a it is 0; of −(1 − T) ln(1 − a), 1 at a = 0


@pytest.mark.parametrize(("activation", "loss"), refused_pairs())
def test_refused_pairs_would_take_the_logarithm_of_no_probability(activation: str, loss: str) -> None:
    """Each refused pair has an activation whose values leave the loss's domain."""
    z = np.linspace(-30, 30, 61)[:, None] * [1.0, 0.0]
    with np.errstate(all="ignore"):
        cost = LOSSES[loss].terms(ACTIVATIONS[activation].f(z), np.full_like(z, 0.5))
    assert not np.isfinite(cost).all()


# --- Shapes and access -----------------------------------------------------------------------------------------------


def test_shapes_are_those_of_the_design() -> None:
    """A batch of N = 5 through 2-3-4 with a hidden softmax: names and shapes as docs/design.md lists them."""
    step = training_step(make_network("sigmoid", "half_sse", (2, 3, 4), observations=5, hidden="softmax"))
    expected = {
        "A_0": (5, 3), "W_1": (3, 3), "z_1": (5, 3), "a_1": (5, 3), "A_1": (5, 4), "W_2": (4, 4), "z_2": (5, 4),
        "a_2": (5, 4), "target": (5, 4), "cost_n": (5, 1), "cost": (1, 1), "delta_2": (5, 4), "delta_1": (5, 3),
        "dC_da_2": (5, 4), "da_dz_2": (5, 4), "dC_da_1": (5, 3), "da_dz_1": (5, 3), "J_1": (5, 3, 3),
        "dC_dW_1": (3, 3), "dC_dW_2": (4, 4), "W_1_new": (3, 3), "W_2_new": (4, 4), "gamma": (1, 1),
        "cost_new": (1, 1),
    }  # fmt: skip
    assert {name: step[name].shape for name in expected} == expected
    assert "J_2" not in step
    np.testing.assert_array_equal(step["A_1"][:, -1], np.ones(5))
    np.testing.assert_array_equal(step["A_0"][:, -1], np.ones(5))


@every_pair
def test_many_trials_at_once_are_the_trials_one_by_one(activation: str, loss: str) -> None:
    """The equations take a leading trials axis, and no trial touches another."""
    single = [inputs_of(make_network(activation, loss, seed=seed)) for seed in range(4)]
    network = make_network(activation, loss)
    together = evaluate_step(network, {name: np.concatenate([one[name] for one in single]) for name in single[0]})
    for k, inputs in enumerate(single):
        alone = evaluate_step(network, inputs)
        assert list(alone) == list(together)
        for name, array in alone.items():
            np.testing.assert_allclose(together[name][k], array[0], rtol=1e-13, atol=1e-15, err_msg=name)


def test_an_equation_can_be_replaced() -> None:
    """A known mistake is one replaced equation, and all that follows from it moves with it."""
    network = make_network("sigmoid", "half_sse")
    right = evaluate_step(network, inputs_of(network))
    wrong = evaluate_step(network, inputs_of(network), {"da_dz_2": lambda v: v["z_2"] * (1 - v["z_2"])})
    np.testing.assert_array_equal(wrong["cost"], right["cost"])
    for name in ("da_dz_2", "delta_2", "dC_da_1", "dC_dW_1", "cost_new"):
        assert not np.allclose(wrong[name], right[name]), name


@pytest.fixture
def small_step() -> Step:
    """A step of a batch through a softmax, which has a quantity of three axes."""
    return training_step(make_network("softmax", "cross_entropy"))


def test_to_frame_has_a_row_for_every_number(small_step: Step) -> None:
    """The long table names each number by its quantity and its index from 0."""
    frame = small_step.to_frame()
    assert list(frame.columns) == ["quantity", "index", "value"]
    assert len(frame) == sum(array.size for array in small_step.values())
    found = frame.set_index(["quantity", "index"])["value"]
    assert found.is_monotonic_increasing is False
    assert all(found["J_2", index] == x for index, x in np.ndenumerate(small_step["J_2"]))
    assert found["cost", (0, 0)] == small_step["cost"].item()


def test_an_unknown_quantity_is_answered_with_the_known_ones(small_step: Step) -> None:
    """A typing error in a notebook should not need the manual."""
    with pytest.raises(KeyError, match=r"no quantity 'delta1'; there are .*delta_1"):
        small_step["delta1"]
