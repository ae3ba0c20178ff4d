"""Chooses which defined names count, and what they say of blocks, views and inserted rows.

A copied sheet brings names of its own scope, spelled like the workbook's. Where the workbook's own are gone or lead to
no cells, the sheet that they stood on may be gone, too, and the copy is what is left.

What the names say is a claim like any other: blocks of the views that are claimed must be there at their full shape.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sheetnet.network import MOST_STEPS, Block, Network
from sheetnet.predictor import Predictor, blocks_on_sheets
from sheetnet.quantity import Quantity, drawn, predicted
from sheetnet.reference import evaluate_step, inputs_of
from sheetnet.reference.views import VIEW_NUMBERS, view_values
from sheetnet.syntax import Area, area_name, parse_area, tokenize
from sheetnet.syntax.dependencies import Dependencies
from sheetnet.syntax.references import spanned
from sheetnet.verdict import Verdict
from sheetnet.workbook import Cell, Name, Place, Position, Sheet, Workbook
from sheetnet.workbook_options import LEAST_STEP_SIZE, MOST_NEW_ROWS, PREDICT_ROWS, STEP_SIZE, STEPS, WorkbookOptions

Lines = tuple[Sequence[int], Sequence[int]]  # the rows and the columns of a sheet on which a block's cells stand
MOST_INSERTED = 100  # lines that are looked for: a name that is larger still belongs to something else


def lines_of(sheet: Sheet, area: Area, shape: tuple[int, int]) -> Lines | None:
    """The rows and columns of an area that hold a block of that shape; None where blank lines do not explain the rest."""
    everywhere = [at for at, cell in sheet.cells.items() if _is_filled(cell)]
    inside = [at for at in everywhere if _is_inside(at, area)]
    found = [
        _kept(range(first, last + 1), {at[axis] for at in inside}, {at[axis] for at in everywhere}, size)
        for axis, first, last, size in (
            (0, area.top, area.bottom, shape[0]),
            (1, area.left, area.right, shape[1]),
        )
    ]
    rows, columns = found
    return None if rows is None or columns is None else (rows, columns)


def _kept(lines: range, filled: Collection[int], used: Collection[int], size: int) -> list[int] | None:
    """The lines without the blank ones between the first and the last, where these are as many as are too many.

    Where more are blank, because answers are still to be filled in, those count that are blank all across the sheet.
    """
    extra = len(lines) - size
    if not 0 <= extra <= MOST_INSERTED:
        return None
    blank = {line for line in lines[1:-1] if line not in filled} if extra else set()
    if len(blank) > extra:
        blank = {line for line in blank if line not in used}
    return [line for line in lines if line not in blank] if len(blank) == extra else None


def untouched_rows(workbook: Workbook, area: Area) -> int:
    """How many rows strictly inside an area hold nothing at all on their sheet."""
    sheet = workbook.sheet(area.sheet or "")
    if sheet is None or area.bottom - area.top < 2:
        return 0
    used = {row for (row, _), cell in sheet.cells.items() if area.top < row < area.bottom and _is_filled(cell)}
    return area.bottom - area.top - 1 - len(used)


def _is_filled(cell: Cell) -> bool:
    return cell.formula is not None or cell.value is not None


def _is_inside(at: Position, area: Area) -> bool:
    return area.top <= at[0] <= area.bottom and area.left <= at[1] <= area.right


NamesFound = dict[str, list[Name]]  # a name in small letters → where it is defined
MOST_PIECES = 1_000  # areas that a name puts together
_STEP = "step"


@dataclass(frozen=True)
class Chosen:
    """The names that count, and the sheets with names of their own.

    `rivals` are those between which nothing decides, by view; `copies` those whose names do not count, each with the
    sheet that is judged instead; `scoped` the sheets judged by their own names because the workbook has none that lead
    anywhere.
    """

    claims: NamesFound = field(default_factory=dict)
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    scoped: tuple[str, ...] = ()


def choose_names(workbook: Workbook, network: Network) -> Chosen:
    """The names of the blocks that count, for the step and for each view."""
    own = blocks_on_sheets(network)
    wanted = {name.casefold() for name in own}
    views = {numbers.prefix: view for view, numbers in VIEW_NUMBERS.items()}
    scopes: dict[str, dict[str | None, NamesFound]] = defaultdict(lambda: defaultdict(dict))
    for name in workbook.names:
        key = name.name.casefold()
        view = _STEP if key in wanted else views.get(Quantity.of(key).view, "")
        if view:
            scopes[view][name.sheet].setdefault(key, []).append(name)
    least = sum(block.required for block in own.values())
    found = {view: _one_view(workbook, scopes[view], least if view == _STEP else 0) for view in scopes}
    return Chosen(
        {key: names for one in found.values() for key, names in one.claims.items()},
        {view: one.rivals[""] for view, one in found.items() if one.rivals},
        {copy: judged for one in found.values() for copy, judged in one.copies.items()},
        tuple(sheet for one in found.values() for sheet in one.scoped),
    )


def _one_view(workbook: Workbook, scopes: Mapping[str | None, NamesFound], least: int) -> Chosen:
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
    scopes: Mapping[str | None, NamesFound],
    live: Mapping[str | None, Mapping[str, Area]],
    first: str | None,
    second: str | None,
    main: str | None,
) -> NamesFound:
    """The names of the first scope; where they lead nowhere, those of the second that lead to the main sheet."""
    more = live.get(second, {})
    instead = {key for key, area in more.items() if key not in live[first] and area.sheet == main}
    return scopes.get(first, {}) | {key: scopes[second][key] for key in instead}


def _live(workbook: Workbook, claims: NamesFound) -> dict[str, Area]:
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


@dataclass(frozen=True)
class Problem:
    """A block that cannot be judged: `verdict` is `MISSING` or `ERROR`, `message` one sentence.

    `reason` says in a few words what became of it. A block that may be left out has no verdict.
    """

    block: str
    verdict: Verdict | None
    message: str
    reason: str = ""


def empty_inputs(workbook: Workbook, blocks: Mapping[str, Block], areas: Mapping[str, Area]) -> Iterator[Problem]:
    """Inputs whose names lead to cells without a number that no formula uses: the numbers stand somewhere else."""
    for name, area in areas.items():
        if blocks[name].kind != "input" or area.sheet is None or (sheet := workbook.sheet(area.sheet)) is None:
            continue
        positions = [(r, c) for r in range(area.top, area.bottom + 1) for c in range(area.left, area.right + 1)]
        cells = [sheet.cells.get(position, Cell()) for position in positions]
        if any(cell.formula is not None or isinstance(cell.value, float) for cell in cells):
            continue
        places: set[Place] = {(sheet.name, *position) for position in positions}
        if not _is_used(workbook, places):
            where = area_name(area, absolute=False)
            message = f"the name {name} refers to {where}, where no number stands and which no formula uses"
            yield Problem(
                name, Verdict.MISSING, message, f"{name} is gone (its name refers to {where}, which nothing uses)"
            )


def _is_used(workbook: Workbook, places: set[Place]) -> bool:
    graph = Dependencies(workbook, places)
    return any(
        not places.isdisjoint(graph.precedents((sheet.name, *position)))
        for sheet in workbook.sheets
        for position, cell in sheet.cells.items()
        if cell.formula is not None
    )


def sharing(workbook: Workbook, blocks: Mapping[str, Block], areas: Mapping[str, Area]) -> Iterator[Problem]:
    """Blocks that claim the same cell. Where an input is among them, the one that does not belong there is lost."""
    for first, second in _overlaps(areas):
        where = area_name(areas[second], absolute=False)
        message = f"the names {first} and {second} share cells at {where}"
        inputs = [name for name in (first, second) if blocks[name].kind == "input"]
        if len(inputs) == 1:
            calculated = _calculates(workbook, areas[first], areas[second])
            gone = inputs if calculated else [name for name in (first, second) if name not in inputs]
        else:
            gone = inputs
        reasons = {name: f"{name} cannot be told (its name shares cells with another)" for name in gone}
        yield Problem(second, Verdict.ERROR, message, reasons.pop(second, ""))
        for name, reason in reasons.items():
            yield Problem(name, Verdict.ERROR, message, reason)


def _calculates(workbook: Workbook, a: Area, b: Area) -> bool:
    """Whether a cell that two areas share holds a formula."""
    sheet = workbook.sheet(a.sheet or "")
    rows = range(max(a.top, b.top), min(a.bottom, b.bottom) + 1)
    columns = range(max(a.left, b.left), min(a.right, b.right) + 1)
    return sheet is not None and any(
        sheet.cells.get((row, column), Cell()).formula is not None for row in rows for column in columns
    )


def _overlaps(areas: Mapping[str, Area]) -> Iterator[tuple[str, str]]:
    """Pairs of blocks that claim the same cell, the later one second."""
    found = list(areas.items())
    for number, (second, b) in enumerate(found):
        for first, a in found[:number]:
            if a.sheet == b.sheet and overlap(a, b):
                yield first, second


NamesByKey = Mapping[str, Sequence[Name]]  # a name in small letters → where the workbook defines it
STEPS_NAME, STEP_SIZE_NAME = "train_cost", "grad_h"  # a block with one row per step, and the one that holds h


def presentation_of(workbook: Workbook, network: Network, claims: NamesByKey) -> WorkbookOptions:
    """The views whose names lead to cells, the orientation of the step, and the sizes that the views' own cells tell.

    A view is there where half of its names are: a few names that begin alike may be anybody's. Orientation and steps
    are what most blocks say, for a single name may be anywhere.
    """
    found = {name: area for name in claims if (area := area_of(workbook, claims[name][0].refers_to)) is not None}
    prefixes = {Quantity.of(name).view for name in found}
    likely = [view for view, numbers in VIEW_NUMBERS.items() if numbers.prefix in prefixes]
    shown = WorkbookOptions(
        ("step", *likely),
        _is_turned(network, found),
        _steps(workbook, found),
        _step_size(workbook, found.get(STEP_SIZE_NAME)),
        any(quantity.view == drawn.prefix and quantity.symbol == "w" for quantity in map(Quantity.of, found)),
        _rows(workbook, found.get(predicted("x"))),
    )
    there = [view for view in likely if _is_there(view_blocks(network, replace(shown, views=("step", view))), found)]
    return replace(shown, views=("predict",) if isinstance(network, Predictor) else ("step", *there))


def _is_there(blocks: Mapping[str, Block], found: Mapping[str, Area]) -> bool:
    return 2 * sum(name.casefold() in found for name in blocks) >= len(blocks)


def _is_turned(network: Network, found: Mapping[str, Area]) -> bool:
    """Whether more of the step's blocks stand transposed than as their names define them; square ones tell nothing."""
    shapes = [(block.shape, found[name].shape) for block in network.blocks.values()
              if (name := block.name.casefold()) in found and block.rows != block.columns]  # fmt: skip
    return sum(shape[::-1] == there for shape, there in shapes) > sum(shape == there for shape, there in shapes)


def _rows(workbook: Workbook, area: Area | None) -> int:
    """How many rows for new inputs Predict has, without those that are blank all across the sheet."""
    rows = PREDICT_ROWS if area is None else area.shape[0] - untouched_rows(workbook, area)
    return min(max(rows, 1), MOST_NEW_ROWS)


def _steps(workbook: Workbook, found: Mapping[str, Area]) -> int:
    """How many steps Training goes on: most of its blocks have a row for each and one for the start."""
    names = [name for name in found if Quantity.of(name).view == VIEW_NUMBERS["training"].prefix]
    heights = Counter(rows for name in names if (rows := found[name].shape[0]) > 1)
    if not heights:
        return STEPS
    most = max(heights, key=lambda rows: (heights[rows], STEPS_NAME in found and rows == found[STEPS_NAME].shape[0]))
    area = next(found[name] for name in names if found[name].shape[0] == most)
    return min(max(most - untouched_rows(workbook, area) - 1, 1), MOST_STEPS)


def _step_size(workbook: Workbook, area: Area | None) -> float:
    """h as it stands on the sheet, where it is one with which slopes have digits left: rounding takes 1e-16/h of them."""
    sheet = None if area is None or area.sheet is None else workbook.sheet(area.sheet)
    if sheet is None or area is None or (area.top, area.left) not in sheet.cells:
        return STEP_SIZE
    value = sheet.cells[area.top, area.left].value
    return value if isinstance(value, float) and LEAST_STEP_SIZE <= value < 1 else STEP_SIZE


def is_view_block(name: str) -> bool:
    """Whether a block belongs to a view beyond Step."""
    return bool(Quantity.of(name).view)


def view_blocks(network: Network, presentation: WorkbookOptions) -> dict[str, Block]:
    """The blocks of the views, with the shapes that the reference gives them."""
    found: dict[str, Block] = {}
    for view in presentation.views:
        found |= _blocks_of(network, replace(presentation, views=("step", view))) if view in VIEW_NUMBERS else {}
    return found


@lru_cache(maxsize=32)
def _blocks_of(network: Network, presentation: WorkbookOptions) -> dict[str, Block]:
    values = view_values(network, evaluate_step(network, inputs_of(network)), presentation)
    found = {name: Block(Quantity.of(name), *array.shape[1:]) for name, array in values.items()}
    typed = {name for view in presentation.views if view in VIEW_NUMBERS for name in VIEW_NUMBERS[view].inputs}
    return {name: replace(block, kind="input") if name in typed else block for name, block in found.items()}
