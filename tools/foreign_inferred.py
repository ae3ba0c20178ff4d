"""Infers the networks of workbooks in other people's layouts, right and faulty ones, and counts what is right and sure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sheetnet.errors import FileError
from sheetnet.identification import Inference, infer_workbook
from sheetnet.network import Network
from tools.foreign import ForeignSheet, faulty_sheets, right_sheets, sample

FORWARD = ("z", "a", "w", "b")  # kinds of numbers whose faults make another network of the forward pass


@dataclass
class InferredTally:
    """Of so many sheets: how many networks are sure, have the right shape, and are sure and wrong."""

    sheets: int = 0
    sure: int = 0
    shape: int = 0
    sure_and_wrong: int = 0

    def add(self, sheet: ForeignSheet, found: Inference | None) -> None:
        """Count one sheet more; where no network was found nothing is right, and nothing sure."""
        self.sheets += 1
        if found is not None:
            self.sure += found.sure
            self.shape += shape_of(found.network) == shape_of(sheet.network)
            self.sure_and_wrong += found.sure and not same_training(found.network, sheet.network)

    def __str__(self) -> str:
        """One line of the table."""
        return (
            f"{self.sheets:5} sheets: {self.sure} sure ({self.sure / max(self.sheets, 1):.0%}), sizes and activations "
            f"right in {self.shape} ({self.shape / max(self.sheets, 1):.0%}), sure and wrong {self.sure_and_wrong}"
        )


def shape_of(network: Network) -> tuple[object, ...]:
    """Sizes and activations."""
    return network.sizes, tuple(layer.activation for layer in network.layers)


def same_training(one: Network, other: Network) -> bool:
    """Whether two networks compute the same: frozen zeros are no biases, ½ of two outputs' squares is their mean."""
    weights = [[layer.weights[: layer.fan_in] for layer in network.layers] for network in (one, other)]
    biases = [[layer.bias and any(layer.weights[-1]) for layer in network.layers] for network in (one, other)]
    factors = {network.loss_facts.square_factor(network.sizes[-1]) for network in (one, other)}
    losses = one.loss == other.loss or (one.loss_facts.squares and other.loss_facts.squares and len(factors) == 1)
    data = (one.inputs, one.targets, one.learning_rate) == (other.inputs, other.targets, other.learning_rate)
    return shape_of(one) == shape_of(other) and weights[0] == weights[1] and biases[0] == biases[1] and losses and data


def inferred(sheet: ForeignSheet) -> Inference | None:
    """What is read off a sheet; None where no network is found."""
    try:
        return infer_workbook(sheet.workbook)
    except FileError:
        return None


def tallied_inferences(sheets: Iterable[ForeignSheet], verbose: bool = False) -> InferredTally:
    """What is read off these sheets."""
    tally = InferredTally()
    for sheet in sheets:
        found = inferred(sheet)
        tally.add(sheet, found)
        if verbose and found is not None and found.sure and not same_training(found.network, sheet.network):
            print(f"{sheet}: sure and wrong")
    return tally


def in_forward_pass(sheet: ForeignSheet) -> bool:
    """Whether the fault is one of the forward pass, which then is that of another network."""
    return sheet.written.kind in FORWARD


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts; 0 where nothing is sure and wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the faulty sheets that are tried")
    parser.add_argument("--verbose", action="store_true", help="name what is sure and wrong")
    given = parser.parse_args(arguments)
    faulty = sample(list(faulty_sheets()), given.share)
    groups = {
        "right": list(right_sheets()),
        "faulty behind the outputs": [sheet for sheet in faulty if not in_forward_pass(sheet)],
        "faulty in the forward pass": [sheet for sheet in faulty if in_forward_pass(sheet)],
    }
    wrong = 0
    for title, sheets in groups.items():
        tally = tallied_inferences(sheets, given.verbose)
        wrong += tally.sure_and_wrong
        print(f"{title:28} {tally}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
