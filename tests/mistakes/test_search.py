"""The search for known mistakes: its budget, what networks share, and what it does not name."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from sheetnet.effort import MOST_GUESSES, WorkBudget
from sheetnet.mistakes.search import Diagnosis
from sheetnet.mistakes.signatures import catalogue_of
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.reference import Array, evaluate_step, inputs_of
from sheetnet.trials.draw import draw_trials


@cache
def d02b() -> tuple[Network, dict[str, Array]]:
    """The network, and the reference at its own numbers and in trials."""
    network = load_network("d02b")
    own, drawn = inputs_of(network), draw_trials(network).values
    return network, evaluate_step(network, {key: np.concatenate([own[key], drawn[key]]) for key in own})


def test_the_search_ends_where_its_budget_does() -> None:
    """Single mistakes in a cell's own equation have a part of the budget for themselves; what is cut short is told."""
    network, values = d02b()
    missing, uphill = values["W_1"] - values["dC_dW_1"], values["W_1"] + values["dC_dW_1"]
    diagnosis = Diagnosis(network, values, WorkBudget(60))
    assert [finding.code for finding in diagnosis.findings("W_1_new", 0, 0, missing[:, 0, 0])] == ["SN091"]
    assert diagnosis.cut_short == set()
    assert diagnosis.findings("W_1_new", 0, 0, uphill[:, 0, 0]) == ()
    assert diagnosis.cut_short == {("W_1_new", 0, 0)}


def test_what_others_computed_before_leaves_the_budget_as_it_is() -> None:
    """A name depends on the file and the seed alone: a catalogue that is already filled is no cheaper."""
    network, values = d02b()
    noise = np.random.default_rng(0).normal(size=len(values["gamma"]))

    def left(block: str) -> int:
        budget = WorkBudget(MOST_GUESSES)
        Diagnosis(network, values, budget).findings(block, 0, 0, noise)
        return next(amount for amount in range(MOST_GUESSES, 0, -1) if budget.take(amount))

    for block in ("z_1", "delta_1", "W_2_new"):
        assert left(block) == left(block) < MOST_GUESSES - 100


def test_networks_of_one_structure_share_what_their_mistakes_give() -> None:
    """Other weights, inputs and titles, the same trials: one catalogue. Another activation, another catalogue."""
    network, values = d02b()
    layer = replace(network.layers[0], weights=((0.5, 0.25), (1.5, -2.0), (3.0, 3.0)))
    other = replace(network, title="Another", inputs=((0.75, 0.5),), layers=(layer, network.layers[1]), learning_rate=2)
    tanh = replace(network, layers=(replace(layer, activation="tanh"), network.layers[1]))
    shared = catalogue_of(network, values)
    assert catalogue_of(other, values) is shared
    assert catalogue_of(tanh, values) is not shared
    assert catalogue_of(network, {name: array[1:] for name, array in values.items()}) is not shared


def test_a_cell_that_matches_nothing_has_no_diagnosis() -> None:
    """Noise, texts and errors are no known mistake."""
    network, values = d02b()
    noise = np.random.default_rng(0).normal(size=len(values["gamma"]))
    search = Diagnosis(network, values, WorkBudget(MOST_GUESSES))
    assert search.findings("z_1", 0, 0, noise) == ()
    assert search.findings("z_1", 0, 0, np.full_like(noise, np.nan)) == ()
    assert search.findings("W_1", 0, 0, noise) == ()
