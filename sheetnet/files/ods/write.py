"""Writes a Workbook as .ods (OpenDocument 1.3).

odfpy builds styles, settings and names; the rows are text, since 100,000 cells take odfpy six seconds. The same workbook
gives the same bytes at any time.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from math import isfinite
from operator import itemgetter
from typing import IO, Any

from odf import table

from sheetnet.errors import FileError
from sheetnet.files.escaping import box_address, dropped, paragraphs
from sheetnet.files.ods import cell_extras, styles
from sheetnet.files.ods.cell_extras import (
    CellExtras,
    Under,
    extras_by_place,
    put_on_styles,
    ruled_styles,
    under_rules,
    validations,
)
from sheetnet.files.ods.formula_out import to_openformula
from sheetnet.files.ods.styles import cell_style, row_style, shown_as
from sheetnet.files.sheet_features import USUAL_HEIGHT, check_views, row_heights
from sheetnet.styles import STYLES
from sheetnet.syntax import COLUMNS, ROWS, parse_area
from sheetnet.syntax.references import cell_place
from sheetnet.workbook import Cell, CellError, Name, Position, Sheet, Value, Workbook

_BLANK = f'<table:table-cell table:style-name="{cell_style("")}"/>'
_NO_CELL, _PLAIN = Cell(), CellExtras()
_USUAL = row_style(USUAL_HEIGHT)
# A paragraph, and what follows several spaces in it, which LibreOffice drops inside of links.
_LINKED = re.compile(r"<text:p>(.*?)( ?<text:s\b.*)?</text:p>")


def rows(sheet: Sheet, extras_of: Mapping[Position, CellExtras]) -> Iterator[str]:
    """The `table:table-row` elements of a sheet down to its last cell; empty rows and cells are counted, not listed.

    `extras_of` are the cells that have more than style and value, blank ones too. Rows that
    repeat on each page are header rows; those that can be folded away are groups.
    """
    _check(sheet)
    view, heights = sheet.view, row_heights(sheet)
    styles = {
        row: row_style(heights.get(row, USUAL_HEIGHT), breaks=row in view.row_breaks)
        for row in {*heights, *view.row_breaks}
    }
    around = [("header-rows", *view.title_rows)] if view.title_rows is not None else []
    around += [("row-group", *group) for group in view.row_groups]
    opens = {first: f"<table:table-{name}>" for name, first, _ in around}
    closes = {last + 1: f"</table:table-{name}>" for name, _, last in around}
    bounds = sorted({*opens, *closes, *styles})
    for row, count, cells in _split(_runs(sheet, extras_of, max(closes, default=2) - 1), *bounds):
        yield opens.get(row, "") + _row(cells, count, styles.get(row, _USUAL)) + closes.get(row + count, "")


def _runs(sheet: Sheet, extras_of: Mapping[Position, CellExtras], least: int = 1) -> Iterator[tuple[int, int, str]]:
    """Each row with its cells, and blank ones between them, at least down to row `least`: (row, how many, cells)."""
    below = 1
    for row, run in groupby(sorted({**sheet.cells, **extras_of} if extras_of else sheet.cells), key=itemgetter(0)):
        if row > below:
            yield below, row - below, _BLANK
        yield row, 1, "".join(_cells(sheet, run, extras_of))
        below = row + 1
    if below <= least:
        yield below, least + 1 - below, _BLANK


def _split(runs: Iterator[tuple[int, int, str]], *bounds: int) -> Iterator[tuple[int, int, str]]:
    """The same rows, none counted together across a bound."""
    for row, count, cells in runs:
        stops = [row, *(bound for bound in bounds if row < bound < row + count), row + count]
        yield from ((start, stop - start, cells) for start, stop in pairwise(stops))


def _check(sheet: Sheet) -> None:
    for row, column in sheet.cells:
        if not (0 < row <= ROWS and 0 < column <= COLUMNS):
            raise FileError(
                f"row {row}, column {column} is outside a sheet: it has {ROWS} by {COLUMNS} cells", place=sheet.name
            )
    for place in sheet.arrays:
        cell = sheet.cells.get(place)
        if cell is None or cell.formula is None:
            raise FileError(
                "an array formula begins here without a formula",
                place=cell_place((sheet.name, *place)),
                remedy="give it one",
            )


def _row(cells: str, count: int, style: str) -> str:
    repeated = f' table:number-rows-repeated="{count}"' if count > 1 else ""
    return f'<table:table-row table:style-name="{style}"{repeated}>{cells}</table:table-row>'


def _cells(sheet: Sheet, places: Iterable[Position], extras_of: Mapping[Position, CellExtras]) -> Iterator[str]:
    cells, left = sheet.cells, 1
    for place in places:
        gap = place[1] - left
        if gap:
            repeated = f' table:number-columns-repeated="{gap}"' if gap > 1 else ""
            yield f"<table:table-cell{repeated}/>"
        yield _cell(sheet, place, cells.get(place, _NO_CELL), extras_of.get(place, _PLAIN) if extras_of else _PLAIN)
        left = place[1] + 1


def _cell(sheet: Sheet, place: Position, cell: Cell, extras: CellExtras) -> str:
    if cell.role not in STYLES:
        raise FileError(f"there is no look for the role {cell.role!r}", place=cell_place((sheet.name, *place)))
    style = f' table:style-name="{extras.style or cell_style(*cell.look)}"{extras.attributes}'
    formula = ""
    if cell.formula is not None:
        formula = f' table:formula="{dropped(to_openformula(cell.formula))}"'
        if place in sheet.arrays:
            height, width = sheet.arrays[place]
            formula += f' table:number-matrix-columns-spanned="{width}" table:number-matrix-rows-spanned="{height}"'
    elif cell.value is None:
        name = "table:covered-table-cell" if extras.covered else "table:table-cell"
        return f"<{name}{style}>{extras.before}{extras.after}</{name}>"
    attributes, text = _value(cell.value, shown_as(*cell.look), cell.formula is not None)
    if not attributes:
        raise FileError(_no_value(cell), place=cell_place((sheet.name, *place)))
    if extras.link:
        text = _LINKED.sub(rf"<text:p>{extras.link}\1</text:a>\2</text:p>", text)
    return f"<table:table-cell{style}{formula} {attributes}>{extras.before}{text}{extras.after}</table:table-cell>"


def _no_value(cell: Cell) -> str:
    if cell.value is None:
        return f"the formula {cell.formula} has no cached value: compute it before writing"
    return f"a spreadsheet cannot hold the number {cell.value}: write an error value such as #NUM! instead"


def _value(value: Value, shown: str, computed: bool) -> tuple[str, str]:
    """The value's attributes, and the paragraphs that show it (a number in the format `shown`); empty for no value."""
    if isinstance(value, (float, int)) and value is not True and value is not False:
        if not isfinite(value):
            return "", ""
        return f'office:value-type="float" office:value="{float(value)!r}"', f"<text:p>{value:{shown}}</text:p>"
    if isinstance(value, bool):
        word = "true" if value else "false"
        return f'office:value-type="boolean" office:boolean-value="{word}"', f"<text:p>{word.upper()}</text:p>"
    if isinstance(value, CellError):
        # As LibreOffice writes it: what was computed is no text, an error that was typed is at least shown by all.
        no_text = ' office:string-value=""' if computed else ""
        kind = f'office:value-type="string"{no_text} calcext:value-type="error"'
        return kind, f"<text:p>{dropped(value.code)}</text:p>"
    if value is None:
        return "", ""
    text = f' office:string-value="{dropped(value)}"' if computed else ""
    return f'office:value-type="string"{text}', paragraphs(value)


_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_CHART = "application/vnd.oasis.opendocument.chart"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMESPACES = {
    "office": f"{_OASIS}office:1.0",
    "style": f"{_OASIS}style:1.0",
    "text": f"{_OASIS}text:1.0",
    "table": f"{_OASIS}table:1.0",
    "fo": f"{_OASIS}xsl-fo-compatible:1.0",
    "number": f"{_OASIS}datastyle:1.0",
    "config": f"{_OASIS}config:1.0",
    "draw": f"{_OASIS}drawing:1.0",
    "chart": f"{_OASIS}chart:1.0",
    "svg": f"{_OASIS}svg-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
    "meta": f"{_OASIS}meta:1.0",
    "of": f"{_OASIS}of:1.2",
    "ooo": "http://openoffice.org/2004/office",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
_META = "<office:meta><meta:generator>sheetnet</meta:generator></office:meta>"
_PARTS = ("content.xml", "styles.xml", "meta.xml", "settings.xml")
_FORBIDDEN = frozenset("[]*?:/\\")


def write_ods(workbook: Workbook, stream: IO[bytes]) -> None:
    """Write the workbook. Raises FileError for what no spreadsheet can hold, such as a formula without a cached value."""
    _check_workbook(workbook)
    check_views(workbook)
    ruled = [under_rules(sheet) for sheet in workbook.sheets]
    charts = [(sheet, each) for sheet in workbook.sheets for each in sheet.view.charts]
    with zipfile.ZipFile(stream, "w") as archive:
        # Programs know the file by its first entry, which must be neither compressed nor anything else.
        archive.writestr(_entry("mimetype", zipfile.ZIP_STORED), _MIMETYPE)
        with archive.open(_entry("content.xml"), "w") as part:
            for piece in _document("document-content", _content(workbook, ruled)):
                part.write(piece.encode())
        for name, root, body in (
            (
                "styles.xml",
                "document-styles",
                styles.common_styles(workbook.sheets, put_on_styles(workbook.sheets, ruled)),
            ),
            ("meta.xml", "document-meta", _META),
            ("settings.xml", "document-settings", styles.settings(workbook.sheets)),
        ):
            archive.writestr(_entry(name), "".join(_document(root, iter([body]))))
        for number, (sheet, each) in enumerate(charts, 1):
            document = _document("document-content", cell_extras.content(sheet, each))
            archive.writestr(_entry(f"{cell_extras.folder(number)}/content.xml"), "".join(document))
        archive.writestr(_entry("META-INF/manifest.xml"), _manifest(len(charts)))


def _entry(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """An entry with a fixed date and system, so that the bytes depend on the workbook alone."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.create_system = compression, 3
    return entry


def _document(root: str, body: Iterator[str]) -> Iterator[str]:
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    yield f'{_XML}<office:{root}{spaces} office:version="1.3">'
    yield from body
    yield f"</office:{root}>"


def _manifest(charts: int) -> str:
    space, version = f'xmlns:manifest="{_OASIS}manifest:1.0"', 'manifest:version="1.3"'
    entries = [f'manifest:full-path="/" {version} manifest:media-type="{_MIMETYPE}"']
    entries += [f'manifest:full-path="{part}" manifest:media-type="text/xml"' for part in _PARTS]
    for folder in map(cell_extras.folder, range(1, charts + 1)):
        entries.append(f'manifest:full-path="{folder}/" {version} manifest:media-type="{_CHART}"')
        entries.append(f'manifest:full-path="{folder}/content.xml" manifest:media-type="text/xml"')
    body = "".join(f"<manifest:file-entry {entry}/>" for entry in entries)
    return f"{_XML}<manifest:manifest {space} {version}>{body}</manifest:manifest>"


def _check_workbook(workbook: Workbook) -> None:
    names = [sheet.name for sheet in workbook.sheets]
    if not names:
        raise FileError("a workbook without sheets cannot be written", remedy="add a sheet")
    for name in names:
        if not name or _FORBIDDEN & set(name) or name[0] == "'" or name[-1] == "'":
            raise FileError(
                "a name holds none of []*?:/\\ and has no apostrophe at an end",
                place=f"sheet {name!r}",
                remedy="rename it",
            )
    if len({name.casefold() for name in names}) < len(names):
        raise FileError("two sheets have the same name, in which capitals do not count", remedy="rename one")
    for each in workbook.names:
        if each.sheet is not None and each.sheet not in names:
            raise FileError(
                f"belongs to sheet {each.sheet!r}, which is missing", place=f"name {each.name}", remedy="add the sheet"
            )


def _content(workbook: Workbook, ruled: Sequence[Mapping[Position, Under]]) -> Iterator[str]:
    sheets = workbook.sheets
    lines = [cell_extras.line_style()] if any(sheet.view.lines for sheet in sheets) else []
    yield styles.content_styles(sheets, [*ruled_styles(sheets, ruled), *lines])
    yield "<office:body><office:spreadsheet>"
    yield validations(sheets)
    entries = charts = 1
    for number, sheet in enumerate(sheets):
        yield from _table(sheet, workbook, extras_by_place(sheet, number, ruled[number], entries, charts))
        entries, charts = entries + len(sheet.view.entries), charts + len(sheet.view.charts)
    yield _names(workbook, None)
    yield "</office:spreadsheet></office:body>"


def _table(sheet: Sheet, workbook: Workbook, extras_of: Mapping[Position, CellExtras]) -> Iterator[str]:
    locked = ' table:protected="true"' if sheet.view.locked else ""
    if sheet.view.printed_columns is not None:
        bottom = max(row for row, _ in sheet.cells)
        locked += (
            f' table:print-ranges="{dropped(box_address(sheet.name, (1, 1, bottom, sheet.view.printed_columns)))}"'
        )
    yield f'<table:table table:name="{dropped(sheet.name)}" table:style-name="{styles.table_style(sheet)}"{locked}>'
    yield styles.columns(sheet.view)
    yield from rows(sheet, extras_of)
    yield _names(workbook, sheet.name)
    yield "</table:table>"


def _names(workbook: Workbook, scope: str | None) -> str:
    names = [name for name in workbook.names if name.sheet == scope]
    if not names:
        return ""
    base = to_openformula(_first_cell(scope or workbook.sheets[0].name))[len("of:=[") : -1]
    expressions = table.NamedExpressions()
    for name in names:
        expressions.addElement(_name(name, base))
    return styles.xml_text(expressions)


def _first_cell(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'!$A$1"


def _name(name: Name, base: str) -> Any:
    formula = to_openformula(name.refers_to)
    area = parse_area(name.refers_to)
    if area is None or area.sheet is None:
        return table.NamedExpression(name=name.name, expression=formula, basecelladdress=base)
    address = formula[len("of:=[") : -1]
    return table.NamedRange(name=name.name, cellrangeaddress=address, basecelladdress=base)
