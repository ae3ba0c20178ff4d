"""Wrong helper cells: where an answer's formula would be right if a cell it goes through held something else.

Helpers are formula cells that are no answers: a student's own intermediate results. What one should hold is not known,
so it is tried: each quantity of the step, as it is or in a form that people keep in cells of their own. It makes
formulas; it neither runs nor compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sheetnet.check.inputs import cell_at
from sheetnet.check.repairs import Known, Repair
from sheetnet.syntax import Token, cell_name, parse_area, tokenize
from sheetnet.workbook import Place, Workbook

# What people keep in helper cells, over a quantity q.
FORMS = ("{q}", "EXP({q})", "EXP(-{q})", "(1+EXP(-{q}))", "(1-{q})", "({q}*(1-{q}))", "(-{q})", "LN({q})")
MOST_KNOWN = 300  # quantities tried for a helper: in larger networks too many fit by chance, and it takes long


def helper_repairs(
    workbook: Workbook, place: Place, formula: str, answers: set[Place], known: Sequence[Known]
) -> Iterator[Repair]:
    """The formula at `place` with a helper cell that it uses replaced by what that cell might have to hold."""
    if len(known) > MOST_KNOWN:
        return
    tokens = tokenize(formula)
    for helper, where in _helpers(workbook, place, tokens, answers).items():
        name = f"{helper[0]}!{cell_name(*helper[1:])}"
        for cell in known:
            for form in FORMS:
                words = [token.text for token in tokens]
                for index in where:
                    words[index] = form.format(q=cell.reference)
                bare = form[1:-1] if form.startswith("(") else form
                said = bare.format(q=cell.called)
                message = f"right but for the helper cell {name} that it uses, which should hold {said}"
                yield Repair("".join(words), "wrong", message, cause=name)


def _helpers(workbook: Workbook, place: Place, tokens: list[Token], answers: set[Place]) -> dict[Place, list[int]]:
    """The helper cells a formula refers to one by one, each with the indices of its tokens; ranges are left alone."""
    found: dict[Place, list[int]] = {}
    for index, token in enumerate(tokens):
        area = parse_area(token.text) if token.kind == "reference" else None
        beside = {tokens[i].text for i in (index - 1, index + 1) if 0 <= i < len(tokens)}
        if area is None or ":" in beside or (area.top, area.left) != (area.bottom, area.right):
            continue
        sheet = workbook.sheet(area.sheet or place[0])
        if sheet is None:
            continue
        target = (sheet.name, area.top, area.left)
        if target not in answers and cell_at(workbook, target).formula is not None:
            found.setdefault(target, []).append(index)
    return found
