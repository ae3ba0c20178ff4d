"""Conditional formats of an .ods: styles that give way to others where a condition is true. It knows no values.

They are `style:map`s, which the schema of OpenDocument has and all programs read. A colour scale exists only in
LibreOffice's own extension of the format, so that here it is a few shades.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from odf import style

from sheetnet.files.attached import positions
from sheetnet.files.ods.addresses import address
from sheetnet.files.ods.look import cell, cell_style, font
from sheetnet.files.ods.openformula import to_openformula
from sheetnet.looks import STYLES
from sheetnet.syntax import cell_name
from sheetnet.workbook import Cell, Position, Rule, Sheet

_SHADES = 5  # of a colour scale from 0 to 1
_PREFIX = len("of:=")
_NO_CELL = Cell()
Under = tuple[str, tuple[int, ...]]  # a role, numbers of rules


def under_rules(sheet: Sheet) -> dict[Position, Under]:
    """The cells under a rule → their role, and the rules by number, of which the first that is true decides."""
    found: dict[Position, Under] = {}
    for index, rule in enumerate(sheet.view.rules):
        for place in positions(rule.box):
            role, rules = found.get(place) or (sheet.cells.get(place, _NO_CELL).role, ())
            found[place] = role, (*rules, index)
    return found


def ruled_style(number: int, under: Under) -> str:
    """The name of the style of a cell under rules; `number` is the sheet's."""
    role, rules = under
    return "-".join([cell_style(role), str(number), *map(str, rules)])


def ruled_styles(sheets: Sequence[Sheet], ruled: Sequence[Mapping[Position, Under]]) -> list[Any]:
    """The styles of content.xml under the names of `ruled_style`."""
    return [
        _ruled_style(sheet, number, under)
        for number, (sheet, cells) in enumerate(zip(sheets, ruled, strict=True))
        for under in sorted(set(cells.values()))
    ]


def _ruled_style(sheet: Sheet, number: int, under: Under) -> Any:
    role, rules = under
    made = cell(ruled_style(number, under), STYLES[role])
    for rule in (sheet.view.rules[index] for index in rules):
        base = address(sheet.name, *rule.box[:2])
        for condition, look in _cases(rule, role):
            made.addElement(style.Map(condition=condition, applystylename=look, basecelladdress=base))
    return made


def _cases(rule: Rule, role: str) -> Iterator[tuple[str, str]]:
    """The conditions of a rule, each with the name of the style it puts on a cell of this role."""
    if rule.scale is None:
        yield _condition(rule.formula), f"cf_{rule.role}"
        return
    corner = cell_name(*rule.box[:2])
    for step in reversed(range(_SHADES)):
        # The shade of 0.25 stands for 0.125 to 0.375; the first and last also for what lies beyond.
        bound = f",{corner}>={(step - 0.5) / (_SHADES - 1):g}" if step else ""
        yield _condition(f"AND(ISNUMBER({corner}){bound})"), _shade_name(_shades(rule.scale)[step], role)


def _condition(formula: str) -> str:
    return f"is-true-formula({to_openformula(formula)[_PREFIX:]})"


def _shades(scale: tuple[str, str]) -> list[str]:
    """RRGGBB from 0 to 1 in even steps."""
    ends = [[int(color[at : at + 2], 16) for at in (0, 2, 4)] for color in scale]
    return [
        "".join(f"{round(low + (high - low) * step / (_SHADES - 1)):02X}" for low, high in zip(*ends, strict=True))
        for step in range(_SHADES)
    ]


def _shade_name(shade: str, role: str) -> str:
    return "_".join(filter(None, ["shade", shade, role]))


def put_on_styles(sheets: Sequence[Sheet], ruled: Sequence[Mapping[Position, Under]]) -> list[Any]:
    """The styles of styles.xml that the conditions put on: fill and font of a role, or a shade and the cell's own font."""
    looks: dict[str, tuple[str | None, str]] = {}  # name → fill, the role whose font it is
    for sheet, cells in zip(sheets, ruled, strict=True):
        for role, rules in set(cells.values()):
            for rule in (sheet.view.rules[index] for index in rules):
                if rule.scale is None:
                    looks[f"cf_{rule.role}"] = STYLES[rule.role].fill, rule.role
                else:
                    looks |= {_shade_name(shade, role): (shade, role) for shade in _shades(rule.scale)}
    return [_put_on(name, *look) for name, look in sorted(looks.items())]


def _put_on(name: str, fill: str | None, role: str) -> Any:
    made = style.Style(name=name, family="table-cell", parentstylename="Default")
    if fill is not None:
        made.addElement(style.TableCellProperties(backgroundcolor=f"#{fill}"))
    made.addElement(font(STYLES[role]))
    return made
