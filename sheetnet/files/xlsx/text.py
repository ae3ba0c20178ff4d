"""Text as an .xlsx part holds it: every space kept, characters that XML lacks escaped. It knows no parts."""

from __future__ import annotations

import re

_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST = 32_767  # characters in a cell or note; Excel's own limit


def text_element(prefix: bytes, text: str) -> bytes:
    """A `t` element. Control characters of a stranger's text show as a replacement sign."""
    text = _NOT_XML.sub("\ufffd", text)[:LONGEST]
    text = _ESCAPE_LIKE.sub("_x005F_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return b'<%st xml:space="preserve">%s</%st>' % (prefix, text.encode(), prefix)
