"""A workbook as openpyxl or the standard library reads it: the fuzzer's witness for what stays right."""

from __future__ import annotations

import contextlib
import io
import posixpath
import warnings
import zipfile
import zlib
from functools import cache
from xml.etree import ElementTree

import openpyxl

from sheetnet.files.formula_text import canonical
from sheetnet.workbook import Cell, Name, Sheet, Workbook
from tools.fuzz_damage import originals
from tools.packages import parts_of, zipped

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def witnessed(data: bytes) -> Workbook:
    """The workbook as others read it: openpyxl, or the standard library's XML for .ods and for what openpyxl refuses.

    Raises what they raise.
    """
    try:
        parts = parts_of(data)
    except Exception:  # noqa: BLE001 - a part that nobody needs is damaged
        parts = _whole_parts(data)
    # Names of parts ignore case, which openpyxl does not know.
    parts = {_usual_names().get(name.casefold(), name): content for name, content in parts.items()}
    if "content.xml" in parts:
        return _ods(parts["content.xml"])
    try:
        return _xlsx(zipped({name: _cells_alone(name, content) for name, content in parts.items()}))
    except Exception:  # noqa: BLE001 - openpyxl fails at styles and properties, too
        return _plain_xlsx(parts)


@cache
def _usual_names() -> dict[str, str]:
    return {name.casefold(): name for *_, data in originals() for name in parts_of(data)}


def _whole_parts(data: bytes) -> dict[str, bytes]:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            with contextlib.suppress(zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
                parts[info.filename] = archive.read(info)
    return parts


def _cells_alone(name: str, content: bytes) -> bytes:
    """A sheet without what openpyxl makes cells of: one link over A1:XFD1048576 took it 24 GB (seed 1, file 3431)."""
    if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
        return content
    sheet = ElementTree.fromstring(content)
    for child in [child for child in sheet if child.tag != _MAIN + "sheetData"]:
        sheet.remove(child)
    return ElementTree.tostring(sheet)


def _plain_xlsx(parts: dict[str, bytes]) -> Workbook:
    """Formulas, with their arrays, and numbers alone."""
    related = {
        each.get("Id"): posixpath.normpath(posixpath.join("xl", each.get("Target", "").lstrip("/").removeprefix("xl/")))
        for each in ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    }
    book, sheets = ElementTree.fromstring(parts["xl/workbook.xml"]), []
    for sheet in book.iter(_MAIN + "sheet"):
        part = related.get(next((value for key, value in sheet.items() if key.endswith("}id")), ""), "")
        cells: dict[tuple[int, int], Cell] = {}
        arrays: dict[tuple[int, int], tuple[int, int]] = {}
        row, column = 0, 0
        for element in ElementTree.fromstring(parts[part]).iterfind(f"{_MAIN}sheetData//*"):
            if element.tag == _MAIN + "row":  # what has no place stands after what is before it
                row, column = int(element.get("r", row + 1)), 0
            if element.tag != _MAIN + "c":
                continue
            cell, place = element, element.get("r")
            row, column = openpyxl.utils.cell.coordinate_to_tuple(place) if place else (row, column + 1)
            formula, value = cell.find(_MAIN + "f"), cell.find(_MAIN + "v")
            if formula is not None and formula.text:
                cells[row, column] = Cell(0.0, canonical(formula.text))
                if formula.get("t") == "array":
                    left, top, right, bottom = openpyxl.utils.range_boundaries(formula.get("ref", ""))
                    arrays[row, column] = (bottom - top + 1, right - left + 1)
            elif value is not None and cell.get("t", "n") == "n":
                cells[row, column] = Cell(float(value.text or ""))
        sheets.append(Sheet(sheet.get("name", ""), cells, arrays))
    names = [Name(each.get("name", ""), each.text) for each in book.iter(_MAIN + "definedName") if each.text]
    return Workbook(tuple(sheets), tuple(names))


def _xlsx(data: bytes) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data))
    sheets = []
    for sheet in book.worksheets:
        cells, arrays = {}, {}
        for (row, column), cell in sheet._cells.items():
            value = cell.value
            if hasattr(value, "ref") and hasattr(value, "text"):
                area = openpyxl.utils.range_boundaries(value.ref)
                arrays[row, column] = (area[3] - area[1] + 1, area[2] - area[0] + 1)
                value = value.text or ""
                cells[row, column] = Cell(0.0, canonical(value))
            elif cell.data_type == "f":
                if not canonical(str(value)):
                    raise ValueError("an empty formula, whose value openpyxl does not tell")
                cells[row, column] = Cell(0.0, canonical(str(value)))
            elif value is not None:
                cells[row, column] = Cell(
                    float(value) if type(value) in (int, float) else value if isinstance(value, bool) else str(value)
                )
        sheets.append(Sheet(sheet.title, cells, arrays))
    if not sheets:
        raise ValueError("openpyxl finds no sheets where relations are not as it expects")
    return Workbook(
        tuple(sheets), tuple(Name(name, each.attr_text) for name, each in book.defined_names.items() if each.attr_text)
    )


def _ods(content: bytes) -> Workbook:
    from sheetnet.files.ods.formula_out import from_openformula

    root = ElementTree.fromstring(content)
    sheets, names = [], []
    for table in root.iter(_TABLE + "table"):
        cells, arrays, row = {}, {}, 1
        for line in table.iter(_TABLE + "table-row"):
            column = 1
            for cell in line:
                count = int(cell.get(_TABLE + "number-columns-repeated", "1"))
                text, number = cell.get(_TABLE + "formula"), cell.get(_OFFICE + "value")
                written = "\n".join("".join(each.itertext()) for each in cell)
                rows, columns = (cell.get(f"{_TABLE}number-matrix-{side}-spanned") for side in ("rows", "columns"))
                if text is not None and rows and columns:
                    arrays[row, column] = (int(rows), int(columns))
                for place in range(column, column + count) if count < 1_000 else ():
                    if text is not None and from_openformula(text).strip():
                        cells[row, place] = Cell(0.0, from_openformula(text))
                    elif number is not None or written:
                        cells[row, place] = Cell(float(number) if number is not None else written)
                column += count
            row += int(line.get(_TABLE + "number-rows-repeated", "1"))
        sheets.append(Sheet(table.get(_TABLE + "name", ""), cells, arrays))
    for each in root.iter(_TABLE + "named-range"):
        address = each.get(_TABLE + "cell-range-address", "")
        names.append(Name(each.get(_TABLE + "name", ""), from_openformula(f"of:=[{address}]")))
    return Workbook(tuple(sheets), tuple(names))
