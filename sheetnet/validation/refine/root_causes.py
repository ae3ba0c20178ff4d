"""Says who is to blame: the root error behind each carried one, circles, chance, and nobody for a line that was inserted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sheetnet.engine.prepare import with_numbers
from sheetnet.errors import BugError
from sheetnet.formulas import Dimensions
from sheetnet.syntax import areas, cell_name, column_letters
from sheetnet.syntax.dependencies import (
    Dependencies,
    Followed,
    References,
    causes,
    circle_through,
    on_circles,
    starts_circle,
    through_helpers,
)
from sheetnet.syntax.function_facts import volatile_function
from sheetnet.syntax.references import cell_place
from sheetnet.syntax.shifting import skeletons_of
from sheetnet.trials.tolerance import same
from sheetnet.validation.case import Answer, Case
from sheetnet.validation.cell_verdicts import named_place
from sheetnet.validation.defined_names import is_view_block
from sheetnet.validation.locate import Located
from sheetnet.validation.result import CellVerdict
from sheetnet.validation.state import State
from sheetnet.verdict import SOUND, Verdict
from sheetnet.workbook import CellError, Place

_OTHERS = (0.0, 1e6)  # numbers that a helper's chance, or its time, might as well have given
UNKNOWN_CHANCE = "not judged: whether it uses chance was not looked for, which takes more work than one workbook gets"


def blame_volatile_helpers(state: State) -> State:
    """Cells that use chance by way of helper cells are wrong; with chance in their own formulas they already are."""
    case, volatile = state.case, _volatile_helpers(state.case)
    if not volatile:
        return state
    told: list[CellVerdict] = []
    moved: list[bool] | None = None
    graph = Followed(case.dependencies, state.effort.followed)
    for number, (answer, cell) in enumerate(zip(case.answers, state.cells, strict=True)):
        used = list(through_helpers(graph, answer.place, case.known))
        if not graph.is_whole and cell.verdict in SOUND:
            told.append(replace(cell, verdict=Verdict.UNDETERMINED, message=UNKNOWN_CHANCE))
            continue
        helpers = [answer.place, *(place for place in used if place not in case.known)]
        if any(map(case.dependencies.makes_up, helpers)):
            moved = moved or _moved(state, volatile)
            used += volatile if moved[number] else ()
        told.append(_by_chance(cell, answer, volatile, used))
    return state.given(told)


def _volatile_helpers(case: Case) -> dict[Place, str]:
    """The helper cells that call a volatile function, each with its name."""
    if not any(map(volatile_function, set(skeletons_of(case.workbook).values()))):
        return {}
    return {
        (sheet.name, *position): found
        for sheet in case.workbook.sheets
        for position, cell in sheet.cells.items()
        if cell.formula is not None and (sheet.name, *position) not in case.known
        if (found := volatile_function(cell.formula))
    }


def _moved(state: State, volatile: Mapping[Place, str]) -> list[bool]:
    """Which answers change where chance, or the time, is another: what no reading of a formula tells."""
    runner, case, places = state.runner, state.case, list(volatile)
    sheets = [with_numbers(case.workbook, places, [number] * len(places)) for number in _OTHERS]
    runs = [next(runner.engine(workbook, [], [None], case.places)) for workbook in sheets]
    return [
        any(not same(value, other) for other in others)
        for value, *others in zip(state.runs.evidence.shown, *runs, strict=True)
    ]


def _by_chance(cell: CellVerdict, answer: Answer, volatile: dict[Place, str], used: Iterable[Place]) -> CellVerdict:
    if answer.formula is None or cell.verdict not in (*SOUND, Verdict.WRONG):
        return cell
    helper = next((place for place in used if place in volatile), None)
    if helper is None:
        return cell
    where = cell_place(helper)
    message = f"uses {where}, where {volatile[helper]} gives another value at every look: not deterministic"
    return replace(cell, verdict=Verdict.WRONG, message=message, mistakes=())


# Functions whose result depends on what the workbook is made of: alone, beside shadow sheets, they see another one.
MAKE_UP = {"SHEETS", "SHEET", "ISFORMULA", "FORMULATEXT", "CELL", "INFO"}
# Functions that make up references, so that no reading of the formula says which cells it uses.
REFERRING = {"OFFSET", "INDIRECT", "INDEX", "CHOOSE"}

LONGEST_WAY = 10  # cells of a circle that are named
MOST_CIRCLES = 100  # cells of a workbook for which a circle is looked for: each takes a walk over all formulas

# Views may magnify: a quotient of small differences, many steps of training.
NOT_FOLLOWED = (
    "not judged: right alone, but where its wrong number comes from was not looked for, which takes more work than one "
    "workbook gets"
)
GROWN = "the formula is right; what it uses is off by less than is judged, and that grows here"


def name_root_causes(state: State) -> State:
    """Name for each carried cell where its error began; a circle of formulas is an error of the cell that closes it.

    Where formulas upstream are right for targets of 0 and 1 alone (`excused`), an error may begin nowhere.
    """
    cells, places, dimensions = state.cells, state.case.places, Dimensions.of(state.case.network)
    if not any(cell.verdict == Verdict.CARRIED or _may_be_circular(cell) for cell in cells):
        return state
    graph, read = Followed(state.case.dependencies, state.effort.followed), state.case.dependencies
    order = {place: number for number, place in enumerate(places)}
    found: dict[Place, CellVerdict] = {}
    for place, cell in zip(places, cells, strict=True):
        if place not in found or found[place].verdict in SOUND:  # blocks may share cells: what is blamed counts
            found[place] = cell
    failed = [place for place in found if order[place] in state.runs.failed]
    _name_circles(graph, failed, found, order)
    blamed = _blamed(found)
    origin = causes(graph, _carried(found), blamed)
    for place in [place for place, cause in origin.items() if cause is None]:
        reach = [place, *(used for used in through_helpers(graph, place, order) if used not in order)]
        if used := MAKE_UP & _functions(read, reach):
            message = f"{', '.join(sorted(used))} looks at more than numbers: right alone, wrong in this workbook"
            found[place] = replace(found[place], verdict=Verdict.WRONG, message=message)
    if len(_blamed(found)) > len(blamed):
        blamed = _blamed(found)
        origin = causes(graph, _carried(found), blamed)
    told = {cause: _told(found[cause], cause, found, dimensions) for cause in {*origin.values()} if cause is not None}
    for place, cause in origin.items():
        if cause is not None:
            found[place] = replace(found[place], message=told[cause], cause=found[cause].place)
        elif not graph.is_whole:
            found[place] = replace(found[place], verdict=Verdict.UNDETERMINED, message=NOT_FOLLOWED)
        else:
            found[place] = _untold(found[place]) if state.excused else _guessed(read, place, found, blamed, dimensions)
    return state.given([_shared(cell, place, found, dimensions) for place, cell in zip(places, cells, strict=True)])


def _may_be_circular(cell: CellVerdict) -> bool:
    return cell.verdict in (Verdict.WRONG, Verdict.ERROR) and isinstance(cell.value, CellError)


def _name_circles(
    graph: References, failed: list[Place], found: dict[Place, CellVerdict], order: dict[Place, int]
) -> None:
    """Make a circle of formulas an error of the answer that closes it, and tell where helper cells make one."""
    closing: set[Place] = set()
    for verdicts in ((Verdict.WRONG, Verdict.ERROR), (Verdict.CARRIED,)):
        suspected = [place for place in failed if found[place].verdict in verdicts]
        for place in suspected:
            if place in graph.precedents(place):  # seen at once, so it draws on no budget
                found[place] = _closing(found[place], [place])
                closing.add(place)
        suspected = [place for place in suspected if place not in closing]
        circular = on_circles(graph, suspected, closing)
        for place in [place for place in suspected if place in circular][:MOST_CIRCLES]:
            if starts_circle(graph, place, order, closing):
                found[place] = _closing(found[place], circle_through(graph, place, closing))
                closing.add(place)
    for place in failed:
        if found[place].verdict == Verdict.ERROR and place not in closing:
            found[place] = _fed_by_circle(graph, place, found[place], order)


def _closing(cell: CellVerdict, circle: list[Place]) -> CellVerdict:
    """The verdict of a cell that closes a circle: an error, unless its formula is wrong all the same."""
    itself = "the formula refers to itself, in a circle"
    message = itself if len(circle) == 1 else f"closes a circle of formulas: {_way(circle)}"
    if cell.verdict == Verdict.WRONG:
        return replace(cell, message=f"{message}. Besides, {cell.message}")
    return replace(cell, verdict=Verdict.ERROR, message=message)


def _fed_by_circle(graph: References, place: Place, cell: CellVerdict, order: dict[Place, int]) -> CellVerdict:
    """The verdict of a cell, with the circle among the helper cells that it uses, if there is one."""
    for helper in through_helpers(graph, place, order):
        if helper not in order and (circle := circle_through(graph, helper, order)):
            return replace(cell, message=f"uses a circle of formulas: {_way(circle)}")
    return cell


def _way(circle: list[Place]) -> str:
    """Each cell and the next, which it uses, back to the first; the middle of a long way left out."""
    sheet = circle[0][0]
    names = [cell_name(*place[1:]) if place[0] == sheet else cell_place(place) for place in circle]
    if len(names) > LONGEST_WAY:
        names = [*names[: LONGEST_WAY // 2], f"… {len(names) - LONGEST_WAY} more …", *names[-LONGEST_WAY // 2 :]]
    return f"{' → '.join([*names, names[0]])} (each uses the next)"


def _untold(cell: CellVerdict) -> CellVerdict:
    message = "no trial with targets of 0 and 1 could tell right from wrong here: ask for more --trials"
    return replace(cell, verdict=Verdict.UNDETERMINED, message=message)


def _shared(cell: CellVerdict, place: Place, found: dict[Place, CellVerdict], dimensions: Dimensions) -> CellVerdict:
    """What was found for a cell; where two blocks share it, it may be right as one and wrong as the other."""
    if found[place].quantity == cell.quantity:
        return found[place]
    if cell.verdict != Verdict.CARRIED:
        return cell
    message = (
        f"the formula is right; the error comes from {named_place(place, found, dimensions)}, which is the same cell"
    )
    return replace(cell, message=message, cause=cell.place)


def _blamed(found: dict[Place, CellVerdict]) -> set[Place]:
    return {place for place, cell in found.items() if cell.verdict not in SOUND}


def _functions(graph: Dependencies, places: Iterable[Place]) -> set[str]:
    return {name for place in places for name in graph.functions(place)}


def _carried(found: dict[Place, CellVerdict]) -> list[Place]:
    return [place for place, cell in found.items() if cell.verdict == Verdict.CARRIED]


def _told(cause: CellVerdict, place: Place, found: Mapping[Place, CellVerdict], dimensions: Dimensions) -> str:
    """What the cells say that carry an error from here."""
    name = named_place(place, found, dimensions)
    why = (
        f"it uses {name}, which was not judged"
        if cause.verdict == Verdict.UNDETERMINED
        else f"the error comes from {name}"
    )
    return f"the formula is right; {why}"


def _guessed(
    graph: Dependencies, place: Place, found: dict[Place, CellVerdict], blamed: set[Place], dimensions: Dimensions
) -> CellVerdict:
    """The carried cell with where its error likely began: a formula on the way makes up its references."""
    cell = found[place]
    reach = [place, *through_helpers(graph, place, ())]
    used = sorted(REFERRING & _functions(graph, reach))
    if is_view_block(cell.quantity):
        return replace(cell, verdict=Verdict.UNDETERMINED, message=GROWN)
    if not used or not blamed:
        raise BugError(f"{cell.place} carries an error that began nowhere: this is a bug of sheetnet, please report it")
    order = list(found)
    before = [other for other in order[: order.index(place)] if other in blamed]
    likely = before[-1] if before else next(other for other in order if other in blamed)
    name = named_place(likely, found, dimensions)
    message = f"the formula is right; the error comes through {', '.join(used)}, likely from {name}"
    return replace(cell, message=message, cause=found[likely].place)


_Line = tuple[int, int]  # axis, 0 for rows and 1 for columns, and the number of the line


def leave_open_what_was_inserted(state: State) -> State:
    """Errors of formulas that read a range with an inserted line inside are not judged, and blame nobody."""
    inserted = _inserted(state.case.located)
    if not inserted:
        return state
    return state.given([_left_open(cell, inserted) for cell in state.cells])


def _inserted(located: Located) -> Mapping[str, set[_Line]]:
    """By sheet: the lines inside blocks that were passed over."""
    found: dict[str, set[_Line]] = defaultdict(set)
    for block, area in located.areas.items():
        rows, columns = located.lines_of(block)
        ends = (area.top, area.bottom, rows), (area.left, area.right, columns)
        for axis, (first, last, kept) in enumerate(ends):
            if last - first + 1 > len(kept):
                found[area.sheet or ""].update((axis, line) for line in range(first, last + 1) if line not in kept)
    return found


def _left_open(cell: CellVerdict, inserted: Mapping[str, set[_Line]]) -> CellVerdict:
    if cell.verdict != Verdict.ERROR or not isinstance(cell.value, CellError) or cell.formula is None:
        return cell
    lines = list(dict.fromkeys(_read(cell, inserted)))
    if not lines:
        return cell
    words = " and ".join(lines)
    message = (
        f"not judged: its range has grown by {words}, inserted and blank. Delete {'it' if len(lines) == 1 else 'them'}"
    )
    return replace(cell, verdict=Verdict.UNDETERMINED, message=message)


def _read(cell: CellVerdict, inserted: Mapping[str, set[_Line]]) -> Iterator[str]:
    """The inserted lines that lie inside ranges of the cell's formula."""
    for area in areas(cell.formula or ""):
        ends = (area.top, area.bottom), (area.left, area.right)
        for axis, line in sorted(inserted.get(area.sheet or cell.sheet or "", ())):
            if ends[axis][0] < line < ends[axis][1]:
                yield f"column {column_letters(line)}" if axis else f"row {line}"
