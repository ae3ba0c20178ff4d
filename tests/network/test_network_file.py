"""Network files: what is accepted, what comes back, and errors that name the field, the finding and the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetnet import NetworkError, load_network
from sheetnet.activations_and_losses import LOSS_FACTS, Targets
from sheetnet.auditing import load_published
from sheetnet.layout import embedded_network
from sheetnet.layout.info_sheets import hidden_sheet
from sheetnet.network import Layer, Network
from sheetnet.network_file import ALIASES, dump_network, parse_network, template_names
from sheetnet.reference import ACTIVATIONS, LOSSES
from sheetnet.workbook import Workbook
from tools.small_networks import make_network, pairs, refusal, refused_pairs

# A 2-3-1 network; the broken files below are this one with a single line replaced.
GOOD = """\
title = "good"
source = "tests"
loss = "half_sse"
reduction = "mean"
learning_rate = 0.5
train_bias = true
[observations]
inputs = [[0.1, 0.2], [0.3, 0.4]]
targets = [[0.5], [0.6]]
[[layers]]
activation = "tanh"
weights = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
bias = [0.7, 0.8, 0.9]
[[layers]]
activation = "sigmoid"
weights = [[0.1, 0.2, 0.3]]
bias = [0.4]
"""


def broken(old: str, new: str) -> str:
    """The good file with a piece replaced, once."""
    assert old in GOOD, "the table of broken files and the good file have drifted apart"
    return GOOD.replace(old, new, 1)


# old → new, then what the error must say: field, finding, expectation, remedy.
ERRORS = {
    "a misspelt key": ("learning_rate", "learning_rat", ["learning_rat is not a field", "did you mean learning_rate?"]),
    "an unknown key": ('source = "tests"', "zzz = 1", ["zzz is not a field", "expected one of", "remove it"]),
    "a misspelt key of a layer": ("bias = [0.4]", "biases = [0.4]", ["layers[1].biases", "did you mean bias?"]),
    "a misspelt key of the observations": ("targets", "target", ["observations.target ", "did you mean targets?"]),
    "no title": ('title = "good"\n', "", ["title is missing", "a text in quotes"]),
    "no loss": ('loss = "half_sse"\n', "", ["loss is missing", "one of half_sse, mse"]),
    "no learning rate": ("learning_rate = 0.5\n", "", ["learning_rate is missing", "expected a number"]),
    "no inputs": ("inputs = [[0.1, 0.2], [0.3, 0.4]]\n", "", ["observations.inputs is missing", "a list of rows"]),
    "no targets": ("targets = [[0.5], [0.6]]\n", "", ["observations.targets is missing", "a list of rows"]),
    "no weights": ("weights = [[0.1, 0.2, 0.3]]\n", "", ["layers[1].weights is missing", "a list of rows"]),
    "no activation": ('activation = "tanh"\n', "", ["layers[0].activation is missing", "one of identity, sigmoid"]),
    "observations as a number": (GOOD[GOOD.index("[obs"):GOOD.index("[[lay")], "observations = 3\n",
                                 ["observations is 3", "a table [observations] with inputs and targets"]),
    "a number as title": ('title = "good"', "title = 3", ["title is 3", "a text in quotes"]),
    "a list as loss": ('loss = "half_sse"', 'loss = ["half_sse"]', ["loss is ['half_sse']", "one of half_sse"]),
    "a text as number": ("learning_rate = 0.5", 'learning_rate = "0.5"', ["learning_rate is '0.5'", "a number"]),
    "a truth value as number": ("learning_rate = 0.5", "learning_rate = true", ["learning_rate is True", "a number"]),
    "a text as flag": ("train_bias = true", 'train_bias = "no"', ["train_bias is 'no'", "true or false"]),
    "infinity": ("learning_rate = 0.5", "learning_rate = inf", ["learning_rate is inf", "a finite number"]),
    "NaN among the inputs": ("[0.3, 0.4]]\ntargets", "[nan, 0.4]]\ntargets",
                             ["observations.inputs[1][0] is nan", "a finite number"]),
    "a number beyond any float": ("bias = [0.4]", "bias = [1" + "0" * 400 + "]", ["layers[1].bias[0] is", "finite"]),
    "a text among the weights": ("[[0.1, 0.2, 0.3]]", '[[0.1, "x", 0.3]]', ["layers[1].weights[0][1] is 'x'", "a number"]),
    "an empty list": ("[[0.1, 0.2, 0.3]]", "[]", ["layers[1].weights is []", "a list of rows"]),
    "an empty row": ("[[0.1, 0.2, 0.3]]", "[[]]", ["layers[1].weights[0] is []", "a list of numbers"]),
    "rows of unequal length": ("[0.3, 0.4], [0.5, 0.6]]", "[0.3], [0.5, 0.6]]",
                               ["layers[0].weights[1] has 1 numbers", "expected 2, as in the other rows"]),
    "transposed weights": ("[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]", "[[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]",
                           ["layers[0].weights has 3 numbers in a row", "expected 2 (one per input of the layer)",
                            'transpose it, or set weights_by = "input"']),
    "weights by input, transposed": ("weights = [[0.1, 0.2, 0.3]]", 'weights_by = "input"\nweights = [[0.1, 0.2, 0.3]]',
                                     ["layers[1].weights has 1 rows", "expected 3", 'set weights_by = "neuron"']),
    "an unknown orientation": ("weights = [[0.1, 0.2, 0.3]]", 'weights_by = "row"\nweights = [[0.1, 0.2, 0.3]]',
                               ["layers[1].weights_by is 'row'", "one of neuron, input"]),
    "too few biases": ("bias = [0.7, 0.8, 0.9]", "bias = [0.7, 0.8]",
                       ["layers[0].bias has 2 numbers", "3 (one per neuron) or a single number"]),
    "a text as bias": ("bias = [0.4]", 'bias = "0.4"', ["layers[1].bias is '0.4'", "a number"]),
    "too few targets": ("targets = [[0.5], [0.6]]", "targets = [[0.5]]",
                        ["observations.targets has 1 rows", "expected 2, one per observation"]),
    "targets for other outputs": ("targets = [[0.5], [0.6]]", "targets = [[0.5, 0.1], [0.6, 0.1]]",
                                  ["observations.targets has 2 numbers per row", "expected 1, one per neuron of the last"]),
    "an unknown activation": ('"tanh"', '"than"', ["layers[0].activation is 'than'", "did you mean tanh?"]),
    "an unknown loss": ('"half_sse"', '"half_ssee"', ["loss is 'half_ssee'", "did you mean half_sse?"]),
    "an unknown reduction": ('"mean"', '"median"', ["reduction is 'median'", "one of mean, sum"]),
    "softmax of one neuron": ('"sigmoid"', '"softmax"', ["layers[1].activation is softmax over one neuron",
                                                         "always 1", "two neurons or more"]),
    "a fractional seed": ('title = "good"', 'title = "good"\nseed = 1.5', ["seed is 1.5", "a whole number"]),
    "a text as seed": ('title = "good"', 'title = "good"\nseed = "x"', ["seed is 'x'", "a whole number"]),
    "an unknown init": ('title = "good"', 'title = "good"\ninit = "hee"', ["init is 'hee'", "did you mean he?"]),
    "no neurons": ("weights = [[0.1, 0.2, 0.3]]", "neurons = 0", ["layers[1].neurons is 0", "a whole number from 1"]),
    "half a neuron": ("weights = [[0.1, 0.2, 0.3]]", "neurons = 0.5", ["layers[1].neurons is 0.5", "a whole number"]),
    "neurons beside weights": ("bias = [0.4]", "bias = [0.4]\nneurons = 1",
                               ["layers[1].neurons stands beside weights", "one of the two", "remove neurons"]),
    "half a step": ('title = "good"', 'title = "good"\ntraining_steps = 0.5',
                    ["training_steps is 0.5", "a whole number from 1 to 10,000"]),
    "remarks that are no tables": ('title = "good"', 'title = "good"\nremarks = "x"', ["remarks is 'x'", "[[remarks]]"]),
    "a remark without a text": ('title = "good"', 'title = "good"\nremarks = [{ view = "step" }]',
                                ["remarks.text is empty", "what the remark says"]),
    "no TOML": ('title = "good"', "title = good", ["is not TOML", "line 1"]),
    "no layers": (GOOD[GOOD.index("[[lay"):], "", ["layers is missing", "one [[layers]] table a layer"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), [pytest.param(*case, id=name) for name, case in ERRORS.items()])
def test_errors_name_field_finding_and_remedy(old: str, new: str, says: list[str]) -> None:
    """One line that begins with the file: what is wrong where, what was expected, what to do."""
    with pytest.raises(NetworkError) as raised:
        parse_network(broken(old, new), "my.toml")
    message = str(raised.value)
    assert message.startswith("my.toml: ")
    assert "\n" not in message
    assert len(message) < 300
    for words in says:
        assert words in message


def test_the_good_file_is_good() -> None:
    """All broken files differ from this one in one place."""
    network = parse_network(GOOD, "good.toml")
    assert network.sizes == (2, 3, 1)
    assert network.layers[0].weights == ((0.1, 0.3, 0.5), (0.2, 0.4, 0.6), (0.7, 0.8, 0.9))


@pytest.mark.parametrize(("activation", "loss"), refused_pairs())
def test_undefined_pairs_are_refused_with_a_reason(activation: str, loss: str) -> None:
    """A logarithm of an activation that may be negative or exceed 1: the error lists what would fit."""
    message = refusal(activation, loss)
    assert message is not None
    assert f"loss is {loss}, whose logarithm wants outputs in (0, " in message
    assert f"but {activation} also gives others" in message
    fitting = [good for good, same in pairs() if same == loss]
    assert "expected a last layer with " + " or ".join(fitting) in message
    assert "change layers[-1].activation, or take loss half_sse" in message


def test_the_undefined_pairs_are_those_that_mathematics_refuses() -> None:
    """binary_cross_entropy wants outputs in (0, 1), cross_entropy positive ones; the squares take any."""
    defined = {loss: {a for a, other in pairs() if other == loss} for loss in LOSSES}
    assert defined["binary_cross_entropy"] == {"sigmoid", "softmax"}
    assert defined["cross_entropy"] == {"sigmoid", "softmax", "softplus"}
    assert defined["half_sse"] == defined["mse"] == set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("loss", "target", "says"),
    [
        ("binary_cross_entropy", "1.01", "has a number outside 0 … 1"),
        ("binary_cross_entropy", "-0.01", "has a number outside 0 … 1"),
        ("cross_entropy", "-0.01", "has a negative number"),
    ],
)
def test_targets_off_the_domain_of_the_loss_are_refused(loss: str, target: str, says: str) -> None:
    """Targets of logarithmic losses are probabilities."""
    text = broken('"half_sse"', f'"{loss}"').replace("[[0.5], [0.6]]", f"[[0.5], [{target}]]")
    with pytest.raises(NetworkError, match=re.escape(f"observations.targets {says}")) as raised:
        parse_network(text, "my.toml")
    assert f"probabilities for {loss}" in str(raised.value)


def test_a_missing_file_is_answered_with_the_templates() -> None:
    """Whoever mistypes a template's name sees the names."""
    with pytest.raises(NetworkError, match="no-such: no such file") as raised:
        load_network("no-such")
    assert ", ".join(template_names()) in str(raised.value)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A workbook given by mistake, a folder, a file in another encoding."""
    path = tmp_path / "net.toml"
    path.write_bytes('title = "Rückwärts"'.encode("latin-1"))
    with pytest.raises(NetworkError, match=r"net\.toml: is not UTF-8 text"):
        load_network(path)
    with pytest.raises(NetworkError, match="cannot be read"):
        load_network(tmp_path)


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    """As a text or as a Path; errors name it."""
    path = tmp_path / "net.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_network(path) == load_network(str(path)) == parse_network(GOOD, "")
    path.write_text(broken("0.5", "nan"), encoding="utf-8")
    with pytest.raises(NetworkError, match=rf"{re.escape(str(path))}: learning_rate"):
        load_network(path)


# --- There and back --------------------------------------------------------------------------------------------------

numbers = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9).map(float)).map(
    lambda x: float(f"{x:.14g}")
)
probabilities = st.integers(0, 1000).map(lambda x: x / 1000)
words = st.text(st.characters(codec="utf-8"), max_size=30)


@st.composite
def any_networks(draw) -> Network:
    """Networks as a file can describe them: any defined pair, sizes of 1 to 3, any text, numbers of 14 digits."""
    activation, loss = draw(st.sampled_from(pairs()))
    hidden = draw(st.lists(st.sampled_from(list(ACTIVATIONS)), max_size=2))
    sizes = [draw(st.integers(1, 3)), *(draw(st.integers(2, 3)) for _ in hidden)]
    sizes.append(draw(st.integers(2 if activation == "softmax" else 1, 3)))
    train_bias = draw(st.booleans())
    layers = []
    for name, fan_in, neurons in zip([*hidden, activation], sizes, sizes[1:], strict=False):
        shared = not train_bias and draw(st.booleans())
        bias = (draw(numbers),) * neurons if shared else draw(rows(numbers, 1, neurons))[0]
        weights, bare = draw(rows(numbers, fan_in, neurons)), draw(st.integers(0, 3)) == 0
        layers.append(Layer(name, weights if bare else (*weights, bias), shared and not bare, not bare))
    n = draw(st.integers(1, 3))
    targets = draw(rows(numbers if LOSS_FACTS[loss].targets is Targets.REAL else probabilities, n, sizes[-1]))
    return Network(
        draw(words), draw(words), draw(rows(numbers, n, sizes[0])), targets, tuple(layers), loss, draw(numbers),
        draw(st.sampled_from(["mean", "sum"])), train_bias,
    )  # fmt: skip


def rows(elements: st.SearchStrategy[float], count: int, columns: int) -> st.SearchStrategy:
    """Matrices of a given shape."""
    return st.tuples(*[st.tuples(*[elements] * columns)] * count)


@given(any_networks())
def test_a_network_survives_its_file(network: Network) -> None:
    """`parse_network(dump_network(n)) == n`, whatever the title holds: quotes, newlines, any character."""
    assert parse_network(dump_network(network), "dumped") == network


@given(any_networks())
def test_a_network_survives_the_hidden_sheet(network: Network) -> None:
    """One line per cell, and every line fits one."""
    sheet = hidden_sheet(network)
    texts = [cell.value for cell in sheet.cells.values()]
    assert all(isinstance(text, str) and len(text) <= 32_767 and "\n" not in text for text in texts)
    assert embedded_network(Workbook((sheet,)), "book") == network


@pytest.mark.parametrize("name", template_names())
def test_templates_survive_their_file(name: str) -> None:
    """Random weights become numbers there."""
    network = load_network(name)
    assert parse_network(dump_network(network), "dumped") == network


def test_lines_too_long_for_a_cell_are_broken() -> None:
    """A layer of 5,000 inputs by neuron would be one line of 40,000 characters."""
    network = make_network("identity", "half_sse", (5000, 2), observations=1)
    assert max(map(len, dump_network(network).splitlines())) <= 30_000
    assert parse_network(dump_network(network), "dumped") == network


@given(st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300))
def test_numbers_are_rounded_to_fifteen_digits(x: float) -> None:
    """All spreadsheet programs keep 15 digits exactly, so NumPy computes with the very number on the sheet."""
    network = parse_network(broken("learning_rate = 0.5", f"learning_rate = {x!r}"), "rounded")
    assert network.learning_rate == float(f"{x:.15g}")
    assert network.learning_rate == pytest.approx(x, rel=1e-14, abs=0)


def test_a_sixteenth_digit_is_lost_and_fifteen_are_kept() -> None:
    """0.1234567890123456 has sixteen."""
    network = parse_network(broken("[0.4]", "[0.1234567890123456]"), "rounded")
    assert network.layers[1].weights[-1] == (0.123456789012346,)
    network = parse_network(broken("[0.4]", "[0.123456789012345]"), "rounded")
    assert network.layers[1].weights[-1] == (0.123456789012345,)


# --- What the fields mean --------------------------------------------------------------------------------------------


def test_weights_by_neuron_and_by_input_are_transposes() -> None:
    """One network, written both ways."""
    by_input = broken("weights = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]",
                      'weights_by = "input"\nweights = [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]')  # fmt: skip
    assert parse_network(by_input, "by input") == parse_network(GOOD, "by neuron")


@pytest.mark.parametrize("train_bias", [True, False])
def test_a_single_bias_is_one_input_only_where_it_is_not_trained(train_bias: bool) -> None:
    """Trained, it is shorthand for equal starting values, which then part."""
    text = broken("bias = [0.7, 0.8, 0.9]", "bias = 0.7").replace("= true", f"= {str(train_bias).lower()}")
    network = parse_network(text, "single")
    assert network.train_bias == train_bias
    assert network.layers[0].weights[-1] == (0.7, 0.7, 0.7)
    assert [layer.shared_bias for layer in network.layers] == [not train_bias, False]


def test_defaults_are_mean_trained_biases_of_zero_and_no_source() -> None:
    """What a short file leaves out."""
    text = GOOD
    for line in ('source = "tests"\n', 'reduction = "mean"\n', "train_bias = true\n", "bias = [0.4]\n"):
        text = text.replace(line, "")
    network = parse_network(text, "short")
    assert (network.source, network.reduction, network.train_bias) == ("", "mean", True)
    assert network.layers[1].weights[-1] == (0.0,)


def test_one_bare_row_is_one_observation() -> None:
    """`inputs = [0.1, 0.2]` needs no second pair of brackets."""
    text = broken("[[0.1, 0.2], [0.3, 0.4]]", "[0.1, 0.2]").replace("[[0.5], [0.6]]", "[0.5]")
    network = parse_network(text, "one")
    assert (network.inputs, network.targets) == (((0.1, 0.2),), ((0.5,),))


# --- Random weights --------------------------------------------------------------------------------------------------


def random_network(head: str, neurons: int = 40) -> Network:
    """A network of 2-40-1 whose first layer is random."""
    text = GOOD.replace(
        "weights = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]\nbias = [0.7, 0.8, 0.9]", f"neurons = {neurons}"
    )
    return parse_network(
        head + "\n" + text.replace("weights = [[0.1, 0.2, 0.3]]\nbias = [0.4]", "neurons = 1"), "random"
    )


def test_the_same_seed_gives_the_same_weights() -> None:
    """On every machine: the generator is Python's own, whose sequence is promised; others give others."""
    assert random_network("seed = 1") == random_network("seed = 1")
    assert random_network("seed = 1").layers[0].weights != random_network("seed = 2").layers[0].weights
    assert random_network("") == random_network("seed = 0")
    first = random_network("seed = 1").layers[0].weights
    assert first[0][:2] == (-0.276395, 0.262635)  # random.Random(1) begins 0.13436…, 0.84743…; ± √(6/42)
    assert first[-1] == (0.0,) * 40


@pytest.mark.parametrize(
    ("init", "half"),
    # the half-widths for 2 inputs and 40 neurons, by hand; "xavier" is the default
    [("uniform", 0.5), ("xavier", (6 / 42) ** 0.5), ("he", (6 / 2) ** 0.5), (None, (6 / 42) ** 0.5)],
)
def test_random_weights_fill_their_distribution(init: str | None, half: float) -> None:
    """Uniform in ± half with six decimals: 80 draws come near both ends and never beyond."""
    network = random_network("seed = 3" + (f'\ninit = "{init}"' if init else ""))
    weights = np.array(network.layers[0].weights[:-1])
    assert weights.shape == (2, 40)
    assert 0.9 * half < weights.max() <= half + 1e-6
    assert -half - 1e-6 <= weights.min() < -0.9 * half
    np.testing.assert_array_equal(np.round(weights, 6), weights)


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ("published = 3", "published is 3"),
        ("published = []", "published is "),
        ("published = {}", "published is {}"),
        ("published.number = []", "did you mean numbers?"),
        ("published.numbers = 1", "published.numbers is 1"),
        ('published.numbers = ["0.3775"]', "published.numbers is"),
        (
            'published.numbers = [{ place = "p", quantity = "z_1", printed = 0.3775 }]',
            "printed is 0.3775, expected text",
        ),
        ('published.numbers = [{ place = "p", quantity = "z_1", print = "0.3" }]', "did you mean printed?"),
        ('published.numbers = [{ place = "p", quantity = 1, printed = "0.3" }]', "quantity is 1"),
        ('published.numbers = [{ place = "p", quantity = "z_1", printed = "1", index = 0 }]', "index is 0"),
        ('published.numbers = [{ place = "p", quantity = "z_1", printed = "1", from = "z" }]', "from is"),
        ('published.formulas = [{ place = "p", equation = 1 }]', "equation is 1"),
        ('published.formulas = [{ place = "p", equation = "1 = 1", where = 1 }]', "where is 1"),
    ],
)
def test_what_a_document_prints_is_looked_at_by_every_command(published: str, said: str, tmp_path: Path) -> None:
    """A part of a wrong shape is told in one line, not by `audit` alone."""
    path = tmp_path / "mine.toml"
    path.write_text(f"{published}\n{GOOD}", encoding="utf-8")
    for load in (load_network, load_published):
        with pytest.raises(NetworkError, match=re.escape(said)) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}: published")


def test_remarks_and_steps_come_back() -> None:
    """What is written into a workbook is read from it, remarks with quotes and signs too."""
    words = GOOD.replace("[observations]", "training_steps = 7\n[observations]")
    words += '[[remarks]]\nview = "step"\ntext = \'It prints "∂C" — \\ meant\'\n'
    network = parse_network(words, "my.toml")
    assert (network.training_steps, network.remarks[0].text) == (7, 'It prints "∂C" — \\ meant')
    assert parse_network(dump_network(network), "again") == network


def test_templates_have_names_that_people_know() -> None:
    """`mazur` is d02b; each other name leads to a template, and none hides one."""
    assert load_network("mazur") == load_network("d02b")
    assert set(ALIASES.values()) <= set(template_names())
    assert not set(ALIASES) & set(template_names())
