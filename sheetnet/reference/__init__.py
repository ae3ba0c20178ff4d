"""The reference: one training step in NumPy, in matrix form."""

from sheetnet.reference.equations import (
    Equation,
    Recorder,
    Step,
    Values,
    equations,
    evaluate_step,
    inputs_of,
    stacked,
    training_step,
    with_bias_node,
)
from sheetnet.reference.functions import ACTIVATIONS, LOSSES, Activation, Array, Loss

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
    "evaluate_step",
    "inputs_of",
    "stacked",
    "training_step",
    "with_bias_node",
]
