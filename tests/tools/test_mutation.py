"""A sample of the mutation self-test; `make mutation` runs it in full."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sheetnet.generate import make_workbook
from sheetnet.input_names import Scaler
from sheetnet.network import Network
from sheetnet.network_file import load_network
from sheetnet.reference.views import VIEW_NUMBERS
from sheetnet.workbook_options import PREDICT_ROWS, WorkbookOptions
from tests.support.figures import record
from tools.mutants import MUTATIONS, Subject, Tally, all_at_once, one_by_one
from tools.small_networks import SMALL

SAMPLE = 60
QUICK = ("bias-node", "d02b")  # templates of 69 formulas; the others take half a minute


def checked(tally: Tally, what: str, record_property) -> None:
    assert tally.failures == []
    assert tally.counts["killed"] > 0
    counts = tally.counts
    record(record_property, f"mutation, {what}: {counts['killed']:,} killed, {counts['equivalent']:,} equivalent")


@pytest.mark.parametrize("name", SMALL)
def test_mutants_are_blamed_alone(name: str, record_property) -> None:
    """Those that compute something else, at exactly their cell; equivalent ones not at all."""
    network = load_network(name)
    subject = Subject(make_workbook(network, WorkbookOptions()), network)
    checked(one_by_one(subject, SAMPLE), f"{name}, one by one", record_property)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in SMALL]
)
def test_many_mutants_at_once_are_told_apart(name: str, record_property) -> None:
    """Every formula of a sheet mutated at the same time: still each is blamed or not on its own account."""
    network = load_network(name)
    subject = Subject(make_workbook(network, WorkbookOptions()), network)
    checked(all_at_once(subject), f"{name}, all at once", record_property)


LARGER = "relu-sigmoid-softmax"


CASES = [
    pytest.param(
        name,
        view,
        marks=[] if name == "d02b" else [pytest.mark.slow],
    )
    for name in ("d02b", "xor-batch", LARGER)
    for view in VIEW_NUMBERS
]


def filling_predict(network: Network) -> Network:
    """With a scaler, and with an observation for each row: the guard of a blank row matters in that row alone."""
    n = network.sizes[0]
    inputs = tuple(tuple(0.3 + 0.1 * i + 0.07 * row for i in range(n)) for row in range(PREDICT_ROWS))
    targets = (network.targets[0],) * PREDICT_ROWS
    return replace(network, inputs=inputs, targets=targets, scaler=Scaler((0.5,) * n, (1.5,) * n))


@pytest.mark.parametrize(("name", "view"), CASES)
def test_mutants_in_every_view_are_blamed_alone(name: str, view: str, record_property) -> None:
    """Every formula of a view mutated, an operator at a time; Step stays as it is."""
    network = load_network(name)
    if view == "pictures":  # of one row
        network = replace(network, image=(1, network.sizes[0]))
    if view == "predict":
        network = filling_predict(network)
    workbook = make_workbook(network, WorkbookOptions(("step", view), steps=5))
    tally = all_at_once(Subject(workbook, network, views=True))
    checked(tally, f"{name}, {view}", record_property)


def test_every_operator_applies_somewhere() -> None:
    """An operator that finds nothing to change would test nothing."""
    found = set()
    for name in SMALL:
        network = load_network(name)
        subject = Subject(make_workbook(network, WorkbookOptions()), network)
        found |= {mutant.operator for number in subject.formulas for mutant in subject.mutants(number)}
    assert found == {*MUTATIONS, "formula replaced by its value", "cell emptied"}
