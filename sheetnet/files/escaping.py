"""Writes text as XML: what is special becomes an entity, what XML cannot hold goes by one of three named policies.

`dropped`: our own .ods files leave such characters out. `replaced`: in copies of other people's files a replacement sign
shows where they were. `excel`: .xlsx files spell them as Excel does, and reading such a file turns the spelling back. The
paragraphs and addresses of .ods files, outside formulas, are spelled here too.
"""

from __future__ import annotations

import re

from sheetnet.syntax import cell_name
from sheetnet.syntax.references import TEXT_CHARACTERS
from sheetnet.workbook import Box

# XML 1.0 has no place for these characters, not even as entities; neither has a spreadsheet.
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_CELLS = re.compile("[\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # a reader makes \n of \r
_PLAIN = re.compile(r"[ !#-%'-;=?-~]*")  # nothing that any policy changes, but for Excel's own spelling
_LIKE_EXCELS = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_EXCELS = re.compile(r"_x([0-9A-Fa-f]{4})_")


def dropped(text: str) -> str:
    """The text for an attribute or an element, without the characters that XML cannot hold."""
    return text if _PLAIN.fullmatch(text) else _attribute(_NOT_XML.sub("", text))


def replaced(text: str) -> str:
    """The text for an attribute or an element, with a replacement sign for each character that XML cannot hold."""
    return text if _PLAIN.fullmatch(text) else _attribute(_NOT_XML.sub("\ufffd", text))


def excel(text: str) -> str:
    """The text for an element, control characters as Excel spells them: a carriage return is `_x000D_`."""
    if "_x" in text:
        text = _LIKE_EXCELS.sub("_x005F_", text)
    if _PLAIN.fullmatch(text):
        return text
    return _element(_NOT_IN_CELLS.sub(lambda match: f"_x{ord(match[0]):04X}_", text))


def excel_replaced(text: str, longest: int) -> str:
    """The same of other people's text, cut to a length, with a replacement sign for each control character."""
    return excel(_NOT_IN_CELLS.sub("\ufffd", text)[:longest])


def text_element(prefix: bytes, text: str) -> bytes:
    """A `t` element. Control characters of an untrusted text show as a replacement sign."""
    text = excel_replaced(text, TEXT_CHARACTERS)
    return b'<%st xml:space="preserve">%s</%st>' % (prefix, text.encode(), prefix)


def excel_read(text: str) -> str:
    """Text as Excel spells it, with the characters that it stands for."""
    if "_x" not in text:
        return text
    text = _EXCELS.sub(lambda match: chr(int(match[1], 16)), text)
    # The spelling counts in UTF-16; half a character, which nobody could print or save, becomes a replacement sign.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fits_in_cell(text: str) -> bool:
    """Whether XML can hold every character of a text as it is."""
    return _NOT_IN_CELLS.search(text) is None


def clean(text: str) -> str:
    """The text without the characters that XML cannot hold; nothing is made an entity."""
    return _NOT_IN_CELLS.sub("", text)


def _element(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    """Line ends and tabs as entities, for readers make spaces of them in attributes."""
    text = _element(text).replace('"', "&quot;")
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


# Spaces that XML readers may collapse: at either end, and all after the first in a row.
_SPACES = re.compile(r"^ +| +$|(?<= ) +|\t")


def paragraphs(text: str) -> str:
    """The text in `<text:p>` elements, one per line, with every space kept."""
    if text.isalnum() and text.isascii():
        return f"<text:p>{text}</text:p>"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"<text:p>{_line(line)}</text:p>" for line in lines)


def _line(line: str) -> str:
    if " " not in line and "\t" not in line:
        return dropped(line)
    parts, place = [], 0
    for match in _SPACES.finditer(line):
        parts += [dropped(line[place : match.start()]), _spaces_element(match[0])]
        place = match.end()
    return "".join([*parts, dropped(line[place:])])


def _spaces_element(spaces: str) -> str:
    if spaces == "\t":
        return "<text:tab/>"
    return f'<text:s text:c="{len(spaces)}"/>' if len(spaces) > 1 else "<text:s/>"


_PLAIN_SHEET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def address(sheet: str, row: int, column: int) -> str:
    """One cell."""
    name = sheet if _PLAIN_SHEET.fullmatch(sheet) else "'" + sheet.replace("'", "''") + "'"
    return f"{name}.{cell_name(row, column)}"


def box_address(sheet: str, box: Box) -> str:
    """The cells from a box's top left to its bottom right."""
    top, left, bottom, right = box
    return f"{address(sheet, top, left)}:{address(sheet, bottom, right)}"
