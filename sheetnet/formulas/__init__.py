"""The step as spreadsheet formulas, cell by cell, from the scalar equations."""

from sheetnet.formulas.activations_and_losses import ACTIVATION_FORMULAS, LOSS_FORMULAS, activation_formulas
from sheetnet.formulas.notation import (
    LEVELS,
    ONE_OBSERVATION,
    Dimensions,
    describe,
    hint,
    spoken,
    spoken_index,
    symbol_of,
)
from sheetnet.formulas.step import CellFormula, Refs, cell_formulas, decay, penalty_share

__all__ = [
    "ACTIVATION_FORMULAS",
    "LEVELS",
    "LOSS_FORMULAS",
    "ONE_OBSERVATION",
    "CellFormula",
    "Dimensions",
    "Refs",
    "activation_formulas",
    "cell_formulas",
    "decay",
    "describe",
    "hint",
    "penalty_share",
    "spoken",
    "spoken_index",
    "symbol_of",
]
