"""How frameworks call activations, and what stands behind each layer of a model whose file does not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from sheetnet.activations_and_losses import ACTIVATION_FACTS, SOFTMAX, activation_called
from sheetnet.toml_fields import choice, refuse, shown

BATCH_NORM = "batch_norm"
_LOGS = "logsoftmax"


class Gives(Enum):
    """What a model gives, beside the outputs of the network that it becomes."""

    OUTPUTS = "outputs"
    LOGITS = "logits"  # z of the last layer: the loss applies softmax or sigmoid
    LOGS = "logarithms of the outputs"  # log-softmax


@dataclass(frozen=True)
class Behind:
    """What stands behind one dense layer: an activation, with batch normalization before it or after it."""

    activation: str
    slope: float | None = None
    norm_before: bool = False
    norm_after: bool = False


def activation_named(word: str, where: str) -> str:
    """sheetnet's name of an activation. Raises NetworkError with those that there are."""
    found = activation_called(word)
    return choice(word.strip(), where, ACTIVATION_FACTS) if found is None else found


def word_for(activation: str, slope: float | None) -> str:
    """What `words_behind` reads as this: `leaky_relu(0.2)` where the slope is not the usual one."""
    return activation if slope in (None, ACTIVATION_FACTS[activation].below) else f"{activation}({slope!r})"


def _with_slope(word: str, where: str) -> tuple[str, float | None]:
    """The activation of a word such as `relu` or `leaky_relu(0.2)`, and its slope."""
    name, bracket, rest = word.partition("(")
    if not bracket:
        return activation_named(word, where), None
    try:
        return activation_named(name, where), float(rest.removesuffix(")"))
    except ValueError:
        raise refuse(where, f"is {word!r}", "a number in the brackets, such as leaky_relu(0.2)") from None


def words_behind(words: str | Sequence[str]) -> tuple[list[Behind], Gives]:
    """What stands behind each layer, from `relu,batch_norm+elu(0.5),softmax`; log_softmax at the end gives logarithms.

    Raises NetworkError for a word that there is not.
    """
    if not isinstance(words, Iterable):
        raise refuse("activations", f"is {shown(words)}", "a word for each layer, as in relu,softmax")
    entries = words.split(",") if isinstance(words, str) else list(words)
    gives = Gives.OUTPUTS
    found = []
    for number, entry in enumerate(entries):
        where = f"activations[{number}]"
        if not isinstance(entry, str):
            raise refuse(where, f"is {shown(entry)}", "a word, as in relu,softmax")
        first, *rest = (part.strip() for part in entry.split("+"))
        norms = [part == BATCH_NORM for part in (first, *rest)]
        if len(norms) > 2 or sum(norms) != len(norms) - 1:
            raise refuse(
                where, f"is {entry!r}", f"one activation, with {BATCH_NORM}+ before it or +{BATCH_NORM} behind it"
            )
        word = (first, *rest)[norms.index(False)]
        if word.lower().replace("_", "") == _LOGS and number == len(entries) - 1 and len(norms) == 1:
            word, gives = SOFTMAX, Gives.LOGS
        before = norms[0]
        found.append(Behind(*_with_slope(word, where), before, len(norms) == 2 and not before))
    return found, gives
