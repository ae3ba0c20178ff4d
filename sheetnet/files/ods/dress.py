"""What .ods cells wear besides style and value: notes, links, entries, rules, charts. It knows no values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odf import table, text

from sheetnet.files.attached import clean, positions
from sheetnet.files.ods.addresses import address
from sheetnet.files.ods.chart import frame
from sheetnet.files.ods.conditions import Under, ruled_style
from sheetnet.files.ods.look import xml_text
from sheetnet.files.ods.text import escape, paragraphs
from sheetnet.workbook import Entry, Position, Sheet


@dataclass(slots=True)
class Dress:
    """Pieces of a cell's element: the name of its style or "", further attributes, what precedes and follows the text."""

    style: str = ""
    attributes: str = ""
    before: str = ""
    link: str = ""  # where its text leads
    after: str = ""


def dresses(
    sheet: Sheet, number: int, ruled: Mapping[Position, Under], first_entry: int, first_chart: int
) -> dict[Position, Dress]:
    """The cells that wear anything; `number` is the sheet's, the workbook's entries and charts are counted from there."""
    view = sheet.view
    worn = {place: Dress(ruled_style(number, under)) for place, under in ruled.items()}
    for index, entry in enumerate(view.entries, first_entry):
        for place in positions(entry.box):
            dress = worn.setdefault(place, Dress())
            dress.attributes = dress.attributes or f' table:content-validation-name="entry{index}"'
    for place, note in view.notes.items():
        worn.setdefault(place, Dress()).before = _annotation(note)
    for place, target in view.links.items():
        worn.setdefault(place, Dress()).link = f'<text:a xlink:type="simple" xlink:href="#{escape(address(*target))}">'
    for index, chart in enumerate(view.charts, first_chart):
        worn.setdefault(chart.anchor, Dress()).after += frame(sheet, chart, index)
    return worn


def _annotation(note: str) -> str:
    """Without place and size: programs then put it beside its cell and make it as large as its text."""
    creator = "<dc:creator>sheetnet</dc:creator>"
    return f'<office:annotation office:display="false">{creator}{paragraphs(clean(note))}</office:annotation>'


def validations(sheets: Sequence[Sheet]) -> str:
    """What the entries of all sheets allow, named entry1, entry2, …"""
    entries = [(sheet, entry) for sheet in sheets for entry in sheet.view.entries]
    if not entries:
        return ""
    every = table.ContentValidations()
    for index, (sheet, entry) in enumerate(entries, 1):
        base = address(sheet.name, *entry.box[:2])
        each = table.ContentValidation(
            name=f"entry{index}", condition=_condition(entry), basecelladdress=base, allowemptycell="true"
        )
        title, message = clean(entry.title), clean(entry.message)
        for kind in (
            table.HelpMessage(title=title, display="true"),
            table.ErrorMessage(title=title, display="true", messagetype="stop"),
        ):
            kind.addElement(text.P(text=message))
            each.addElement(kind)
        every.addElement(each)
    return xml_text(every)


def _condition(entry: Entry) -> str:
    number = "of:cell-content-is-decimal-number() and cell-content"
    # LibreOffice reads no condition that asks for a number alone.
    return f"{number}-is-between(-1E+307,1E+307)" if entry.above is None else f"{number}()>{entry.above:g}"
