"""The step cell by cell as spreadsheet text, from the scalar equations. It knows no NumPy and not the reference."""

from sheetnet.formulas.activations import ACTIVATIONS
from sheetnet.formulas.losses import LOSSES
from sheetnet.formulas.notation import describe
from sheetnet.formulas.step import CellFormula, Refs, cell_formulas

__all__ = ["ACTIVATIONS", "LOSSES", "CellFormula", "Refs", "cell_formulas", "describe"]
