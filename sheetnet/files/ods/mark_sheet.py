"""A sheet of our own as a table element of an .ods. It knows no package."""

from __future__ import annotations

from sheetnet.files.marks import AddedSheet, Field
from sheetnet.files.ods.mark_styles import CellStyles
from sheetnet.files.ods.text import escape, paragraphs
from sheetnet.files.xlsx.text import LONGEST
from sheetnet.syntax import cell_name


def table_xml(sheet: AddedSheet, name: str, styles: CellStyles) -> str:
    """The `table:table` element."""
    columns = "".join(f'<table:table-column table:style-name="{styles.column(width)}"/>' for width in sheet.widths)
    rows = "".join(_row(row, styles) for row in sheet.rows)
    head = f'<table:table table:name="{escape(name)}">{columns or "<table:table-column/>"}'
    return f"{head}{rows or '<table:table-row><table:table-cell/></table:table-row>'}</table:table>"


def _row(row: tuple[Field, ...], styles: CellStyles) -> str:
    cells = "".join(_cell(field, styles) for field in row)
    return f"<table:table-row>{cells or '<table:table-cell/>'}</table:table-row>"


def _cell(cell: Field, styles: CellStyles) -> str:
    start = f'<table:table-cell table:style-name="{styles.look(cell.fill, cell.bold)}"'
    if cell.value is None:
        return start + "/>"
    if isinstance(cell.value, str):
        return f'{start} office:value-type="string">{_text(cell)}</table:table-cell>'
    number = float(cell.value)
    return (
        f'{start} office:value-type="float" office:value="{number!r}"><text:p>{number:.10g}</text:p></table:table-cell>'
    )


def _text(cell: Field) -> str:
    text = str(cell.value)[:LONGEST]
    if cell.link is None:
        return paragraphs(text)
    sheet, row, column = cell.link
    target = "#'" + sheet.replace("'", "''") + "'." + cell_name(row, column)
    return f'<text:p><text:a xlink:type="simple" xlink:href="{escape(target)}">{escape(text)}</text:a></text:p>'
