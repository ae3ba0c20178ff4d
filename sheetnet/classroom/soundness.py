"""Whether a network's numbers make a sound exercise, and how hard it is to compute by hand.

Sound: as many units are off as in the teacher's network, every slope and δ of a unit that is on can be seen in four
decimals, the step lowers the cost, and every known mistake that shows in the teacher's network shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetnet.mistakes import MistakenEquation, mistaken_equations
from sheetnet.network import Network
from sheetnet.quantity import q
from sheetnet.reference import Array, Values, evaluate_step, inputs_of

Flags = NDArray[np.bool_]
DIGITS = 4  # after the point, to which people compare numbers
LEAST = 10.0 ** (1 - DIGITS)  # what shows at least two digits
SMALL = 10.0 ** (2 - DIGITS)  # what shows fewer than three
# Two exercises are as hard as each other within so many answers of a kind, and this share of all answers.
ALIKE, SHARE_ALIKE = 2.0, 0.1
MOST_VETTED = 200_000  # of a step, up to which known mistakes are tried: larger ones show in some cell


@dataclass(frozen=True)
class Soundness:
    """What an exercise must have to be as good as one network's own: the teacher's."""

    network: Network
    off: tuple[int, ...]  # units that are off, layer by layer, over all observations
    least: dict[str, float]  # block → what its smallest number must be at least
    falls: bool
    telling: tuple[MistakenEquation, ...]  # mistakes that show
    hard: float

    @classmethod
    def of(cls, network: Network) -> Soundness:
        """What a network's own numbers have."""
        values = evaluate_step(network, inputs_of(network))
        smallest = {name: float(_smallest(values[name])[0]) for name in _seen(network)}
        small_enough = sum(array.size for array in values.values()) <= MOST_VETTED
        mistakes = [
            mistake
            for name, block in network.blocks.items()
            if small_enough
            for mistake in mistaken_equations(network, name, any_formula=False)
            if _shows(mistake, values)[0]
        ]
        return cls(
            network,
            tuple(int(count[0]) for count in _units_off(network, values)),
            {name: min(LEAST, least / 2) for name, least in smallest.items()},
            bool(_falls(values)[0]),
            tuple(mistakes),
            float(_difficulty(network, values)[0]),
        )

    def refusals(self, values: Values) -> list[str | None]:
        """Why each trial is no sound exercise; None for one that is."""
        reasons: list[str | None] = [None] * len(values["gamma"])

        def refuse(wrong: Flags, why: str) -> None:
            for trial in np.flatnonzero(wrong):
                reasons[trial] = reasons[trial] or why

        for layer, (count, wanted) in enumerate(zip(_units_off(self.network, values), self.off, strict=True), 1):
            refuse(count != wanted, f"other units of layer {layer} are off")
        for name, least in self.least.items():
            refuse(~(_smallest(values[name]) >= least), f"{name} has a number too small to be seen")
        if self.falls:
            refuse(~_falls(values), "the step does not lower the cost")
        room = ALIKE + SHARE_ALIKE * _answers(self.network)
        refuse(np.abs(self.difficulty(values) - self.hard) > room, "it is harder or easier than the others")
        still = [trial for trial, reason in enumerate(reasons) if reason is None]
        some = {name: array[still] for name, array in values.items()}
        for mistake in self.telling if still else ():
            for trial in np.flatnonzero(~_shows(mistake, some)):
                reasons[still[trial]] = reasons[still[trial]] or f"{mistake.mistake.code} would not show"
        return reasons

    def difficulty(self, values: Values) -> Array:
        """How hard each trial is: answers with a sign to mind, small ones whose digits are few, and units that are off."""
        return _difficulty(self.network, values)


def doubts(network: Network) -> list[str]:
    """What makes a network a poor exercise, one sentence each; it is compared with nothing but what an exercise needs."""
    values = evaluate_step(network, inputs_of(network))
    found = []
    for layer in range(1, network.depth + 1):
        if (off := network.activation_facts(layer).off) is not None:
            dead = np.flatnonzero((values[q("z", layer)][0] <= off).all(axis=0))
            found += [f"neuron {unit} of layer {layer} is off for every observation" for unit in dead]
    unseen = [name for name in _seen(network) if _smallest(values[name])[0] < 0.5 * 10.0**-DIGITS]
    if unseen:
        found.append(f"{', '.join(unseen)}: a number that is not 0 shows as {0:.{DIGITS}f}")
    if not _falls(values)[0]:
        found.append("the step does not lower the cost")
    return found


def _seen(network: Network) -> list[str]:
    """The blocks whose every number that is not 0 should be seen: slopes and δ."""
    return [q(symbol, layer) for layer in range(1, network.depth + 1) for symbol in ("da_dz", "delta")]


def _units_off(network: Network, values: Values) -> list[Array]:
    """For each layer, how many units are off in each trial: none where the activation never is."""
    offs = [network.activation_facts(layer).off for layer in range(1, network.depth + 1)]
    return [
        (values[q("z", layer)] <= (-np.inf if off is None else off)).sum(axis=(1, 2))
        for layer, off in enumerate(offs, 1)
    ]


def _smallest(array: Array) -> Array:
    """The smallest number of each trial that is not exactly 0, as that of a unit which is off."""
    sizes = np.abs(array).reshape(len(array), -1)
    return np.asarray(np.where(sizes == 0, np.inf, sizes).min(axis=1))


def _falls(values: Values) -> Flags:
    """Whether the cost is lower after the step, in the digits shown."""
    return np.asarray(np.round(values["cost_new"], DIGITS)[:, 0, 0] < np.round(values["cost"], DIGITS)[:, 0, 0])


def _shows(mistake: MistakenEquation, values: Values) -> Flags:
    """Whether a mistake changes a digit that is shown, in each trial."""
    right = values[mistake.site.block]
    with np.errstate(all="ignore"):
        wrong = np.broadcast_to(mistake.array(values), right.shape)
    other = np.round(wrong, DIGITS) != np.round(right, DIGITS)
    return np.asarray(other.reshape(len(right), -1).any(axis=1), dtype=bool)


def _difficulty(network: Network, values: Values) -> Array:
    found = np.sum(_units_off(network, values), axis=0, dtype=float)
    for name in _computed(network):
        numbers = values[name]
        small = (numbers != 0) & (np.abs(numbers) < SMALL)
        found = found + (numbers < 0).sum(axis=(1, 2)) + small.sum(axis=(1, 2))
    return np.asarray(found)


def _computed(network: Network) -> list[str]:
    """The blocks that a student computes, each number once."""
    return [name for name, block in network.blocks.items() if block.kind == "answer" and block.quantity.symbol != "J"]


def _answers(network: Network) -> int:
    return sum(network.blocks[name].rows * network.blocks[name].columns for name in _computed(network))
