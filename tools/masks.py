"""Every wrong ReLU mask, judged: none may be called correct, whatever notes stand in the workbook.

A mask ∂a/∂z is `IF(z>0,1,0)`. It is replaced by one that reads any other z or a of the sheet, with `>`, `>=` or `<`, and
with 1 and 0 swapped; all cells at once, a variant at a time. First without the trial that is drawn from the workbook, for
the seeded trials alone must see every one; then with it and with notes in unused cells, which must change no verdict.
`make masks` runs it.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sheetnet.engine import engine_named
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.reference import Array
from sheetnet.syntax import cell_name
from sheetnet.trials import TRIALS, for_workbook
from sheetnet.trials.draw import Ties
from sheetnet.validation import state
from sheetnet.validation.case import Case
from sheetnet.validation.locate import Located, locate
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.workbook import Cell, Workbook
from sheetnet.workbook_options import WorkbookOptions
from tools.small_networks import make_network

NOTES = 30
FORMS = ("IF({0}>0,1,0)", "IF({0}>=0,1,0)", "IF({0}<0,1,0)", "IF({0}>0,0,1)", "IF({0}<0,0,1)", "IF({0}>=0,0,1)")


Read = tuple[str, int, int]  # block, row, column
Made = dict[Read, tuple[Read, str]]  # mask → the cell it reads, and the form


def networks() -> dict[str, Network]:
    """The template with ReLU, and one of four observations."""
    return {
        "relu-sigmoid-softmax": load_network("relu-sigmoid-softmax"),
        "relu, 4 observations": make_network("relu", "half_sse", (3, 4, 3, 2), observations=4),
    }


def masks(network: Network) -> list[Read]:
    """The cells of ∂a/∂z that hold a mask, each with its layer's z."""
    layers = [layer for layer in range(1, network.depth + 1) if network.kinks(layer)]
    blocks = [network.blocks[f"da_dz_{layer}"] for layer in layers]
    return [
        (block.name, row, column) for block in blocks for row in range(block.rows) for column in range(block.columns)
    ]


def read_cells(network: Network) -> list[Read]:
    """Every z and a of the first forward pass, with the inputs."""
    names = [name for name in network.blocks if re.fullmatch(r"(z|a|A)_[0-9]+", name)]
    blocks = [network.blocks[name] for name in names]
    return [
        (block.name, row, column) for block in blocks for row in range(block.rows) for column in range(block.columns)
    ]


def is_right(mask: Read, read: Read, form: str) -> bool:
    """Whether the mask reads its own z, or its own a (which is above 0 where z is); z >= 0 differs only in z = 0."""
    layer, row, column = int(mask[0].rpartition("_")[2]), *mask[1:]
    own_z = read == (f"z_{layer}", row, column)
    own_a = read in ((f"A_{layer}", row, column), (f"a_{layer}", row, column))
    if not (own_z or own_a):
        return False
    return form in (FORMS[0], FORMS[4] if own_z else "", FORMS[1] if own_z else "")


def wrong_masks(network: Network) -> Iterator[Made]:
    """Variants, each a wrong mask for every cell: (cell read, form)."""
    cells, reads = masks(network), read_cells(network)
    for form in FORMS:
        for read in reads:
            yield {mask: (read, form) for mask in cells if not is_right(mask, read, form)}


def changed(workbook: Workbook, located: Located, made: Made) -> Workbook:
    """The workbook with these masks in it."""
    sheets = {sheet.name: dict(sheet.cells) for sheet in workbook.sheets}
    for mask, (read, form) in made.items():
        place, source = located.place(*mask), located.place(*read)
        sheets[place[0]][place[1:]] = Cell(None, form.format(cell_name(*source[1:])))
    return replace(workbook, sheets=tuple(replace(sheet, cells=sheets[sheet.name]) for sheet in workbook.sheets))


def noted(workbook: Workbook, number: int) -> Workbook:
    """The workbook with a note in a cell that nothing uses."""
    step = next(sheet for sheet in workbook.sheets if sheet.name == "Step")
    cells = {**step.cells, (500 + number, 3): Cell(f"note {number}")}
    return replace(workbook, sheets=tuple(replace(s, cells=cells) if s is step else s for s in workbook.sheets))


def verdicts(workbook: Workbook, network: Network, made: Made, whole: bool = False) -> dict[Read, CellVerdict]:
    """The verdicts of the changed masks; if not `whole`, without the search for causes, which makes no wrong cell right."""
    runner = state.Runner(Case.of(workbook, network, TRIALS, 0), engine_named("ironcalc"))
    cells = judge(workbook, network).cells if whole else State.first(runner).cells
    blocks = {mask[0] for mask in made}
    found = {(cell.quantity, *(cell.index or ())): cell for cell in cells if cell.quantity in blocks}
    return {mask: found[mask] for mask in made}


def main() -> int:
    """Print the figures of each network; exit code 1 where a wrong mask is not blamed or a note changes a verdict."""
    return 1 if sum([figures(name, network) for name, network in networks().items()]) else 0


def figures(name: str, network: Network) -> int:
    """Print a line for a network; how much is wrong."""
    start, workbook = time.perf_counter(), make_workbook(network, WorkbookOptions())
    located = locate(workbook, network)
    variants = list(wrong_masks(network))
    with seeded_trials_alone():
        tally: Counter[str] = Counter(
            cell.verdict
            for made in variants
            for cell in verdicts(changed(workbook, located, made), network, made).values()
        )
    unblamed = tally["correct"] + tally["carried"] + tally["undetermined"]
    moved, explained, unreferred = 0, 0, 0
    for number in range(NOTES):
        made = variants[number * 7 % len(variants)]
        book = changed(workbook, located, made)
        plain, other = (verdicts(one, network, made, whole=True) for one in (book, noted(book, number)))
        moved += sum(plain[mask].verdict != other[mask].verdict for mask in plain)
        explained += len(plain)
        unreferred += sum(map(named_elsewhere, plain.values()))
    print(
        f"{name}: {tally.total():,} wrong masks by the seeded trials alone: {unblamed} not blamed {dict(tally)}; "
        f"{moved} changed by {NOTES} notes; of {explained:,} explained, {unreferred} by a cell that "
        f"the formula does not refer to; {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return unblamed + moved


@contextmanager
def seeded_trials_alone() -> Iterator[None]:
    """Within the block there is no trial of the workbook's own."""
    usual = for_workbook.inputs_from_content

    def none(workbook: Workbook, network: Network, ties: Ties, one_hot: bool) -> dict[str, Array]:
        return {name: array[:0] for name, array in usual(workbook, network, ties, one_hot).items()}

    vars(state)["inputs_from_content"] = none
    try:
        yield
    finally:
        vars(state)["inputs_from_content"] = usual


def named_elsewhere(cell: CellVerdict) -> bool:
    """Whether the message names a cell (as `z_1[0, 2]`'s address) that is not in the formula."""
    said = set(re.findall(r"![A-Z]{1,3}[0-9]+|\b[A-Z]{1,3}[0-9]+\b", cell.message or ""))
    used = set(re.findall(r"[A-Z]{1,3}[0-9]+", cell.formula or ""))
    return bool({word.strip("!") for word in said if not word.startswith("SN")} - used - {cell.cell})


if __name__ == "__main__":
    sys.exit(main())
