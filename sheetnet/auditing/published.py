"""Reads the `[published]` part of a network file: what a document may print, and what it prints, as it prints it.

Every field is checked; an error names the field, what was found, what was expected, and the remedy.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sheetnet import toml_fields
from sheetnet.activations_and_losses import losses_for_all
from sheetnet.auditing.digits import Digits, read_digits
from sheetnet.auditing.evaluate import TERM_FUNCTIONS, arguments_of
from sheetnet.auditing.expressions import (
    FunctionTerm,
    NameTerm,
    Term,
    is_longer,
    names_in,
    parse_equation,
    parse_term,
    subterms,
)
from sheetnet.errors import NetworkError, errors_within
from sheetnet.network import Network
from sheetnet.network_file import HasNetwork, NetworkLike, load_network, network_of, read_table
from sheetnet.predictor import refuse_predictor
from sheetnet.quantity import Quantity, q
from sheetnet.reference import Array
from sheetnet.syntax.references import element_name
from sheetnet.toml_fields import entries_of, index_of, meanings_of, refuse, rows_of

PrintedPlace = tuple[str, int, int]  # block, row, column
BIASES = {"W": "b", "dC_dW": "db"}  # what the last row of a block is called, by symbols
_OF_COST = {"cost_out", "cost_n", "cost", "dC_da", "dC_dW", "delta", "db"}
# Field of a network file → the symbols of what cannot be computed without it; new values need them all.
NEEDS = {"learning_rate": {"gamma"}, "observations.targets": {"target", *_OF_COST}, "loss": _OF_COST}


def shapes_of(network: Network) -> dict[str, tuple[int, int]]:
    """Every name of the step → rows and columns.

    Beside the blocks these are `a_l` of hidden layers, which stands in `A_l`, and the biases apart from the weights:
    `b_l`, `db_l` and `b_l_new`, the last rows of `W_l`, `dC_dW_l` and `W_l_new`.
    """
    shapes = {name: block.shape for name, block in network.blocks.items()}
    for layer in range(1, network.depth + 1):
        neurons = network.sizes[layer]
        if network.has_bias(layer):
            shapes |= dict.fromkeys((q("b", layer), q("db", layer), q("b", layer, new=True)), (1, neurons))
        if layer < network.depth:
            shapes |= dict.fromkeys((q("a", layer), q("a", layer, new=True)), (network.observations, neurons))
    return shapes


def weights_of(name: str) -> str | None:
    """The block whose last row `b_l`, `db_l` or `b_l_new` is; None for any other name."""
    bias = Quantity.of(name)
    symbols = (symbol for symbol, own in BIASES.items() if name == q(own, bias.layer, bias.new and symbol == "W"))
    return next((q(symbol, bias.layer, bias.new) for symbol in symbols if bias.layer is not None), None)


def block_of_column(network: Network, block: str, column: int) -> str:
    """`a_l` for the activations inside `A_l`, `W_l` for `b_l`; other blocks stay themselves."""
    cells = Quantity.of(block).of_cells
    if cells.symbol == "a" and cells.layer and cells.layer < network.depth and column < network.sizes[cells.layer]:
        return cells.name
    return weights_of(block) or block


def printed_place(network: Network, name: str, index: tuple[int, int]) -> PrintedPlace:
    """Where a number of a quantity stands among the blocks of the step."""
    row, column = index
    if (block := weights_of(name)) is not None:
        row += network.blocks[block].rows - 1
    return block_of_column(network, name, column), row, column


def with_biases(network: Network, values: Mapping[str, Array]) -> dict[str, Array]:
    """The values with `b_l`, `db_l` and `b_l_new` beside the blocks that hold them, … × 1 × n_l, of layers with biases."""
    found = dict(values)
    for name, array in values.items():
        quantity = Quantity.of(name)
        if quantity.symbol in BIASES and network.has_bias(quantity.layer or 0):
            found[q(BIASES[quantity.symbol], quantity.layer, quantity.new)] = array[..., -1:, :]
    return found


def lacking_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a network that a document's file does not give; targets and loss go together where both are missing."""
    if "published" not in table:
        return ()
    observations = table.get("observations")
    targets = isinstance(observations, dict) and "inputs" in observations and "targets" not in observations
    missing = {"learning_rate": "learning_rate" not in table, "observations.targets": targets}
    missing["loss"] = targets and "loss" not in table
    return tuple(field for field in NEEDS if missing[field])


def completed(table: Mapping[str, Any], lacking: Iterable[str]) -> Mapping[str, Any]:
    """The table with a number for each field that is lacking; nothing that is printed may depend on it."""
    found = dict(table)
    for field in lacking:
        if field == "observations.targets":
            observations = table["observations"]
            inputs = observations["inputs"]
            many = isinstance(inputs, list) and inputs and isinstance(inputs[0], list)
            targets = [[0.0] * _outputs(table.get("layers"))] * (len(inputs) if many else 1)
            found["observations"] = {**observations, "targets": targets}
        else:
            found[field] = {"learning_rate": 1.0, "loss": losses_for_all()[0]}[field]
    return found


def _outputs(layers: object) -> int:
    """The neurons of the last layer; 1 where the layers are wrong anyway, which is refused before targets are counted."""
    last = layers[-1] if isinstance(layers, list) and layers else None
    if not isinstance(last, dict):
        return 1
    neurons, rows = last.get("neurons"), last.get("weights")
    if isinstance(neurons, int):
        return max(1, min(neurons, 1_000_000))
    if not isinstance(rows, list) or not rows:
        return 1
    rows = rows if isinstance(rows[0], list) else [rows]
    return len(rows) if last.get("weights_by", "neuron") == "neuron" else len(rows[0])


def needs(name: str) -> set[str]:
    """The fields of a network file without which a quantity cannot be computed; the others it has in any case."""
    quantity = Quantity.of(name)
    return {field for field, symbols in NEEDS.items() if quantity.new or quantity.symbol in symbols}


def refuse_lacking(names: Iterable[str], lacking: Iterable[str], where: str) -> NetworkError | None:
    """The error for a quantity that needs what the file does not give; None where none does."""
    for field in lacking:
        for name in sorted(names):
            if field in needs(name):
                return refuse(where, f"reads {name}, which needs {field}", f"{field} in the network file", "add it")
    return None


MOST_TERMS = 20_000  # of an equation with all its own names replaced
NOT_PRINTED = "-"  # a cell of a printed table that has no number
FREE = re.compile(r"[A-Za-z]\w?(_\w+)?")  # a variable of an identity: x, x_1, y, a_11


@dataclass(frozen=True)
class PrintedNumber:
    """One number as printed. `digits` is None for a blank that the document leaves to its reader.

    `quantity` is a name of the step and `index` its element from 0; with an `expression` the quantity is a label.
    `sources` limits which printed numbers it is computed from; `terms` are the labels of printed numbers whose sum it
    is. Numbers printed together share a `table`.
    """

    place: str
    quantity: str
    index: tuple[int, int]
    text: str
    digits: Digits | None
    expression: Term | None
    sources: tuple[str, ...] | None
    terms: tuple[str, ...]
    table: int

    @property
    def reads(self) -> set[str]:
        """The quantity that is printed, or those of its expression."""
        return {self.quantity} if self.expression is None else names_in(self.expression)


@dataclass(frozen=True)
class PrintedFormula:
    """One equation as printed, in spreadsheet syntax; `where` says what its own names stand for."""

    place: str
    equation: str
    left: Term
    right: Term
    where: Mapping[str, Term]

    @property
    def reads(self) -> set[str]:
        """Every name of a quantity or variable in it; not its own names."""
        return self.names - set(self.where)

    @property
    def names(self) -> set[str]:
        """Every name in it and in what its own names stand for."""
        return set().union(*map(names_in, (self.left, self.right, *self.where.values())), self.where)


@dataclass(frozen=True)
class Published:
    """A document: its network, and what it prints, in its own order.

    `lacking` are the fields of a network that its text does not give, such as `learning_rate`; the network then holds
    a number in their place, which nothing that is printed depends on.
    """

    network: Network
    numbers: tuple[PrintedNumber, ...]
    formulas: tuple[PrintedFormula, ...]
    lacking: tuple[str, ...] = ()


def load_published(source: NetworkLike) -> Published:
    """The network of a file, template or TOML table with its `[published]` part, which a `Network` alone lacks.

    Raises `NetworkError` in one line: the file, the field, what was found, what was expected.
    """
    if isinstance(source, Network | HasNetwork):
        return _published(load_network(source), None, ())
    table, where = read_table(source)
    lacking = lacking_in(table)
    network = network_of(completed(table, lacking), where)
    with errors_within(where):
        return _published(network, table.get("published"), lacking)


def _published(network: Network, table: object, lacking: tuple[str, ...]) -> Published:
    refuse_predictor(network)
    printed, equations = entries_of(table)
    shapes = shapes_of(network)
    numbers: list[PrintedNumber] = []
    for i, entry in enumerate(printed):
        found = list(_numbers(entry, i, shapes, {number.quantity for number in numbers}))
        _check_given({name for number in found for name in number.reads}, lacking, f"published.numbers[{i}]")
        numbers += found
    formulas = [_formula(entry, i, shapes) for i, entry in enumerate(equations)]
    for i, formula in enumerate(formulas):  # equations hold for any γ and targets, but not for any loss
        _check_given(formula.reads, [field for field in lacking if field == "loss"], f"published.formulas[{i}]")
    return Published(network, tuple(numbers), tuple(formulas), lacking)


def _check_given(names: Collection[str], lacking: Collection[str], where: str) -> None:
    if (error := refuse_lacking(names, lacking, where)) is not None:
        raise error


def _numbers(
    entry: Mapping[str, Any], table: int, shapes: Mapping[str, tuple[int, int]], above: Collection[str]
) -> Iterator[PrintedNumber]:
    where = f"published.numbers[{table}]"
    place = toml_fields.text(entry.get("place"), f"{where}.place")
    quantity = toml_fields.text(entry.get("quantity"), f"{where}.quantity")
    expression = None
    if "expression" in entry:
        expression = parse_term(toml_fields.text(entry["expression"], f"{where}.expression"), f"{where}.expression")
        check_names(expression, shapes, f"{where}.expression")
    elif quantity not in shapes:
        near = difflib.get_close_matches(quantity, shapes, 1)
        remedy = f"did you mean {near[0]}?" if near else "or give an expression that computes it"
        raise refuse(f"{where}.quantity", f"is {quantity!r}", "a quantity of the step", remedy)
    sources = _names(entry.get("from"), shapes, f"{where}.from", "a list of quantities of the step")
    terms = _names(entry.get("sum_of"), above, f"{where}.sum_of", "a list of quantities or labels printed above")
    top, left = index_of(entry.get("index", [0, 0]), f"{where}.index")
    turned = toml_fields.choice(entry.get("by", "input"), f"{where}.by", ("input", "neuron")) == "neuron"
    for r, row in enumerate(rows_of(entry.get("printed"), f"{where}.printed")):
        for c, text in enumerate(row):
            index = (top + c, left + r) if turned else (top + r, left + c)
            if text.strip() != NOT_PRINTED:
                if expression is None:
                    _inside(index, quantity, shapes[quantity], where)
                digits = _digits(text, f"{where}.printed")
                yield PrintedNumber(place, quantity, index, text, digits, expression, sources, terms or (), table)


def _digits(text: str, field: str) -> Digits | None:
    """What a text prints; None for a blank."""
    digits = read_digits(text) if text.strip() else None
    if text.strip() and digits is None:
        raise refuse(field, f"has {text!r}", 'a number as printed, "" or "-"')
    return digits


def _names(value: object, known: Collection[str], field: str, expected: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) and name in known for name in value):
        raise refuse(field, f"is {toml_fields.shown(value)}", expected)
    return tuple(value)


def _inside(index: tuple[int, int], quantity: str, shape: tuple[int, int], where: str) -> None:
    if index[0] >= shape[0] or index[1] >= shape[1]:
        found = f"reaches {element_name(quantity, index)}"
        raise refuse(
            f"{where}.printed", found, f"{shape[0]} × {shape[1]} numbers at most", 'set by = "neuron", or index'
        )


def _formula(entry: Mapping[str, Any], number: int, shapes: Mapping[str, tuple[int, int]]) -> PrintedFormula:
    where = f"published.formulas[{number}]"
    place = toml_fields.text(entry.get("place"), f"{where}.place")
    equation = toml_fields.text(entry.get("equation"), f"{where}.equation", longest=toml_fields.LONGEST_EQUATION)
    meanings = meanings_of(entry, where)
    terms = {
        name: parse_term(
            toml_fields.text(words, f"{where}.where.{name}", longest=toml_fields.LONGEST_EQUATION),
            f"{where}.where.{name}",
        )
        for name, words in meanings.items()
    }
    equation = " ".join(equation.split())
    left, right = parse_equation(equation, f"{where}.equation")
    for term in (left, right, *terms.values()):
        check_names(term, {**shapes, **dict.fromkeys(terms, (0, 0))}, where, free=True)
        if is_longer(term, terms, MOST_TERMS):
            raise refuse(where, "is very long once its names are replaced", f"{MOST_TERMS:,} terms at most", "split it")
    return PrintedFormula(place, equation, left, right, terms)


def check_names(term: Term, shapes: Mapping[str, tuple[int, int]], where: str, free: bool = False) -> None:
    """Refuse unknown names, functions and indices; `free` allows variables such as x_1."""
    for name in sorted(names_in(term)):
        if name not in shapes and not (free and FREE.fullmatch(name)):
            near = difflib.get_close_matches(name, shapes, 1)
            raise refuse(where, f"reads {name!r}", "quantities of the step", f"did you mean {near[0]}?" if near else "")
    _check_inside(term, shapes, where)


def _check_inside(term: Term, shapes: Mapping[str, tuple[int, int]], where: str) -> None:
    if isinstance(term, NameTerm) and term.index is not None:
        shape = shapes.get(term.name, (0, 0))
        if term.index[0] >= shape[0] or term.index[1] >= shape[1]:
            found = f"reads {term.name}[{term.index[0]},{term.index[1]}]"
            raise refuse(where, found, f"an index within {shape[0]} × {shape[1]}, counted from 0")
    if isinstance(term, FunctionTerm):
        wanted = arguments_of(term.function)
        if term.function not in TERM_FUNCTIONS and term.function != "DIFF":
            raise refuse(where, f"calls {term.function}", "one of " + ", ".join(sorted({*TERM_FUNCTIONS, "DIFF"})))
        if wanted is not None and len(term.arguments) != wanted:
            raise refuse(where, f"calls {term.function} with {len(term.arguments)} arguments", str(wanted))
        if term.function == "DIFF" and not isinstance(term.arguments[1], NameTerm):
            raise refuse(where, "calls DIFF by something else", "a name as its second argument, as in DIFF(x^2,x)")
    for part in subterms(term):
        _check_inside(part, shapes, where)
