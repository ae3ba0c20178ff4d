"""What is to be said once of a whole document, found by signatures over all activations and losses. No verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sheetnet.audit.document import DIAGONAL, Document
from sheetnet.audit.verdicts import Entry
from sheetnet.check.draws import plain_trials
from sheetnet.network import Network
from sheetnet.reference import ACTIVATIONS, LOSSES, Array

LOGARITHM = "SN036"  # log base 10
ALIKE = 1e-9


def notes(document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    """Each note one sentence or two."""
    made = {(entry.mistake, entry.quantity) for entry in entries}
    network = document.network
    output = f"dC_da_{network.depth}"
    natural = [e for e in entries if e.quantity == output and e.verdict in ("agrees", "carried")]
    if any(code == LOGARITHM and quantity != output for code, quantity in made) and natural:
        yield (
            f"The cost is computed with logarithms of base 10 ({LOGARITHM}), its derivative {output} is that of the "
            "natural logarithm: they do not belong together."
        )
    if any(code == DIAGONAL.code for code, _ in made):
        yield _diagonal(network)


def _diagonal(network: Network) -> str:
    own = f"{network.layers[-1].activation} with {network.loss}"
    always, summing = same_gradients(network)
    words = f"Softmax's Jacobian is reduced to its diagonal throughout ({DIAGONAL.code}), so δ is not that of {own}."
    if not always and not summing:
        return words
    others = " and of ".join(always)
    if summing:
        others += (" and, " if always else "") + f"for targets that sum to 1, of {' and of '.join(summing)}"
    return f"{words} What results is nevertheless the gradient of another pair: of {others}."


def same_gradients(network: Network) -> tuple[list[str], list[str]]:
    """Pairs of activation and loss whose δ is ∂C/∂a ⊙ ∂a/∂z of a softmax layer, for the same outputs and targets.

    First those that are for all targets, then those that are only where each row of targets sums to 1.
    """
    values = plain_trials(network).values
    depth = network.depth
    z, a, target = values[f"z_{depth}"], values[f"a_{depth}"], values["target"]
    always, summing = [], []
    own = network.layers[-1].activation, network.loss
    pairs = [(activation, loss) for activation in ACTIVATIONS for loss in LOSSES if (activation, loss) != own]
    for activation, loss in sorted(pairs, key=lambda pair: pair[0] != own[0] and pair[1] != own[1]):  # kindred first
        if _same(network, activation, loss, z, a, target):
            always.append(f"{activation} with {loss}")
        elif _same(network, activation, loss, z, a, target / target.sum(axis=-1, keepdims=True)):
            summing.append(f"{activation} with {loss}")
    return always, summing


def _same(network: Network, activation: str, loss: str, z: Array, a: Array, target: Array) -> bool:
    diagonal = LOSSES[network.loss].gradient(a, target) * ACTIVATIONS["softmax"].derivative(z, a)
    gradient, other = LOSSES[loss].gradient(a, target), ACTIVATIONS[activation]
    if other.jacobian is not None:
        delta = (gradient[..., None, :] @ other.jacobian(a))[..., 0, :]
    else:
        delta = gradient * other.derivative(z, a)
    return bool(np.allclose(delta, diagonal, rtol=ALIKE, atol=ALIKE))
