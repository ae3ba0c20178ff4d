"""Tells whether a number format shows another number than the cell holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

LONGEST_FORMAT = 255  # characters of a format that programs keep
_PIECE = re.compile(
    r"\"(?P<text>[^\"]*)\"?|[\\!](?P<escaped>.)|_.|\*(?P<filled>.)|\[(?P<bracket>[^\]]*)\]?|(?P<general>General)"
    r"|E[+-]?[0#?]+|/[0-9]+(?![0#?.])|(?P<digits>[0#?.,%]+)|(?P<date>[ymdhsbge]+|A/P|AM/PM)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_SCALED = re.compile(r"[0#?],+(?:[.%]|$)|%[^%]*%")  # thousands left out, or hundred times a hundred
_MINUS = "-−–"
_Condition = tuple[str, float]
_NEGATIVE: _Condition = ("<", 0.0)
_USUAL: dict[int, tuple[_Condition | None, ...]] = {
    1: (None,),
    2: ((">=", 0.0), _NEGATIVE),
    3: ((">", 0.0), _NEGATIVE, None),
}


@dataclass(frozen=True, slots=True)
class _Section:
    """One part of a format: for which numbers it is (None: for the rest), and what it shows of them."""

    condition: _Condition | None
    literals: str  # what it shows beside the number, without the spaces around
    number: bool  # whether it shows the number at all
    scaled: bool
    date: bool
    colored: bool


def could_mislead(code: str) -> bool:
    """Whether some number looks like another one in this format, or like none."""
    return any(shows_another(code, number) for number in (0.5, 3.0, -3.0, 0.0))


def shows_another(code: str, number: float) -> bool:
    """Whether the number, so formatted, looks like another one, or like none. Fewer digits are the number still.

    So do digits as literal text (`"0.5"`, `0"1"`), a section without any (`;;;`), thousands left out (`0.0,`), a date,
    a percent sign as text, and a minus that is left out or added. A 0 that is not shown (`0.0;-0.0;`) is a custom.
    """
    sections = _sections(code[:LONGEST_FORMAT] or "General")
    chosen = next((each for each in sections if _meant(each.condition, number)), sections[-1])
    if number == 0 and not chosen.number and chosen.literals in ("", *_MINUS):
        return bool(len(sections) == 1 or sections[0].number is False)
    if any(mark.isnumeric() or mark in "%‰" for mark in chosen.literals):
        return True
    return not chosen.number or chosen.scaled or chosen.date or _wrong_sign(chosen, number)


def _wrong_sign(section: _Section, number: float) -> bool:
    """A section for positive numbers with a minus; one for negative numbers alone without any sign of that.

    Where no section is for these alone, a program puts the minus before them itself.
    """
    minus = any(mark in section.literals for mark in _MINUS)
    if number > 0:
        return minus
    told = minus or section.colored or "(" in section.literals
    return section.condition == _NEGATIVE and not told


def _meant(condition: _Condition | None, number: float) -> bool:
    if condition is None:
        return True
    sign, bound = condition
    order = "<" if number < bound else ">" if number > bound else "="
    return order in sign


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[_Section, ...]:
    """The sections for numbers; those that name no condition have the usual ones."""
    found = [_section(pieces) for pieces in _split(code)][:4]
    if len(found) == 4 and all(each.condition is None for each in found):
        found.pop()  # the one for texts
    if any(each.condition for each in found):
        return tuple(found)
    return tuple(replace(each, condition=condition) for each, condition in zip(found, _USUAL[len(found)], strict=True))


def _split(code: str) -> Iterator[list[re.Match[str]]]:
    pieces: list[re.Match[str]] = []
    for piece in _PIECE.finditer(code):
        if piece["other"] == ";":
            yield pieces
            pieces = []
        else:
            pieces.append(piece)
    yield pieces


def _section(pieces: list[re.Match[str]]) -> _Section:
    condition: _Condition | None = None
    literals, number, scaled, date, colored = "", False, False, False, False
    for piece in pieces:
        if (bracket := piece["bracket"]) is not None:
            if match := _CONDITION.fullmatch(bracket):
                condition = match[1], float(match[2])
            elif bracket.startswith("$"):
                literals += bracket[1:].partition("-")[0]
            date |= bool(_ELAPSED.fullmatch(bracket))
            colored |= bracket[:1].isalpha() and not _ELAPSED.fullmatch(bracket)
        elif (digits := piece["digits"]) is not None:
            number |= any(mark in digits for mark in "0#?")
            scaled |= bool(_SCALED.search(digits))
        elif piece["general"] or piece["other"] == "@":
            number = True
        elif piece["date"]:
            date = True
        else:
            literals += piece["text"] or piece["escaped"] or piece["filled"] or piece["other"] or ""
    return _Section(condition, literals.strip(), number, scaled, date, colored)


def is_number(text: str) -> bool:
    """Whether a text is a number, with a point before its decimals."""
    try:
        float(text)
    except ValueError:
        return False
    return True
