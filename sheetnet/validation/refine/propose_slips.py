"""Proposes formulas without slips of entry: a $ lost or too many, missing brackets, a guard added, a wrong constant cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from sheetnet.network import Network
from sheetnet.syntax import Area, Token, cell_name, parse_area, shift, tokenize
from sheetnet.validation.refine.propose_repairs import KnownNumbers, Repair, arguments, full_constant
from sheetnet.verdict import Verdict
from sheetnet.workbook import Place, Workbook

DOLLAR_SLIP, BRACKETS_SLIP, EMPTY_SLIP, CONSTANT_SLIP, GUARD_SLIP = "SN116", "SN117", "SN118", "SN119", "SN048"
MOST_FILLS = 64  # ways of putting $ that are tried for a cell
MOST_BRACKETS = 40  # pairs of brackets that are tried for a cell
TINY = 1e-3  # what people add to keep a logarithm from 0 is not larger


@dataclass(frozen=True, slots=True)
class Filled:
    """A right formula of the same block, and how far from it the wrong cell stands."""

    place: Place
    formula: str
    rows: int
    columns: int


def slips(formula: str, filled: Filled | None) -> Iterator[Repair]:
    """Repairs of a formula's entry; `filled` is the right formula that was filled to here, if there is one."""
    tokens = tokenize(formula)
    yield from _unguarded(tokens)
    yield from _unclipped(tokens)
    if filled is not None:
        yield from islice(_refilled(filled), MOST_FILLS)
    yield from islice(_bracketed(tokens), MOST_BRACKETS)


def filled_from(formula: str, place: Place, right: Sequence[tuple[Place, str]]) -> Filled | None:
    """The nearest of the right formulas that reads like this one when it is filled to its place."""
    ways = (Filled(at, text, place[1] - at[1], place[2] - at[2]) for at, text in right if at[0] == place[0])
    fits = [way for way in ways if shift(way.formula, way.rows, way.columns) == formula]
    return min(fits, key=lambda way: (abs(way.rows) + abs(way.columns), way.place), default=None)


def _refilled(filled: Filled) -> Iterator[Repair]:
    """Each reference as if its column or row had been fixed when it was filled, or had not been."""
    tokens = tokenize(filled.formula)
    places = [index for index, token in enumerate(tokens) if token.kind == "reference"]
    moves = [(r, c) for r in dict.fromkeys((filled.rows, 0)) for c in dict.fromkeys((filled.columns, 0))]
    ways: list[tuple[int, Repair]] = []
    for chosen in islice(product(moves, repeat=len(places)), 4 * MOST_FILLS):
        words = [shift(token.text, filled.rows, filled.columns) for token in tokens]
        changed = []
        for index, move in zip(places, chosen, strict=True):
            now, wanted = words[index], shift(tokens[index].text.replace("$", ""), *move)
            if wanted != now.replace("$", ""):
                changed.append(f"{now} should be {wanted} (a $ {'too many' if '$' in now else 'is missing'})")
                words[index] = wanted
        if changed:
            said = f"right but for how it was filled from {cell_name(*filled.place[1:])}: {', '.join(changed)}"
            ways.append((len(changed), Repair("".join(words), Verdict.WRONG, said, mistake=DOLLAR_SLIP)))
    yield from (repair for _, repair in sorted(ways, key=lambda way: way[0]))


def _bracketed(tokens: Sequence[Token]) -> Iterator[Repair]:
    """The formula with brackets around some operands that stand side by side."""
    for operands in _operands(tokens):
        for i, j in sorted(combinations(range(len(operands)), 2), key=lambda pair: pair[1] - pair[0]):
            if (i, j) == (0, len(operands) - 1) and operands[i][0] == 0:
                continue  # around the whole formula
            start, stop = operands[i][0], operands[j][1]
            words = [token.text for token in tokens]
            inside = "".join(words[start:stop])
            text = f"{''.join(words[:start])}({inside}){''.join(words[stop:])}"
            yield Repair(
                text, Verdict.WRONG, f"right but for missing brackets around {inside}: ={text}", mistake=BRACKETS_SLIP
            )


def _operands(tokens: Sequence[Token]) -> list[list[tuple[int, int]]]:
    """The operands of each chain of operators, as spans of tokens: one chain an argument or pair of brackets."""
    chains: list[list[tuple[int, int]]] = []
    stack: list[tuple[list[tuple[int, int]], int]] = [([], 0)]
    expecting = True
    for index, token in enumerate(tokens):
        chain, start = stack[-1]
        if token.kind in ("open", "array_open"):
            stack[-1] = (chain, start if not expecting else _beginning(tokens, index))
            stack.append(([], index + 1))
            expecting = True
        elif token.kind in ("close", "array_close") and len(stack) > 1:
            chains.append(stack.pop()[0])
            stack[-1][0].append((stack[-1][1], index + 1))
            expecting = False
        elif token.kind == "separator":
            chains.append(chain)
            stack[-1] = ([], index + 1)
            expecting = True
        elif token.kind in ("number", "reference", "name", "text"):
            if index and tokens[index - 1].text == ":" and chain:
                chain[-1] = (chain[-1][0], index + 1)
            else:
                chain.append((index, index + 1))
            expecting = False
        elif token.kind == "operator" and token.text not in (":", "%", "@"):
            expecting = True
    return [chain for chain in (*chains, *(chain for chain, _ in stack)) if len(chain) > 1]


def _beginning(tokens: Sequence[Token], index: int) -> int:
    """Where a bracket's operand begins: at the function before it, if there is one."""
    return index - 1 if index and tokens[index - 1].kind == "function" else index


def _unclipped(tokens: Sequence[Token]) -> Iterator[Repair]:
    """The formula without MAX(a,1E-7) and MIN(a,0.999…) where logarithms are taken."""
    if not _has_logarithm(tokens):
        return
    words, clipped = [token.text for token in tokens], ""
    for index, token in enumerate(tokens):
        name = token.text.upper()
        if token.kind == "function" and name in ("MAX", "MIN"):
            end, comma = arguments(tokens, index + 1)
            for bound, comma_side in ((comma + 1, comma), (index + 2, index + 3)):
                alone = {bound - 1, bound + 1} <= {index + 1, comma, end}
                if alone and comma < end and tokens[bound].kind == "number" and _is_bound(name, tokens[bound].text):
                    words[index] = words[bound] = words[comma_side] = ""
                    clipped = clipped or f"{name} with {tokens[bound].text}"
    if clipped:
        message = f"right but for the {clipped} before a logarithm: it changes the cost where it cuts; leave it out"
        yield Repair("".join(words), Verdict.ROUNDED, message, mistake=GUARD_SLIP)


def _is_bound(name: str, text: str) -> bool:
    """Whether a number keeps what lies between 0 and 1 from 0 (in MAX) or from 1 (in MIN)."""
    return 0 < float(text) <= TINY if name == "MAX" else 1 - TINY <= float(text) < 1


def _has_logarithm(tokens: Sequence[Token]) -> bool:
    return any(token.text.upper() in ("LN", "LOG", "LOG10") for token in tokens)


def _unguarded(tokens: Sequence[Token]) -> Iterator[Repair]:
    """The formula without tiny numbers that are added or subtracted, as in LN(a+1E-7)."""
    tiny = [
        index
        for index, token in enumerate(tokens)
        if token.kind == "number" and 0 < float(token.text) <= TINY and index and tokens[index - 1].text in ("+", "-")
    ]
    if not tiny or not _has_logarithm(tokens):
        return
    text = "".join(t.text for index, t in enumerate(tokens) if index not in tiny and index + 1 not in tiny)
    number = tokens[tiny[0]].text
    message = f"right but for the {number} beside a number whose logarithm is taken: it changes the cost; leave it out"
    yield Repair(text, Verdict.ROUNDED, message, mistake=GUARD_SLIP)


def constant_repairs(
    workbook: Workbook, place: Place, formula: str, taken: set[Place], known: KnownNumbers, network: Network
) -> Iterator[Repair]:
    """The formula with a cell of the student's own that holds a number replaced by what it may stand for."""
    tokens = tokenize(formula)
    for text, number in _constants(workbook, place, tokens, taken).items():
        where = [index for index, token in enumerate(tokens) if token.text == text]

        def put(words: str, where: list[int] = where) -> str:
            return "".join(words if index in where else token.text for index, token in enumerate(tokens))

        typed = f"{abs(number):.15g}"
        called = f"{typed} in {text.replace('$', '')}"
        if full := full_constant(typed):
            yield Repair(put(full), Verdict.ROUNDED, f"right but for the shortened constant {called}: write =EXP(1) there",
                         mistake=CONSTANT_SLIP)  # fmt: skip
        for cell in known.holding(typed):
            yield Repair(
                put(cell.reference),
                Verdict.HARDCODED,
                f"{called} stands where {cell.called} should",
                mistake=CONSTANT_SLIP,
            )
        for count, what in ((network.observations, "observations"), (network.sizes[-1], "outputs")):
            message = f"right but for {called}: it should be {count}, the number of {what}"
            yield Repair(put(f"{count}"), Verdict.WRONG, message, mistake=CONSTANT_SLIP)


def _constants(workbook: Workbook, place: Place, tokens: Sequence[Token], taken: set[Place]) -> dict[str, float]:
    """The references to single cells that hold typed numbers and are no cells of the step."""
    found: dict[str, float] = {}
    for text, at in _single_cells(workbook, place, tokens):
        sheet = workbook.sheet(at[0])
        cell = sheet.cells.get(at[1:]) if sheet and at not in taken else None
        if cell is not None and cell.formula is None and isinstance(cell.value, float):
            found[text] = cell.value
    return found


def empty_cells(workbook: Workbook, place: Place, formula: str, taken: set[Place]) -> list[str]:
    """The single cells to which a formula refers, that are empty and no cells of the step."""
    found = []
    for text, at in _single_cells(workbook, place, tokenize(formula)):
        sheet = workbook.sheet(at[0])
        cell = sheet.cells.get(at[1:]) if sheet else None
        if at not in taken and sheet and (cell is None or (cell.value is None and cell.formula is None)):
            found.append(text.replace("$", ""))
    return list(dict.fromkeys(found))


def _single_cells(workbook: Workbook, place: Place, tokens: Sequence[Token]) -> Iterator[tuple[str, Place]]:
    """References and names that are one cell, each with the cell; ends of ranges are none."""
    names = {name.name.casefold(): name.refers_to for name in workbook.names}
    for index, token in enumerate(tokens):
        beside = {tokens[i].text for i in (index - 1, index + 1) if 0 <= i < len(tokens)}
        if ":" in beside or token.kind not in ("reference", "name"):
            continue
        text = names.get(token.text.casefold(), "") if token.kind == "name" else token.text
        area = parse_area(text)
        if area is not None and _is_one(area):
            yield token.text, (area.sheet or place[0], area.top, area.left)


def _is_one(area: Area) -> bool:
    return (area.top, area.left) == (area.bottom, area.right)
