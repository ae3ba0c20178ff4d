"""The number formats of an .xlsx's cell styles, as far as they may show another number than the cell holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from xml.etree.ElementTree import Element

from sheetnet.errors import FileError
from sheetnet.files.guard import Package
from sheetnet.files.xlsx.parts import part_of_kind, tags
from sheetnet.syntax.number_formats import MOST, could_mislead

_FORMATS, _STYLES = tags("numFmts"), tags("cellXfs")
# Excel's own dates and times, which a file names by their number alone.
_DATES = {
    14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yyyy h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0",
}  # fmt: skip
_DATE = re.compile(rb"numFmtId\s*=\s*[\"'](?:%s)[\"']" % b"|".join(b"%d" % number for number in _DATES))
_CODE = re.compile(rb"formatCode\s*=\s*(\"[^\"]*\"|'[^']*')")
_BUILT_IN = {str(number): code for number, code in _DATES.items()}


def misleading_styles(package: Package, book: str) -> dict[str, str]:
    """The number of a cell style, as cells name it, → its format; in most files there is none.

    Styles that cannot be read mislead nobody here: they are no reason to refuse a file.
    """
    part = part_of_kind(package, book, "styles")
    if part is None or part not in package.names:
        return {}
    try:
        return dict(_misleading(package, part)) if _suspicious(b"".join(package.open(part))) else {}
    except FileError:
        return {}


def _suspicious(content: bytes) -> bool:
    """Whether any number format could mislead, read off the text: a tenth of the time, and mostly there is none.

    What may be spelled otherwise, in another encoding or with references to characters, is always read in full.
    """
    plain = content.removeprefix(b"\xef\xbb\xbf").startswith(b"<") and b"\0" not in content and b"&#" not in content
    if not plain or _DATE.search(content):
        return True
    return _any_misleads(frozenset(_CODE.findall(content)))


@lru_cache(maxsize=256)
def _any_misleads(codes: frozenset[bytes]) -> bool:
    """Most files of a class have the same formats."""
    return any(could_mislead(unescape(code[1:-1].decode("utf-8", "replace"))[:MOST]) for code in codes)


def _misleading(package: Package, part: str) -> Iterator[tuple[str, str]]:
    codes = dict(_BUILT_IN)
    for _, element in package.iterparse(part, tags=_FORMATS | _STYLES):
        if element.tag in _FORMATS:
            codes.update((each.get("numFmtId", ""), each.get("formatCode", "")[:MOST]) for each in element)
            codes = {number: code for number, code in codes.items() if could_mislead(code)}
        else:
            yield from _styles(element, codes)


def _styles(listing: Element, codes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for index, style in enumerate(listing):
        code = codes.get(style.get("numFmtId", "0"))
        if code is not None:
            yield str(index), code
