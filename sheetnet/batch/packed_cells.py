"""Packs the correct cells of a report into one short text, column by column, and unpacks them again.

What repeats is said once: sheets, quantities and messages for runs of cells; places and indices as steps from the cell
before; formulas as they would stand in A1. Of numbers only those are written that no cell before has, each as its
difference to what those above it in its block extrapolate to: the steps of a training are a smooth curve. Nothing is lost:
a cell that would come back otherwise is not `packable`, and doubles are handled as the whole numbers that their bits are.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise, repeat
from math import comb, isfinite
from typing import Any

from sheetnet.syntax import cell_name, parse_area, shift
from sheetnet.validation.result import CellVerdict
from sheetnet.verdict import Verdict

_SIGN = 1 << 63
_Placed = tuple[
    CellVerdict, tuple[int, int], str | None
]  # a cell, its row and column, its formula as it would stand in A1


def packed(cells: Sequence[CellVerdict]) -> tuple[str, list[int]]:
    """The text of the usual cells, and the places of the others among all."""
    usual, others = [], []
    for place, cell in enumerate(cells):
        found = _placed(cell) if _usual(cell) else None
        if found is None:
            others.append(place)
        else:
            usual.append(found)
    return _text(usual), others


def _usual(cell: CellVerdict) -> bool:
    """Correct, with two finite numbers, and nothing that needs more words."""
    usual = cell.verdict == Verdict.CORRECT and cell.cause is None and not cell.mistakes and not cell.stale
    return (
        usual and cell.sheet is not None and cell.index is not None and _finite(cell.value) and _finite(cell.expected)
    )


def _finite(value: object) -> bool:
    return type(value) is float and isfinite(value)


def _placed(cell: CellVerdict) -> _Placed | None:
    """None for a cell whose name or formula would not come back from where it stands and the formula in A1."""
    area = parse_area(cell.cell or "")
    if area is None or cell_name(area.top, area.left) != cell.cell:
        return None
    if cell.formula is None:
        return cell, (area.top, area.left), None
    in_first = shift(cell.formula, 1 - area.top, 1 - area.left)
    if _in_place(in_first, area.top, area.left) != cell.formula:
        return None
    return cell, (area.top, area.left), in_first


def _in_place(formula: str, row: int, column: int) -> str:
    return shift(formula, row - 1, column - 1)


def _text(usual: Sequence[_Placed]) -> str:
    cells, places = [cell for cell, _, _ in usual], [place for _, place, _ in usual]
    expected = [_key(cell.expected) for cell in cells]
    orders, lengths, numbers = _numbers(cells, expected)
    columns = {
        "sheet": _runs(cell.sheet for cell in cells),
        "quantity": _runs(cell.quantity for cell in cells),
        "message": _runs(cell.message for cell in cells),
        "answer": _runs(cell.answer for cell in cells),
        "place": _coded(_steps(places)),
        "index": _coded(_index_steps(cells)),
        "formula": _coded(formula for _, _, formula in usual),
        "again": _again(expected),
        "orders": orders,
        "beyond": _runs(_key(cell.value) - key for cell, key in zip(cells, expected, strict=True)),
    }
    head = json.dumps(columns, separators=(",", ":")).encode()
    parts = [zlib.compress(part, 9) for part in (head, lengths, numbers)]
    sizes = b"".join(len(part).to_bytes(4) for part in parts)
    return base64.b85encode(sizes + b"".join(parts)).decode("ascii")


def unpacked(text: str) -> list[CellVerdict]:
    """The usual cells of a text. Raises ValueError, KeyError or TypeError for what is none."""
    columns, lengths, numbers = _parts(base64.b85decode(text))
    quantities = list(_of_runs(columns["quantity"]))
    places = _of_steps(_decoded(columns["place"]))
    indices = _of_index_steps(quantities, _decoded(columns["index"]))
    expected = _of_numbers(quantities, columns, lengths, numbers)
    rows = zip(
        _of_runs(columns["sheet"]), places, quantities, indices, _decoded(columns["formula"]), expected,
        _of_runs(columns["beyond"]), _of_runs(columns["message"]), _of_runs(columns["answer"]), strict=True,
    )  # fmt: skip
    return [
        CellVerdict(
            sheet, cell_name(*place), quantity, index, Verdict.CORRECT, message,
            formula=None if formula is None else _in_place(formula, *place),
            value=_number(key + beyond), expected=_number(key), answer=answer,
        )
        for sheet, place, quantity, index, formula, key, beyond, message, answer in rows
    ]  # fmt: skip


def _parts(data: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    sizes = [int.from_bytes(data[place : place + 4]) for place in (0, 4, 8)]
    ends = accumulate(sizes, initial=12)
    try:
        head, lengths, numbers = (zlib.decompress(data[first:last]) for first, last in pairwise(ends))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return json.loads(head), lengths, numbers


# ---- what repeats ----


def _runs(items: Iterable[Any]) -> list[list[Any]]:
    """Each item with how often it comes in a row."""
    return [[item, sum(1 for _ in same)] for item, same in groupby(items)]


def _of_runs(runs: Iterable[Sequence[Any]]) -> Iterator[Any]:
    for item, count in runs:
        yield from repeat(item, count)


def _coded(items: Iterable[Hashable]) -> list[list[Any]]:
    """The different items, and for each which of them it is."""
    known: dict[Hashable, int] = {}
    which = [known.setdefault(item, len(known)) for item in items]
    return [list(known), which]


def _decoded(coded: Sequence[Sequence[Any]]) -> list[Any]:
    known, which = coded
    return [known[number] for number in which]


# ---- places and indices ----


def _steps(places: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    before = [(0, 0), *places]
    return [(row - above, column - left) for (row, column), (above, left) in zip(places, before, strict=False)]


def _of_steps(steps: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    found, row, column = [], 0, 0
    for down, right in steps:
        row, column = row + down, column + right
        found.append((row, column))
    return found


def _index_steps(cells: Sequence[CellVerdict]) -> list[tuple[int, ...]]:
    """From the index before; the first of a quantity from zero."""
    found = []
    quantity: str | None = None
    before: tuple[int, ...] = ()
    for cell in cells:
        index = cell.index or ()
        known = cell.quantity == quantity and len(before) == len(index)
        found.append(tuple(a - b for a, b in zip(index, before, strict=True)) if known else index)
        quantity, before = cell.quantity, index
    return found


def _of_index_steps(quantities: Iterable[str], steps: Iterable[Sequence[int]]) -> list[tuple[int, ...]]:
    found = []
    quantity: str | None = None
    before: tuple[int, ...] = ()
    for now, step in zip(quantities, steps, strict=True):
        known = now == quantity and len(before) == len(step)
        index = tuple(a + b for a, b in zip(step, before, strict=True)) if known else tuple(step)
        found.append(index)
        quantity, before = now, index
    return found


# ---- numbers ----


def _key(number: Any) -> int:
    """The bits of a double as a whole number that rises with it; −0 has one of its own."""
    bits: int = struct.unpack("<q", struct.pack("<d", number))[0]
    return bits if bits >= 0 else -(bits + _SIGN) - 1


def _number(key: int) -> float:
    number: float = struct.unpack("<d", struct.pack("<q", key if key >= 0 else -key - 1 - _SIGN))[0]
    return number


def _again(keys: Sequence[int]) -> list[int]:
    """How many cells before each number stood last; 0 where it is new."""
    last: dict[int, int] = {}
    found = []
    for place, key in enumerate(keys):
        found.append(place - last.get(key, place))
        last[key] = place
    return found


def _numbers(cells: Sequence[CellVerdict], keys: Sequence[int]) -> tuple[list[list[int]], bytes, bytes]:
    """The width and order of extrapolation of each block, and the numbers that are new: how many bytes, and these."""
    orders, lengths, numbers = [], bytearray(), bytearray()
    first_at = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))  # where each stands first
    start = 0
    for _, group in groupby(cells, key=lambda cell: cell.quantity):
        filled = list(group)
        mine = keys[start : start + len(filled)]
        new = [place for place, key in enumerate(mine) if first_at[key] == start + place]
        start += len(filled)
        first_row = (filled[0].index or ())[:-1]
        width = sum((cell.index or ())[:-1] == first_row for cell in filled)
        order, differences = _smoothest(mine, new, width)
        orders.append([width, order])
        for place in new:
            difference = differences[place]
            number = 2 * difference if difference >= 0 else -2 * difference - 1
            length = (number.bit_length() + 7) // 8
            lengths.append(length)
            numbers += number.to_bytes(length, "little")
    return orders, bytes(lengths), bytes(numbers)


def _smoothest(keys: Sequence[int], new: Sequence[int], width: int) -> tuple[int, list[int]]:
    """Differences down the columns, taken as often as they get shorter by it."""
    order, best = 0, list(keys)
    cost = sum(best[place].bit_length() for place in new)
    differences = best
    while len(keys) > (order + 1) * width:
        row = (order + 1) * width
        differences = best[:row] + [a - b for a, b in zip(best[row:], best[row - width :], strict=False)]
        less = sum(differences[place].bit_length() for place in new)
        if less >= cost:
            break
        order, best, cost = order + 1, differences, less
    return order, best


def _of_numbers(quantities: Sequence[str], columns: dict[str, Any], lengths: bytes, numbers: bytes) -> list[int]:
    found: list[int] = []
    sizes, place = iter(lengths), 0
    blocks = zip(groupby(quantities), columns["orders"], strict=True)
    again = iter(columns["again"])
    for (_, group), (width, order) in blocks:
        start = len(found)
        for number in range(sum(1 for _ in group)):
            back = next(again)
            if back:
                found.append(found[-back])
                continue
            size = next(sizes)
            coded = int.from_bytes(numbers[place : place + size], "little")
            place += size
            difference = -(coded + 1) // 2 if coded % 2 else coded // 2
            found.append(difference + _extrapolated(found, start + number, width, min(order, number // width)))
    return found


def _extrapolated(keys: Sequence[int], place: int, width: int, order: int) -> int:
    """What the numbers above say, by as many of them as the order."""
    return sum((-1) ** (above + 1) * comb(order, above) * keys[place - above * width] for above in range(1, order + 1))
