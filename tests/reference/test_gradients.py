"""The gradients against central differences of the cost, PyTorch's autograd, and what descent must do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetnet import load_network, training_step
from sheetnet.activations_and_losses import LOSS_FACTS
from sheetnet.network import Layer, Network
from sheetnet.network_file import template_names
from sheetnet.penalty import L2
from sheetnet.reference import ACTIVATIONS, Array, evaluate_step, inputs_of
from tests.support import engines
from tests.support.figures import record
from tests.support.marks import every_activation, every_pair
from tools.small_networks import SMALL, make_network, pairs

BIASES = ((False, False), (True, False), (False, True))  # of two layers
SIZES = ((2, 3), (2, 4, 3), (2, 3, 5, 4))  # without a hidden layer, with one, with two


def slopes(network: Network, step_size: float = 1e-5) -> dict[str, Array]:
    """∂C/∂W of every layer by central differences: the cost with each weight a little larger and a little smaller."""
    inputs = inputs_of(network)
    found = {}
    for name in [name for name in inputs if name.startswith("W_")]:
        size = inputs[name].size
        moves = np.concatenate([np.eye(size), -np.eye(size)]) * step_size
        many = {key: np.repeat(array, 2 * size, axis=0) for key, array in inputs.items()}
        many[name] = many[name] + moves.reshape(2 * size, *inputs[name].shape[1:])
        cost = evaluate_step(network, many)["cost"].ravel()
        found[name] = ((cost[:size] - cost[size:]) / (2 * step_size)).reshape(inputs[name].shape[1:])
    return found


def assert_gradients(network: Network) -> None:
    """Every weight and every bias has the slope that the cost really has there."""
    step, expected = training_step(network), slopes(network)
    assert list(expected) == [f"W_{layer}" for layer in range(1, network.depth + 1)]
    for layer in range(1, network.depth + 1):
        np.testing.assert_allclose(step[f"dC_dW_{layer}"], expected[f"W_{layer}"], rtol=1e-6, atol=1e-9)
        assert np.abs(expected[f"W_{layer}"]).max() > 1e-4, "nothing was compared but zeros"


@every_pair
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_gradients_are_the_slopes_of_the_cost(
    activation: str, loss: str, sizes: tuple[int, ...], reduction: str
) -> None:
    """Central differences know nothing of backpropagation, and give the same gradients for a batch."""
    assert_gradients(make_network(activation, loss, sizes, reduction=reduction))


@every_pair
@pytest.mark.parametrize("biases", BIASES, ids=str)
def test_gradients_of_layers_without_biases_are_slopes_too(
    activation: str, loss: str, biases: tuple[bool, ...]
) -> None:
    """In some layers or in all, before a layer with biases and after one."""
    assert_gradients(make_network(activation, loss, biases=biases))


ELEMENTS = [make_network("sigmoid", loss, reduction="elements", observations=n) for loss in ("sse", "half_sse",
            "binary_cross_entropy") for n in (1, 5)]  # fmt: skip
SLOPED = [
    make_network(name, "sse", (2, 3, 5, 4), slope=slope) for name in ("leaky_relu", "elu") for slope in (0.2, 1.5)
]


PENALISED = [
    make_network("sigmoid", "half_sse", reduction=reduction, biases=biases, l2=L2(0.3, of_biases, over_n))
    for reduction, biases in (("mean", ()), ("sum", (False, True)), ("elements", ()))
    for of_biases in (False, True)
    for over_n in (False, True)
]


@pytest.mark.parametrize("network", [pytest.param(n, id=f"{n.l2} {k}") for k, n in enumerate(PENALISED)])
def test_gradients_of_a_cost_with_a_penalty_are_its_slopes(network: Network) -> None:
    """On biases or not, over N or not, with every reduction."""
    assert_gradients(network)
    without = training_step(dataclasses.replace(network, l2=None))
    step, l2 = training_step(network), network.l2
    assert l2 is not None
    rows = [
        w if l2.biases else w[: layer.fan_in]
        for w, layer in ((step[f"W_{k}"], layer) for k, layer in enumerate(network.layers, 1))
    ]
    share = network.observations if l2.per_observation else 1
    expected = 0.3 / (2 * share) * sum((w**2).sum() for w in rows)
    assert step["penalty"].item() == pytest.approx(expected, rel=1e-14)
    assert step["cost"].item() == pytest.approx(without["cost"].item() + expected, rel=1e-14)


@pytest.mark.torch
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("observations", [1, 5])
def test_pytorch_gives_the_same_step_with_weight_decay(reduction: str, observations: int, record_property) -> None:
    """SGD with weight_decay λ, and autograd of the cost with λ/2 ‖θ‖² in it, are one step with `biases`."""
    torch = engines.torch()
    network = make_network("tanh", "half_sse", reduction=reduction, observations=observations, l2=L2(0.3, biases=True))
    step, apart = training_step(network), 0.0
    for inside in (False, True):
        weights = [torch.nn.Parameter(torch.tensor(layer.weights)) for layer in network.layers]
        optimizer = torch.optim.SGD(weights, lr=network.learning_rate, weight_decay=0.0 if inside else 0.3)
        a = torch.tensor(network.inputs)
        for w in weights:
            a = torch.tanh(a @ w[:-1] + w[-1])
        cost_n = torch_cost(torch, network, a, torch.tensor(network.targets))
        cost = cost_n.mean() if reduction == "mean" else cost_n.sum()
        penalty = 0.15 * sum((w**2).sum() for w in weights)
        assert step["cost"].item() == pytest.approx((cost + penalty).item(), rel=1e-14)
        (cost + penalty if inside else cost).backward()
        optimizer.step()
        for number, w in enumerate(weights, 1):
            apart = max(apart, float(np.abs(step[f"W_{number}_new"] - w.detach().numpy()).max()))
    assert apart < 1e-14
    record(
        record_property, f"weight_decay of PyTorch, {reduction} of {observations}: new weights differ by {apart:.1e}"
    )


@pytest.mark.parametrize("network", [pytest.param(n, id=f"{n.title} {k}") for k, n in enumerate([*ELEMENTS, *SLOPED])])
def test_gradients_of_all_elements_and_other_slopes_are_slopes_too(network: Network) -> None:
    """The mean over all elements divides cost and gradients alike; a slope below 0 goes into both f and f′."""
    assert_gradients(network)


@pytest.mark.torch
def test_pytorch_means_all_elements() -> None:
    """`MSELoss()` is mse with the mean, and sse with all elements; `BCELoss()` is of all elements; its sums are sums."""
    torch = engines.torch()
    functional = torch.nn.functional
    square, entropy = functional.mse_loss, functional.binary_cross_entropy
    for loss, reduction, theirs, theirs_reduction in (
        ("mse", "mean", square, "mean"),
        ("sse", "elements", square, "mean"),
        ("sse", "sum", square, "sum"),
        ("binary_cross_entropy", "elements", entropy, "mean"),
        ("binary_cross_entropy", "sum", entropy, "sum"),
    ):
        network = make_network("sigmoid", loss, reduction=reduction)
        step = training_step(network)
        a = torch.tensor(step["a_2"], requires_grad=True)
        cost = theirs(a, torch.tensor(network.targets), reduction=theirs_reduction)
        cost.backward()
        assert step["cost"].item() == pytest.approx(cost.item(), rel=1e-13)
        np.testing.assert_allclose(step["dC_da_2"] / network.divisor, a.grad.numpy(), rtol=1e-12)


@every_activation
@pytest.mark.parametrize("output", ["softmax", "identity"])
def test_gradients_pass_through_every_hidden_activation(activation: str, output: str) -> None:
    """The last layer's activation is another one than the hidden layers', softmax among those."""
    assert_gradients(make_network(output, "half_sse", (2, 3, 5, 4), hidden=activation))


@pytest.mark.parametrize(("activation", "loss"), [pair for pair in pairs() if LOSS_FACTS[pair[1]].one_hot])
def test_gradients_are_right_for_targets_of_zero_and_one(activation: str, loss: str) -> None:
    """Targets at the edge of their domain take the branches in which 0 · ln 0 = 0."""
    network = make_network(activation, loss, (2, 3, 2), observations=3)
    assert_gradients(dataclasses.replace(network, targets=((1.0, 0.0), (0.0, 1.0), (1.0, 0.0))))


@pytest.mark.parametrize("name", SMALL)
def test_gradients_of_the_templates_are_the_slopes_of_their_costs(name: str) -> None:
    """Frozen biases have a true gradient too."""
    assert_gradients(load_network(name))


@every_activation
@given(z=st.floats(-30, 30).filter(lambda z: abs(z) > 1e-4))
def test_each_derivative_is_the_slope_of_its_activation(activation: str, z: float) -> None:
    """f′ beside the central difference of f, away from the bend at 0; of softmax the diagonal."""
    f, size = ACTIVATIONS[activation].f, 1e-5
    at = np.array([[z, 0.25]])
    move = np.array([[size, 0.0]])
    expected = (f(at + move) - f(at - move))[0, 0] / (2 * size)
    assert ACTIVATIONS[activation].derivative(at, f(at))[0, 0] == pytest.approx(expected, rel=1e-6, abs=1e-8)


def torch_activation(torch, layer: Layer):
    """The activation of a layer as PyTorch's own function."""
    functional, name = torch.nn.functional, layer.activation
    if layer.slope is not None:
        return {"leaky_relu": torch.nn.LeakyReLU, "elu": torch.nn.ELU}[name](layer.slope)
    special = {"identity": lambda z: z, "softmax": lambda z: functional.softmax(z, dim=-1)}
    return special.get(name) or getattr(functional, name)


def torch_cost(torch, network: Network, a, target):
    """The cost of each observation by PyTorch's own losses."""
    functional = torch.nn.functional
    each = {
        "half_sse": lambda: functional.mse_loss(a, target, reduction="none").sum(-1) / 2,
        "sse": lambda: functional.mse_loss(a, target, reduction="none").sum(-1),
        "mse": lambda: functional.mse_loss(a, target, reduction="none").mean(-1),
        "binary_cross_entropy": lambda: functional.binary_cross_entropy(a, target, reduction="none").sum(-1),
        "cross_entropy": lambda: -(target * a.log()).sum(-1),
    }
    return each[network.loss]()


def torch_step(torch, network: Network) -> dict[str, Array]:
    """What PyTorch's autograd gives for one step: outputs, cost, δ, ∂C/∂a and the gradients of all weights."""
    weights = [torch.tensor(layer.weights, requires_grad=True) for layer in network.layers]
    a = torch.tensor(network.inputs)
    found: dict = {}
    watched: dict = {}
    for number, (layer, w) in enumerate(zip(network.layers, weights, strict=True), 1):
        z = a @ w[:-1] + w[-1] if layer.bias else a @ w
        a = torch_activation(torch, layer)(z)
        for tensor in (z, a):
            tensor.retain_grad()
        watched[number] = (z, a)
        found |= {f"z_{number}": z, f"a_{number}": a}
    cost_n = torch_cost(torch, network, a, torch.tensor(network.targets))
    cost = cost_n.mean() if network.reduction == "mean" else cost_n.sum()
    assert network.reduction != "elements", "see test_pytorch_means_all_elements"
    found |= {"cost_n": cost_n[:, None], "cost": cost[None, None]}
    cost_n.sum().backward(retain_graph=True)  # δ and ∂C/∂a are of each observation's own cost
    for number, (z, a) in watched.items():
        found |= {f"delta_{number}": z.grad.clone(), f"dC_da_{number}": a.grad.clone()}
    gradients = torch.autograd.grad(cost, weights)
    found |= {f"dC_dW_{number}": gradient for number, gradient in enumerate(gradients, 1)}
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def assert_torch_agrees(network: Network) -> None:
    """Every quantity that PyTorch knows is the same to 1e-10."""
    step, expected = training_step(network), torch_step(engines.torch(), network)
    assert len(expected) == 5 * network.depth + 2
    for name, array in expected.items():
        np.testing.assert_allclose(step[name], array, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.torch
@every_pair
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_pytorch_gives_the_same_gradients(activation: str, loss: str, sizes: tuple[int, ...], reduction: str) -> None:
    """Autograd in double precision derives all gradients by itself."""
    assert_torch_agrees(make_network(activation, loss, sizes, reduction=reduction))


@pytest.mark.torch
@every_pair
@pytest.mark.parametrize("biases", BIASES, ids=str)
def test_pytorch_gives_the_same_gradients_without_biases(activation: str, loss: str, biases: tuple[bool, ...]) -> None:
    """As `torch.nn.Linear(…, bias=False)` computes."""
    assert_torch_agrees(make_network(activation, loss, biases=biases))


@pytest.mark.torch
@pytest.mark.parametrize("network", [pytest.param(n, id=f"{n.title} {k}") for k, n in enumerate(SLOPED)])
def test_pytorch_gives_the_same_gradients_with_other_slopes(network: Network) -> None:
    """`LeakyReLU(negative_slope)` and `ELU(alpha)`."""
    assert_torch_agrees(network)


@pytest.mark.torch
@pytest.mark.parametrize("name", template_names())
def test_pytorch_gives_the_same_gradients_for_the_templates(name: str) -> None:
    """So it does for every shipped network, that of 64-32-10 included."""
    assert_torch_agrees(load_network(name))


@pytest.mark.torch
@every_activation
def test_pytorch_gives_the_same_jacobians(activation: str) -> None:
    """`da_dz_l` is the diagonal of ∂a/∂z; where neurons mix, `J_l` is the whole of it."""
    torch = engines.torch()
    network = make_network(activation, "half_sse", (2, 3), observations=4)
    step, f = training_step(network), torch_activation(torch, network.layers[0])
    for n, z in enumerate(step["z_1"]):
        jacobian = torch.autograd.functional.jacobian(f, torch.tensor(z)).numpy()
        np.testing.assert_allclose(step["da_dz_1"][n], np.diag(jacobian), rtol=1e-10, atol=1e-13)
        if "J_1" in step:
            np.testing.assert_allclose(step["J_1"][n], jacobian, rtol=1e-10, atol=1e-13)
    assert ("J_1" in step) == (activation == "softmax")


@pytest.mark.torch
def test_pytorch_takes_softmax_and_cross_entropy_in_one_function_and_gives_the_same() -> None:
    """torch.nn.functional.cross_entropy starts from the logits z and the mean over a batch."""
    torch = engines.torch()
    network = make_network("softmax", "cross_entropy", (2, 3), observations=4)
    step = training_step(network)
    z = torch.tensor(step["z_1"], requires_grad=True)
    cost = torch.nn.functional.cross_entropy(z, torch.tensor(network.targets))
    cost.backward()
    assert step["cost"].item() == pytest.approx(cost.item(), rel=1e-12)
    np.testing.assert_allclose(step["delta_1"] / 4, z.grad.numpy(), rtol=1e-10, atol=1e-13)


@every_pair
@pytest.mark.parametrize("train_bias", [True, False])
def test_a_small_step_lowers_the_cost_by_what_the_gradient_promises(
    activation: str, loss: str, train_bias: bool
) -> None:
    """To first order, C falls by γ times the squared length of the gradient of all that is trained."""
    gamma = 1e-5
    network = make_network(activation, loss, train_bias=train_bias, learning_rate=gamma)
    step = training_step(network)
    trained = slice(None) if train_bias else slice(-1)
    promised = gamma * sum((step[f"dC_dW_{layer}"][trained] ** 2).sum() for layer in (1, 2))
    assert promised > 1e-10
    assert step["cost"].item() - step["cost_new"].item() == pytest.approx(promised, rel=1e-2)
