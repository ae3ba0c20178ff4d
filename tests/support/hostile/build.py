"""What malicious workbooks are made of: right ones, parts put into them, zip files that lie."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sheetnet.generate import make_workbook
from sheetnet.network_file import load_network
from sheetnet.workbook_options import WorkbookOptions
from tools.packages import parts_of, saved, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
EXTRA = "xl/worksheets/extra.xml"


# ---- right workbooks, and what is put into them ----


@cache
def lesson(suffix: str) -> bytes:
    """The workbook of the lesson as generated, its one step alone: every cell correct."""
    return saved(make_workbook(load_network("d02b"), WorkbookOptions()), suffix)


def hardened(part: bytes) -> bytes:
    """The part with a comment of noise, as an attacker would add it, so that its ratio is no bomb's."""
    noise = base64.b64encode(random.Random(len(part)).randbytes(len(part) // 80)) if len(part) > 900_000 else b""
    return part + (b"<!--" + noise + b"-->" if noise else b"")


def sheet_xml(rows: str, after: str = "", before: str = "") -> bytes:
    """A worksheet part; `before` and `after` stand around its rows."""
    return (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    ).encode()


def cells_xml(formulas: Iterable[str], value: str = "") -> str:
    """Rows of one formula each, in column A."""
    rows = (f'<row r="{n}"><c r="A{n}"><f>{text}</f>{value}</c></row>' for n, text in enumerate(formulas, 1))
    return "".join(rows)


def with_xlsx_sheet(part: bytes, names: str = "", data: bytes | None = None, extra: Mapping[str, bytes] = {}) -> bytes:
    """The right workbook with one more sheet "Extra", and more defined names."""
    parts = parts_of(data or lesson("xlsx"))
    book = parts["xl/workbook.xml"].decode()
    book = book.replace("</sheets>", '<sheet name="Extra" sheetId="99" r:id="rId99"/></sheets>')
    book = book.replace("</definedNames>", names + "</definedNames>")
    related = parts["xl/_rels/workbook.xml.rels"].decode()
    relation = f'<Relationship Id="rId99" Type="{OFFICE}/worksheet" Target="worksheets/extra.xml"/>'
    types = parts["[Content_Types].xml"].decode()
    override = f'<Override PartName="/{EXTRA}" ContentType="{WORKSHEET}"/>'
    return zipped(
        {
            **parts,
            "[Content_Types].xml": types.replace("</Types>", override + "</Types>").encode(),
            "xl/workbook.xml": book.encode(),
            "xl/_rels/workbook.xml.rels": related.replace("</Relationships>", relation + "</Relationships>").encode(),
            EXTRA: hardened(part),
            **extra,
        }
    )


def xlsx_alone(part: bytes, names: str = "") -> bytes:
    """A workbook of one sheet and nothing else."""
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relation = '<Relationship Id="r" Type="%s/%s" Target="%s"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="xml" ContentType="{kinds}.sheet.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}">{relation % (OFFICE, "officeDocument", "xl/workbook.xml")}'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Extra" sheetId="1" '
        f'r:id="r"/></sheets><definedNames>{names}</definedNames></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
        f"{relation % (OFFICE, 'worksheet', 'worksheets/extra.xml')}</Relationships>",
    }
    return zipped({name: text.encode() for name, text in parts.items()} | {EXTRA: hardened(part)})


def with_ods_table(table: str, names: str = "", extra: Mapping[str, bytes] = {}) -> bytes:
    """The right workbook with one more sheet, given as its `table:table` element, and more names."""
    parts = parts_of(lesson("ods"))
    content = parts["content.xml"].decode()
    content = content.replace("<table:named-expressions>", table + "<table:named-expressions>" + names, 1)
    return zipped({**parts, "content.xml": hardened(content.encode()), **extra})


def ods_alone(table: str, names: str = "") -> bytes:
    """A workbook of one sheet and nothing else."""
    spaces = "".join(f' xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>{table}<table:named-expressions>{names}"
        "</table:named-expressions></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": ODS_TYPE, "content.xml": hardened(content.encode())})


def table_xml(rows: str, name: str = "Extra") -> str:
    """A `table:table` element of the rows."""
    return f'<table:table table:name="{name}">{rows}</table:table>'


def ods_cell(formula: str = "", value: str = "1", more: str = "") -> str:
    """A number cell, or one with a formula, as it stands in the file."""
    text = f' table:formula="{formula}"' if formula else ""
    return f'<table:table-cell{text}{more} office:value-type="float" office:value="{value}"/>'


def ods_rows(formulas: Iterable[str]) -> str:
    """Rows of one formula each, in column A."""
    return "".join(f"<table:table-row>{ods_cell(text)}</table:table-row>" for text in formulas)


# ---- zip files that no zip program makes ----


@dataclass(frozen=True)
class Entry:
    """A part as the zip file claims it is: `size`, `crc`, `flags`, `method` and the offset `at` may all be lies."""

    name: str
    packed: bytes
    size: int
    crc: int
    flags: int = 0
    method: int = 8
    at: int | None = None

    @classmethod
    def of(cls, name: str, content: bytes) -> Entry:
        """An honest one."""
        return cls(name, deflated(content), len(content), zlib.crc32(content))


def deflated(content: bytes) -> bytes:
    """A raw deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def raw_zip(entries: Iterable[Entry]) -> bytes:
    """A zip file with these claims in both headers of each part. An entry with `at` has no data of its own."""
    body, directory = bytearray(), bytearray()
    count = 0
    for entry in entries:
        name, count = entry.name.encode(), count + 1
        sizes = (entry.crc, len(entry.packed), entry.size, len(name))
        offset = len(body) if entry.at is None else entry.at
        if entry.at is None:
            body += struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, entry.flags, entry.method, 0, 0, *sizes, 0) + name
            body += entry.packed
        directory += struct.pack("<4sHHHHHHIIIHH", b"PK\1\2", 20, 20, entry.flags, entry.method, 0, 0, *sizes, 0)
        directory += struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory) + end


def blanks(name: str, megabytes: int) -> Entry:
    """A part of blanks alone, about a thousandth of its size when packed: one packed megabyte, over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b" " * (1 << 20)
    first = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = first * megabytes + packer.flush()
    crc = 0
    for _ in range(megabytes):
        crc = zlib.crc32(block, crc)
    return Entry(name, packed, megabytes << 20, crc)


def entries_of(data: bytes) -> list[Entry]:
    """The parts of an honest file as entries."""
    return [Entry.of(name, content) for name, content in parts_of(data).items()]
