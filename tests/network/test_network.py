"""Networks made in code check and normalise themselves, and every public function takes a network in any of four forms."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetnet.auditing import audit, load_published
from sheetnet.batch.api import validate_many
from sheetnet.errors import NetworkError
from sheetnet.generate import asked_for, make_student_workbook, make_workbook, write_workbook
from sheetnet.identification import identify
from sheetnet.judge import validate
from sheetnet.network import Layer, Network
from sheetnet.network_file import dump_network, load_network, parse_network, templates_folder
from sheetnet.reference import training_step
from sheetnet.workbook_options import WorkbookOptions
from tools.small_networks import pairs, refused_pairs


def layer(activation: str, weights: Any, shared_bias: bool = False) -> Layer:
    """A layer of whatever somebody takes for weights."""
    return Layer(activation, weights, shared_bias)


def network_of(inputs: Any, targets: Any, layers: Any, loss: str, learning_rate: Any) -> Network:
    """The same for a network."""
    return Network("good", "tests", inputs, targets, layers, loss, learning_rate)


HIDDEN = layer("tanh", [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
OUTPUT = layer("sigmoid", [[0.1], [0.2], [0.3], [0.4]])
GOOD = network_of([[0.1, 0.2], [0.3, 0.4]], [[0.5], [0.6]], [HIDDEN, OUTPUT], "half_sse", 0.5)


def changed(**fields: Any) -> Network:
    """The good network with other fields, which are checked as all others."""
    return replace(GOOD, **fields)


def test_arrays_lists_and_tuples_make_one_network() -> None:
    """Whatever they came as, numbers are floats in tuples: equal, hashable, and as a file has them."""
    layers = tuple(layer(each.activation, np.array(each.weights)) for each in (HIDDEN, OUTPUT))
    inputs, targets = np.array(GOOD.inputs), np.array(GOOD.targets)
    from_arrays = network_of(inputs, targets, layers, "half_sse", np.float64(0.5))
    rows = [np.array(row) for row in GOOD.inputs]
    assert from_arrays == changed(inputs=rows) == changed(inputs=tuple(map(tuple, GOOD.inputs))) == GOOD
    assert hash(from_arrays) == hash(GOOD)
    numbers = [*from_arrays.inputs[0], *from_arrays.targets[0], from_arrays.learning_rate, *layers[0].weights[0]]
    assert {type(number) for number in numbers} == {float}
    assert parse_network(dump_network(from_arrays), "dumped") == GOOD


def test_numbers_have_fifteen_digits_as_a_spreadsheet_keeps_them() -> None:
    """Integers and single precision, too."""
    network = changed(inputs=[[1, 1 / 3], [np.float32(0.5), np.int64(2)]], learning_rate=1)
    assert network.inputs == ((1.0, 0.333333333333333), (0.5, 2.0))
    assert repr(network.learning_rate) == "1.0"


def test_a_network_made_of_arrays_gives_a_workbook_that_is_right(tmp_path: Path) -> None:
    """Once it gave a file that no `validate` could read."""
    random = np.random.default_rng(0)
    layers = [layer("relu", random.normal(size=(4, 5))), layer("softmax", random.normal(size=(6, 2)))]
    network = network_of(random.normal(size=(2, 3)), np.eye(2), layers, "cross_entropy", 0.1)
    assert validate(write_workbook(network, tmp_path / "a.xlsx", WorkbookOptions())).ok


# what is made → what the error must say, and the place it names
WRONG: dict[str, tuple[Callable[[], object], str, str]] = {
    "an unknown activation": (
        lambda: layer("than", HIDDEN.weights),
        "activation is 'than', expected one of identity, sigmoid, tanh, relu, leaky_relu, elu, softplus, softmax: did "
        "you mean tanh?",
        "activation",
    ),
    "weights of a text": (
        lambda: layer("tanh", [["x"], [1]]),
        "weights[0][0] is 'x', expected a number",
        "weights[0][0]",
    ),
    "a layer of biases alone": (
        lambda: layer("tanh", [[1.0]]),
        "weights has 1 row, expected one for each input",
        "weights",
    ),
    "ragged weights": (
        lambda: layer("tanh", [[1, 2], [3]]),
        "weights[1] has 1 numbers, expected 2, as in the other rows",
        "weights[1]",
    ),
    "shared biases that differ": (
        lambda: layer("tanh", [[1, 2], [3, 4]], True),
        "shared_bias is True, but the biases differ",
        "shared_bias",
    ),
    "an unknown loss": (lambda: changed(loss="MSE"), "loss is 'MSE', expected one of half_sse, mse", "loss"),
    "a reduction in capitals": (
        lambda: changed(reduction="Mean"),
        "reduction is 'Mean', expected one of mean, sum, elements: did you mean mean?",
        "reduction",
    ),
    "infinity": (
        lambda: changed(learning_rate=np.inf),
        "learning_rate is inf, expected a finite number",
        "learning_rate",
    ),
    "NaN in an array": (
        lambda: changed(inputs=np.array([[1, np.nan], [0, 0]])),
        "inputs[0][1] is nan, expected a finite number",
        "inputs[0][1]",
    ),
    "a truth value": (
        lambda: changed(learning_rate=np.True_),
        "learning_rate is True, expected a number",
        "learning_rate",
    ),
    "three dimensions": (
        lambda: changed(inputs=np.zeros((2, 2, 2))),
        "inputs[0][0] is [0.0, 0.0], expected a number",
        "inputs[0][0]",
    ),
    "no observations": (lambda: changed(inputs=np.zeros((0, 2))), "inputs is [], expected a list of rows", "inputs"),
    "a title that is none": (lambda: changed(title=None), "title is missing, expected a text in quotes", "title"),
    "no layers": (lambda: changed(layers=()), "layers is (), expected a Layer for each layer", "layers"),
    "weights for a layer": (
        lambda: changed(layers=[HIDDEN, [[1.0]]]),
        "layers[1] is [[1.0]], expected a Layer",
        "layers[1]",
    ),
    "layers that do not meet": (
        lambda: changed(layers=[OUTPUT, HIDDEN]),
        "layers[0].weights has 4 rows, expected 3: one for each of 2 inputs, and the biases last",
        "layers[0].weights",
    ),
    "too few targets": (
        lambda: changed(targets=[[0.5]]),
        "targets has 1 rows, expected 2, one per observation",
        "targets",
    ),
    "targets for other outputs": (
        lambda: changed(targets=np.eye(2)),
        "targets has 2 numbers per row, expected 1, one per neuron of the last layer",
        "targets",
    ),
    "softmax of one neuron": (
        lambda: changed(layers=[HIDDEN, layer("softmax", OUTPUT.weights)]),
        "layers[1].activation is softmax over one neuron, which is always 1",
        "layers[1].activation",
    ),
    "targets that are no probabilities": (
        lambda: changed(loss="cross_entropy", targets=[[-0.1], [1.0]]),
        "targets has a negative number, expected probabilities for cross_entropy",
        "targets",
    ),
    "a mean of means": (
        lambda: changed(loss="mse", reduction="elements"),
        "reduction is elements, but mse is the mean over the outputs already, expected mean, or a loss that is a sum",
        "reduction",
    ),
    "a slope of what has none": (
        lambda: Layer("tanh", HIDDEN.weights, slope=0.2),
        "slope stands beside tanh, expected none, or the activation leaky_relu or elu",
        "slope",
    ),
    "a slope downwards": (
        lambda: Layer("elu", HIDDEN.weights, slope=-1),
        "slope is -1, expected a number above 0, at most 100",
        "slope",
    ),
    "a shared bias of no bias": (
        lambda: Layer("tanh", ((1.0, 2.0),), shared_bias=True, bias=False),
        "shared_bias is True, but the layer has no biases, expected False where bias is False",
        "shared_bias",
    ),
    "biases where there are none": (
        lambda: changed(layers=[replace(HIDDEN, bias=False), OUTPUT]),
        "layers[0].weights has 3 rows, expected 2: one for each of 2 inputs, and none for biases",
        "layers[0].weights",
    ),
    "a bias that is a number": (
        lambda: Layer("tanh", ((1.0, 2.0),), bias=0.5),  # type: ignore[arg-type]
        "bias is 0.5, expected true or false",
        "bias",
    ),
    "a shared bias that is trained": (
        lambda: changed(layers=[HIDDEN, replace(OUTPUT, shared_bias=True)]),
        "layers[1].shared_bias is True, expected False where biases are trained",
        "layers[1].shared_bias",
    ),
}


@pytest.mark.parametrize(("make", "said", "place"), [pytest.param(*case, id=name) for name, case in WRONG.items()])
def test_what_is_no_network_is_refused_when_it_is_made(make: Callable[[], object], said: str, place: str) -> None:
    """What, where and what was expected, in one line and as attributes."""
    with pytest.raises(NetworkError) as caught:
        make()
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert (caught.value.path, caught.value.place) == (None, place)


def test_only_pairs_that_mathematics_knows_can_be_made() -> None:
    """The eleven others are refused in code as in a file, with what would fit."""
    assert len(refused_pairs()) == 11
    for activation, loss in refused_pairs():
        with pytest.raises(NetworkError, match=f"loss is {loss}, whose logarithm wants outputs in") as caught:
            changed(layers=[HIDDEN, layer(activation, np.ones((4, 2)))], targets=np.eye(2), loss=loss)
        assert caught.value.place == "loss"
        assert caught.value.remedy == "change layers[-1].activation, or take loss half_sse"
    assert ("softmax", "cross_entropy") in pairs()


# --- A network wherever one is taken ---------------------------------------------------------------------------------

FORMS: dict[str, Callable[[], Any]] = {
    "a template": lambda: "d02b",
    "a path": lambda: templates_folder() / "d02b.toml",
    "the path as text": lambda: str(templates_folder() / "d02b.toml"),
    "a table": lambda: tomllib.loads((templates_folder() / "d02b.toml").read_text(encoding="utf-8")),
    "a network": lambda: load_network("d02b"),
}


@pytest.fixture(scope="module")
def step(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workbook("d02b", tmp_path_factory.mktemp("step") / "step.xlsx", WorkbookOptions())


@pytest.mark.parametrize("form", FORMS)
def test_every_function_takes_a_network_in_any_form(form: str, step: Path, tmp_path: Path) -> None:
    """By one function, so that a form is taken everywhere or nowhere."""
    network = FORMS[form]()
    assert load_network(network) == load_network("d02b")
    assert training_step(network)["cost"].item() == pytest.approx(0.298371109)
    assert make_workbook(network, WorkbookOptions()) == make_workbook(load_network("d02b"), WorkbookOptions())
    assert make_student_workbook(network).sheets[0].name == make_student_workbook("d02b").sheets[0].name
    assert list(asked_for(network, "a", views="step")) == ["a"]
    assert write_workbook(network, tmp_path / "a.xlsx", WorkbookOptions()).read_bytes() == step.read_bytes()
    assert validate(step, network).ok
    assert identify(step, network).ok == identify(step, "d02b").ok


def test_a_batch_takes_a_network_in_any_form(step: Path) -> None:
    """The network is read before any worker starts."""
    assert [result.ok for form in FORMS for result in validate_many([step], FORMS[form](), jobs=1)] == [True] * len(
        FORMS
    )
    with pytest.raises(NetworkError, match="no-such: no such file, and no template of that name"):
        validate_many([step], "no-such")


def test_an_audit_takes_a_document_in_any_form() -> None:
    """A network alone prints nothing, which is said."""
    table = tomllib.loads((templates_folder() / "d02b.toml").read_text(encoding="utf-8"))
    assert audit(table) == audit("d02b") == audit(templates_folder() / "d02b.toml") == audit(load_published("d02b"))
    with pytest.raises(NetworkError, match="published is missing"):
        audit(load_network("d02b"))


def test_a_table_may_hold_arrays() -> None:
    """As one made in a notebook does."""
    table = {
        "title": "mine",
        "loss": "half_sse",
        "learning_rate": 0.5,
        "observations": {"inputs": np.array([[0.1, 0.2]]), "targets": np.array([[0.5]])},
        "layers": [{"activation": "tanh", "weights": np.array([[0.3, 0.4]]), "bias": np.array([0.1])}],
    }
    assert load_network(table).layers[0].weights == ((0.3,), (0.4,), (0.1,))
    table["loss"] = "mze"
    with pytest.raises(NetworkError, match=r"^loss is 'mze', expected one of .*: did you mean mse\?$"):
        load_network(table)


def test_what_is_no_network_at_all_is_refused() -> None:
    """With the forms that there are."""
    with pytest.raises(NetworkError, match="int is no network: give a template's name, a path, a table") as caught:
        load_network(3)  # type: ignore[arg-type]
    assert caught.value.remedy is not None
