"""The step as spreadsheet formulas, cell by cell, from the scalar equations."""

from sheetnet.formulas.activations_and_losses import ACTIVATION_FORMULAS, LOSS_FORMULAS
from sheetnet.formulas.notation import LEVELS, describe, hint, spoken, symbol_of
from sheetnet.formulas.step import CellFormula, Refs, cell_formulas

__all__ = [
    "ACTIVATION_FORMULAS",
    "LEVELS",
    "LOSS_FORMULAS",
    "CellFormula",
    "Refs",
    "cell_formulas",
    "describe",
    "hint",
    "spoken",
    "symbol_of",
]
