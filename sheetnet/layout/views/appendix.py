"""The sheet `Appendix`: Jacobians by formula beside central differences.

∂y/∂x is A. ∂y_k/∂a_ij is x_j where k = i, else 0: xᵀ in row k of the matrix ∂y_k/∂A.

    x, A, b, h            from Step's first inputs and the corner of W⁽¹⁾
    y = 1/x               −Σ E_ii y² e_iᵀ       as a matrix    central differences
    y = e^(−x)            −Σ E_ii y e_iᵀ        as a matrix    central differences
    y = A x + b           ∂y/∂x, ∂y/∂A                         central differences      `appendix_affine`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetnet.layout.grid import Grid
from sheetnet.layout.views.view_parts import EquationLine, ViewContext, Words, pale_zeros, subscript
from sheetnet.quantity import app
from sheetnet.workbook import Name, Sheet, View

AFFINE_SIZE = 2
ENTRIES = [(i, j) for i in range(AFFINE_SIZE) for j in range(AFFINE_SIZE)]  # of A, row by row
Y, X, A = ("y₀", "y₁"), ("x₀", "x₁"), ("A₀₀", "A₀₁", "A₁₀", "A₁₁")


def affine(context: ViewContext, grid: Grid, top: int) -> int:
    """Both Jacobians; gives the first free row."""
    grid.write(top, 1, "y = A x + b", "band")
    line = EquationLine(grid, top + 1)
    _by_x(context, grid, line)
    line = EquationLine(grid, line.bottom)
    _by_matrix(context, grid, line)
    return line.bottom


def _by_x(context: ViewContext, grid: Grid, line: EquationLine) -> None:
    values, h = context.values, grid.fixed("app_h")
    y, exact, central = "app_affine_y", "app_affine_dx", "app_affine_dx_central"
    line.array(y, values[y], _value(grid, "", ""), "forward", Words("y", "A x + b", "", Y))
    words = Words("∂y/∂x", "A itself", "", Y, X)
    line.block(exact, values[exact], lambda i, j: grid.cell("app_A", i, j), "gradient", words)
    columns = {}
    for j in range(AFFINE_SIZE):
        plus, minus = (_value(grid, f"{sign}{h}*{_upright(grid, j)}", "") for sign in "+-")
        columns[0, j] = (AFFINE_SIZE, 1), _quotient(plus, minus, h)
    line.arrays(central, values[central], columns, "numpy", Words("∂y/∂x", "central differences", "≈", Y, X))
    line.near(grid.area(exact), grid.area(central), h)


def _by_matrix(context: ViewContext, grid: Grid, line: EquationLine) -> None:
    values, h = context.values, grid.fixed("app_h")
    stack, exact, central = "app_affine_stack", "app_affine_dA", "app_affine_dA_central"

    def x(j: int, own: bool) -> str | None:
        return grid.cell("app_x", j, 0) if own else None

    def stacked(row: int, j: int) -> str | None:
        return x(j, row // AFFINE_SIZE == row % AFFINE_SIZE)

    def flat(k: int, entry: int) -> str | None:
        return x(entry % AFFINE_SIZE, entry // AFFINE_SIZE == k)

    words = Words("∂y/∂A", "a matrix for each y", "", ("∂y₀/∂A", "", "∂y₁/∂A", ""))
    line.block(stack, values[stack], stacked, lambda r, c: "gradient" if stacked(r, c) else "zero", words)
    words = Words("∂y/∂A", "the same, a row for each y", "=", Y, A)
    line.block(exact, values[exact], flat, lambda k, c: "gradient" if flat(k, c) else "zero", words)
    # The matrix with a single 1 at (i, j) is e_i e_jᵀ.
    columns = {}
    for number, (i, j) in enumerate(ENTRIES):
        single = f"MMULT({_upright(grid, i)},{grid.area(app('unit', index=j + 1))})"
        plus, minus = (_value(grid, "", f"{sign}{h}*{single}") for sign in "+-")
        columns[0, number] = (AFFINE_SIZE, 1), _quotient(plus, minus, h)
    line.arrays(central, values[central], columns, "numpy", Words("∂y/∂A", "central differences, A ± h", "≈", Y, A))
    line.near(grid.area(exact), grid.area(central), h)


def _value(grid: Grid, x_moved: str, a_moved: str) -> str:
    """A x + b, with x and A moved."""
    return f"MMULT({grid.area('app_A')}{a_moved},{grid.area('app_x')}{x_moved})+{grid.area('app_b')}"


def _upright(grid: Grid, j: int) -> str:
    """e_j."""
    return f"TRANSPOSE({grid.area(app('unit', index=j + 1))})"


def _quotient(plus: str, minus: str, h: str) -> str:
    """(y₊ − y₋) / 2h."""
    return f"({plus}-({minus}))/(2*{h})"


APPENDIX_TOP = 4  # the first row below the title
APPENDIX_TAB = "833C0B"
SIZE = 2
APPENDIX_NOTES = (
    "x = (1 + p², 2 + q²) for the first two inputs p, q on Step: never 0, so that 1/x is safe. A and b: the corner of W⁽¹⁾.",
    "Eᵢᵢ is a matrix with a single 1, eᵢᵀ a row with a single 1. Counting starts at 0.",
    "Central differences: column j is (y(x + h eⱼ) − y(x − h eⱼ)) / 2h. The method's own error is about h² = 0.000001.",
)
H_NOTE = (
    "The step of the central differences. Try 0.1: the error grows with h². Try 0.0000001: rounding takes over. "
    "sheetnet validate expects 0.001 here."
)


@dataclass(frozen=True)
class _Elementwise:
    """A function cell by cell: `y` of x, `v` of y stands between E_ii and e_iᵀ, `slope` of x is its derivative."""

    part: str
    title: str
    y: Callable[[str], str]
    v: Callable[[str], str] | None  # None: y itself
    letter: str
    slope: Callable[[str], str]
    slope_words: str


APPENDIX_FUNCTIONS = (
    _Elementwise(
        "inv", "y = 1/x", lambda x: f"1/{x}", lambda y: f"{y}*{y}", "y²", lambda x: f"-1/({x}*{x})", "−1/xᵢ²"
    ),
    _Elementwise(
        "exp", "y = e^(−x)", lambda x: f"EXP(-{x})", None, "y", lambda x: f"-EXP(-{x})", "−e^(−xᵢ)"
    ),
)  # fmt: skip


def appendix_sheet(context: ViewContext) -> tuple[Sheet, list[Name]]:
    """The sheet, and the names of its blocks."""
    words = "Jacobians of simple functions: each by formula, and by what happens when x moves a little."
    grid = context.sheet("appendix", "Derivatives by a vector", words)
    for number, note in enumerate(APPENDIX_NOTES):
        grid.write(APPENDIX_TOP + number, 1, note, "subtitle")
    top = _givens(context, grid, APPENDIX_TOP + len(APPENDIX_NOTES) + 1)
    for function in APPENDIX_FUNCTIONS:
        top = _elementwise(context, grid, function, top)
    affine(context, grid, top)
    return grid.finished(View(freeze=(APPENDIX_TOP, 1), title_rows=(1, 3), tab=APPENDIX_TAB)), grid.names()


def _givens(context: ViewContext, grid: Grid, top: int) -> int:
    """x, A, b and h; E_ii and e_iᵀ."""
    network, step, values = context.network, context.step, context.values
    inputs, neurons = network.sizes[:2]
    grid.write(top, 1, "Given", "band")
    line = EquationLine(grid, top + 1)

    def x(i: int, _: int) -> str:
        cell = step.cell("A_0", 0, i)
        return f"{i + 1}+{cell}*{cell}"

    line.block("app_x", values["app_x"], x, "copy", Words("x", "(1 + p², 2 + q²)", "", X))

    def weight(row: int, neuron: int) -> str | None:
        if row == SIZE and not network.has_bias(1):
            return None
        return step.cell("W_1", min(row, inputs - 1) if row < SIZE else inputs, min(neuron, neurons - 1))

    line.block("app_A", values["app_A"], lambda i, j: weight(j, i), "weight", Words("A", "from W⁽¹⁾ on Step"))
    biases = Words("b", "its biases" if network.has_bias(1) else "no biases: 0")
    line.block("app_b", values["app_b"], lambda i, _: weight(SIZE, i), "weight", biases)
    line.constants("app_h", values["app_h"], "step_size", Words("h", "a small step"))
    grid.notes[grid.corners["app_h"]] = H_NOTE
    line = EquationLine(grid, line.bottom)
    for i in range(1, SIZE + 1):
        e, unit, sign = app("E", index=i), app("unit", index=i), subscript(i - 1)
        line.constants(e, values[e], _one(i, i), Words(f"E{sign}{sign}", f"1 at ({i - 1}, {i - 1})"))
        line.constants(unit, values[unit], _one(1, i), Words(f"e{sign}ᵀ", f"1 at {i - 1}"))
    return line.bottom


def _elementwise(context: ViewContext, grid: Grid, function: _Elementwise, top: int) -> int:
    """y and the terms; below, their sum, the matrix and the central differences."""
    values, part = context.values, function.part
    grid.write(top, 1, function.title, "band")
    line = EquationLine(grid, top + 1)
    v = y = app("y", part=part)
    rows = Y
    line.block(
        y,
        values[y],
        lambda i, _: function.y(grid.cell("app_x", i, 0)),
        "forward",
        Words("y", function.title[4:], "", rows),
    )
    if function.v is not None:
        square, v = function.v, app("v", part=part)
        line.block(
            v, values[v], lambda i, _: square(grid.cell(y, i, 0)), "forward", Words(function.letter, "y ⊙ y", "", rows)
        )
    for i in range(1, SIZE + 1):
        sign, term = subscript(i - 1), app("term", index=i, part=part)
        text = f"MMULT(MMULT({grid.area(app('E', index=i))},{grid.area(v)}),{grid.area(app('unit', index=i))})"
        words = Words(
            f"E{sign}{sign} {function.letter} e{sign}ᵀ", f"one number, at ({i - 1}, {i - 1})", "+" if i > 1 else ""
        )
        line.array(term, values[term], text, "backward", words)
        pale_zeros(grid, term)
    return _three_ways(context, grid, function, line.bottom)


def _three_ways(context: ViewContext, grid: Grid, function: _Elementwise, top: int) -> int:
    """The Jacobian as a sum, as a matrix and by central differences."""
    values, part, line = context.values, function.part, EquationLine(grid, top)
    total, matrix, central = (app(kind, part=part) for kind in ("sum", "matrix", "central"))
    rows, columns = Y, X

    def summed(i: int, j: int) -> str:
        terms = (app("term", index=k, part=part) for k in range(1, SIZE + 1))
        return f"-({'+'.join(grid.cell(term, i, j) for term in terms)})"

    def slope(i: int, j: int) -> str | None:
        return function.slope(grid.cell("app_x", i, 0)) if i == j else None

    def moved(i: int, j: int) -> str:
        x, step = grid.cell("app_x", i, 0), f"{grid.fixed('app_h')}*{grid.cell(app('unit', index=j + 1), 0, i)}"
        return f"({function.y(f'({x}+{step})')}-{function.y(f'({x}-{step})')})/(2*{grid.fixed('app_h')})"

    line.block(
        total, values[total], summed, "gradient", Words("∂y/∂x", f"−Σ Eᵢᵢ {function.letter} eᵢᵀ", "", rows, columns)
    )
    pale_zeros(grid, total)
    words = Words("∂y/∂x", f"{function.slope_words} on the diagonal", "=", rows, columns)
    line.block(matrix, values[matrix], slope, lambda i, j: "gradient" if i == j else "zero", words)
    line.light(grid.area(total), grid.area(matrix), Words("Agrees?", "both forms"))
    line.block(central, values[central], moved, "numpy", Words("∂y/∂x", "central differences", "≈", rows, columns))
    line.near(grid.area(total), grid.area(central), grid.fixed("app_h"))
    return line.bottom


def _one(row: int, column: int) -> Callable[[int, int], str]:
    """The look of a matrix with a single 1, at (row, column) from 1."""
    return lambda r, c: "one" if (r + 1, c + 1) == (row, column) else "zero"
