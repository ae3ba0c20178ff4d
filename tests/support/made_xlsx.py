"""Small .xlsx files put together by hand, of the XML that a test gives."""

from __future__ import annotations

import zipfile
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "application/vnd.openxmlformats-package.relationships"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def sheet_xml(cells: str, main: str = MAIN, row: str = "<row r='1'>") -> str:
    """A worksheet part with one row of the given cells."""
    return f"<worksheet xmlns='{main}'><sheetData>{row}{cells}</row></sheetData></worksheet>"


def build(
    path: Path,
    sheet: str,
    *,
    main: str = MAIN,
    strings: str = "",
    sheets: str = "<sheet name='Step' sheetId='1' r:id='r1'/>",
    names: str = "",
    leave_out: tuple[str, ...] = (),
    stored: bool = False,
) -> Path:
    """An .xlsx file with the sheet's XML as its worksheets 1 and 2 (only 1 is listed unless `sheets` says otherwise)."""
    relations = "".join(
        f"<Relationship Id='{key}' Type='{OFFICE}/{kind}' Target='{target}'/>"
        for key, kind, target in (
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "worksheet", "/xl/worksheets/sheet2.xml"),
            ("r3", "chartsheet", "chartsheets/sheet1.xml"),
            ("r9", "sharedStrings", "sharedStrings.xml"),
        )
    )
    root = f"<Relationship Id='r' Type='{OFFICE}/officeDocument' Target='xl/workbook.xml'/>"
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{TYPES}'><Default Extension='rels' ContentType='{RELATIONS}+xml'/>"
        f"<Override PartName='/xl/workbook.xml' ContentType='{SHEETS}.sheet.main+xml'/></Types>",
        "_rels/.rels": f"<Relationships xmlns='{PACKAGE}'>{root}</Relationships>",
        "xl/_rels/workbook.xml.rels": f"<Relationships xmlns='{PACKAGE}'>{relations}</Relationships>",
        "xl/workbook.xml": f"<workbook xmlns='{main}' xmlns:r='{OFFICE}'><sheets>{sheets}</sheets>"
        f"<definedNames>{names}</definedNames></workbook>",
        "xl/worksheets/sheet1.xml": sheet,
        "xl/worksheets/sheet2.xml": sheet,
        "xl/sharedStrings.xml": f"<sst xmlns='{main}'>{strings}</sst>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            if name not in leave_out:
                archive.writestr(name, content)
    return path
