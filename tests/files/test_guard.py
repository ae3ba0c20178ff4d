"""Strangers' files: what is no workbook is named, and what would fill the memory is refused before it does."""

from __future__ import annotations

import random
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.errors import FileError
from sheetnet.files import read_workbook
from sheetnet.files.limits import DEFAULT_LIMITS, RATIO_FROM_BYTES
from sheetnet.files.package import open_package
from sheetnet.files.xml import elements, iterparse
from sheetnet.workbook import Cell, Sheet, Workbook
from tests.support.made_xlsx import build, sheet_xml
from tools.packages import changed, parts_of, saved, zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refusal(path: Path) -> str:
    """The one line with which a file is refused, within two seconds."""
    started = time.process_time()
    with pytest.raises(FileError) as caught:
        read_workbook(path)
    assert time.process_time() - started < 2
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (OLE + b"\0" * 600, "encrypted workbook or a legacy .xls"),
        (b"a,b\n1,2\n", "plain text such as CSV"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>", "HTML page"),
        (b"<?xml version='1.0'?><Workbook/>", "XML file"),
        (b"\x00\x01\x02", "not a zip file"),
        (b"PK\x03\x04 and no more", "damaged zip file"),
    ],
)
def test_what_is_no_workbook_is_called_by_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    """The content decides, not the suffix."""
    path = tmp_path / "homework.xlsx"
    path.write_bytes(content)
    assert said in refusal(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    """Each with its remedy."""
    assert "there is no such file" in refusal(tmp_path / "gone.xlsx")
    assert "is a folder" in refusal(tmp_path)


def test_a_zip_without_a_workbook_and_a_text_document_are_refused(tmp_path: Path) -> None:
    """A zip file alone is no workbook."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped({"photo.jpg": b"x"}))
    assert "is a zip file but no workbook" in refusal(path)
    path.write_bytes(zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}))
    assert "opendocument.text, no spreadsheet" in refusal(path)


@pytest.mark.parametrize(
    ("part", "said"), [("xl/workbook.bin", "binary workbook (.xlsb)"), ("Index/Document.iwa", "Apple document")]
)
def test_workbooks_of_other_formats_are_told_the_way_out(tmp_path: Path, part: str, said: str) -> None:
    """What students hand in from other programs: it must be saved as .xlsx there."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped({part: b"x", "[Content_Types].xml": b"<Types/>"}))
    assert said in refusal(path)
    assert "save it as .xlsx" in refusal(path)


def test_content_decides_between_xlsx_and_ods(tmp_path: Path) -> None:
    """A wrong suffix does no harm."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}))
    with open_package(path) as package:
        assert package.kind == "ods"
        assert b"".join(package.open("content.xml")) == b"<a/>"


MANIFEST = (
    '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/>'
    '<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.{}"/></m:manifest>'
)
BODY = '<a xmlns="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><{0}/></a>'


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"META-INF/manifest.xml": MANIFEST.format("spreadsheet"), "content.xml": "<a/>"}, "ods"),
        ({"META-INF/manifest.xml": MANIFEST.format("spreadsheet-template"), "content.xml": "<a/>"}, "ods"),
        ({"content.xml": BODY.format("spreadsheet")}, "ods"),
        ({"META-INF/manifest.xml": "<m/>", "content.xml": BODY.format("spreadsheet")}, "ods"),
        ({"mimetype": "", "content.xml": BODY.format("spreadsheet")}, "ods"),
        ({"mimetype": "\ufeffapplication/vnd.oasis.opendocument.spreadsheet; charset=utf-8\n"}, "ods"),
        ({"[content_types].xml": "<Types/>"}, "xlsx"),
        (
            {"META-INF/manifest.xml": MANIFEST.format("text"), "content.xml": BODY.format("text")},
            "opendocument.text, no",
        ),
        ({"content.xml": BODY.format("text")}, "is an unknown document, no spreadsheet"),
        ({"META-INF/manifest.xml": MANIFEST.format("spreadsheet")}, "is a zip file but no workbook"),
    ],
)
def test_a_document_without_mimetype_is_told_by_its_manifest_or_content(
    tmp_path: Path, parts: dict[str, str], kind: str
) -> None:
    """An .ods that was packed again by hand has lost it; and names of parts ignore case."""
    path = tmp_path / "a.ods"
    path.write_bytes(zipped({name: text.encode() for name, text in parts.items()}))
    if kind in ("ods", "xlsx"):
        with open_package(path) as package:
            assert package.kind == kind
    else:
        assert kind in refusal(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    """The directory of a zip file stands at its end."""
    path = tmp_path / "cut.xlsx"
    path.write_bytes(build(tmp_path / "whole.xlsx", sheet_xml("<c r='A1'><v>1</v></c>")).read_bytes()[:-30])
    assert "damaged zip file" in refusal(path)


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    """zipfile compares each part with its checksum."""
    path = build(tmp_path / "a.xlsx", sheet_xml("<c r='A1'><v>1</v></c>"))
    content = bytearray(path.read_bytes())
    start = content.index(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    content[start + 20] ^= 0xFF
    path.write_bytes(content)
    assert "get the file again" in refusal(path)


@pytest.mark.parametrize(
    "bomb",
    [b" " * 150_000_000, b"<row/>" * 5_000_000, b"<c>" * 2_000_000],
    ids=["blanks of 150 MB", "rows of 30 MB", "nesting of 6 MB"],
)
def test_a_zip_bomb_is_refused_by_its_ratio(tmp_path: Path, bomb: bytes) -> None:
    """Before anything is unpacked: honest parts of over 1 MB shrink at most 121 times."""
    path = build(tmp_path / "bomb.xlsx", sheet_xml(bomb.decode()))
    assert path.stat().st_size < 300_000
    assert "zip bomb" in refusal(path) or bomb.startswith(b" ")


def test_many_parts_and_big_files_are_refused(tmp_path: Path) -> None:
    """By the directory alone."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped({f"part{number}": b"" for number in range(DEFAULT_LIMITS.parts + 1)}))
    assert "parts, at most" in refusal(path)
    with path.open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(DEFAULT_LIMITS.file_size + 1)
    assert "bytes, at most" in refusal(path)


ENTITY = '<!DOCTYPE a [<!ENTITY e "lol">]>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % e SYSTEM "http://localhost/"> %e;]>'


@pytest.mark.parametrize("prolog", ["<!DOCTYPE a>", ENTITY, EXTERNAL, PARAMETER, "<!-- x -->" * 9000 + ENTITY])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_dtds_and_entities_are_refused_in_any_encoding(prolog: str, encoding: str) -> None:
    """No workbook needs them, and they are the door to other files."""
    content = f"<?xml version='1.0' encoding='{encoding}'?>{prolog}<a>1</a>".encode(encoding)
    chunks = [content[index : index + 100] for index in range(0, len(content), 100)]
    with pytest.raises(FileError, match="declares a DTD"):
        list(iterparse(chunks, "sheet1.xml", DEFAULT_LIMITS))
    with pytest.raises(FileError, match="declares a DTD"):
        list(elements(chunks, "sheet1.xml", ("a",)))


@pytest.mark.parametrize(
    "content", [b"", b"<a>", b"<a>&e;</a>", b"<a></b>", b"<a/><!DOCTYPE a><a/>", b"\xff\xfe<", b"a"]
)
def test_broken_xml_is_a_file_error(content: bytes) -> None:
    """Never an exception of the parser's own."""
    with pytest.raises(FileError, match=r"^sheet1\.xml is no well-formed XML"):
        list(iterparse([content], "sheet1.xml", DEFAULT_LIMITS))
    with pytest.raises(FileError, match=r"^sheet1\.xml is no well-formed XML"):
        list(elements([content], "sheet1.xml", ("a",)))


def test_an_unknown_encoding_is_a_file_error() -> None:
    """Python's parser would raise a LookupError or ValueError."""
    for encoding in ("klingon", "big5"):
        with pytest.raises(FileError, match="no well-formed XML"):
            list(iterparse([f"<?xml version='1.0' encoding='{encoding}'?><a/>".encode()], "part", DEFAULT_LIMITS))


def test_deep_xml_is_refused() -> None:
    """Whether starts are watched, which counts exactly, or ends alone."""
    deep = [b"<a>" * 20_000] * 40
    for events in (("start", "end"), ("end",)):
        with pytest.raises(FileError, match=r"nests"):
            list(iterparse(deep, "part", DEFAULT_LIMITS, events, tags=("row",)))


def test_what_is_never_dropped_is_bounded() -> None:
    """Elements of no interest, and one endless text, would fill the memory slowly."""
    for limits in (replace(DEFAULT_LIMITS, xml_held=100_000), replace(DEFAULT_LIMITS, xml_row=400_000)):
        with pytest.raises(FileError, match="holds too much"):
            list(iterparse([b"<a>"] + [b"<x/>" * 4_000] * 50, "part", limits, tags=("row",)))
    with pytest.raises(FileError, match="a text of over"):
        list(iterparse([b"<a>"] + [b" " * 100_000] * 40, "part", DEFAULT_LIMITS, tags=("row",)))


def test_elements_are_reported_whole_and_emptied_after_their_turn() -> None:
    """So memory holds one row at a time."""
    content = b"<s xmlns='n'><row r='1'><c>1</c><c>2</c></row><row/></s>"
    seen = []
    for event, element in iterparse([content], "part", DEFAULT_LIMITS, ("start", "end"), tags=("{n}row",)):
        seen.append((event, element))
        if event == "end" and element.get("r"):
            assert [cell.text for cell in element] == ["1", "2"]
    assert [event for event, _ in seen] == ["start", "end"] * 2
    assert all(len(element) == 0 for _, element in seen)


def test_a_small_part_gives_the_same_elements_at_once() -> None:
    """Held as a whole tree or read as a stream: the same rows with the same cells."""
    content = b"<s xmlns='n'><row r='1'><c>1</c><c>2</c></row><row/></s>"
    rows = [[cell.text for cell in row] for _, row in elements([content], "part", ("{n}row",))]
    assert rows == [["1", "2"], []]
    assert rows == [
        [cell.text for cell in row] for _, row in iterparse([content], "part", DEFAULT_LIMITS, tags=("{n}row",))
    ]


def test_names_that_climb_out_of_the_folder_do_no_harm(tmp_path: Path) -> None:
    """Nothing is ever unpacked to disk."""
    path = build(tmp_path / "a.xlsx", sheet_xml("<c r='A1'><v>1</v></c>"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.txt", "x")
        archive.writestr("/abs.txt", "x")
    assert read_workbook(path).sheets[0].cells[1, 1].value == 1
    assert sorted(place.name for place in tmp_path.iterdir()) == ["a.xlsx"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("before", ["", "/", "\\"])
@pytest.mark.parametrize("change", [str, str.upper])
def test_two_parts_of_one_name_are_refused(tmp_path: Path, before: str, change: Callable[[str], str]) -> None:
    """Programs differ in which they read, so that a right sheet could hide a wrong one."""
    path = build(tmp_path / "a.xlsx", sheet_xml("<c r='A1'><v>1</v></c>"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(before + change("xl/worksheets/sheet1.xml"), sheet_xml("<c r='A1'><v>2</v></c>"))
    assert "two parts of one name" in refusal(path)


def test_many_parts_just_below_the_ratio_are_refused_together(tmp_path: Path) -> None:
    """Each is too small to be asked for its ratio; the file as a whole is not."""
    part = b" " * (RATIO_FROM_BYTES - 1)
    whole = build(tmp_path / "a.xlsx", sheet_xml("<c r='A1'><v>1</v></c>"))
    path = tmp_path / "b.xlsx"
    media = {f"xl/media/{number}.bin": part for number in range(30)}
    path.write_bytes(changed(whole.read_bytes(), media))
    assert path.stat().st_size * DEFAULT_LIMITS.ratio < 30 * len(part)
    assert "is packed 200 times" in refusal(path)


def test_a_refused_file_is_closed_though_a_part_was_being_read(tmp_path: Path) -> None:
    """Handles would pile up in a process that reads thousands of files; an unclosed one is a warning, and so an error."""
    noise = "".join(random.Random(1).choices("0123456789", k=500_000))  # more than is read ahead
    path = build(tmp_path / "a.xlsx", sheet_xml(noise))
    package = open_package(path)
    chunks = package.open("xl/worksheets/sheet1.xml")
    assert next(chunks)
    package.close()
    with pytest.raises(FileError, match="cannot be unpacked"):
        list(chunks)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    """Where the file says there is a sheet."""
    path = build(tmp_path / "a.xlsx", sheet_xml(""), leave_out=("xl/worksheets/sheet1.xml",))
    assert "lacks its part xl/worksheets/sheet1.xml" in refusal(path)


def test_random_damage_gives_a_workbook_or_a_file_error(tmp_path: Path) -> None:
    """300 copies with some random bytes each: no other exception."""
    whole = build(tmp_path / "a.xlsx", sheet_xml("<c r='A1'><f>1+1</f><v>2</v></c>"), stored=True).read_bytes()
    chance = random.Random(7)  # the same damage every time
    path, refusals = tmp_path / "b.xlsx", []
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 3, 30))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            assert read_workbook(path).sheets
        except FileError as error:
            refusals.append(str(error))
    assert 0 < len(refusals) < 300
    assert all(words.startswith(str(path)) for words in refusals)


def test_a_package_may_lack_its_mimetype_or_use_small_letters(tmp_path: Path) -> None:
    """Zipped again by hand, or by programs that take no care; both are opened by LibreOffice."""
    workbook = Workbook((Sheet("Step", {(1, 1): Cell(1.5)}),))
    ods = parts_of(saved(workbook, "ods"))
    del ods["mimetype"]
    xlsx = parts_of(saved(workbook, "xlsx"))
    xlsx["[content_types].xml"] = xlsx.pop("[Content_Types].xml")
    for suffix, parts in (("ods", ods), ("xlsx", xlsx)):
        (tmp_path / f"a.{suffix}").write_bytes(zipped(parts))
        assert read_workbook(tmp_path / f"a.{suffix}").sheets[0].cells == workbook.sheets[0].cells
