"""PyTorch's modules become networks: predictions, one step of SGD, losses with logits, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sheetnet
from sheetnet.errors import NetworkError
from sheetnet.models import from_torch
from sheetnet.penalty import L2
from tests.support import engines
from tests.support.figures import record
from tests.support.trained import trained

pytestmark = [pytest.mark.torch, pytest.mark.slow]  # importing it takes seconds


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    return engines.torch()


ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def sequential(torch: ModuleType, name: str, last: bool = True) -> Any:
    """The trained model of that name as a Sequential; without its last activation where a loss applies that."""
    model = trained(name)
    parts: list[Any] = []
    for weights, bias, word in zip(model.weights, model.biases, model.activations, strict=True):
        linear = torch.nn.Linear(*weights.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights.T))
            linear.bias.copy_(torch.tensor(bias))
        kind = getattr(torch.nn, ACTIVATIONS[word])
        parts += [linear, kind(dim=1) if word == "softmax" else kind()]
    return torch.nn.Sequential(*(parts if last else parts[:-1]))


LOSSES: dict[str, tuple[str, Callable[[ModuleType], Any], bool]] = {
    "XOR, BCELoss": ("xor", lambda torch: torch.nn.BCELoss(), True),
    "XOR, BCEWithLogitsLoss": ("xor", lambda torch: torch.nn.BCEWithLogitsLoss(), False),
    "XOR, BCELoss summed": ("xor", lambda torch: torch.nn.BCELoss(reduction="sum"), True),
    "XOR, MSELoss": ("xor", lambda torch: torch.nn.MSELoss(), True),
    "iris, CrossEntropyLoss": ("iris", lambda torch: torch.nn.CrossEntropyLoss(), False),
    "iris, CrossEntropyLoss summed": ("iris", lambda torch: torch.nn.CrossEntropyLoss(reduction="sum"), False),
    "iris, MSELoss": ("iris", lambda torch: torch.nn.MSELoss(), True),
    "digits, CrossEntropyLoss": ("digits", lambda torch: torch.nn.CrossEntropyLoss(), False),
}


@pytest.mark.sklearn
@pytest.mark.parametrize("decay", [0.0, 0.2])
@pytest.mark.parametrize("kind", LOSSES)
def test_a_step_is_that_of_pytorch(
    kind: str, decay: float, torch: ModuleType, record_property: Callable[[str, object], None]
) -> None:
    """Predictions, and all weights and biases after one step of SGD on 8 observations, with weight_decay or without."""
    name, make_loss, last = LOSSES[kind]
    loss, module, data = make_loss(torch), sequential(torch, name, last), trained(name)
    inputs, classes = torch.tensor(data.inputs[:8]), torch.tensor(data.classes[:8])
    outputs = data.weights[-1].shape[1]
    one_hot = torch.nn.functional.one_hot(classes, outputs).double() if outputs > 1 else classes[:, None].double()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.3, weight_decay=decay)
    model = from_torch(module, inputs, one_hot, loss=loss, optimizer=optimizer)
    assert model.network.l2 == (L2(decay, biases=True) if decay else None)
    step = sheetnet.training_step(model)
    loss(module(inputs), classes if "CrossEntropy" in kind else one_hot).backward()
    optimizer.step()
    linear = [each for each in module if isinstance(each, torch.nn.Linear)]
    apart = 0.0
    for number, layer in enumerate(linear, 1):
        expected = np.vstack([layer.weight.detach().numpy().T, layer.bias.detach().numpy()])
        apart = max(apart, float(np.abs(step[f"W_{number}_new"] - expected).max()))
    assert model.difference is not None
    assert max(apart, model.difference.largest) < 1e-13
    words = f"outputs {model.difference.largest:.1e}, weights after a step {apart:.1e}"
    record(record_property, f"from_torch, {kind}, weight_decay {decay:g}: largest difference of {words}")


def test_what_changes_no_prediction_is_passed_over_and_norms_are_folded(torch: ModuleType) -> None:
    """The module is compared at prediction, and left as it was."""
    nn = torch.nn
    module = nn.Sequential(
        nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5),
        nn.Sequential(nn.Linear(5, 3), nn.Identity(), nn.LogSoftmax(dim=1)),
    )  # fmt: skip
    pictures = torch.rand(20, 2, 2)
    module(pictures)  # in training: it moves the running statistics
    model = from_torch(module, pictures, torch.arange(20) % 3, loss=nn.NLLLoss())
    assert module.training
    assert model.network.sizes == (4, 5, 3)
    assert [layer.activation for layer in model.network.layers] == ["relu", "softmax"]
    assert model.folded == ("batch normalization 1 into layer 1", "batch normalization 3 into layer 1")
    assert model.passed_over == ("Flatten", "Dropout", "Identity")
    assert model.difference is not None
    assert model.difference.largest < 1e-13
    assert "For prediction only" in model.network.source


class Own:
    """Modules with a forward of their own, made where PyTorch is there."""

    @staticmethod
    def net(torch: ModuleType, forward: Callable[[Any, Any], Any]) -> Any:
        kind = type("Net", (torch.nn.Module,), {"forward": forward})
        module = kind()
        module.first, module.second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
        return module


def test_a_forward_of_ones_own_is_proven_by_its_outputs(torch: ModuleType) -> None:
    """Nobody can read it: activations are asked for, and hold if 16 random rows give the same."""
    module = Own.net(torch, lambda self, x: torch.sigmoid(self.second(torch.relu(self.first(x)))))
    with pytest.raises(NetworkError, match=r"Net is no Sequential.*give activations"):
        from_torch(module)
    model = from_torch(module, activations="relu,sigmoid")
    assert model.difference is not None
    assert model.difference.rows == 16
    assert model.difference.largest < 1e-15
    with pytest.raises(NetworkError, match="does not give what the sample says"):
        from_torch(module, activations="tanh,sigmoid")
    twisted = Own.net(torch, lambda self, x: torch.sigmoid(self.second(self.first(torch.relu(self.first(x))))))
    with pytest.raises(NetworkError, match="does not give what the sample says"):
        from_torch(twisted, activations="relu,sigmoid")


@pytest.mark.parametrize("loss", ["BCEWithLogitsLoss", "MSELoss summed"])
@pytest.mark.parametrize("activation", ["LeakyReLU", "ELU"])
def test_slopes_and_several_outputs_are_those_of_pytorch(loss: str, activation: str, torch: ModuleType) -> None:
    """Several labels, whose mean is over all elements; squares summed without a half; slopes of one's own."""
    nn = torch.nn
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(3, 4), getattr(nn, activation)(0.3), nn.Linear(4, 2))
    inputs, targets = torch.randn(6, 3), (torch.rand(6, 2) > 0.5).double()
    cost = nn.BCEWithLogitsLoss() if "BCE" in loss else nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(module.parameters(), lr=0.2)
    model = from_torch(module, inputs, targets, loss=cost, optimizer=optimizer)
    assert model.network.reduction == ("elements" if "BCE" in loss else "sum")
    assert model.network.layers[0].slope == 0.3
    step, found = sheetnet.training_step(model), cost(module(inputs), targets)
    found.backward()
    optimizer.step()
    np.testing.assert_allclose(step["cost"].item(), found.item(), rtol=1e-12)
    for number, linear in ((1, module[0]), (2, module[2])):
        rows = np.vstack([linear.weight.detach().numpy().T, linear.bias.detach().numpy()])
        np.testing.assert_allclose(step[f"W_{number}_new"], rows, atol=1e-13)


def test_a_step_without_biases_is_that_of_pytorch(torch: ModuleType) -> None:
    """A layer may have none, the other some."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 4, bias=False), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    inputs, targets = torch.rand(5, 3), torch.rand(5, 2)
    loss, optimizer = torch.nn.MSELoss(), torch.optim.SGD(module.parameters(), lr=0.2)
    model = from_torch(module, inputs, targets, loss=loss, optimizer=optimizer)
    assert [layer.bias for layer in model.network.layers] == [False, True]
    loss(module(inputs), targets).backward()
    optimizer.step()
    new = sheetnet.training_step(model)["W_1_new"]
    np.testing.assert_allclose(new, module[0].weight.detach().numpy().T, atol=1e-14)


def test_single_precision_is_compared_as_such(torch: ModuleType) -> None:
    """PyTorch's usual numbers have 7 digits."""
    torch.manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).float()
    model = from_torch(module)
    assert model.difference is not None
    assert (model.precision, model.difference.precision) == ("float32", "float32")
    assert 0 < model.difference.largest < 1e-6


def test_frozen_biases_stay(torch: ModuleType) -> None:
    """All of them, or none: another mixture is no step that the sheets show."""
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    module[0].bias.requires_grad_(False)
    with pytest.raises(NetworkError, match="are frozen"):
        from_torch(module)
    module[2].bias.requires_grad_(False)
    network = from_torch(module, optimizer=torch.optim.SGD(module.parameters(), 0.1, weight_decay=0.2)).network
    assert (network.train_bias, network.l2) == (False, L2(0.2))


REFUSED: dict[str, tuple[Callable[[Any], Any], dict[str, Callable[[ModuleType], Any]], str]] = {
    "a convolution": (lambda nn: nn.Sequential(nn.Conv1d(2, 2, 1)), {}, "Conv1d 0 is no part"),
    "GELU": (lambda nn: nn.Sequential(nn.Linear(2, 2), nn.GELU()), {}, "GELU 1 is no part"),
    "layer normalization": (lambda nn: nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2)), {}, "LayerNorm 1 is no part"),
    "no dense layer": (lambda nn: nn.Sequential(nn.PReLU()), {}, "PReLU 0 is no part"),
    "shared weights": (lambda nn: nn.Sequential(*[nn.Linear(2, 2)] * 2), {}, "a Linear stands twice"),
    "two activations": (lambda nn: nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Tanh()), {}, "Tanh 2 follows no dense"),
    "softmax over the batch": (lambda nn: nn.Sequential(nn.Linear(2, 2), nn.Softmax(0)), {}, r"Softmax 1.dim is 0"),
    "log-softmax inside": (
        lambda nn: nn.Sequential(nn.Linear(2, 2), nn.LogSoftmax(1), nn.Linear(2, 2)), {}, "LogSoftmax is not the last",
    ),
    "a slope of 0": (lambda nn: nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(0.0)), {}, "slope is 0"),
    "another β": (lambda nn: nn.Sequential(nn.Linear(2, 2), nn.Softplus(beta=2.0)), {}, "Softplus 1.beta is 2.0"),
    "norms without statistics": (
        lambda nn: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, track_running_stats=False)), {}, "no running statistics",
    ),
    "softmax twice": (
        lambda nn: nn.Sequential(nn.Linear(2, 2), nn.Softmax(1)), {"loss": lambda torch: torch.nn.CrossEntropyLoss()},
        "the last layer has softmax",
    ),
    "logits for NLLLoss": (
        lambda nn: nn.Sequential(nn.Linear(2, 2)), {"loss": lambda torch: torch.nn.NLLLoss()}, "NLLLoss takes logarithms",
    ),
    "logarithms for CrossEntropyLoss": (
        lambda nn: nn.Sequential(nn.Linear(2, 2), nn.LogSoftmax(1)),
        {"loss": lambda torch: torch.nn.CrossEntropyLoss()}, "the loss applies softmax itself",
    ),
    "another loss": (
        lambda nn: nn.Sequential(nn.Linear(2, 1)), {"loss": lambda torch: torch.nn.L1Loss()},
        "loss is L1Loss with reduction 'mean'.*give one of BCELoss",
    ),
    "weighted classes": (
        lambda nn: nn.Sequential(nn.Linear(2, 2)),
        {"loss": lambda torch: torch.nn.CrossEntropyLoss(weight=torch.ones(2))}, "loss.weight is set",
    ),
    "smoothed labels": (
        lambda nn: nn.Sequential(nn.Linear(2, 2)),
        {"loss": lambda torch: torch.nn.CrossEntropyLoss(label_smoothing=0.1)}, "loss.label_smoothing is set",
    ),
    "no reduction": (
        lambda nn: nn.Sequential(nn.Linear(2, 1)), {"loss": lambda torch: torch.nn.MSELoss(reduction="none")},
        "has the reduction 'none'",
    ),
    "momentum": (
        lambda nn: nn.Sequential(nn.Linear(2, 1)),
        {"optimizer": lambda torch: torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1, momentum=0.9)},
        "optimizer.momentum is 0.9",
    ),
    "Adam": (
        lambda nn: nn.Sequential(nn.Linear(2, 1)),
        {"optimizer": lambda torch: torch.optim.Adam([torch.zeros(1, requires_grad=True)])}, "optimizer is Adam",
    ),
    "inputs of another size": (
        lambda nn: nn.Sequential(nn.Linear(2, 1)), {"inputs": lambda torch: torch.zeros(3, 4)}, "has 4 numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_has_no_translation_is_refused_in_one_line(kind: str, torch: ModuleType) -> None:
    """What it is and the remedy."""
    make, options, words = REFUSED[kind]
    with pytest.raises(NetworkError, match=words) as caught:
        from_torch(make(torch.nn), **{name: option(torch) for name, option in options.items()})
    assert "\n" not in str(caught.value)
    assert caught.value.remedy or "expected" in str(caught.value)


def test_weights_that_are_no_numbers_are_refused(torch: ModuleType) -> None:
    """A model whose training diverged."""
    module = torch.nn.Sequential(torch.nn.Linear(2, 1))
    with torch.no_grad():
        module[0].weight[0, 1] = float("nan")
    with pytest.raises(NetworkError, match=r"0\.weight\[0, 1\] is nan"):
        from_torch(module)
