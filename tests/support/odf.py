"""Cells of an .ods as odfpy reads them, a reader that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from odf import opendocument, table
from odf import text as odf_text


def placed(document: Any) -> Iterator[tuple[tuple[str, int, int], Any]]:
    """Sheet, row and column of each cell element of an .ods, as odfpy has it; a repeated one stands at its first place."""
    for sheet in document.getElementsByType(table.Table):
        row = 1
        for line in sheet.getElementsByType(table.TableRow):
            column = 1
            for cell in line.childNodes:
                yield (sheet.getAttribute("name"), row, column), cell
                column += int(cell.getAttribute("numbercolumnsrepeated") or 1)
            row += int(line.getAttribute("numberrowsrepeated") or 1)


def odf_strokes(path: Path) -> dict[tuple[str, int, int], set[str]]:
    """By sheet, row and column: what each cell's text has of line-through, underline, double underline and italic."""
    document = opendocument.load(str(path))
    strokes: dict[str, set[str]] = {}
    for style in document.automaticstyles.childNodes:
        properties = [each.attributes for each in style.childNodes if each.qname[1] == "text-properties"]
        own = {k[1]: v for each in properties for k, v in each.items()}
        lines = {kind for kind in ("line-through", "underline") if own.get(f"text-{kind}-style") == "solid"}
        twice = {"double"} if own.get("text-underline-type") == "double" else set()
        slanted = {"italic"} if own.get("font-style") == "italic" else set()
        strokes[style.getAttribute("name")] = lines | twice | slanted
    return {place: strokes.get(cell.getAttribute("stylename"), set()) for place, cell in placed(document)}


def odf_cells(path: Path) -> dict[tuple[str, int, int], tuple[str, str]]:
    """By sheet, row and column: the background and the note of each cell, as odfpy reads them."""
    document = opendocument.load(str(path))
    fills = {}
    for style in document.automaticstyles.childNodes:
        properties = [each for each in style.childNodes if each.qname[1] == "table-cell-properties"]
        color = properties[0].attributes if properties else {}
        fills[style.getAttribute("name")] = next((v for k, v in color.items() if k[1] == "background-color"), "")
    cells = {}
    for place, cell in placed(document):
        notes = [child for child in cell.childNodes if getattr(child, "qname", ("", ""))[1] == "annotation"]
        note = "\n".join(str(p) for each in notes for p in each.getElementsByType(odf_text.P))
        cells[place] = fills.get(cell.getAttribute("stylename"), ""), note
    return cells
