"""Audits a whole document: numbers, equations, a misprinted given, and notes that are said once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from sheetnet.auditing.digits import LEAST_DIGITS, SURE, Digits, chance, digit_slips, read_digits
from sheetnet.auditing.document import DIAGONAL_MISTAKE, Document
from sheetnet.auditing.equation_check import EquationTrials, identity, readings
from sheetnet.auditing.evaluate import element
from sheetnet.auditing.number_verdicts import Audit, FormulaEntry, NumberVerdict, judge_numbers
from sheetnet.auditing.published import PrintedFormula, PrintedNumber, Published, load_published
from sheetnet.auditing.right_form import right_form
from sheetnet.formulas import Dimensions, spoken
from sheetnet.network import Network
from sheetnet.network_file import NetworkLike, read_table, template_names
from sheetnet.quantity import Quantity, q
from sheetnet.reference import ACTIVATIONS, LOSSES, Array, activation_of, evaluate_step, inputs_of
from sheetnet.trials.draw import plain_trials
from sheetnet.trials.tolerance import RELATIVE
from sheetnet.verdict import PrintVerdict

UNSURE = (PrintVerdict.WRONG, PrintVerdict.CONTRADICTS)  # verdicts that a misprinted given may explain
TELLING_MOST = 3  # numbers whose chances count; the others mostly follow from these
UNLIKELY = SURE**2  # product of their chances up to which a slip is offered
MOST_COMPUTED = 20_000_000  # numbers computed in all: about two seconds
AT_ONCE = 1_000_000
SLACK = 1e-12  # of floating point
Checked = tuple[PrintedNumber, Digits, NumberVerdict]


@dataclass(frozen=True)
class GivenSlip:
    """A given with one slip undone: its block, row and columns (all those of a single bias), and the text meant."""

    block: str
    row: int
    columns: tuple[int, ...]
    text: str
    meant: Digits

    def words(self, known: Dimensions) -> str:
        """`W⁽²⁾ row 1, column 1 = 0.55 instead of 0.35`."""
        return f"{spoken(self.block, (self.row, self.columns[0]), known)} = {self.meant.text} instead of {self.text}"


def misprinted_givens(document: Document, entries: Sequence[NumberVerdict], lacking: Sequence[str]) -> Iterator[str]:
    """At most one sentence, on the slip that makes most numbers agree and none disagree."""
    checked = list(_checked(document, entries))
    if not any(entry.verdict in UNSURE and entry.mistake is None for *_, entry in checked):
        return
    tried = list(_tried(document, checked, lacking))
    most = max((len(gained) for _, gained, _ in tried), default=0)
    best = [(slip, gained) for slip, gained, _ in tried if most and len(gained) == most]
    if best and _unlikely(document, checked, best[0][1], [values for *_, values in tried]):
        known = Dimensions.of(document.network)
        entries_gained = [checked[i][2] for i in best[0][1]]
        names = dict.fromkeys(spoken(e.quantity, e.index, known) for e in entries_gained)
        words = " or ".join(slip.words(known) for slip, _ in best[:2])
        count = f"{most} numbers agree" if most > 1 else "one more number agrees"
        yield f"With {words}, {count} ({'; '.join(names)}): perhaps the given is misprinted."


def _checked(document: Document, entries: Sequence[NumberVerdict]) -> Iterator[Checked]:
    """The computed numbers, each print once, that have digits enough."""
    known = set()
    for number, entry in zip(document.numbers, entries, strict=True):
        digits, key = number.digits, (document.place(number), number.expression, number.text)
        if digits is None or digits.significant < LEAST_DIGITS or document.is_given(number) or key in known:
            continue
        known.add(key)
        yield number, digits, entry


def _tried(
    document: Document, checked: Sequence[Checked], lacking: Sequence[str]
) -> Iterator[tuple[GivenSlip, tuple[int, ...], Array]]:
    """Slips after which every number that is right still is: which others become right, and the values of all."""
    size = sum(array.size for array in document.values.values())
    right = np.array([digits.agrees(document.right(number)) for number, digits, _ in checked])
    low = np.array([digits.low for _, digits, _ in checked])[:, None]
    high = np.array([digits.high for _, digits, _ in checked])[:, None]
    slips_tried = islice(_slips(document, lacking), max(1, MOST_COMPUTED // size))
    while group := list(islice(slips_tried, max(1, AT_ONCE // size))):
        values = _values(document, checked, group)
        met = (values >= low - SLACK) & (values <= high + SLACK)
        for i in np.flatnonzero(met[right].all(axis=0)):
            yield group[i], tuple(np.flatnonzero(met[:, i] & ~right).tolist()), values[:, i]


def _values(document: Document, checked: Sequence[Checked], group: Sequence[GivenSlip]) -> Array:
    """The checked numbers, one row each, in the step of each slip."""
    inputs = {name: np.repeat(array, len(group), axis=0) for name, array in inputs_of(document.network).items()}
    for trial, slip in enumerate(group):
        inputs[slip.block][trial, slip.row, list(slip.columns)] = slip.meant.value
    values = evaluate_step(document.network, inputs)
    with np.errstate(all="ignore"):
        rows = [element(document.compute(number)(values), *document.element(number)) for number, *_ in checked]
    return np.array([np.broadcast_to(row, (len(group),)) for row in rows])


def _unlikely(document: Document, checked: Sequence[Checked], gained: Sequence[int], values: Sequence[Array]) -> bool:
    """Whether chance would hardly make these numbers agree after one of all the slips: the three that tell most."""
    chances: dict[object, float] = {}
    for i in gained:
        number, digits, _ = checked[i]
        found = chance(digits, document.right(number), [float(tried[i]) for tried in values])
        key = document.place(number), number.expression
        chances[key] = min(found, chances.get(key, 1.0))
    return math.prod(sorted(chances.values())[:TELLING_MOST]) <= UNLIKELY


def _slips(document: Document, lacking: Sequence[str]) -> Iterator[GivenSlip]:
    """Every slip in every given, those that are printed first."""
    skipped = {"learning_rate": "gamma", "observations.targets": "target"}
    network = document.network
    prints = {document.place(n): n.text for n in document.numbers if document.is_given(n) and n.digits is not None}
    places: list[tuple[str, int, int]] = []
    for block, array in inputs_of(network).items():
        if block not in {skipped.get(field) for field in lacking}:
            columns = array.shape[2] - network.blocks[block].bias_node  # which is 1 by definition
            places += [(block, row, column) for row in range(array.shape[1]) for column in range(columns)]
    for block, row, column in sorted(places, key=lambda place: place not in prints):
        array = document.values[block]
        quantity = Quantity.of(block)
        layer = network.layers[quantity.layer - 1] if quantity.symbol == "W" and quantity.layer else None
        shared = layer is not None and layer.shared_bias and row == array.shape[1] - 1
        if not shared or column == 0:
            text = prints.get((block, row, column), f"{array[0, row, column]:.15g}")
            columns_of = tuple(range(array.shape[2])) if shared else (column,)
            if (digits := read_digits(text)) is not None:
                yield from (GivenSlip(block, row, columns_of, text, meant) for meant in _meant(digits))


def _meant(printed: Digits) -> Iterator[Digits]:
    """What may have been meant: another digit, the other sign, digits swapped, the point moved, a digit more or less."""
    d = printed.digits
    for i, own in enumerate(d):
        yield from (_with(printed, d[:i] + digit + d[i + 1 :]) for digit in "0123456789" if digit != own)
        if i and own != d[i - 1]:
            yield _with(printed, d[: i - 1] + own + d[i - 1] + d[i + 1 :])
    if printed.value:
        yield replace(_with(printed, d), text=printed.text.lstrip("-") if printed.negative else f"-{printed.text}",
                      negative=not printed.negative)  # fmt: skip
    for step in (1, -1):
        moved = read_digits(f"{printed.value * 10.0**step:.{max(printed.significant, 1)}g}")
        if moved is not None and printed.value:
            yield moved
    yield from (slip.meant for slip in digit_slips(printed) if slip.meant.significant != printed.significant)


def _with(printed: Digits, digits: str) -> Digits:
    whole, part = digits[: len(digits) - printed.places], digits[len(digits) - printed.places :]
    text = f"{'-' if printed.negative else ''}{whole or '0'}{'.' if part else ''}{part}"
    return Digits(text + (f"e{printed.power}" if printed.power else ""), printed.negative, digits, printed.places,
                  printed.power)  # fmt: skip


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
    diagonal = LOSSES[network.loss].gradient(a, target) * activation_of(network.layers[-1]).derivative(z, a)
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
    return Audit(network.title, network.source, entries, formulas, said, Dimensions.of(network))


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
