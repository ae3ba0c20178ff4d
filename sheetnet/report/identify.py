"""What `identify` found, on a terminal and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sheetnet.formulas import symbol_of
from sheetnet.identification import Fault, Identification, Identified, Label, Nowhere, Unidentified
from sheetnet.report.json import json_text, record, records
from sheetnet.report.terminal import indented
from sheetnet.report.wording import finding_line, in_json, mistake_title, printable, short
from sheetnet.syntax.references import place_name
from sheetnet.verdict import Verdict

IDENTIFY_SCHEMA = "sheetnet.identify/1"
IDENTIFY_FIELDS = """schema workbook network engine trials seed steps summary notes inputs_from inputs findings
    identified unidentified apart nowhere"""
INPUT_FIELDS = "quantity index cells"
LABEL_FIELDS = "quantity index step"
IDENTIFIED_FIELDS = "sheet cell quantity index step also carried because formula value"
UNIDENTIFIED_FIELDS = (
    "sheet cell formula value message follows computes expected expected_value mistake mistakes verdict"
)
FAULT_FIELDS = "sheet ranges cells origin verdict formula expected computes mistake mistakes message"
APART_FIELDS = "sheet cell formula value why"
NOWHERE_FIELDS = "quantity step lacking size through"
MOST_UNIDENTIFIED_SHOWN = 20  # unidentified cells that are listed; the JSON has all
MOST_PLACES_NAMED = 3  # cells that are named for one input block or quantity


def identification_data(found: Identification) -> dict[str, Any]:
    """The identification as plain data, in the fields of the schema."""
    return record(
        found,
        IDENTIFY_FIELDS,
        schema=IDENTIFY_SCHEMA,
        summary=_summary(found),
        inputs=records(found.inputs, INPUT_FIELDS),
        findings=[_finding(fault) for fault in found.faults()],
        identified=[_identified(cell) for cell in found.identified],
        unidentified=[_unidentified(cell) for cell in found.unidentified],
        apart=records(found.apart, APART_FIELDS),
        nowhere=records(found.nowhere, NOWHERE_FIELDS),
    )


def identification_json(found: Identification) -> str:
    """The identification as JSON."""
    return json_text([identification_data(found)])


def _summary(found: Identification) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "identified": len(found.identified),
        "carried": sum(cell.carried for cell in found.identified),
        "unidentified": len(found.unidentified),
        "begins": sum(map(_begins, found.unidentified)),
        "apart": len(found.apart),
    }


def _label(label: Label | None) -> dict[str, Any] | None:
    return None if label is None else record(label, LABEL_FIELDS)


def _identified(cell: Identified) -> dict[str, Any]:
    label = record(cell.label, LABEL_FIELDS)
    return record(cell, IDENTIFIED_FIELDS, **label, also=records(cell.also, LABEL_FIELDS))


def _finding(fault: Fault) -> dict[str, Any]:
    """One fault, however often its formula was filled down: what is said is said of the first cell, the `origin`."""
    cell = fault.first
    return record(
        cell,
        FAULT_FIELDS,
        ranges=fault.ranges,
        cells=len(fault.cells),
        origin=cell.cell,
        computes=_label(cell.computes),
        expected=_label(cell.expected),
    )


def _unidentified(cell: Unidentified) -> dict[str, Any]:
    return record(cell, UNIDENTIFIED_FIELDS, computes=_label(cell.computes), expected=_label(cell.expected))


def identification_view(found: Identification) -> RenderableType:
    """The identification of one workbook on a terminal."""
    return Group(*_parts(found))


def identification_lines(found: Identification) -> Iterator[str]:
    """One line for each cell in which an error begins."""
    for cell in found.unidentified:
        if not _begins(cell):
            continue
        what = (
            f"{cell.verdict or 'not identified'}: {cell.message}"
            if cell.mistake is None
            else mistake_title(cell.mistake)
        )
        expected = str(cell.expected or "")
        yield finding_line(found.workbook, place_name(cell.sheet, cell.cell), what, expected)


def _begins(cell: Unidentified) -> bool:
    """Whether an error begins in the cell, and does not come from another."""
    return cell.follows is None and cell.verdict != Verdict.UNDETERMINED


def _parts(found: Identification) -> Iterator[RenderableType]:
    mark, color = ("✓", "green") if found.ok else ("✗", "red")
    summary = _summary(found)
    yield Text(f"{mark} {printable(found.workbook)}", style=f"bold {color}")
    yield indented(
        f"{printable(found.network)}: {summary['identified']:,} cells identified, {summary['unidentified']:,} not, "
        f"{summary['apart']:,} apart; {found.steps:,} training {'step' if found.steps == 1 else 'steps'}",
        "",
    )
    source = f"inputs from {printable(found.inputs_from)}"
    yield indented(f"{source}, {found.engine}, {found.trials} trials, seed {found.seed}", "dim")
    for note in found.notes:
        yield indented(f"note: {printable(note)}")
    yield indented("inputs: " + printable("; ".join(_input_blocks(found))), "")
    yield from _quantities(found)
    if found.unidentified:
        yield _table(found)
    if (rest := len(found.unidentified) - MOST_UNIDENTIFIED_SHOWN) > 0:
        yield Text(f"  {in_json(rest)}", style="dim")
    yield from _rest(found)


def _input_blocks(found: Identification) -> Iterator[str]:
    """Each input block with its first and last cell, and how much of it has none."""
    blocks = list(dict.fromkeys(one.quantity for one in found.inputs))
    for name in blocks:
        own = [one for one in found.inputs if one.quantity == name]
        cells = [cell for one in own for cell in one.cells]
        lacking = sum(not one.cells for one in own)
        where = cells[0] if len(cells) == 1 else f"{cells[0]} … {cells[-1]}" if cells else "no cell"
        yield f"{symbol_of(name)} {where}" + (f" ({lacking} of {len(own)} stay constant)" if lacking else "")


def _quantities(found: Identification) -> Iterator[RenderableType]:
    """Where each quantity of the first step stands."""
    first: dict[str, list[str]] = {}
    for cell in found.identified:
        if cell.label.step == 1:
            first.setdefault(cell.label.quantity, []).append(place_name(cell.sheet, cell.cell))
    table = Table(box=None, padding=(0, 1), pad_edge=True, header_style="dim")
    for title in ("quantity", "cells", "where (first step)"):
        table.add_column(title, overflow="fold")
    for name, cells in first.items():
        more = "" if len(cells) <= MOST_PLACES_NAMED else f" … {cells[-1]}"
        table.add_row(
            Text(symbol_of(name)), str(len(cells)), Text(printable(", ".join(cells[:MOST_PLACES_NAMED]) + more))
        )
    if first:
        yield table


def _table(found: Identification) -> Table:
    followers = Counter(cell.follows for cell in found.unidentified)
    followers.update(cell.because for cell in found.identified if cell.carried)
    table = Table(box=None, padding=(0, 1), pad_edge=True, header_style="dim")
    for title in ("not identified", "should be", "why"):
        table.add_column(title, overflow="fold")
    faults = [(fault.where, fault.first) for fault in found.faults()]
    others = [(place_name(cell.sheet, cell.cell), cell) for cell in found.unidentified if not _begins(cell)]
    for where, cell in [*faults, *others][:MOST_UNIDENTIFIED_SHOWN]:
        why = Text(
            printable(cell.message)
            + (f" ({cell.mistake})" if cell.mistake and cell.mistake not in cell.message else "")
        )
        formula = printable(cell.formula)
        why.append("\n=" + short(formula), style="dim")
        if count := followers[place_name(cell.sheet, cell.cell)]:
            follow = "cell follows" if count == 1 else "cells follow"
            why.append(f"\n{count:,} more {follow} from this", style="yellow")
        color = "red" if _begins(cell) else "yellow"
        table.add_row(Text(printable(where), style=color), Text(str(cell.expected or "")), why)
    return table


def _rest(found: Identification) -> Iterator[RenderableType]:
    kinds = Counter(cell.why for cell in found.apart)
    words = {
        "not moved": "not moved by any input",
        "text": "give text",
        "helper": "help others that are right",
        "decision": "say which class an output means",
        "optimiser": "change weights by another optimiser",
        "not recognised": "not recognised, which does not make them wrong",
    }
    if kinds:
        yield indented("apart: " + ", ".join(f"{n:,} {words[why]}" for why, n in kinds.items()), "dim")
    absent = [_absent(one) for one in found.nowhere if not one.through]
    inside = [_absent(one) for one in found.nowhere if one.through]
    if absent:
        yield indented("nowhere: " + ", ".join(absent))
    if inside:
        yield indented("only inside other formulas: " + ", ".join(inside), "dim")


def _absent(one: Nowhere) -> str:
    part = "" if one.lacking == one.size else f" ({one.lacking} of {one.size})"
    return symbol_of(one.quantity) + part + (f" of step {one.step}" if one.step > 1 else "")
