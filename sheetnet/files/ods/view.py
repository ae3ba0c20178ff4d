"""The view settings of an .ods: no grid, and each sheet's frozen panes. It knows no cells and no styles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from odf import config, office

from sheetnet.files.ods.look import xml_text
from sheetnet.workbook import Sheet, View


def settings(sheets: Sequence[Sheet]) -> str:
    """The view settings: no grid, and the panes frozen at each sheet's first scrolling cell."""
    tables = config.ConfigItemMapNamed(name="Tables")
    for sheet in sheets:
        entry = config.ConfigItemMapEntry(name=sheet.name)
        for name, kind, value in (("ShowGrid", "boolean", "false"), *_panes(sheet.view)):
            entry.addElement(_item(name, kind, value))
        tables.addElement(entry)
    entry = config.ConfigItemMapEntry()
    shown = next((sheet.name for sheet in sheets if not sheet.hidden), sheets[0].name)
    for item in (_item("ViewId", "string", "view1"), tables, _item("ActiveTable", "string", shown)):
        entry.addElement(item)
    entry.addElement(_item("ShowGrid", "boolean", "false"))
    views = config.ConfigItemMapIndexed(name="Views")
    views.addElement(entry)
    items = config.ConfigItemSet(name="ooo:view-settings")
    items.addElement(views)
    whole = office.Settings()
    whole.addElement(items)
    return xml_text(whole)


def _panes(view: View) -> Iterator[tuple[str, str, str]]:
    row, column = (place - 1 for place in view.freeze or (1, 1))
    frozen = "2"
    for axis, far, count in (("Horizontal", "PositionRight", column), ("Vertical", "PositionBottom", row)):
        if count:
            yield f"{axis}SplitMode", "short", frozen
            yield f"{axis}SplitPosition", "int", str(count)
            yield far, "int", str(count)
    if row or column:
        pane = 3 if row and column else 1 if column else 2
        yield "ActiveSplitRange", "short", str(pane)


def _item(name: str, kind: str, value: str) -> Any:
    return config.ConfigItem(name=name, type=kind, text=value)
