"""Chooses which defined names count: the workbook's own, else those of the one sheet that has a set of them.

A copied sheet brings names of its own scope, spelled like the workbook's. Where the workbook's own are gone or lead to
no cells, the sheet that they stood on may be gone, too, and the copy is what is left.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheetnet.network import Network
from sheetnet.reference.views import VIEWS
from sheetnet.syntax import Area, parse_area, tokenize
from sheetnet.syntax.refs import spanned
from sheetnet.workbook import Name, Workbook

Claims = dict[str, list[Name]]  # a name in small letters → where it is defined
MOST_PIECES = 1_000  # areas that a name puts together
_STEP = "step"


@dataclass(frozen=True)
class Chosen:
    """The names that count, and the sheets with names of their own.

    `rivals` are those between which nothing decides, by view; `copies` those whose names do not count, each with the
    sheet that is judged instead; `scoped` the sheets judged by their own names because the workbook has none that lead
    anywhere.
    """

    claims: Claims = field(default_factory=dict)
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    scoped: tuple[str, ...] = ()


def choose_names(workbook: Workbook, network: Network) -> Chosen:
    """The names of the blocks that count, for the step and for each view."""
    wanted = {block.name.casefold() for block in network.blocks.values()}
    scopes: dict[str, dict[str | None, Claims]] = defaultdict(lambda: defaultdict(dict))
    for name in workbook.names:
        key = name.name.casefold()
        view = (
            _STEP if key in wanted else next((v for v, numbers in VIEWS.items() if key.startswith(numbers.prefix)), "")
        )
        if view:
            scopes[view][name.sheet].setdefault(key, []).append(name)
    least = sum(block.required for block in network.blocks.values())
    found = {view: _one_view(workbook, scopes[view], least if view == _STEP else 0) for view in scopes}
    return Chosen(
        {key: names for one in found.values() for key, names in one.claims.items()},
        {view: one.rivals[""] for view, one in found.items() if one.rivals},
        {copy: judged for one in found.values() for copy, judged in one.copies.items()},
        tuple(sheet for one in found.values() for sheet in one.scoped),
    )


def _one_view(workbook: Workbook, scopes: Mapping[str | None, Claims], least: int) -> Chosen:
    """The names of one view that count: the workbook's own, or those of the sheet that has most of them."""
    live = {scope: _live(workbook, claims) for scope, claims in {None: {}, **scopes}.items()}
    own, need = live[None], max(least, *map(len, live.values()))
    sets = {scope: len(found) for scope, found in live.items() if scope is not None and 2 * len(found) >= need}
    if 2 * len(own) >= need or not sets:
        main = _main_sheet(own)
        copies = {sheet: main for sheet in sets if main is not None and sheet != main}
        return Chosen(_filled(scopes, live, None, main, main), copies=copies)
    best = [scope for scope, count in sets.items() if count == max(sets.values())]
    if len(best) > 1:
        return Chosen(rivals={"": tuple(best)})
    main = _main_sheet(live[best[0]])
    copies = {sheet: main for sheet in sets if main is not None and sheet != best[0]}
    return Chosen(_filled(scopes, live, best[0], None, main), {}, copies, () if main is None else (main,))


def _filled(
    scopes: Mapping[str | None, Claims],
    live: Mapping[str | None, Mapping[str, Area]],
    first: str | None,
    second: str | None,
    main: str | None,
) -> Claims:
    """The names of the first scope; where they lead nowhere, those of the second that lead to the main sheet."""
    more = live.get(second, {})
    instead = {key for key, area in more.items() if key not in live[first] and area.sheet == main}
    return scopes.get(first, {}) | {key: scopes[second][key] for key in instead}


def _live(workbook: Workbook, claims: Claims) -> dict[str, Area]:
    """The names that lead to cells, with their areas."""
    areas = {key: area_of(workbook, names[0].refers_to) for key, names in claims.items()}
    return {key: area for key, area in areas.items() if area is not None}


def _main_sheet(live: Mapping[str, Area]) -> str | None:
    """The sheet to which most of the names lead."""
    sheets = Counter(area.sheet for area in live.values())
    return max(sheets, key=lambda sheet: sheets[sheet], default=None)


def area_of(workbook: Workbook, refers_to: str) -> Area | None:
    """The rectangle on a sheet of the workbook that a name refers to; None for anything else."""
    area = parse_area(refers_to) or _joined(refers_to)
    sheet = None if area is None or area.sheet is None else workbook.sheet(area.sheet)
    return None if area is None or sheet is None else Area(sheet.name, area.top, area.left, area.bottom, area.right)


def _joined(refers_to: str) -> Area | None:
    """The rectangle that several areas make together, as in `Step!$B$3,Step!$C$3`."""
    pieces = [""]
    for token in tokenize(refers_to):
        if token.kind == "separator":
            pieces.append("")
        elif token.kind not in ("open", "close", "space"):
            pieces[-1] += token.text
    if not 1 < len(pieces) <= MOST_PIECES:
        return None
    areas = [area for piece in pieces if (area := parse_area(piece)) is not None]
    if len(areas) < len(pieces) or len({area.sheet and area.sheet.casefold() for area in areas}) > 1:
        return None
    whole = spanned(areas)
    return whole if sum(area.size for area in areas) == whole.size and not _any_overlap(areas) else None


def _any_overlap(areas: Sequence[Area]) -> bool:
    return any(overlap(a, b) for number, a in enumerate(areas) for b in areas[:number])


def overlap(a: Area, b: Area) -> bool:
    """Whether two areas of one sheet share a cell."""
    return not (a.right < b.left or b.right < a.left or a.bottom < b.top or b.bottom < a.top)
