"""The styles of an .ods that hide rows and columns or show another number than a cell holds, with formats as Excel's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from math import log
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.disguise import FLAT
from sheetnet.files.guard import Package
from sheetnet.syntax.number_formats import MOST, could_mislead

STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_NUMBER = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"
_KINDS = ("number", "currency", "percentage", "date", "time", "boolean", "text")
_PERCENTAGE = f"{_NUMBER}percentage-style"
DATA_STYLES = frozenset(f"{_NUMBER}{kind}-style" for kind in _KINDS)
TAGS = DATA_STYLES | {STYLE + "style"}
_PROPERTIES = STYLE + "table-row-properties", STYLE + "table-column-properties"
_SIZES = STYLE + "row-height", STYLE + "column-width"
_LENGTH = re.compile(r"([0-9]*\.?[0-9]+)(cm|mm|in|pt|pc|px)")
_POINTS = {"cm": 72 / 2.54, "mm": 7.2 / 2.54, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}
_CONDITION = re.compile(r"\s*value\(\)\s*(<=|>=|!=|<|>|=)\s*(-?[0-9.]+)\s*")
_USUAL = ((">=0",), (">0", "<0"), (">0", "<0", "=0"))  # conditions that Excel's sections have without saying so
_MOST_STYLES = 65_536  # that a file may have; Excel allows as many
_NOTHING = '""'
_MOST_SECTIONS = 4  # of a format
_DEPTH = 20  # styles under styles


class Styles:
    """What styles of the file say, as far as it hides something; `misleading` when all have been read."""

    def __init__(self) -> None:
        self.flat: set[str] = set()  # styles of rows and columns that are too small to be seen
        self._codes: dict[str, str] = {}
        self._maps: dict[str, list[tuple[str, str]]] = {}
        self._cells: dict[str, tuple[str | None, str | None]] = {}  # its data style, the style it comes from

    def add(self, element: Element) -> None:
        """A style, or a data style, with its content."""
        name = element.get(STYLE + "name", "")
        if element.tag in DATA_STYLES:
            if len(self._codes) < _MOST_STYLES:
                self._codes[name] = _code(element)[:MOST]
                self._maps[name] = [*islice(_conditions(element), _MOST_SECTIONS)]
        elif element.get(STYLE + "family") == "table-cell":
            if len(self._cells) < _MOST_STYLES:
                self._cells[name] = element.get(STYLE + "data-style-name"), element.get(STYLE + "parent-style-name")
        elif any(_flat(child) for child in element if child.tag in _PROPERTIES):
            self.flat.add(name)

    def misleading(self) -> dict[str, str]:
        """The name of a cell style → its number format, of those that may show another number; mostly there is none."""
        odd = {name: code for name in self._codes if could_mislead(code := self._whole(name))}
        return {name: odd[data] for name in self._cells if (data := self._data_style(name)) in odd} if odd else {}

    def _whole(self, name: str) -> str:
        """The format with its sections, each for the numbers of its condition."""
        maps = self._maps[name]
        usual = tuple(condition for condition, _ in maps) in _USUAL
        sections = [("" if usual else f"[{condition}]") + self._codes.get(target, "") for condition, target in maps]
        whole = [*sections, self._codes[name]]
        return ";".join(code if len(whole) == 1 or code != _NOTHING else "" for code in whole)[:MOST]

    def _data_style(self, name: str | None) -> str | None:
        for _ in range(_DEPTH):
            if name is None or name not in self._cells:
                return None
            data, name = self._cells[name]
            if data is not None:
                return data
        return None


def common_styles(package: Package, styles: Styles) -> None:
    """Take in what styles.xml says. Styles that cannot be read mislead nobody here: no reason to refuse a file."""
    if "styles.xml" not in package.names:
        return
    try:
        for _, element in package.iterparse("styles.xml", tags=TAGS):
            styles.add(element)
    except FileError:
        return


def _flat(properties: Element) -> bool:
    """Whether a row or a column has such a size that nothing is seen of it."""
    size = next((text for name in _SIZES if (text := properties.get(name)) is not None), "")
    match = _LENGTH.fullmatch(size)
    return match is not None and float(match[1]) * _POINTS[match[2]] < FLAT


def _conditions(element: Element) -> Iterator[tuple[str, str]]:
    for child in element:
        if child.tag == STYLE + "map":
            match = _CONDITION.fullmatch(child.get(STYLE + "condition", ""))
            if match is not None:
                bound = match[2].removesuffix(".0")
                yield match[1].replace("!=", "<>") + bound, child.get(STYLE + "apply-style-name", "")


def _code(element: Element) -> str:
    """A data style without its conditions, in Excel's spelling; a text without characters shows nothing."""
    code = "".join(_part(child, element.tag == _PERCENTAGE) for child in element)
    alone = [child.tag for child in element] == [_NUMBER + "text"]
    return _NOTHING if alone and not code else code


def _part(element: Element, percentage: bool) -> str:
    kind = element.tag.removeprefix(_NUMBER)
    if kind in ("number", "scientific-number"):
        return _digits(element) + ("E+00" if kind == "scientific-number" else "")
    if kind in ("text", "currency-symbol"):
        text = "".join(element.itertext())
        return text if percentage and text.strip() == "%" else _literal(text)
    if kind == "fill-character":
        return f"*{(element.text or ' ')[0]}"
    if not element.tag.startswith(_NUMBER):  # conditions, and the colour of the font
        return "[Color]" if element.tag == STYLE + "text-properties" else ""
    return {"fraction": "# ?/?", "text-content": "@", "boolean": "General"}.get(kind, "d")


def _digits(element: Element) -> str:
    """The places of a number, with texts that stand among its digits, and commas for thousands that are left out."""
    places, least = element.get(_NUMBER + "decimal-places"), element.get(_NUMBER + "min-integer-digits")
    among = "".join(_literal("".join(child.itertext())) for child in element)
    if places is None and not among and _NUMBER + "display-factor" not in element.attrib:
        return "General"
    whole = "#,##0" if element.get(_NUMBER + "grouping") == "true" else "#" if least == "0" else "0"
    count = min(int(places), 30) if places and places.isdecimal() else 0
    return among + whole + _commas(element) + ("." + "0" * count if count else "")


def _commas(element: Element) -> str:
    try:
        factor = float(element.get(_NUMBER + "display-factor", "1"))
    except ValueError:
        return ""
    return "," * min(round(log(factor, 1000)) or 1, 9) if factor > 0 and factor != 1 else ""


def _literal(text: str) -> str:
    return '"' + text.replace('"', "") + '"' if text else ""
