"""Writes a workbook as .ods (OpenDocument 1.3). It knows no layout and no networks, only cells, names and looks.

odfpy builds styles, settings and names; the rows are text, since 100,000 cells take odfpy six seconds. The same workbook
gives the same bytes at any time.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from odf import table

from sheetnet.errors import FileError
from sheetnet.files.attached import check_views
from sheetnet.files.ods import chart, look, pages, view
from sheetnet.files.ods.conditions import Under, put_on_styles, ruled_styles, under_rules
from sheetnet.files.ods.dress import Dress, dresses, validations
from sheetnet.files.ods.openformula import to_openformula
from sheetnet.files.ods.rows import rows
from sheetnet.files.ods.text import escape
from sheetnet.syntax import parse_area
from sheetnet.workbook import Name, Position, Sheet, Workbook

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
    _check(workbook)
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
            ("styles.xml", "document-styles", pages.common_styles(put_on_styles(workbook.sheets, ruled))),
            ("meta.xml", "document-meta", _META),
            ("settings.xml", "document-settings", view.settings(workbook.sheets)),
        ):
            archive.writestr(_entry(name), "".join(_document(root, iter([body]))))
        for number, (sheet, each) in enumerate(charts, 1):
            document = _document("document-content", chart.content(sheet, each))
            archive.writestr(_entry(f"{chart.folder(number)}/content.xml"), "".join(document))
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
    for folder in map(chart.folder, range(1, charts + 1)):
        entries.append(f'manifest:full-path="{folder}/" {version} manifest:media-type="{_CHART}"')
        entries.append(f'manifest:full-path="{folder}/content.xml" manifest:media-type="text/xml"')
    body = "".join(f"<manifest:file-entry {entry}/>" for entry in entries)
    return f"{_XML}<manifest:manifest {space} {version}>{body}</manifest:manifest>"


def _check(workbook: Workbook) -> None:
    names = [sheet.name for sheet in workbook.sheets]
    if not names:
        raise FileError("a workbook without sheets cannot be written: add a sheet")
    for name in names:
        if not name or _FORBIDDEN & set(name) or name[0] == "'" or name[-1] == "'":
            raise FileError(f"sheet {name!r}: a name holds none of []*?:/\\ and has no apostrophe at an end: rename it")
    if len({name.casefold() for name in names}) < len(names):
        raise FileError("two sheets have the same name, in which capitals do not count: rename one")
    for each in workbook.names:
        if each.sheet is not None and each.sheet not in names:
            raise FileError(f"name {each.name}: belongs to sheet {each.sheet!r}, which is missing: add the sheet")


def _content(workbook: Workbook, ruled: Sequence[Mapping[Position, Under]]) -> Iterator[str]:
    sheets = workbook.sheets
    yield look.content_styles(sheets, ruled_styles(sheets, ruled))
    yield "<office:body><office:spreadsheet>"
    yield validations(sheets)
    entries = charts = 1
    for number, sheet in enumerate(sheets):
        yield from _table(sheet, workbook, dresses(sheet, number, ruled[number], entries, charts))
        entries, charts = entries + len(sheet.view.entries), charts + len(sheet.view.charts)
    yield _names(workbook, None)
    yield "</office:spreadsheet></office:body>"


def _table(sheet: Sheet, workbook: Workbook, worn: Mapping[Position, Dress]) -> Iterator[str]:
    locked = ' table:protected="true"' if sheet.view.locked else ""
    yield f'<table:table table:name="{escape(sheet.name)}" table:style-name="{look.table_style(sheet)}"{locked}>'
    yield look.columns(sheet.view)
    yield from rows(sheet, worn)
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
    return look.xml_text(expressions)


def _first_cell(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'!$A$1"


def _name(name: Name, base: str) -> Any:
    formula = to_openformula(name.refers_to)
    area = parse_area(name.refers_to)
    if area is None or area.sheet is None:
        return table.NamedExpression(name=name.name, expression=formula, basecelladdress=base)
    address = formula[len("of:=[") : -1]
    return table.NamedRange(name=name.name, cellrangeaddress=address, basecelladdress=base)
