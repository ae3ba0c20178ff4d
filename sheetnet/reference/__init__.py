"""The reference: one training step in NumPy, in matrix form. It knows nothing of spreadsheets."""

from sheetnet.reference.activations import ACTIVATIONS, Activation, Array
from sheetnet.reference.equations import Equation, Values, equations, evaluate, with_bias_node
from sheetnet.reference.losses import LOSSES, Loss
from sheetnet.reference.recorder import Recorder
from sheetnet.reference.step import Step, inputs_of, stacked, training_step

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "Array",
    "Equation",
    "Loss",
    "Recorder",
    "Step",
    "Values",
    "equations",
    "evaluate",
    "inputs_of",
    "stacked",
    "training_step",
    "with_bias_node",
]
