"""Takes inputs that no typed number is equal to from where the forward pass has them, or asks for them with a guess.

So RAND() and inputs that are computed, as `=1-A2`, are read as they were saved, and numbers typed into formulas stay as
they are. A typed number that is another than the file's is never taken: either of the two may be meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sheetnet.errors import FileError
from sheetnet.formulas import Dimensions, spoken
from sheetnet.identification.find_inputs import number_key, typed_number
from sheetnet.identification.inference.pipeline import infer_workbook
from sheetnet.identification.inference.result import Inference
from sheetnet.identification.input_map import InputMap
from sheetnet.judge_options import JudgeOptions
from sheetnet.network import Network
from sheetnet.quantity import Quantity
from sheetnet.reference import inputs_of
from sheetnet.syntax.references import and_more, cell_place
from sheetnet.validation.case import InputPlace, input_blocks
from sheetnet.workbook import Workbook

_NEEDED = ("A", "W")  # without these nothing can be identified; biases, targets and γ may be literals
_LONGEST_LINE = 300  # characters of a line of a map that an error shows
_REMEDY = "say where the inputs stand with --inputs MAP.toml"


def with_unfound_inputs(where: InputMap, workbook: Workbook, network: Network, options: JudgeOptions) -> InputMap:
    """The map with what it lacks, as the forward pass has it; the same where nothing is lacking.

    Raises `FileError` that names inputs which stand nowhere, with a line of a map where the forward pass tells one.
    """
    lacking = list(_lacking(network, where))
    if not lacking:
        return where
    needed = [element for element in lacking if Quantity.of(element[0]).symbol in _NEEDED]
    found = _inferred(workbook, options)
    if found is None or _shape(found.network) != _shape(network):
        if needed:
            another = "" if found is None else f"; {found.network_words}"
            raise FileError(
                _not_found(network, needed) + another, remedy=f"{_REMEDY}, as sheetnet infer --map writes it"
            )
        return where
    others = list(_other_numbers(found, workbook, network))
    if needed and others:
        raise FileError(f"{_not_found(network, needed)}; {others[0]}", remedy=_with_line(found, needed[0]))
    return where if others else replace(found.inputs, notes=tuple(_notes(found, network, lacking)))


def _lacking(network: Network, where: InputMap) -> Iterator[InputPlace]:
    """The inputs, weights and targets that have no cell."""
    for block in input_blocks(network):
        if block.quantity.symbol in (*_NEEDED, "target"):
            rows = network.sizes[(block.quantity.layer or 0) - 1] if block.quantity.symbol == "W" else block.rows
            elements = ((block.name, i, j) for i in range(rows) for j in range(block.columns))
            yield from (e for e in elements if not block.is_bias_node(e[2]) and e not in where.cells)


def _not_found(network: Network, lacking: list[InputPlace]) -> str:
    name, i, j = lacking[0]
    more = f" (nor {len(lacking) - 1} more inputs)" if len(lacking) > 1 else ""
    number = inputs_of(network)[name][0, i, j]
    return f"inputs not found: no cell that a formula uses holds {_spoken(network, lacking[0])} = {number:g}{more}"


def _inferred(workbook: Workbook, options: JudgeOptions) -> Inference | None:
    """The network of the forward pass; None where there is none."""
    try:
        return infer_workbook(workbook, options)
    except FileError:
        return None


def _shape(network: Network) -> tuple[object, ...]:
    return network.sizes, network.observations


def _other_numbers(found: Inference, workbook: Workbook, network: Network) -> Iterator[str]:
    """What speaks against the forward pass: a typed number that is not the file's."""
    own, theirs = inputs_of(network), inputs_of(found.network)
    sheets = {sheet.name: sheet.cells for sheet in workbook.sheets}
    for name in (block.name for block in input_blocks(network) if block.quantity.symbol in (*_NEEDED, "target")):
        rows, columns = (min(a, b) for a, b in zip(own[name][0].shape, theirs[name][0].shape, strict=True))
        for element in ((name, i, j) for i in range(rows) for j in range(columns)):
            place = found.inputs.cells.get(element, (None,))[0]
            cell = None if place is None else sheets[place[0]].get(place[1:])
            is_typed = cell is None or typed_number(cell) is not None
            number, right = (float(arrays[name][0, element[1], element[2]]) for arrays in (theirs, own))
            if is_typed and number_key(number) != number_key(right):
                at = "the formulas have" if place is None else f"{cell_place(place)} holds"
                yield f"for {_spoken(network, element)} {at} {number:g} in the forward pass"


def _with_line(found: Inference, lacking: InputPlace) -> str:
    """The remedy with the line of the map for one field."""
    lines = [line for line in found.map_text().splitlines() if line.startswith(f"{lacking[0]} =")]
    if lines and len(lines[0]) <= _LONGEST_LINE:
        guess = f"by the forward pass its line is {lines[0]} (sheetnet infer --map writes all)"
        return f"correct the file, or {_REMEDY}; {guess}"
    return f"correct the file, or {_REMEDY}, as sheetnet infer --map writes it"


def _notes(found: Inference, network: Network, lacking: list[InputPlace]) -> Iterator[str]:
    first, count = lacking[0], len(lacking)
    places = found.inputs.cells.get(first, ())
    where = f"read from {cell_place(places[0])}, as the forward pass has it" if places else "typed into the formulas"
    yield f"no typed number is {_spoken(network, first)}{and_more(count - 1)}: {where}"
    yield from found.choices


def _spoken(network: Network, element: InputPlace) -> str:
    return spoken(element[0], element[1:], Dimensions.of(network))
