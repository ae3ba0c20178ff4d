"""Identifies workbooks in other people's layouts, right ones and ones with known faults, and counts what is found."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

from sheetnet.errors import FileError
from sheetnet.identification import Identification, identify_workbook
from sheetnet.network import Network
from sheetnet.syntax import parse_area
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import cell_place
from sheetnet.verdict import Verdict
from sheetnet.workbook import Workbook
from tools.foreign_cases import HELD_OUT, LARGE, LAYOUTS, OLDER
from tools.foreign_faults import FAULTS
from tools.foreign_plan import Host, Plan, Written, kind_of, parts

SCOPES = ("one cell", "one column", "all cells")
BEGINS = (Verdict.WRONG, Verdict.ERROR)


@dataclass(frozen=True)
class ForeignSheet:
    """A workbook in somebody's layout, its fault ("" for none), and the cells that are wrong in it ("Sheet!A1")."""

    layout: str
    fault: str
    scope: str
    written: Written
    faulty: frozenset[str]

    @property
    def network(self) -> Network:
        """The network that it trains."""
        return self.written.plan.network

    @cached_property
    def workbook(self) -> Workbook:
        """The workbook, without any name."""
        return self.written.workbook()

    @property
    def held_out(self) -> bool:
        """Whether it is of the third that nobody looks at while mending: of the newer layouts all sheets or none."""
        return self.layout in HELD_OUT or (self.layout in OLDER and crc32(str(self).encode()) % 3 == 0)

    def __str__(self) -> str:
        """What it is, as a report names it."""
        return f"{self.layout}; {self.fault}; {self.scope}" if self.fault else f"{self.layout}; right"


def right_sheets() -> Iterator[ForeignSheet]:
    """Every layout without a fault."""
    for name, layout in LAYOUTS.items():
        yield ForeignSheet(name, "", "", Written(layout()), frozenset())


def faulty_sheets(seed: int = 16) -> Iterator[ForeignSheet]:
    """Every layout with every fault that it can have, in one cell, in one column and wherever it can be."""
    for name, layout in LAYOUTS.items():
        plan = layout()
        right = {host: Written(plan).formula(*host) for host in plan.places if not plan.is_typed(*host)}
        placed = {kind_of(*host) for host in right}
        for fault_name, fault in list(FAULTS.items())[:: 6 if len(right) > LARGE else 1]:
            everywhere = Written(plan, fault.kind, fault.change, None)
            possible = [host for host in right if fault.kind not in placed or kind_of(*host) == fault.kind]
            texts = {host: everywhere.formula(*host) for host in possible}
            differs = [host for host in possible if texts[host] != right[host]]
            # A reference may have lost its $ and mean the same cell all the same.
            wrong = {host for host in differs if texts[host].replace("$", "") != right[host].replace("$", "")}
            if wrong:
                one = random.Random(f"{seed} {name} {fault_name}").choice(sorted(wrong))
                for scope, hosts in _scopes(plan, one, differs):
                    written = Written(plan, fault.kind, fault.change, hosts)
                    faulty = frozenset(cell_place(plan.places[host]) for host in hosts & wrong)
                    yield ForeignSheet(name, fault_name, scope, written, faulty)


def _scopes(plan: Plan, one: Host, hosts: Sequence[Host]) -> Iterator[tuple[str, frozenset[Host]]]:
    """The cells of one scope after the other, no cells twice."""
    sheet, _, column = plan.places[one]
    below = [h for h in hosts if plan.places[h][::2] == (sheet, column) and _kind(h) == _kind(one)]
    seen = set[frozenset[Host]]()
    for scope, chosen in zip(SCOPES, ([one], below, hosts), strict=True):
        if (cells := frozenset(chosen)) not in seen:
            seen.add(cells)
            yield scope, cells


def _kind(host: Host) -> tuple[str, int]:
    return kind_of(*host), parts(host[0])[1]


@dataclass
class Tally:
    """What was said about some sheets, in cells: `found` of the `real` faults, `false` origins, `apart` of all `cells`."""

    sheets: int = 0
    real: int = 0
    found: int = 0
    false: int = 0
    cells: int = 0
    apart: int = 0
    seconds: float = 0.0

    def add(self, sheet: ForeignSheet, found: Identification | None, seconds: float) -> None:
        """Count one sheet more; of a sheet that was refused nothing is found, and all is set apart."""
        begins = frozenset() if found is None else origins(found)
        cells = len(Dependencies(sheet.workbook).formulas)
        self.sheets += 1
        self.real += len(sheet.faulty)
        self.found += len(begins & sheet.faulty)
        self.false += len(begins - sheet.faulty)
        self.cells += cells
        self.apart += cells if found is None else sum(cell.why != "helper" for cell in found.apart)
        self.seconds += seconds

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    def __str__(self) -> str:
        """One line of the table."""
        return (
            f"{self.sheets:5} sheets: {self.found}/{self.real} found, {self.false} false, "
            f"{self.apart}/{self.cells} set apart, {self.seconds:.1f} s"
        )


def identified(sheet: ForeignSheet) -> Identification | None:
    """What is said about a sheet; None where its inputs are not found."""
    try:
        return identify_workbook(sheet.workbook, sheet.network)
    except FileError:
        return None


def origins(found: Identification) -> frozenset[str]:
    """The cells that are said to be wrong themselves, as "Sheet!A1" in full."""
    return frozenset(
        cell_place(place_of(cell.sheet, cell.cell)) for cell in found.unidentified if cell.verdict in BEGINS
    )


def place_of(sheet: str, cell: str) -> tuple[str, int, int]:
    """The place of a cell that a report names."""
    area = parse_area(cell)
    assert area is not None
    return sheet, area.top, area.left


def sample(sheets: Sequence[ForeignSheet], share: float, seed: int = 1) -> list[ForeignSheet]:
    """A share of the sheets, the same every time."""
    return random.Random(seed).sample(list(sheets), round(share * len(sheets)))


def tallied(sheets: Iterable[ForeignSheet], verbose: bool = False) -> dict[str, Tally]:
    """What is said about these sheets, by layout."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for sheet in sheets:
        begin = time.perf_counter()
        found = identified(sheet)
        tallies[sheet.layout].add(sheet, found, time.perf_counter() - begin)
        begins = frozenset() if found is None else origins(found)
        if verbose and begins != sheet.faulty and not sheet.held_out:
            missed, false = sorted(sheet.faulty - begins), sorted(begins - sheet.faulty)
            print(f"{sheet}: missed {_few(missed)}; false {_few(false)}", flush=True)
    return dict(tallies)


def _few(cells: Sequence[str]) -> str:
    return ", ".join(cells[:6]) + (f" … ({len(cells)})" if len(cells) > 6 else "") if cells else "none"


def print_table(tallies: Mapping[str, Tally]) -> Tally:
    """Print a line for each layout and one for all, which is given back."""
    total = sum(tallies.values(), Tally())
    for layout, tally in (*sorted(tallies.items()), ("all", total)):
        print(f"  {layout:30} {tally}", flush=True)
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Identify all sheets, or a share of them, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the faulty sheets that are tried")
    parser.add_argument("--layout", choices=LAYOUTS, help="this layout alone")
    parser.add_argument("--verbose", action="store_true", help="name the cells that were missed or wrongly blamed")
    given = parser.parse_args(arguments)
    faulty = sample(list(faulty_sheets()), given.share)
    groups = {
        "right": list(right_sheets()),
        "faulty": [sheet for sheet in faulty if not sheet.held_out],
        "faulty, held out": [sheet for sheet in faulty if sheet.held_out],
    }
    whole = True
    for title, sheets in groups.items():
        print(f"{title}:")
        tallies = tallied((s for s in sheets if given.layout in (None, s.layout)), given.verbose)
        total = print_table(tallies)
        whole &= total.false == 0 and total.found == total.real
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
