"""The reference: one training step in NumPy, in matrix form."""

from sheetnet.reference.activations_and_losses import ACTIVATIONS, LOSSES, Activation, Array, Loss, activation_of
from sheetnet.reference.equations import (
    Equation,
    Recorder,
    Step,
    Values,
    equations,
    evaluate_step,
    inputs_of,
    nodes_of,
    stacked,
    training_step,
)

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
    "activation_of",
    "equations",
    "evaluate_step",
    "inputs_of",
    "nodes_of",
    "stacked",
    "training_step",
]
