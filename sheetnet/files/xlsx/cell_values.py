"""Reads the value of one cell of an .xlsx file by the type that the file gives: number, text, truth value, error, date."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from math import isfinite

from sheetnet.files.escaping import excel_read
from sheetnet.workbook import CellError, Value

_EPOCH = datetime(1899, 12, 30)  # day 0 of Excel's calendar, right from March 1900 on
_TIME = re.compile(r"T|[0-9]{2}:")
_PART = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)"
_DURATION = re.compile(rf"P(?=.)(?:{_PART}D)?(?:T(?=.)(?:{_PART}H)?(?:{_PART}M)?(?:{_PART}S)?)?")


def parse_number(text: str) -> float | None:
    """The number a `<v>` holds; None where it is empty. Raises ValueError for anything that is not a finite number."""
    try:
        number = float(text)
    except ValueError:
        if not text.strip():
            return None
        raise ValueError(f"{text[:20]!r} where a number belongs") from None
    # Python alone reads 1_000 and other alphabets' digits as numbers.
    if not isfinite(number) or "_" in text or not text.isascii():
        raise ValueError(f"{text[:20]!r} where a finite number belongs")
    return number


def parse_value(kind: str, text: str, strings: list[str]) -> Value:
    """The value of a cell whose type (`t=`) is not a number. Raises ValueError for what the format does not allow."""
    if kind == "s":
        return _shared_string(text, strings)
    parse = _PARSERS.get(kind)
    if parse is None:
        raise ValueError(f"the unknown type {kind[:20]!r}")
    return parse(text)


def _shared_string(text: str, strings: list[str]) -> str | None:
    index = text.strip()
    if not index:
        return None
    if not (index.isascii() and index.isdecimal() and len(index) < 10) or int(index) >= len(strings):
        raise ValueError(f"the shared string {text[:20]!r}, the file has {len(strings):,}")
    return strings[int(index)]


def _truth(text: str) -> bool:
    return text.strip().lower() in ("1", "true")


@lru_cache(maxsize=64)
def _error(text: str) -> CellError | None:
    return CellError(text.strip()[:40]) if text.strip() else None


def _date(text: str) -> float | None:
    """An ISO date, time or duration as Excel counts days; an offset from UTC is no part of what the cell shows."""
    text = text.strip()
    if not text:
        return None
    try:
        if duration := _DURATION.fullmatch(text):
            days, hours, minutes, seconds = (float(part or 0) for part in duration.groups())
            return days + hours / 24 + minutes / 1_440 + seconds / 86_400
        moment = f"{_EPOCH:%Y-%m-%d}T{text.removeprefix('T')}" if _TIME.match(text) else text
        shown = datetime.fromisoformat(moment).replace(tzinfo=None)
    except ValueError:
        raise ValueError(f"{text[:30]!r} where a date belongs") from None
    return (shown - _EPOCH).total_seconds() / 86_400


_PARSERS: dict[str, Callable[[str], Value]] = {
    "str": excel_read,
    "inlineStr": excel_read,
    "b": _truth,
    "e": _error,
    "d": _date,
}
