"""What a workbook may still hold while it is read: repeats, shared and array formulas make much of a small file.

It knows no format. Readers take from it before they make anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sheetnet.errors import FileError
from sheetnet.files import limits


@dataclass(slots=True)
class Room:
    """Cells, characters of formulas and cells of array formulas that are left in a workbook."""

    cells: int = field(default_factory=lambda: limits.MAX_CELLS)
    formula_text: int = field(default_factory=lambda: limits.MAX_FORMULA_TEXT)
    array_cells: int = field(default_factory=lambda: limits.MAX_CELLS)

    def take_formula(self, characters: int, where: str) -> None:
        """Raises FileError that begins with `where`, as the other does."""
        self.formula_text -= characters
        if self.formula_text < 0:
            raise FileError(f"{where}: formulas of over {limits.MAX_FORMULA_TEXT:,} characters: shorten them")

    def take_array(self, cells: int, where: str) -> None:
        """An array formula that fills so many cells."""
        self.array_cells -= cells
        if cells > limits.MAX_ARRAY_CELLS or self.array_cells < 0:
            raise FileError(
                f"{where}: an array formula over {cells:,} cells, at most {limits.MAX_ARRAY_CELLS:,} are read "
                f"({limits.MAX_CELLS:,} in all): enter it over the cells it fills"
            )
