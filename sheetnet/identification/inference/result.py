"""What `infer` finds: the network, where its inputs stand, what was chosen and what is left to be said; as files, too."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from sheetnet.identification.input_map import InputMap
from sheetnet.network import Network
from sheetnet.network_file import dump_network
from sheetnet.object_display import shown_line
from sheetnet.quantity import q
from sheetnet.syntax.references import cell_name, quote_sheet
from sheetnet.workbook import Place

LINE = 110  # characters of a comment


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What the sheet does not tell: in words, the field of the network file or map, and the line with the best guess."""

    about: str
    words: str
    line: str


@dataclass(frozen=True)
class Inference:
    """The network of a workbook, read off its forward pass.

    `inputs` says where its inputs stand. `choices` are what the forward pass left open and other cells of the sheet
    decided, `questions` what nothing decides, each with the guess that was taken. It is `sure` without questions.
    `where` describes where the forward pass stands. It is `whole` where all formulas were looked at.

    >>> path = sheetnet.write_workbook(sheetnet.load_network("d02b"), "theirs.xlsx")
    >>> sheetnet.infer(path).network.sizes
    (2, 2, 2)
    """

    workbook: str
    network: Network
    inputs: InputMap
    where: str
    choices: tuple[str, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()
    whole: bool = True

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever reads a judgement by this network should know of it."""
        head = f"no network was given; {self.network_words}"
        asked = (f"open: {one.words}" + (f" (taken is {one.line})" if one.line else "") for one in self.questions)
        return (head, *self.choices, *asked)

    @property
    def network_words(self) -> str:
        """`the forward pass is that of 2-2-2 with sigmoid, sigmoid`."""
        sizes, activations = "-".join(map(str, self.network.sizes)), (layer.activation for layer in self.network.layers)
        return f"the forward pass is that of {sizes} with {', '.join(activations)}"

    @property
    def sure(self) -> bool:
        """Whether the sheet leaves no question open."""
        return not self.questions

    def __repr__(self) -> str:
        """One line: the workbook, the network, and whether it is sure."""
        sizes = "-".join(map(str, self.network.sizes))
        activations = ", ".join(layer.activation for layer in self.network.layers)
        sure = "sure" if self.sure else f"{len(self.questions)} open"
        return shown_line(
            self, f"{self.workbook or 'workbook'}: {sizes} with {activations}; {self.network.loss}; {sure}"
        )

    def network_text(self) -> str:
        """The network file, with what was chosen and what is open as comments."""
        lines = [*_comments(self.choices), *(line for one in self.questions for line in _asked(one))]
        return "\n".join([*lines, dump_network(self.network)]) if lines else dump_network(self.network)

    def map_text(self) -> str:
        """The input map, which `identify --inputs` takes."""
        found = ["[inputs]", *_map_lines(self.network, self.inputs)]
        return "\n".join(found) + "\n"


def _comments(words: tuple[str, ...]) -> Iterator[str]:
    for each in words:
        yield from (f"# {line}" for line in textwrap.wrap(each, LINE))


def _asked(one: OpenQuestion) -> Iterator[str]:
    yield from _comments((f"OPEN: {one.words}",))
    if one.line:
        yield f"#   {one.line}"


def _map_lines(network: Network, where: InputMap) -> Iterator[str]:
    rows, n = network.observations, network.sizes
    yield from _line("A_0", where, [("A_0", k, i) for k in range(rows) for i in range(n[0])], "observation")
    yield from _line("target", where, [("target", k, j) for k in range(rows) for j in range(n[-1])], "observation")
    for layer in range(1, network.depth + 1):
        name = q("W", layer)
        weights = [(name, i, j) for j in range(n[layer]) for i in range(n[layer - 1])]
        yield from _line(name, where, weights, "neuron")
        if network.has_bias(layer):
            yield from _line(q("b", layer), where, [(name, n[layer - 1], j) for j in range(n[layer])], "")
    yield from _line("gamma", where, [("gamma", 0, 0)], "")


def _line(field: str, where: InputMap, elements: list[tuple[str, int, int]], by: str) -> Iterator[str]:
    """One line of the map; none where an element has no cell."""
    cells = [where.cells.get(element, ()) for element in elements]
    if not all(cells):
        return
    count = min(map(len, cells))
    first = [own[0] for own in cells]
    if not by and len(set(first)) == 1:
        yield f"{field} = {_quoted(first[:1])}"
        return
    if len(set(first)) < len(first):
        return
    places = [own[copy] for copy in range(count) for own in cells]
    words = _quoted(places)
    options = (f', by = "{by}"' if by else "") + (", copies = true" if count > 1 else "")
    yield f"{field} = {{ cells = {words}{options} }}" if options else f"{field} = {words}"


def _quoted(places: list[Place]) -> str:
    """Cells as ranges where they stand side by side in one row."""
    ranges: list[list[Place]] = []
    for place in places:
        if ranges and place == (*ranges[-1][-1][:2], ranges[-1][-1][2] + 1):
            ranges[-1].append(place)
        else:
            ranges.append([place])
    words = [f'"{_range(each)}"' for each in ranges]
    return words[0] if len(words) == 1 else "[" + ", ".join(words) + "]"


def _range(places: list[Place]) -> str:
    first, last = places[0], places[-1]
    end = "" if len(places) == 1 else f":{cell_name(*last[1:])}"
    return f"{quote_sheet(first[0])}!{cell_name(*first[1:])}{end}".replace("\\", "\\\\").replace('"', '\\"')
