"""Reads an .ods file into a Workbook: sheets, names, and the styles that hide something.

Comments, drawings, tables within them and links to other files are passed over. Blank cells are not kept, even where they
have a look.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from math import log
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.limits import Budget, Limits
from sheetnet.files.notices import FLAT
from sheetnet.files.ods.formula_out import from_openformula
from sheetnet.files.ods.read_sheet import BRACKETS, TABLE, OdsSheetReader, Seen
from sheetnet.files.package import Package
from sheetnet.files.tables import Table, Tables
from sheetnet.syntax import parse_area, shift
from sheetnet.syntax.number_formats import LONGEST_FORMAT, could_mislead
from sheetnet.workbook import Name, Workbook


def read_name(name: str, refers_to: str, base: str, scope: str | None, sheets: Collection[str]) -> Name:
    """The name of a `table:named-range` (an address) or `table:named-expression`; `base` is the cell it is relative to."""
    formula = from_openformula(f"of:=[{refers_to}]" if _is_address(refers_to) else refers_to, sheets)
    origin = parse_area(from_openformula(f"of:=[{base}]")) if base else None
    # Excel's names are relative to A1.
    return Name(name, shift(formula, 1 - origin.top, 1 - origin.left) if origin else formula, scope)


def read_range(name: str, cells: str, sheets: Mapping[str, str]) -> Table | None:
    """A `table:database-range`, whose name means all its cells; None where these are no single area of a sheet.

    `sheets` are the sheets' names by their small letters.
    """
    area = parse_area(from_openformula(f"of:=[{cells}]"))
    sheet = None if area is None else sheets.get((area.sheet or "").casefold())
    if not name or area is None or sheet is None:
        return None
    return Table(name, sheet, (area.top, area.left, area.bottom, area.right), 0, 0, {})


def _is_address(text: str) -> bool:
    return "." in text and "=" not in text and parse_area(from_openformula(f"of:=[{text}]")) is not None


STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_NUMBER = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"
_KINDS = ("number", "currency", "percentage", "date", "time", "boolean", "text")
_PERCENTAGE = f"{_NUMBER}percentage-style"
DATA_STYLES = frozenset(f"{_NUMBER}{kind}-style" for kind in _KINDS)
STYLE_TAGS = DATA_STYLES | {STYLE + "style"}
_PROPERTIES = STYLE + "table-row-properties", STYLE + "table-column-properties"
_SIZES = STYLE + "row-height", STYLE + "column-width"
_LENGTH = re.compile(r"([0-9]++(?:\.[0-9]++)?|\.[0-9]++)(cm|mm|in|pt|pc|px)")
_POINTS = {"cm": 72 / 2.54, "mm": 7.2 / 2.54, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}
_CONDITION = re.compile(r"\s*value\(\)\s*(<=|>=|!=|<|>|=)\s*(-?[0-9.]+)\s*")
_USUAL = ((">=0",), (">0", "<0"), (">0", "<0", "=0"))  # conditions that Excel's sections have without saying so
_MOST_STYLES = 65_536  # that a file may have; Excel allows as many
_NOTHING = '""'
_MOST_SECTIONS = 4  # of a format
_DEPTH = 20  # styles under styles


class HidingStyles:
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
                self._codes[name] = _code(element)[:LONGEST_FORMAT]
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
        return ";".join(code if len(whole) == 1 or code != _NOTHING else "" for code in whole)[:LONGEST_FORMAT]

    def _data_style(self, name: str | None) -> str | None:
        for _ in range(_DEPTH):
            if name is None or name not in self._cells:
                return None
            data, name = self._cells[name]
            if data is not None:
                return data
        return None


def read_common_styles(package: Package, styles: HidingStyles) -> None:
    """Take in what styles.xml says. Styles that cannot be read mislead nobody here: no reason to refuse a file."""
    if "styles.xml" not in package.names:
        return
    try:
        for _, element in package.iterparse("styles.xml", tags=STYLE_TAGS):
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


_SHEET, _ROW, _COLUMN = TABLE + "table", TABLE + "table-row", TABLE + "table-column"
_NAMES = frozenset({TABLE + "named-range", TABLE + "named-expression"})
_RANGE = TABLE + "database-range"
_ALIEN = TABLE + "dde-links"  # the tables in it are other programs' data
_BOOK = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}spreadsheet"
_TAGS = frozenset({_BOOK, _SHEET, _ROW, _COLUMN, _ALIEN, _RANGE, *STYLE_TAGS, *_NAMES})
_MAX_SHEETS = 10_000  # an honest workbook has some dozens


def read_ods(package: Package) -> Workbook:
    """The workbook of an opened .ods. Raises FileError for what is damaged, encrypted or beyond the limits."""
    manifest = "META-INF/manifest.xml"
    if manifest in package.names and b"encryption-data" in b"".join(package.open(manifest)):
        raise FileError("is encrypted", remedy="save the workbook without a password")
    content = _Content(package.limits)
    read_common_styles(package, content.styles)
    for event, element in package.iterparse("content.xml", ("start", "end"), _TAGS):
        if event == "start":
            content.open(element)
        else:
            content.close(element)
    return content.workbook()


class _Content:
    """What has been read of content.xml so far."""

    def __init__(self, limits: Limits) -> None:
        self._hidden: set[str] = set()
        self.styles = HidingStyles()
        self._disguises: dict[str, str] | None = None
        self._sheets: list[OdsSheetReader] = []
        self._names: list[tuple[str, str, str, str | None]] = []
        self._ranges: list[tuple[str, str]] = []
        self._budget, self._limits = Budget(limits), limits
        self._current: OdsSheetReader | None = None
        self._begun = 0  # tables that are not known yet to stand where sheets belong
        self._depth = 0  # of tables within tables; only the outermost are sheets, and only their rows count

    def open(self, element: Element) -> None:
        """An element that begins, with its attributes only."""
        if element.tag in (_SHEET, _ALIEN):
            if element.tag == _SHEET and not self._depth:
                self._begin(element)
            self._depth += 1

    def close(self, element: Element) -> None:
        """An element that has ended, with its content."""
        if element.tag == _ROW:
            if self._depth == 1 and self._current is not None:
                self._current.add_row(element)
        elif element.tag == _COLUMN:
            if self._depth == 1 and self._current is not None:
                self._current.add_columns(element)
        elif element.tag in (_SHEET, _ALIEN):
            self._depth -= 1
            if not self._depth and self._current is not None:
                self._current.end(element)
                self._current = None
        elif element.tag in _NAMES:
            self._add_name(element)
        elif element.tag == _RANGE:
            self._add_range(element)
        elif element.tag == _BOOK:
            self._begun -= sum(child.tag == _SHEET for child in element)
        else:
            self.styles.add(element)
            if any(properties.get(TABLE + "display") == "false" for properties in element):
                self._hidden.add(element.get(STYLE + "name", ""))

    def _begin(self, element: Element) -> None:
        name = element.get(TABLE + "name", "")
        if not name or len(self._sheets) >= _MAX_SHEETS:
            raise FileError(f"a sheet without a name, or over {_MAX_SHEETS:,} sheets", remedy="save it again")
        self._begun += 1
        if self._disguises is None:  # all styles stand before the sheets
            self._disguises = self.styles.misleading()
        style = element.get(TABLE + "style-name", "")
        self._current = OdsSheetReader(name, style, Seen(self.styles.flat, self._disguises), self._budget)
        # LibreOffice keeps copies of other files' cells in tables with such names; they are no sheets.
        if not (name.startswith("'") and "'#$" in name):
            self._sheets.append(self._current)

    def _add_name(self, element: Element) -> None:
        if self._depth > 1:
            return
        name = element.get(TABLE + "name", "")
        refers_to = element.get(TABLE + "cell-range-address") or element.get(TABLE + "expression", "")
        if not name or not refers_to or max(len(name), len(refers_to)) > BRACKETS * self._limits.formula:
            raise FileError(f"the defined name {name[:40]!r} is empty or far too long", remedy="delete it")
        if len(self._names) >= self._limits.names:
            raise FileError(f"more than {self._limits.names:,} defined names", remedy="delete those not needed")
        scope = self._current.name if self._current is not None else None
        self._names.append((name, refers_to, element.get(TABLE + "base-cell-address", ""), scope))

    def _add_range(self, element: Element) -> None:
        if len(self._ranges) >= self._limits.tables:
            raise FileError(f"more than {self._limits.told('tables')}", remedy="delete those not needed")
        name, cells = element.get(TABLE + "name", ""), element.get(TABLE + "target-range-address", "")
        if max(len(name), len(cells)) <= self._limits.formula:
            self._ranges.append((name, cells))

    def workbook(self) -> Workbook:
        """All that was read. Formulas wait until here: a name in them may belong to a later sheet."""
        if self._begun:  # programs differ in whether they show those
            raise FileError("has sheets outside its spreadsheet", remedy="save it again")
        known = frozenset(sheet.name.casefold() for sheet in self._sheets)
        if not known or len(known) < len(self._sheets):
            raise FileError("has no sheets, or two with the same name", remedy="save it again")
        names = self._read_names(known)
        tables = self._tables(names)
        sheets = tuple(sheet.sheet(sheet.style in self._hidden, known, tables) for sheet in self._sheets)
        return Workbook(sheets, names)

    def _tables(self, names: tuple[Name, ...]) -> Tables:
        """The database ranges, which LibreOffice takes for names of all their cells where no other name is the same."""
        taken = {name.name.casefold() for name in names}
        sheets = {sheet.name.casefold(): sheet.name for sheet in self._sheets}
        ranges = (read_range(name, cells, sheets) for name, cells in self._ranges if name.casefold() not in taken)
        return Tables((table for table in ranges if table is not None), self._limits)

    def _read_names(self, known: Collection[str]) -> tuple[Name, ...]:
        names = (read_name(*each, known) for each in self._names)
        return tuple(sorted(names, key=lambda name: (name.sheet or "", name.name)))
