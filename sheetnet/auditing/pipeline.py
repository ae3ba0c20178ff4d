"""Audits a whole document: numbers, equations, and notes that are said once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sheetnet.auditing.document import DIAGONAL_MISTAKE, Document
from sheetnet.auditing.equation_check import EquationTrials, identity, readings, right_form
from sheetnet.auditing.misprinted_givens import misprinted_givens
from sheetnet.auditing.number_verdicts import judge_numbers
from sheetnet.auditing.published import PrintedFormula, Published, load_published
from sheetnet.auditing.result import Audit, FormulaEntry, NumberVerdict
from sheetnet.network import Network
from sheetnet.network_file import NetworkLike, read_table, template_names
from sheetnet.quantity import q
from sheetnet.reference import ACTIVATIONS, LOSSES, Array
from sheetnet.trials.draw import plain_trials
from sheetnet.trials.tolerance import RELATIVE
from sheetnet.verdict import PrintVerdict

LOGARITHM = "SN036"  # log base 10


def notes(document: Document, entries: Sequence[NumberVerdict]) -> Iterator[str]:
    """Each note one sentence or two."""
    made = {(entry.mistake, entry.quantity) for entry in entries}
    network = document.network
    output = q("dC_da", network.depth)
    natural = [e for e in entries if e.quantity == output and e.verdict in (PrintVerdict.AGREES, PrintVerdict.CARRIED)]
    if any(code == LOGARITHM and quantity != output for code, quantity in made) and natural:
        yield (
            f"The cost is computed with logarithms of base 10 ({LOGARITHM}), its derivative {output} is that of the "
            "natural logarithm: they do not belong together."
        )
    if any(code == DIAGONAL_MISTAKE.code for code, _ in made):
        yield _diagonal(network)


def _diagonal(network: Network) -> str:
    own = f"{network.layers[-1].activation} with {network.loss}"
    always, summing = same_gradients(network)
    words = f"Softmax's Jacobian is reduced to its diagonal throughout ({DIAGONAL_MISTAKE.code}), so δ is not that of {own}."
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
    z, a, target = values[q("z", depth)], values[q("a", depth)], values["target"]
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
    diagonal = LOSSES[network.loss].gradient(a, target) * ACTIVATIONS[network.layers[-1].activation].derivative(z, a)
    gradient, other = LOSSES[loss].gradient(a, target), ACTIVATIONS[activation]
    if other.share is not None:
        delta = (gradient[..., None, :] @ other.jacobian(z, a))[..., 0, :]
    else:
        delta = gradient * other.derivative(z, a)
    return bool(np.allclose(delta, diagonal, rtol=RELATIVE, atol=RELATIVE))


def audit(document: NetworkLike | Published) -> Audit:
    """Judge every number and equation that a document prints: a template, a network file, its table or what was read of one.

    A number agrees if it is the right one rounded or cut to the digits printed; what follows from a wrong number above
    it is carried, not blamed. Raises `NetworkError` for a file that cannot be used.

    >>> sheetnet.audit("bias-node").counts
    {'agrees': 6}
    """
    published = document if isinstance(document, Published) else load_published(document)
    network, printed = published.network, Document(published)
    entries = judge_numbers(printed)
    formulas = tuple(_formulas(published.formulas, network)) if published.formulas else ()
    said = (*notes(printed, entries), *misprinted_givens(printed, entries, published.lacking))
    return Audit(network.title, network.source, entries, formulas, said)


def documents() -> list[str]:
    """The templates that say what their document prints."""
    return [name for name in template_names() if "published" in read_table(name)[0]]


def _formulas(formulas: tuple[PrintedFormula, ...], network: Network) -> Iterator[FormulaEntry]:
    trials = EquationTrials(network)
    known: dict[str, tuple[PrintVerdict, str, str | None]] = {}
    for formula in formulas:
        key = f"{formula.equation} {formula.where}"
        if key not in known:  # an equation printed twice is judged once
            known[key] = _judged(formula, trials, network)
        yield FormulaEntry(formula.place, formula.equation, *known[key])


def _judged(formula: PrintedFormula, trials: EquationTrials, network: Network) -> tuple[PrintVerdict, str, str | None]:
    """An equation holds where it does in one of its readings; a right form is sought in each."""
    findings = [(reading, identity(formula, reading)) for reading in readings(formula, trials)]
    if any(finding.equal for _, finding in findings):
        return PrintVerdict.AGREES, "", None
    for reading, finding in findings:
        if (form := right_form(formula, network, reading)) is not None:
            return PrintVerdict.WRONG, finding.words, form
    return PrintVerdict.WRONG, findings[-1][1].words, None
