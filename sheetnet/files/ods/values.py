"""The values of .ods cells from their attributes and paragraphs. It knows no positions and no formulas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from xml.etree.ElementTree import Element

from sheetnet.files import limits
from sheetnet.workbook import CellError, Value

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TYPE, _NUMBER = _OFFICE + "value-type", _OFFICE + "value"
_CALC_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_NUMERIC = frozenset({"float", "percentage", "currency"})
_WRITTEN = {"date": _OFFICE + "date-value", "time": _OFFICE + "time-value", "string": _OFFICE + "string-value"}
_PARAGRAPH, _SPACES, _COUNT = _TEXT + "p", _TEXT + "s", _TEXT + "c"
_CHARACTERS = {_TEXT + "tab": "\t", _TEXT + "line-break": "\n"}
_TRANSPARENT = frozenset({_TEXT + "span", _TEXT + "a"})

# LibreOffice's own error numbers, as it exports them to .xlsx; all others become #VALUE!.
_ERROR_NUMBERS = {
    "503": "#NUM!", "521": "#NULL!", "523": "#NUM!", "524": "#REF!", "525": "#NAME?", "532": "#DIV/0!", "32767": "#N/A",
}  # fmt: skip
_NUMBERED = re.compile(r"[^\d#]*:(\d+)")
_CODE = re.compile(r"#[^\s#]{1,40}")
_KNOWN = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
_XML_LINES = re.compile(r"(?<! ) *+[\t\r\n][ \t\r\n]*+")


def value_of(cell: Element, computed: bool) -> Value:
    """The value of a cell element, `computed` where it has a formula.

    Raises ValueError, whose text tells the trouble, for what is no number and for a text beyond the limits.
    """
    attributes = cell.attrib
    kind = attributes.get(_TYPE)
    if kind in _NUMERIC or (kind in ("date", "time") and _NUMBER in attributes):
        return number(attributes[_NUMBER]) if _NUMBER in attributes else None
    if kind == "boolean":
        return _truth(attributes.get(_OFFICE + "boolean-value", ""))
    if kind in _WRITTEN:
        return _text_value(cell, attributes, _WRITTEN[kind], computed)
    if kind is not None:
        return None
    # A formula whose result is the empty text has neither type nor characters in LibreOffice's files.
    text = _text(cell) if len(cell) else None
    return text if text or computed else None


def number(text: str) -> float:
    """A finite number, spelled as XML spells one."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or "_" in text or not text.isascii():
        raise ValueError(f"{text[:40]!r} is no number")
    return value


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return text == "true"


def _text_value(cell: Element, attributes: Mapping[str, str], written: str, computed: bool) -> str | CellError:
    if attributes.get(_CALC_TYPE) == "error":
        return CellError(_error_code(_text(cell) or ""))
    value = attributes[written] if written in attributes else _text(cell) or ""
    if len(value) > limits.MAX_TEXT:
        raise ValueError(f"a text of over {limits.MAX_TEXT:,} characters")
    # Gnumeric marks no errors: what it computed and spells like one is one.
    return CellError(value) if computed and value in _KNOWN else value


def _error_code(text: str) -> str:
    if numbered := _NUMBERED.fullmatch(text):
        return _ERROR_NUMBERS.get(numbered[1], "#VALUE!")
    return text if _CODE.fullmatch(text) else "#VALUE!"


def _text(cell: Element) -> str | None:
    """The cell's paragraphs, one a line, without comments and drawings; None if it has none."""
    lines = [_line(child) for child in cell if child.tag == _PARAGRAPH]
    return "\n".join(lines) if lines else None


def _line(paragraph: Element) -> str:
    """Spaces stand as they are, as LibreOffice reads them; line breaks of the XML itself are but spaces."""
    if not len(paragraph) and (text := paragraph.text or "").isprintable():
        return text
    pieces = list(_pieces(paragraph, 0))
    for index in (0, -1):  # those at both ends are no text at all
        pieces[index] = pieces[index].strip("\t\r\n") if pieces[index].isspace() else pieces[index]
    return "".join(pieces)


def _pieces(element: Element, length: int) -> Iterator[str]:
    yield _XML_LINES.sub(" ", element.text or "")
    for child in element:
        if child.tag in _TRANSPARENT:
            yield from _pieces(child, length)
        elif child.tag == _SPACES:
            count = _space_count(child.get(_COUNT, "1"))
            length += count
            if length > limits.MAX_TEXT:
                raise ValueError(f"over {limits.MAX_TEXT:,} spaces")
            yield " " * count
        else:
            yield _CHARACTERS.get(child.tag, "")
        yield _XML_LINES.sub(" ", child.tail or "")


def _space_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) > limits.MAX_SPACES:
        raise ValueError(f"{text[:40]!r} spaces in a row")
    return int(text)
