"""Networks drawn by seed, each written as a workbook and judged: every cell must be correct, none undetermined.

All pairs of activation and loss, sum and mean, 1 to 200 observations, 1 to 60 layers of 1 to 8 units; a third have layers
without biases, which are drawn apart, as slopes below 0 and the mean over all elements. `make networks` judges 500;
`python -m tools.networks FIRST COUNT` those from a seed on.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import replace

import numpy as np

from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Layer, Network
from sheetnet.reference import ACTIVATIONS, training_step
from sheetnet.trials.demands import signs, untold
from sheetnet.trials.draw import draw_trials
from sheetnet.workbook_options import WorkbookOptions
from tools.small_networks import make_network, pairs, without_biases

COUNT = 500
MOST_FORMULAS = 200_000
MOST_BARE_LAYERS = 30  # of networks without biases: in deeper ones the signal may fade, and cells be undetermined
MOST_OBSERVATIONS, MOST_LAYERS, MOST_UNITS = 200, 60, 8


def drawn_network(seed: int) -> Network:
    """The network of a seed: pairs of activation and loss in turn, sizes evenly on a scale of powers."""
    dice, apart = random.Random(seed), random.Random(f"biases of {seed}")
    activation, loss = pairs()[seed % len(pairs())]
    while True:
        depth, rows = (round(most ** dice.random()) for most in (MOST_LAYERS, MOST_OBSERVATIONS))
        sizes = [dice.randint(1, dice.choice((1, MOST_UNITS))) for _ in range(depth + 1)]
        hidden = [dice.choice([activation, *ACTIVATIONS]) for _ in range(depth - 1)]
        names = [*hidden, activation]
        for layer, name in enumerate(names, 1):
            if name == "softmax":  # over one neuron it is always 1, and refused
                sizes[layer] = max(sizes[layer], 2)
        network = make_network(
            activation, loss, sizes, rows, dice.choice(("mean", "sum")), dice.random() < 0.8,
            hidden="relu", seed=seed, learning_rate=0.1,
        )  # fmt: skip
        layers = [Layer(name, layer.weights) for name, layer in zip(names, network.layers, strict=True)]
        if seed % 3 == 2 and depth <= MOST_BARE_LAYERS:
            share = apart.choice((0.3, 0.7, 1.0))
            layers = [without_biases(layer) if apart.random() < share else layer for layer in layers]
        layers = [sloped(layer, apart) for layer in layers]
        every = apart.random() < 0.2 and not network.loss_facts.averages
        network = replace(network, layers=tuple(layers), reduction="elements" if every else network.reduction)
        if formulas(network) <= MOST_FORMULAS and finite(network):
            return network


def sloped(layer: Layer, dice: random.Random) -> Layer:
    """The layer with a slope below 0 of its own, if it may have one."""
    return layer if layer.slope is None else replace(layer, slope=dice.choice((layer.slope, 0.2, 1.5)))


def finite(network: Network) -> bool:
    """Whether its own numbers overflow nowhere: others are refused when a workbook is to be written."""
    return all(np.isfinite(array).all() for array in training_step(network).values())


def formulas(network: Network) -> int:
    """How many formula cells the sheet Step has, about."""
    return sum(block.rows * block.columns for block in network.blocks.values() if block.kind == "answer")


def line(seed: int, draws_only: bool = False) -> bool:
    """Judge the network of a seed and print a line; whether all is correct."""
    network, start = drawn_network(seed), time.perf_counter()
    trials = draw_trials(network)
    found, masks = signs(network, trials.values)
    alike = len(untold(found, masks)[0]) if masks and trials.count else 0
    doubtful = sum(int(marks.sum()) for marks in trials.doubtful.values())
    counts: dict[str, int] = {"undetermined": doubtful}
    drawn = time.perf_counter() - start
    if not draws_only:
        counts = dict(judge(make_workbook(network, WorkbookOptions()), network).counts)
    good = set(counts) == {"correct"} if not draws_only else not doubtful and not alike
    widths = "-".join(map(str, network.sizes[:6])) + ("…" if network.depth > 5 else "")
    print(
        f"{seed:4} {network.layers[-1].activation + ' ' + network.loss:29} {network.reduction:4} "
        f"{network.observations:3} obs {network.depth:2} layers {widths:14} {formulas(network):7,} formulas "
        f"{trials.count:3} trials {drawn:5.2f} + {time.perf_counter() - start - drawn:6.2f} s  {alike} alike  {counts}"
        f"{'' if good else '  <-- NOT ALL CORRECT'}",
        flush=True,
    )
    return good


def main() -> int:
    """Print one line per network and a sum; exit code 1 where not every cell is correct."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    first, count = (*numbers, *(0, COUNT)[len(numbers) :])
    good = [line(seed, "--draws" in sys.argv) for seed in range(first, first + count)]
    print(f"{sum(good)} of {count} networks: every cell correct")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
