"""What PyTorch's losses and optimizers say of a training step, by their class names and attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sheetnet.activations_and_losses import LOSS_FACTS, loss_called
from sheetnet.errors import NetworkError
from sheetnet.models.words import Gives
from sheetnet.penalty import L2
from sheetnet.toml_fields import choice, refuse

# What each takes, where that is not the outputs.
_TAKES = {"CrossEntropyLoss": Gives.LOGITS, "BCEWithLogitsLoss": Gives.LOGITS, "NLLLoss": Gives.LOGS}
# Of which the mean is over all elements, and that of sheetnet's loss over the observations alone.
_OVER_ELEMENTS = ("BCELoss", "BCEWithLogitsLoss")
_UNUSED = {"weight": None, "pos_weight": None, "label_smoothing": 0.0}
_SGD = {"momentum": 0, "dampening": 0, "nesterov": False, "maximize": False}


def loss_of(loss: Any) -> tuple[str | None, str, Gives]:
    """sheetnet's name of a loss, the reduction, and what the loss takes. Raises NetworkError for another.

    "elements" is the mean over all outputs of all observations.
    """
    if loss is None:
        return None, "mean", Gives.OUTPUTS
    if isinstance(loss, str):
        return choice(loss, "loss", LOSS_FACTS), "mean", Gives.OUTPUTS
    name, reduction = type(loss).__name__, getattr(loss, "reduction", "")
    if reduction not in ("mean", "sum"):
        raise refuse("loss", f"has the reduction {reduction!r}", '"mean" or "sum"')
    known = loss_called(name, reduction)
    if known is None:
        classes = sorted({each.partition(" ")[0] for facts in LOSS_FACTS.values() for each in facts.elsewhere})
        raise NetworkError(
            f"loss is {name} with reduction {reduction!r}, which no loss of sheetnet is",
            place="loss",
            remedy=f"give one of {', '.join(classes)}, or a name: {', '.join(LOSS_FACTS)}",
        )
    for attribute, value in _UNUSED.items():
        if (found := getattr(loss, attribute, value)) is not value and found != value:
            raise refuse(f"loss.{attribute}", "is set", f"{value}, for sheetnet's losses have none")
    over_elements = name in _OVER_ELEMENTS and reduction == "mean"
    return known, "elements" if over_elements else reduction, _TAKES.get(name, Gives.OUTPUTS)


@dataclass(frozen=True)
class Optimized:
    """What an optimizer says of a step."""

    learning_rate: float | None = None
    weight_decay: float = 0.0

    def penalty(self, train_bias: bool) -> L2 | None:
        """What weight_decay is: λ θ in each gradient, of biases too where these are trained."""
        return L2(self.weight_decay, biases=train_bias) if self.weight_decay else None


def optimized(optimizer: Any, learning_rate: float | None) -> Optimized:
    """The learning rate and weight_decay of a plain SGD. Raises NetworkError for all else."""
    if type(optimizer).__name__ != "SGD" or len(optimizer.param_groups) != 1:
        what = f"is {type(optimizer).__name__} with {len(optimizer.param_groups)} groups of parameters"
        raise refuse("optimizer", what, "a plain SGD of all parameters, which is the step that the sheets show")
    (group,) = optimizer.param_groups
    for name, value in _SGD.items():
        if group.get(name, value) != value:
            raise refuse(f"optimizer.{name}", f"is {group[name]}", f"{value}: a plain SGD")
    rate = float(group["lr"]) if learning_rate is None else learning_rate
    return Optimized(rate, float(group.get("weight_decay", 0)))
