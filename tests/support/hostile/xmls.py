"""Parts whose XML would fetch, grow or nest: entities, DTDs, depth, encodings, each in several parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.support.hostile.build import (
    hardened,
    lesson,
    ods_alone,
    sheet_xml,
    table_xml,
    with_ods_table,
    with_xlsx_sheet,
    xlsx_alone,
)
from tests.support.hostile.cases import Trap, add
from tests.support.hostile.zips import SHEET_PARTS
from tools.packages import changed, parts_of

XLSX_PARTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", SHEET_PARTS["xlsx"])
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DTDS: dict[str, Callable[[Trap], str]] = {
    "billion laughs": lambda _: f'<!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]>',
    "quadratic entities": lambda _: f'<!DOCTYPE a [<!ENTITY l11 "{"x" * 50_000}">]>',
    "an external entity on disk": lambda trap: f'<!DOCTYPE a [<!ENTITY l11 SYSTEM "{trap.secret.as_uri()}">]>',
    "an external entity on the network": lambda trap: f'<!DOCTYPE a [<!ENTITY l11 SYSTEM "{trap.url}/entity">]>',
    "a parameter entity": lambda trap: f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{trap.url}/parameter"> %p;]>',
    "an external DTD": lambda trap: f'<!DOCTYPE a SYSTEM "{trap.url}/dtd">',
    "a public DTD": lambda trap: f'<!DOCTYPE a PUBLIC "-//x" "{trap.url}/public">',
    "a DTD behind 100 KB of comments": lambda _: f'{"<!-- x -->" * 10_000}<!DOCTYPE a [<!ENTITY l11 "x">]>',
}


def with_dtd(suffix: str, part: str, prolog: str, encoding: str = "utf-8") -> bytes:
    """The right workbook with a prolog in one part, and its entity used where there is text."""
    text = parts_of(lesson(suffix))[part].decode()
    head, _, body = text.partition("?>")
    body = body.replace("Backward", "&l11;Backward", 1) if "l11" in prolog else body
    return changed(lesson(suffix), {part: f"{head.replace('UTF-8', encoding)}?>{prolog}{body}".encode(encoding)})


def add_dtd(name: str, prolog: Callable[[Trap], str], suffix: str, part: str, encoding: str = "utf-8") -> None:
    """A DTD in a part that is read."""
    place = part if encoding == "utf-8" else f"{part} in {encoding}"
    make = partial(with_dtd, suffix, part)
    add(f"{name} in {place}", suffix, lambda trap: make(prolog(trap), encoding), "refused", "declares a DTD")


for _name, _prolog in DTDS.items():
    for _part in XLSX_PARTS:
        add_dtd(_name, _prolog, "xlsx", _part)
    add_dtd(_name, _prolog, "ods", "content.xml")
    for _suffix, _part in SHEET_PARTS.items():
        add_dtd(_name, _prolog, _suffix, _part, "utf-16")

for _suffix, _part in SHEET_PARTS.items():
    for _encoding, _wanted in (("utf-16", "inert"), ("utf-7", "refused"), ("utf-32", "refused")):
        _make = partial(with_dtd, _suffix, _part, "", _encoding)
        add(f"a sheet in {_encoding}", _suffix, lambda _, make=_make: make(), _wanted)  # type: ignore[misc]


def included(trap: Trap, suffix: str) -> bytes:
    """XInclude and a stylesheet, which a careless parser follows."""
    text = parts_of(lesson(suffix))[SHEET_PARTS[suffix]].decode()
    head, _, body = text.partition("?>")
    style = f'<?xml-stylesheet href="{trap.url}/style"?><?include {trap.secret.as_uri()}?>'
    end = body.rindex("</")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{trap.secret.as_uri()}" parse="text"/>'
    return changed(lesson(suffix), {SHEET_PARTS[suffix]: f"{head}?>{style}{body[:end]}{include}{body[end:]}".encode()})


add("XInclude and a stylesheet", "xlsx", lambda trap: included(trap, "xlsx"), "inert")
add("XInclude and a stylesheet", "ods", lambda trap: included(trap, "ods"), "inert")

DEEP = {
    "elements nested 200,000 deep": "<a>" * 200_000 + "</a>" * 200_000,
    "elements nested 30,000 deep": "<a>" * 30_000 + "</a>" * 30_000,
    "elements opened 200,000 times": "<a>" * 200_000,
    "a tag of 2 MB": f'<a b="{"x" * 2_000_000}"/>',
    "100,000 attributes": "<a " + " ".join(f'b{n}=""' for n in range(100_000)) + "/>",
    "100,000 namespaces": "<a " + " ".join(f'xmlns:b{n}="u{n}"' for n in range(100_000)) + "/>",
    "an unclosed tag": "<a b='",
    "half a character": "\ud800",
    "a NUL": "\0",
    "a reference to the character 0": "&#x0;",
    "a reference to half a character": "&#xD800;",
    "a prefix nobody declared": "<nobody:a/>",
}
INERT = {
    "elements nested 200,000 deep",
    "elements nested 30,000 deep",
    "a tag of 2 MB",
    "100,000 attributes",
    "100,000 namespaces",
}


def in_xlsx(xml: str, alone: bool) -> bytes:
    """The XML where a sheet's own elements stand."""
    part = sheet_xml("", "@@").replace(b"@@", xml.encode("utf-8", "surrogatepass"))
    return xlsx_alone(part) if alone else with_xlsx_sheet(part)


def in_ods(xml: str, alone: bool) -> bytes:
    """The XML in a cell."""
    table = table_xml("<table:table-row><table:table-cell>@@</table:table-cell></table:table-row>")
    data = ods_alone(table) if alone else with_ods_table(table)
    content = parts_of(data)["content.xml"].replace(b"@@", xml.encode("utf-8", "surrogatepass"))
    return changed(data, {"content.xml": hardened(content)})


for _name, _xml in DEEP.items():
    for _suffix, _put in (("xlsx", in_xlsx), ("ods", in_ods)):
        _beside, _alone = partial(_put, _xml, False), partial(_put, _xml, True)
        _wanted = "stopped" if _name in INERT else "refused"
        add(_name, _suffix, lambda _, make=_beside: make(), _wanted)  # type: ignore[misc]
        add(f"{_name}, alone", _suffix, lambda _, make=_alone: make(), "refused")  # type: ignore[misc]

add("no XML at all", "xlsx", lambda _: with_xlsx_sheet(b"\x89PNG\r\n\x1a\n"), "refused", "no well-formed XML")
add(
    "no XML at all",
    "ods",
    lambda _: changed(lesson("ods"), {"content.xml": b"\x89PNG\r\n"}),
    "refused",
    "no well-formed XML",
)
add("a sheet of another root", "xlsx", lambda _: with_xlsx_sheet(b"<html/>"), "stopped")
