"""Reads and writes network files (TOML), and finds the templates that come with sheetnet.

Every field is checked; an error names the field, what was found, what was expected, and the remedy.
"""

from __future__ import annotations

import os
import random
import textwrap
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from sheetnet import toml_fields
from sheetnet.activations_and_losses import ACTIVATION_FACTS
from sheetnet.errors import NetworkError, errors_within
from sheetnet.input_names import Names, Scaler
from sheetnet.network import Layer, Network, Remark
from sheetnet.network_readers import reader_of
from sheetnet.predictor import Predictor, make_predictor
from sheetnet.toml_fields import Matrix, entries_of, refuse

TableLike = str | os.PathLike[str] | Mapping[str, Any]


@runtime_checkable
class HasNetwork(Protocol):
    """What was made of a network, or a network of it: a step, or an imported model."""

    @property
    def network(self) -> Network:
        """The network."""


NetworkLike = TableLike | Network | HasNetwork  # what is taken wherever a network is

# `published`, what a document prints, is read by `audit.published`; here its fields are looked at.
_TRAINING_KEYS = "loss reduction learning_rate train_bias seed init published training_steps remarks l2".split()
FILE_KEYS = [*"title source observations layers image names scaler".split(), *_TRAINING_KEYS]
LAYER_KEYS = "activation weights weights_by bias neurons slope".split()
# Names by which people know a template's example, beside the file's own.
ALIASES = {
    "mazur": "d02b",
    "happydustbunny": "bias-node",
    "xor": "xor-batch",
    "digits": "digits-64-32-10",
    "three-layers": "relu-sigmoid-softmax",
}
# Half-widths of the uniform distributions that random weights come from, by fan-in and fan-out:
# "uniform" is plain, "xavier" after Glorot and Bengio (2010, eq. 16), "he" after He et al. (2015, eq. 10).
SPREADS = {
    "uniform": lambda fan_in, fan_out: 0.5,
    "xavier": lambda fan_in, fan_out: (6 / (fan_in + fan_out)) ** 0.5,
    "he": lambda fan_in, fan_out: (6 / fan_in) ** 0.5,
}
# A spreadsheet cell holds 32,767 characters; lines of the embedded network file stay below.
LONGEST_LINE = 30_000
MOST_WEIGHTS = 1_000_000  # that are drawn at random: a workbook has no more cells
# What no workbook can hold is refused before anything is computed from it, and the most of it before TOML is read, which
# takes a second for 100,000 numbers. A workbook that is read back has at most 1,000,000 cells and 10,000 names.
MOST_LAYERS = 500  # each has 15 names or more
MOST_OBSERVATIONS_READ = 62_500  # each has 16 cells or more
MOST_ROWS = 150_000  # lists in the file: inputs and targets of all observations, and the weights
MOST_NUMBERS = 500_000  # in the file: each stands in two cells or more


def templates_folder() -> Path:
    """Where the shipped network files are: in the installed package, or at the top of a checkout."""
    installed = Path(__file__).parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "templates"


def template_names() -> list[str]:
    """The names of the shipped templates, in order."""
    return sorted(path.stem for path in templates_folder().glob("*.toml"))


def load_network(source: NetworkLike) -> Network:
    """The network of a TOML file, a shipped template by its name, or the table of a TOML; a `Network` is one already.

    So is that of whatever has a `network`, such as an imported model. A workbook that sheetnet wrote has the network that
    somebody edited in it, recalculated in this process.

    Raises `NetworkError` in one line: the file, the field, what was found, what was expected.

    >>> sheetnet.load_network("d02b").sizes
    (2, 2, 2)
    """
    if isinstance(source, Network):
        return source
    if isinstance(source, HasNetwork):
        return load_network(source.network)
    if (read := reader_of(source)) is not None:
        found: Network = read(str(source))
        return found
    return network_of(*read_table(source))


def read_table(source: TableLike) -> tuple[Mapping[str, Any], str | None]:
    """The TOML table of a file, template or dict, and the path that names it in errors. Raises `NetworkError`."""
    if isinstance(source, Mapping):
        return source, None
    if not isinstance(source, str | os.PathLike):
        raise NetworkError(
            f"{type(source).__name__} is no network",
            remedy="give a template's name, a path, a table as TOML has it, or a Network",
        )
    name = ALIASES.get(str(source), source)
    path = templates_folder() / f"{name}.toml" if name in template_names() else Path(source)
    try:
        words = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(template_names())
        raise NetworkError(f"no such file, and no template of that name; templates are {known}", path=path) from None
    except UnicodeDecodeError:
        raise NetworkError("is not UTF-8 text, so not a network file: expected TOML", path=path) from None
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise NetworkError(reason, path=path, remedy="give a TOML file or a template") from None
    with errors_within(path):
        return _loaded(words), str(path)


def parse_network(words: str, where: str, sheet: str | None = None) -> Network:
    """The network that a TOML text describes; `where` and the sheet in it name the text in errors."""
    with errors_within(where, sheet):
        return _known(words)


@lru_cache(maxsize=8)
def _known(words: str) -> Network:
    """The workbooks of a class mostly carry the same text."""
    return _network(_loaded(words))


def _loaded(words: str) -> Mapping[str, Any]:
    """The TOML table of a text that is not far too long."""
    for sign, most, what in (
        ("[[layers]]", MOST_LAYERS, "layers"),
        ("[", MOST_ROWS, "lists of numbers"),
        (",", MOST_NUMBERS, "numbers"),
    ):
        if (found := words.count(sign)) > most:
            raise refuse("the file", f"has about {found:,} {what}", f"at most {most:,}", _SMALLER)
    try:
        return tomllib.loads(words)
    except (ValueError, RecursionError) as error:  # ValueError: no TOML, or an integer of over 4,300 digits
        raise NetworkError(f"is not TOML: {error}") from None


_SMALLER = "no workbook holds as many: take a smaller network, or fewer observations"


def network_of(table: Mapping[str, Any], where: str | None = None) -> Network:
    """The network that a TOML table describes; `where` names its file in errors. Raises `NetworkError`."""
    with errors_within(where):
        return _network(table)


def _network(table: Mapping[str, Any]) -> Network:
    toml_fields.known_keys(table, FILE_KEYS, "")
    if "published" in table:
        entries_of(table["published"])
    if _predicts_only(table):
        return _predictor(table)
    observations = _table(table.get("observations"), "observations", ("inputs", "targets"))
    for field in ("inputs", "targets"):
        _not_too_many(observations.get(field), f"observations.{field}", "rows", MOST_OBSERVATIONS_READ)
    inputs = toml_fields.matrix(observations.get("inputs"), "observations.inputs")
    train_bias = toml_fields.flag(table.get("train_bias", True), "train_bias")
    try:
        return Network(
            title=table.get("title"),  # type: ignore[arg-type] # what a file holds is checked by the network
            source=table.get("source", ""),
            inputs=inputs,
            targets=observations.get("targets"),  # type: ignore[arg-type]
            layers=_layers(table, len(inputs[0]), train_bias),
            loss=table.get("loss"),  # type: ignore[arg-type]
            learning_rate=table.get("learning_rate"),  # type: ignore[arg-type]
            reduction=table.get("reduction", "mean"),
            train_bias=train_bias,
            training_steps=table.get("training_steps"),
            remarks=_remarks(table.get("remarks", [])),
            image=table.get("image"),
            names=_names(table),
            scaler=_scaler(table),
            l2=table.get("l2"),
        )
    except NetworkError as error:
        if error.place is not None and error.place.startswith("targets"):  # which a file has in a table of their own
            error.place, error.args = f"observations.{error.place}", (f"observations.{error.args[0]}",)
        raise


def _predicts_only(table: Mapping[str, Any]) -> bool:
    """Whether nothing in a table is about training: it may have examples of inputs."""
    observations = table.get("observations", {})
    given = isinstance(observations, dict) and "targets" not in observations
    return given and isinstance(table.get("layers"), list) and table.keys().isdisjoint(_TRAINING_KEYS)


def _predictor(table: Mapping[str, Any]) -> Predictor:
    names, scaler, image = _names(table), _scaler(table), table.get("image")
    inputs: Matrix = ()
    if "observations" in table:
        inputs = toml_fields.matrix(table["observations"].get("inputs"), "observations.inputs")
    known = inputs[0] if inputs else names.features or (scaler and scaler.mean)
    layers = _layers(table, len(known) if known else _inputs_of_weights(table["layers"]), train_bias=True)
    return make_predictor(table.get("title"), table.get("source", ""), layers, inputs, image, names, scaler)  # type: ignore[arg-type]


def _inputs_of_weights(tables: Any) -> int:
    """How many inputs the first layer has, by its weights, which `_layers` checks."""
    first = tables[0] if isinstance(tables, list) and tables and isinstance(tables[0], dict) else {}
    rows = first.get("weights")
    if not isinstance(rows, list) or not rows:
        raise refuse("layers[0].weights", f"is {toml_fields.shown(rows)}", "a list of rows",
                     "only weights can predict; a network that is to be trained needs [observations]")  # fmt: skip
    return len(rows) if first.get("weights_by") == "input" else len(rows[0]) if isinstance(rows[0], list) else 1


def _names(table: Mapping[str, Any]) -> Names:
    if "names" not in table:
        return Names()
    found = _table(table["names"], "names", ("features", "classes"))
    return Names(found.get("features", ()), found.get("classes", ()))


def _scaler(table: Mapping[str, Any]) -> Scaler | None:
    if "scaler" not in table:
        return None
    found = _table(table["scaler"], "scaler", ("mean", "scale"))
    return Scaler(found.get("mean"), found.get("scale"))  # type: ignore[arg-type] # checked by the scaler


def _remarks(tables: object) -> tuple[Remark, ...]:
    if not isinstance(tables, list):
        raise refuse("remarks", f"is {toml_fields.shown(tables)}", "[[remarks]] tables")
    found = [_table(entry, f"remarks[{i}]", ("view", "text")) for i, entry in enumerate(tables)]
    return tuple(Remark(str(entry.get("view", "")), entry.get("text", "")) for entry in found)


def _table(value: object, field: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise refuse(field, f"is {toml_fields.shown(value)}", f"a table [{field}] with {' and '.join(known)}")
    toml_fields.known_keys(value, known, f"{field}.")
    return value


def _layers(table: Mapping[str, Any], fan_in: int, train_bias: bool) -> tuple[Layer, ...]:
    """All layers; random weights are drawn in order from one generator, layer after layer, row after row."""
    tables = table.get("layers")
    if not isinstance(tables, list) or not tables:
        raise refuse("layers", f"is {toml_fields.shown(tables)}", "one [[layers]] table a layer")
    _not_too_many(tables, "layers", "layers", MOST_LAYERS)
    seed = table.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise refuse("seed", f"is {toml_fields.shown(seed)}", "a whole number")
    spread = SPREADS[toml_fields.choice(table.get("init", "xavier"), "init", SPREADS)]
    generator = random.Random(seed)
    layers: list[Layer] = []
    for index, entry in enumerate(tables):
        where = f"layers[{index}]"
        entry = _table(entry, where, tuple(LAYER_KEYS))
        room = MOST_WEIGHTS - sum(len(layer.weights) * layer.neurons for layer in layers)
        rows = _weights(entry, where, fan_in, spread, generator, room)
        layers.append(_layer(entry, where, rows, train_bias))
        fan_in = layers[-1].neurons
    return tuple(layers)


def _not_too_many(value: object, field: str, what: str, most: int) -> None:
    if isinstance(value, list) and len(value) > most and not isinstance(value[0], int | float):  # one bare row is none
        raise refuse(field, f"has {len(value):,} {what}", f"at most {most:,}", _SMALLER)


def _weights(
    entry: Mapping[str, Any], where: str, fan_in: int, spread: Any, generator: random.Random, room: int
) -> Matrix:
    """The weights without the biases, n_in × n_out: a row an input node, whatever the file's orientation.

    Random ones are at most `room` many.
    """
    if "neurons" in entry:
        if "weights" in entry:
            raise refuse(f"{where}.neurons", "stands beside weights", "one of the two", "remove neurons")
        neurons = entry["neurons"]
        if isinstance(neurons, bool) or not isinstance(neurons, int) or neurons < 1:
            raise refuse(f"{where}.neurons", f"is {toml_fields.shown(neurons)}", "a whole number from 1")
        if neurons * fan_in > room:
            raise refuse(
                f"{where}.neurons", f"is {neurons:,}", f"at most {MOST_WEIGHTS:,} random weights in all layers"
            )
        half = spread(fan_in, neurons)
        return tuple(
            tuple(round(half * (2 * generator.random() - 1), 6) for _ in range(neurons)) for _ in range(fan_in)
        )
    by = toml_fields.choice(entry.get("weights_by", "neuron"), f"{where}.weights_by", ("neuron", "input"))
    rows = toml_fields.matrix(entry.get("weights"), f"{where}.weights")
    found = len(rows[0]) if by == "neuron" else len(rows)
    if found != fan_in:
        what, other = ("numbers in a row", "input") if by == "neuron" else ("rows", "neuron")
        raise refuse(
            f"{where}.weights",
            f"has {found} {what}",
            f"{fan_in} (one per input of the layer)",
            f'transpose it, or set weights_by = "{other}"',
        )
    return rows if by == "input" else tuple(zip(*rows, strict=True))


def _layer(entry: Mapping[str, Any], where: str, rows: Matrix, train_bias: bool) -> Layer:
    activation = toml_fields.choice(entry.get("activation"), f"{where}.activation", ACTIVATION_FACTS)
    slope = None if "slope" not in entry else toml_fields.number(entry["slope"], f"{where}.slope")
    if entry.get("bias") is False:
        return Layer(activation, rows, bias=False, slope=slope)
    neurons, bias = len(rows[0]), toml_fields.as_lists(entry.get("bias", [0.0] * len(rows[0])))
    single = not isinstance(bias, list | tuple)
    if single:
        biases = (toml_fields.number(bias, f"{where}.bias"),) * neurons
    else:
        biases = toml_fields.row(bias, f"{where}.bias")
    if len(biases) != neurons:
        raise refuse(f"{where}.bias", f"has {len(biases)} numbers", f"{neurons} (one per neuron) or a single number")
    return Layer(activation, (*rows, biases), shared_bias=single and not train_bias, slope=slope)


def dump_network(network: Network) -> str:
    """The network as the text of a network file; `parse_network` gives the same network back."""
    trained = not isinstance(network, Predictor)
    inputs = network.examples if isinstance(network, Predictor) else network.inputs
    lines = [
        f"title = {_quoted(network.title)}",
        f"source = {_quoted(network.source)}",
        *(_training_lines(network) if trained else []),
        *([] if network.image is None else [f"image = {list(network.image)}"]),
    ]
    lines += ["", "[observations]", *_rows("inputs", inputs)] if inputs else []
    lines += _rows("targets", network.targets) if trained else []
    for field, found in (("features", network.names.features), ("classes", network.names.classes)):
        title = [] if field == "classes" and network.names.features else ["", "[names]"]
        lines += [*title, f"{field} = {_texts(found)}"] if found else []
    if network.scaler is not None:
        lines += [
            "",
            "[scaler]",
            *(f"{field} = {_numbers(getattr(network.scaler, field))}" for field in ("mean", "scale")),
        ]
    for layer in network.layers:
        lines += ["", "[[layers]]", f"activation = {_quoted(layer.activation)}", 'weights_by = "input"']
        lines += [] if layer.slope == ACTIVATION_FACTS[layer.activation].below else [f"slope = {layer.slope!r}"]
        lines += [*_rows("weights", layer.weights[: layer.fan_in]), f"bias = {_bias(layer)}"]
    for remark in network.remarks:
        lines += ["", "[[remarks]]", f"view = {_quoted(remark.view)}", f"text = {_quoted(remark.text)}"]
    return "\n".join(short for line in lines for short in _wrapped(line)) + "\n"


def _training_lines(network: Network) -> list[str]:
    return [
        f"loss = {_quoted(network.loss)}",
        f"reduction = {_quoted(network.reduction)}",
        f"learning_rate = {network.learning_rate!r}",
        f"train_bias = {str(network.train_bias).lower()}",
        *([] if network.training_steps is None else [f"training_steps = {network.training_steps}"]),
        *([] if network.l2 is None else [f"l2 = {network.l2.spelled}"]),
    ]


def _bias(layer: Layer) -> str:
    """One number where the layer has one for all its neurons, `false` where it has none."""
    if not layer.bias:
        return "false"
    return repr(layer.weights[-1][0]) if layer.shared_bias else _numbers(layer.weights[-1])


def _rows(field: str, rows: Matrix) -> list[str]:
    return [f"{field} = [", *(f"  {_numbers(numbers)}," for numbers in rows), "]"]


def _numbers(numbers: tuple[float, ...]) -> str:
    return "[" + ", ".join(map(repr, numbers)) + "]"


def _texts(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]"


def _wrapped(line: str) -> list[str]:
    """A line in pieces that each fit a cell; only lists of numbers get that long, and TOML lets those break."""
    return textwrap.wrap(line, LONGEST_LINE) if len(line) > LONGEST_LINE and "[" in line else [line]


def _quoted(words: str) -> str:
    """A TOML basic string."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'
