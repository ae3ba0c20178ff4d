"""Text as XML: each policy for what XML cannot hold, and that what is written reads back."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sheetnet.files.escaping import dropped, excel, excel_read, excel_replaced, replaced

ODD = 'a\x00<b>&"c"\x1f\ufffe\ud800_x000D_é\U0001f600'


@pytest.mark.parametrize("text", ["plain", "R&D <1>", 'say "x"', "line\nline", "tab\t.", "é\U0001f600"])
def test_what_xml_can_hold_reads_back_from_an_attribute(text: str) -> None:
    """Both policies for attributes change only what XML cannot hold."""
    assert [ElementTree.fromstring(f'<a b="{write(text)}"/>').get("b") for write in (dropped, replaced)] == [text, text]


def test_what_xml_cannot_hold_goes_by_the_policy() -> None:
    """Left out, shown as a replacement sign, or spelled as Excel spells it."""
    parse = ElementTree.fromstring
    assert parse(f"<a>{dropped(ODD)}</a>").text == 'a<b>&"c"_x000D_é\U0001f600'
    assert parse(f"<a>{replaced(ODD)}</a>").text == 'a\ufffd<b>&"c"\ufffd\ufffd\ufffd_x000D_é\U0001f600'
    assert excel("a\x00<b>\r_x000D_") == "a_x0000_&lt;b&gt;_x000D__x005F_x000D_"
    assert excel_replaced("a\x00\r<b>", 3) == "a\ufffd\ufffd"


@pytest.mark.parametrize("text", ["a\rb", "_x000D_", "\x07", "__x0041_", "x_x", "\U0001f600"])
def test_what_excel_spells_reads_back(text: str) -> None:
    """A text that only looks like Excel's spelling stays what it is."""
    assert excel_read(str(ElementTree.fromstring(f"<t>{excel(text)}</t>").text)) == text
