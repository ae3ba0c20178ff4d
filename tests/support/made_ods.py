"""Small .ods files put together by hand, of the XML that a test gives."""

from __future__ import annotations

import zipfile
from pathlib import Path

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
PREFIXES = {prefix: f"{OASIS}:{prefix}:1.0" for prefix in ("office", "style", "text", "table")} | {
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
NAMESPACES = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in PREFIXES.items())


def package(path: Path, content: str) -> Path:
    """An .ods of this content.xml."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("content.xml", content)
    return path


def document(body: str, styles: str = "", doctype: str = "") -> str:
    """A content.xml around what stands in `office:spreadsheet`."""
    styles = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    body = f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>"
    return f"{doctype}<office:document-content {NAMESPACES}>{styles}{body}</office:document-content>"


def cell(attributes: str, text: str | None = None) -> str:
    inner = "" if text is None else f"<text:p>{text}</text:p>"
    return f"<table:table-cell {attributes}>{inner}</table:table-cell>"


def number(value: float, more: str = "") -> str:
    return cell(f'office:value-type="float" office:value="{value}" {more}', "shown")


def row(*cells: str, count: object = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{count}">{"".join(cells)}</table:table-row>'


def wide(count: object) -> str:
    return f'table:number-columns-repeated="{count}"'
