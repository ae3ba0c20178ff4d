"""Trained models in, networks out: from arrays, files and frameworks to a network of live formulas, and back."""

from sheetnet.extract import extract_network
from sheetnet.models.arrays import from_arrays
from sheetnet.models.files import import_model
from sheetnet.models.imported import ImportedModel, shape_words
from sheetnet.models.save import save_network
from sheetnet.models.sklearn_estimators import from_sklearn
from sheetnet.models.torch_modules import from_torch

__all__ = [
    "ImportedModel",
    "extract_network",
    "from_arrays",
    "from_sklearn",
    "from_torch",
    "import_model",
    "save_network",
    "shape_words",
]
