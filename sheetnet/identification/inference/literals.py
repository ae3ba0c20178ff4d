"""Gives numbers that are typed into sums of products, such as `0.15*A2+0.2*B2+0.35`, cells of their own.

So a network whose inputs or weights stand inside its formulas is read as any other. One number is one cell wherever it
is typed: an input is the same at every neuron, a weight at every observation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sheetnet.formulas import symbol_of
from sheetnet.identification.input_map import InputMap
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.syntax import Token, cell_name, quote_sheet, tokenize
from sheetnet.workbook import Cell, Position, Sheet, Workbook

_SHEET = "numbers in formulas"
_SIGNS = ("+", "-")
_WITHIN_ACTIVATIONS = {"1", "2"}  # 1/(1+EXP(-1*z)): of the activation, and no weight


Placed = tuple[int, Token]  # a token with its number in the formula


@dataclass(frozen=True)
class _Literal:
    """A number in a formula, with the minus before it, if there is one, which is a part of it then."""

    at: int
    minus: int | None


@dataclass
class _Level:
    """What stands side by side at one level of brackets."""

    tokens: list[Placed] = field(default_factory=list)

    def terms(self) -> list[list[Placed]]:
        """What is added or subtracted, each with its signs."""
        found: list[list[Placed]] = [[]]
        for at, token in self.tokens:
            if token.text in _SIGNS and found[-1] and found[-1][-1][1].text not in ("*", *_SIGNS):
                found.append([])
            found[-1].append((at, token))
        return found

    def literals(self) -> list[_Literal]:
        """The numbers that are factors of a reference, or are added to such products; none where the level is no sum."""
        terms, products, added, cells = self.terms(), list[_Literal](), list[_Literal](), 0
        for term in terms:
            own = [(at, token) for at, token in term if token.text not in _SIGNS]
            kinds = [token.kind if token.kind in ("number", "reference") else token.text for _, token in own]
            if kinds in (["number", "*", "reference"], ["reference", "*", "number"]):
                products.append(_literal(term))
            elif kinds == ["number"]:
                added.append(_literal(term))
            elif kinds in (["reference"], ["reference", "*", "reference"]):
                cells += 1
            else:
                return []
        is_step = len(products) == 1 and cells == 1 and products[0].minus is not None  # w − 0.5 g
        is_sum = len(terms) > 1 and (products or (added and cells > 1)) and not is_step
        return [*products, *added] if is_sum else []


def _literal(term: list[Placed]) -> _Literal:
    (at,) = [at for at, token in term if token.kind == "number"]
    minus = [at for at, token in term if token.text == "-"]
    return _Literal(at, minus[0] if len(minus) == 1 else None)


def with_cells(workbook: Workbook) -> Workbook:
    """The workbook with one more sheet, of the numbers in its sums; the same where there are none."""
    numbers: dict[str, Position] = {}
    name = _SHEET
    while workbook.sheet(name) is not None:
        name += "_"
    sheets = tuple(replace(sheet, cells=_cells(sheet, name, numbers)) for sheet in workbook.sheets)
    if not numbers:
        return workbook
    own = {at: Cell(float(text)) for text, at in numbers.items()}
    return replace(workbook, sheets=(*sheets, Sheet(name, own)))


def _cells(sheet: Sheet, name: str, numbers: dict[str, Position]) -> Mapping[Position, Cell]:
    changed = {
        at: replace(cell, formula=_with_references(cell.formula, name, numbers))
        for at, cell in sheet.cells.items()
        if cell.formula is not None and at not in sheet.arrays
    }
    return {**sheet.cells, **changed}


def _with_references(formula: str, name: str, numbers: dict[str, Position]) -> str:
    tokens = tokenize(formula)
    exponent = any(token.kind == "function" for token in tokens)
    literals = [one for level in _levels(tokens) for one in level.literals()]
    texts = [token.text for token in tokens]
    for one in literals:
        if exponent and texts[one.at] in _WITHIN_ACTIVATIONS:
            continue
        number = float(texts[one.at]) * (-1 if one.minus is not None else 1)
        place = numbers.setdefault(f"{number:.15g}", (1 + len(numbers), 1))
        texts[one.at] = f"{quote_sheet(name)}!{cell_name(*place, absolute=True)}"
        if one.minus is not None:
            texts[one.minus] = "+"
    return "".join(texts)


def _levels(tokens: list[Token]) -> Iterator[_Level]:
    """The levels of brackets, and the arguments of functions."""
    open_levels = [_Level()]
    for at, token in enumerate(tokens):
        if token.kind == "open":
            open_levels[-1].tokens.append((at, token))
            open_levels.append(_Level())
        elif token.kind == "close" and len(open_levels) > 1:
            yield open_levels.pop()
        elif token.kind == "space":
            continue
        elif token.kind == "separator":
            yield open_levels.pop()
            open_levels.append(_Level())
        else:
            open_levels[-1].tokens.append((at, token))
    yield from open_levels


def without_cells(workbook: Workbook, where: InputMap) -> InputMap:
    """The map without the cells that the workbook does not have."""
    sheets = {sheet.name for sheet in workbook.sheets}
    kept = {element: tuple(p for p in places if p[0] in sheets) for element, places in where.cells.items()}
    return replace(where, cells={element: places for element, places in kept.items() if places})


def typed_in_formulas(network: Network, where: InputMap) -> str:
    """What is typed into the formulas, at least in part: `A⁽⁰⁾, W⁽¹⁾, the biases of layer 1`."""
    return ", ".join(
        words for block, at, words in _parts(network) if any((block, *one) not in where.cells for one in at)
    )


def _parts(network: Network) -> Iterator[tuple[str, list[Position], str]]:
    n = network.sizes
    yield "A_0", [(k, i) for k in range(network.observations) for i in range(n[0])], symbol_of("A_0")
    for layer in range(1, network.depth + 1):
        block = q("W", layer)
        yield block, [(i, j) for i in range(n[layer - 1]) for j in range(n[layer])], symbol_of(block)
        if network.has_bias(layer):
            yield block, [(n[layer - 1], j) for j in range(n[layer])], f"the biases of layer {layer}"
