"""Zip files that bomb, lie, climb out of their folder or are damaged, alone and around right workbooks."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from dataclasses import replace

from tests.support.hostile.build import (
    EXTRA,
    ODS_TYPE,
    Entry,
    blanks,
    entries_of,
    lesson,
    raw_zip,
    sheet_xml,
    with_xlsx_sheet,
)
from tests.support.hostile.cases import add
from tools.packages import changed, parts_of, zipped

SHEET_PARTS = {"xlsx": "xl/worksheets/sheet2.xml", "ods": "content.xml"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def both(name: str, make: Callable[[str], bytes], wanted: str, said: str = "", slow: bool = False) -> None:
    """The same trick with either format."""
    for suffix in ("xlsx", "ods"):
        add(name, suffix, lambda _, suffix=suffix: make(suffix), wanted, said, slow)  # type: ignore[misc]


def with_entry(suffix: str, *entries: Entry) -> bytes:
    """The right workbook with more parts, or others in the place of its own."""
    names = {entry.name for entry in entries}
    return raw_zip([*(entry for entry in entries_of(lesson(suffix)) if entry.name not in names), *entries])


def lying(suffix: str, **lies: int) -> bytes:
    """The right workbook, but for what the directory says of its sheet."""
    entry = next(entry for entry in entries_of(lesson(suffix)) if entry.name == SHEET_PARTS[suffix])
    return with_entry(suffix, replace(entry, **lies))  # type: ignore[arg-type]


def overlapping(suffix: str, megabytes: int, copies: int) -> bytes:
    """Many names for one packed part, as in David Fifield's better zip bomb (2019)."""
    kernel = blanks("kernel", megabytes)
    whole = [kernel, *entries_of(lesson(suffix))]
    return raw_zip([*whole, *(replace(kernel, name=f"kernel{n}", packed=b"", at=0) for n in range(copies))])


def nested(suffix: str) -> bytes:
    """A zip file in a zip file in a zip file, the innermost of which bombs."""
    inner = raw_zip([blanks("bomb.xml", 300)])
    for _ in range(3):
        inner = zipped({"xl/inner.zip": inner})
    return changed(lesson(suffix), {"xl/embeddings/inner.zip": inner})


both(
    "zip bomb in the sheet: 300 MB of blanks",
    lambda s: with_entry(s, blanks(SHEET_PARTS[s], 300)),
    "refused",
    "unpacks to more",
)
both(
    "zip bomb in the sheet: 90 MB of blanks", lambda s: with_entry(s, blanks(SHEET_PARTS[s], 90)), "refused", "zip bomb"
)
both(
    "zip bomb of 1 GiB in the sheet",
    lambda s: with_entry(s, blanks(SHEET_PARTS[s], 1024)),
    "refused",
    "unpacks to more",
    True,
)
both("zip bomb beside the sheet", lambda s: with_entry(s, blanks("media/a.bin", 90)), "refused", "zip bomb")
both(
    "zip bomb of 300 parts below the ratio's threshold",
    lambda s: with_entry(s, *(Entry.of(f"part{n}", b" " * 990_000) for n in range(300))),
    "refused",
    "unpacks to more",
)
both("nested zip", nested, "inert")
both("overlapping zip, 4 GB", lambda s: overlapping(s, 10, 400), "refused")
both("overlapping zip, 90 MB", lambda s: overlapping(s, 1, 90), "refused")
both("too many parts", lambda s: changed(lesson(s), {f"part{n}": b"" for n in range(600)}), "refused", "parts, at most")
both("a directory that says the sheet is smaller", lambda s: lying(s, size=1_000), "refused", "cannot be unpacked")
both("a directory that says the sheet is larger", lambda s: lying(s, size=90_000_000), "not right")
both("a wrong checksum", lambda s: lying(s, crc=1), "refused", "cannot be unpacked")
both("a password on the sheet", lambda s: lying(s, flags=1), "refused", "password")
both("a sheet packed with LZMA", lambda s: lying(s, method=14), "refused", "packed in an unknown way")
both("a sheet said to be stored", lambda s: lying(s, method=0), "refused", "cannot be unpacked")
both("patched data", lambda s: lying(s, flags=0x20), "refused", "cannot be unpacked")
both(
    "a directory that points beyond the file",
    lambda s: lying(s, at=0x7FFFFFFF),
    "refused",
)
both(
    "names that climb out of the folder",
    lambda s: changed(
        lesson(s),
        dict.fromkeys(("../../evil.txt", "/tmp/evil.txt", "..\\evil.txt", "C:\\evil.txt", "a/../../evil"), b"x"),
    ),
    "inert",
)
both("a name of 60,000 letters", lambda s: changed(lesson(s), {"a" * 60_000: b"x"}), "inert")
both(
    "a name with terminal codes",
    lambda s: with_entry(s, replace(blanks("\x1b[2J\n\x07evil", 2), crc=1)),
    "refused",
    "zip bomb",
)
both("two sheets of one name in the directory", lambda s: with_double(s), "refused")
both("a first part that the rest follows", lambda s: b"PK\3\4" + lesson(s), "stopped")
both("cut in half", lambda s: lesson(s)[: len(lesson(s)) // 2], "refused", "damaged zip file")
both("its end alone", lambda s: lesson(s)[-2_000:], "refused")
both("an end of the directory that says there are no parts", lambda _: b"PK\5\6" + bytes(18), "refused")
both("empty", lambda _: b"", "refused", "is empty")
both("one byte", lambda _: b"P", "refused")
both("blanks", lambda _: b" " * 5_000, "refused")
both("zeros", lambda _: bytes(5_000), "refused", "not a zip file")
both("noise", lambda _: random.Random(1).randbytes(20_000), "refused")
both(
    "noise that begins like a zip file", lambda _: b"PK\3\4" + random.Random(1).randbytes(20_000), "refused", "damaged"
)
both(
    "a legacy .xls or encrypted workbook",
    lambda _: OLE + bytes(5_000),
    "refused",
    "encrypted workbook or a legacy .xls",
)
both("CSV", lambda _: b"a;b\n=1+1;=cmd|' /C calc'!A0\n", "refused", "plain text")
both(
    "an HTML table, as many programs export it",
    lambda _: b"\xef\xbb\xbf<html><table><tr><td>1</table>",
    "refused",
    "HTML",
)
both("a flat XML document", lambda _: b"<?xml version='1.0'?><office:document/>", "refused", "XML file")
both("a zip file of photos", lambda _: zipped({"IMG_1.jpg": b"\xff\xd8"}), "refused", "no workbook")
both(
    "a text document",
    lambda _: zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}),
    "refused",
    "no spreadsheet",
)
both(
    "a mimetype with terminal codes",
    lambda _: zipped({"mimetype": b"\x1b[31mred\nline\x00"}),
    "refused",
    "no spreadsheet",
)
both("a mimetype of 90 KB", lambda _: zipped({"mimetype": b"x" * 90_000}), "refused", "no spreadsheet")
both(
    "the kind alone",
    lambda s: zipped({"[Content_Types].xml": b""} if s == "xlsx" else {"mimetype": ODS_TYPE}),
    "refused",
    "lacks its part",
)
add("an .ods named .xlsx", "xlsx", lambda _: lesson("ods"), "inert")
add("an .xlsx named .ods", "ods", lambda _: lesson("xlsx"), "inert")
add("both formats at once", "xlsx", lambda _: zipped(parts_of(lesson("ods")) | parts_of(lesson("xlsx"))), "inert")
both(
    "an encrypted document",
    lambda _: zipped({"mimetype": ODS_TYPE, "META-INF/manifest.xml": b"<m:encryption-data/>", "content.xml": b"\0\1"}),
    "refused",
    "password",
)


def with_double(suffix: str) -> bytes:
    """A sheet that stands twice in the directory: programs differ in which they read."""
    wrong = parts_of(lesson(suffix))[SHEET_PARTS[suffix]].replace(b"EXP(", b"SIN(")
    return zipped([(SHEET_PARTS[suffix], wrong), *parts_of(lesson(suffix)).items()])


def with_case(*_: object) -> bytes:
    """Two parts whose names differ in capitals alone: in a package they are one name."""
    return with_xlsx_sheet(sheet_xml(""), extra={EXTRA.upper(): sheet_xml("")})


add("two parts whose names differ in capitals alone", "xlsx", with_case, "refused")


def link_entry(suffix: str) -> bytes:
    """A part that says it is a symbolic link, as some programs unpack it."""
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    entries = [*entries_of(lesson(suffix)), Entry.of("link", b"/etc/passwd")]
    return raw_zip(entries)


both("a part that is a link", link_entry, "inert")
