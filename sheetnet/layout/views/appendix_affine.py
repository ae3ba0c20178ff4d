"""y = A x + b on the sheet `Appendix`, by x and by A, beside central differences. It knows formula text, no numbers.

∂y/∂x is A. ∂y_k/∂a_ij is x_j where k = i, else 0: xᵀ in row k of the matrix that the lesson writes for y_k.
"""

from __future__ import annotations

from sheetnet.layout.grid import Grid
from sheetnet.layout.views.line import Line, Words
from sheetnet.layout.views.scene import Scene

SIZE = 2
ENTRIES = [(i, j) for i in range(SIZE) for j in range(SIZE)]  # of A, row by row
Y, X, A = ("y₁", "y₂"), ("x₁", "x₂"), ("a₁₁", "a₁₂", "a₂₁", "a₂₂")


def affine(scene: Scene, grid: Grid, top: int) -> int:
    """Both Jacobians; gives the first free row."""
    grid.write(top, 1, "y = A x + b", "band")
    line = Line(grid, top + 1)
    _by_x(scene, grid, line)
    line = Line(grid, line.bottom)
    _by_matrix(scene, grid, line)
    return line.bottom


def _by_x(scene: Scene, grid: Grid, line: Line) -> None:
    values, h = scene.values, grid.fixed("app_h")
    y, exact, central = "app_affine_y", "app_affine_dx", "app_affine_dx_central"
    line.array(y, values[y], _value(grid, "", ""), "forward", Words("y", "A x + b", "", Y))
    words = Words("∂y/∂x", "A itself", "", Y, X)
    line.block(exact, values[exact], lambda i, j: grid.cell("app_A", i, j), "gradient", words)
    columns = {}
    for j in range(SIZE):
        plus, minus = (_value(grid, f"{sign}{h}*{_upright(grid, j)}", "") for sign in "+-")
        columns[0, j] = (SIZE, 1), _quotient(plus, minus, h)
    line.arrays(central, values[central], columns, "numpy", Words("∂y/∂x", "central differences", "≈", Y, X))
    line.near(grid.area(exact), grid.area(central), h)


def _by_matrix(scene: Scene, grid: Grid, line: Line) -> None:
    values, h = scene.values, grid.fixed("app_h")
    stack, exact, central = "app_affine_stack", "app_affine_dA", "app_affine_dA_central"

    def x(j: int, own: bool) -> str | None:
        return grid.cell("app_x", j, 0) if own else None

    def stacked(row: int, j: int) -> str | None:
        return x(j, row // SIZE == row % SIZE)

    def flat(k: int, entry: int) -> str | None:
        return x(entry % SIZE, entry // SIZE == k)

    words = Words("∂y/∂A", "a matrix for each y", "", ("∂y₁/∂A", "", "∂y₂/∂A", ""))
    line.block(stack, values[stack], stacked, lambda r, c: "gradient" if stacked(r, c) else "zero", words)
    words = Words("∂y/∂A", "the same, a row for each y", "=", Y, A)
    line.block(exact, values[exact], flat, lambda k, c: "gradient" if flat(k, c) else "zero", words)
    # The matrix with a single 1 at (i, j) is e_i e_jᵀ.
    columns = {}
    for number, (i, j) in enumerate(ENTRIES):
        single = f"MMULT({_upright(grid, i)},{grid.area(f'app_unit_{j + 1}')})"
        plus, minus = (_value(grid, "", f"{sign}{h}*{single}") for sign in "+-")
        columns[0, number] = (SIZE, 1), _quotient(plus, minus, h)
    line.arrays(central, values[central], columns, "numpy", Words("∂y/∂A", "central differences, A ± h", "≈", Y, A))
    line.near(grid.area(exact), grid.area(central), h)


def _value(grid: Grid, x_moved: str, a_moved: str) -> str:
    """A x + b, with x and A moved."""
    return f"MMULT({grid.area('app_A')}{a_moved},{grid.area('app_x')}{x_moved})+{grid.area('app_b')}"


def _upright(grid: Grid, j: int) -> str:
    """e_j."""
    return f"TRANSPOSE({grid.area(f'app_unit_{j + 1}')})"


def _quotient(plus: str, minus: str, h: str) -> str:
    """(y₊ − y₋) / 2h."""
    return f"({plus}-({minus}))/(2*{h})"
