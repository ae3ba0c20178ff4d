"""A stranger's layout judged: what was identified as verdicts, in the report that `validate` gives. It formats nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.check.draws import TRIALS
from sheetnet.check.judge import CHANCE
from sheetnet.check.verdicts import CellVerdict, Report
from sheetnet.identify.identifying import identify_workbook
from sheetnet.identify.input_map import InputMap
from sheetnet.identify.result import Identification, Unidentified
from sheetnet.network import Network
from sheetnet.workbook import Workbook


def judge_layout(
    workbook: Workbook,
    network: Network,
    inputs_map: InputMap | None = None,
    *,
    name: str = "",
    steps: int | None = None,
    engine: str = "ironcalc",
    trials: int = TRIALS,
    seed: int = 0,
) -> Report:
    """Judge a workbook in any layout: identified cells are correct, the others wrong where it begins, else carried.

    Missing is what the network implies and nothing on the sheet stands for: a quantity whose work is done inside another
    formula is not missing, nor is the cost after the step. Cells that no input moves, texts and helpers are not judged.
    """
    found = identify_workbook(
        workbook, network, inputs_map, name=name, steps=steps, engine=engine, trials=trials, seed=seed
    )
    return report_of(found)


def report_of(found: Identification) -> Report:
    """The verdicts that an identification amounts to."""
    return Report(
        workbook=found.workbook,
        network=found.network,
        network_source="the file given",
        engine=found.engine,
        trials=found.trials,
        seed=found.seed,
        cells=(*_missing(found), *map(_unknown, found.unidentified), *_known(found)),
        notes=(f"inputs from {found.inputs_from}", *found.notes),
    )


def _missing(found: Identification) -> Iterator[CellVerdict]:
    for one in found.nowhere:
        if not one.through and one.quantity != "cost_new":
            many = f"{one.lacking} of its {one.size} numbers" if one.lacking < one.size else "its numbers"
            message = f"no cell computes {many}, nor anything made of them (step {one.step})"
            yield CellVerdict(None, None, one.quantity, None, "missing", message)


def _unknown(cell: Unidentified) -> CellVerdict:
    """Wrong where it begins; carried where it cannot be told as long as the cell it follows from is wrong."""
    verdict = "wrong" if cell.follows is None else "carried"
    if verdict == "wrong" and cell.message.startswith("the formula gives #"):
        verdict = "error"
    elif verdict == "wrong" and "try --engine" in cell.message:
        verdict = "unsupported"
    return CellVerdict(
        cell.sheet,
        cell.cell,
        cell.expected.quantity if cell.expected else "unknown",
        cell.expected.index if cell.expected else None,
        verdict,
        cell.message,
        formula=cell.formula,
        value=cell.value,
        expected=cell.expected_value,
        cause=cell.follows,
        mistakes=cell.mistakes,
    )


def _known(found: Identification) -> Iterator[CellVerdict]:
    for cell in found.identified:
        verdict, message = "correct", "computes what it should"
        step = f" (step {cell.label.step})" if cell.label.step > 1 else ""
        if cell.carried:
            verdict = "carried"
            message = f"the formula is right; the error comes from {cell.because or 'a wrong cell upstream'}"
        if chance := CHANCE.search(cell.formula):
            verdict, message = "wrong", f"{chance[1].upper()} gives another value at every look: not deterministic"
        yield CellVerdict(
            cell.sheet,
            cell.cell,
            cell.label.quantity,
            cell.label.index,
            verdict,
            message + step,
            formula=cell.formula,
            value=cell.value,
            cause=cell.because,
        )
