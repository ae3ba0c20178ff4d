"""The sheet `Gradient check`: central differences of the cost beside ∂C/∂w, live, with a light for each weight."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sheetnet import load_network, training_step
from sheetnet.engine import engine_named, ironcalc
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Layer, Network
from sheetnet.reference import Array, inputs_of
from sheetnet.reference.views.more_steps import DIGIT
from sheetnet.syntax import cell_name
from sheetnet.validation.case import Case
from sheetnet.validation.locate import locate
from sheetnet.validation.state import Runner
from sheetnet.workbook import Cell, Place, Value, Workbook
from sheetnet.workbook_options import SAMPLE, SHEETS, WorkbookOptions, checked_weights
from tests.support.sheets import with_cell, with_formula
from tests.support.view_cases import (
    BOTH_FORMATS,
    NETWORKS,
    block_numbers,
    book,
    far_cells,
    formula_cells,
    judged_with,
    verdicts,
)
from tools.small_networks import SMALL, make_network

VIEW = "gradient_check"
SHEET = SHEETS[VIEW]
NOISY = ("grad_numeric",)
ALL_LIGHT = (7, 2)  # where the light for all weights stands


def lights(workbook: Workbook) -> list[Place]:
    """The lights of the weights, from top to bottom."""
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    found = [at for at, cell in sheet.cells.items() if cell.formula is not None and isinstance(cell.value, str)]
    return [(SHEET, *at) for at in sorted(found) if at != ALL_LIGHT]


def compared(workbook: Workbook) -> set[Place]:
    """The differences of slope and ∂C/∂w, which stand beside the lights and are no quantities."""
    sheet = workbook.sheet(SHEET)
    assert sheet is not None
    return {(SHEET, *at) for at, cell in sheet.cells.items() if cell.role == "difference"}


def shown(workbook: Workbook, places: list[Place]) -> list[Value]:
    """IronCalc's values of cells."""
    return list(next(ironcalc.evaluate(workbook, [], [None], places)))


@pytest.mark.parametrize("suffix", BOTH_FORMATS)
def test_every_cell_agrees_with_numpy(suffix: str, tmp_path: Path) -> None:
    """Written with wrong cached values, recalculated by IronCalc; the quotient within the last digits of C over 2h."""
    for name, network in NETWORKS.items():
        workbook = book(network, VIEW)
        located = locate(workbook, network)
        noisy = {located.place(b, r, 0) for b in NOISY for r in range(located.blocks[b].rows)}
        noisy |= compared(workbook)
        far = far_cells(workbook, tmp_path / f"{VIEW}{suffix}")
        assert set(far) <= noisy, name
        # `far_cells` counts in units of 1e-13 (and 1e-11 of the value); C is below 10 in these networks.
        assert all(off * 1e-13 < 10 * DIGIT / 2e-4 for off in far.values()), name


@pytest.mark.parametrize("name", NETWORKS)
def test_central_differences_agree_with_backpropagation(name: str) -> None:
    """At the networks' own numbers the slope is ∂C/∂W within 1e-6, the last column their difference, all lights agree."""
    network = NETWORKS[name]
    workbook, step = book(network, VIEW), training_step(network)
    expected = [step[f"dC_dW_{layer}"][i, j] for layer, i, j in checked_weights(network)]
    slopes = block_numbers(workbook, SHEET, "grad_numeric")[:, 0]
    np.testing.assert_allclose(slopes, expected, rtol=1e-6, atol=1e-6)
    words = shown(workbook, [*lights(workbook), (SHEET, *ALL_LIGHT)])
    assert words == ["agrees"] * (len(expected) + 1)


@pytest.mark.parametrize("column", [False, True])
@pytest.mark.parametrize("name", [*SMALL, "softmax deep", "softmax sum", "leaky_relu mse", "sigmoid shared bias"])
def test_every_cell_is_judged_correct_in_both_orientations(name: str, column: bool) -> None:
    """All cells but the differences, which stand beside the lights, are compared in trials, and none is blamed."""
    network = NETWORKS[name]
    workbook = book(network, VIEW, column)
    report = judge(workbook, network)
    assert set(report.counts) == {"correct"}
    differences = {(SHEET, cell_name(*at[1:])) for at in compared(workbook)}
    assert formula_cells(workbook, SHEET) - differences <= verdicts(report, "correct")


def test_h_is_read_from_its_cell() -> None:
    """Another h in the workbook is judged as such; smaller than 1e-12 no digit of the quotient is left to judge."""
    network = load_network("bias-node")
    for h in (1e-2, 1e-6):
        workbook = make_workbook(network, WorkbookOptions(("step", VIEW), step_size=h))
        assert set(judge(workbook, network).counts) == {"correct"}
    workbook = book(network, VIEW)
    typed = with_cell(workbook, locate(workbook, network).place("grad_h", 0, 0), Cell(1e-3))
    assert set(judge(typed, network).counts) == {"correct"}


BLOCKS = ["grad_C_plus", "grad_numeric", "grad_plus_z_1_n0", "grad_minus_a_2_n0", "grad_w"]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_damaged_formula_is_blamed_alone(block: str) -> None:
    """It alone is wrong; what follows carries it, and Step is not touched."""
    network = load_network("bias-node")
    place, report = judged_with(book(network, VIEW), network, block, 1, 0)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert {sheet for sheet, _ in verdicts(report, "carried")} <= {SHEET}
    assert set(report.counts) <= {"wrong", "carried", "correct"}


def test_a_wrong_gradient_of_step_fails_its_light_alone() -> None:
    """∂C/∂w of Step loses its δ's derivative: Step is blamed, this sheet carries it, one light is red, so is that of all."""
    network = load_network("bias-node")
    workbook = book(network, VIEW)
    place = locate(workbook, network).place("dC_dW_2", 0, 1)
    damaged = with_formula(workbook, place, "0.01+" + (workbook.sheet("Step").cells[place[1:]].formula or ""))  # type: ignore[union-attr]
    report = judge(damaged, network)
    assert verdicts(report, "wrong") == {("Step", cell_name(*place[1:]))}
    assert SHEET in {sheet for sheet, _ in verdicts(report, "carried")}
    words = dict(zip(checked_weights(network), shown(damaged, lights(damaged)), strict=True))
    assert {weight for weight, word in words.items() if word == "differs"} == {(2, 0, 1)}
    assert shown(damaged, [(SHEET, *ALL_LIGHT)]) == ["1 differ"]


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_a_unit_at_its_bend_is_a_kink_and_no_failure(activation: str) -> None:
    """z = 0 exactly: the slopes on both sides differ, so does their mean from ∂C/∂w, and the light says why."""
    layers = (Layer(activation, ((0.5, 0.3), (-0.5, 0.2), (0.0, 0.1))), Layer("identity", ((0.7,), (0.4,), (0.1,))))
    network = Network("kink", "tests", ((1.0, 1.0),), ((0.5,),), layers, "half_sse", 0.5)
    workbook = book(network, VIEW)
    words = dict(zip(checked_weights(network), shown(workbook, lights(workbook)), strict=True))
    assert {weight for weight, word in words.items() if word == "kink"} == {(1, 0, 0), (1, 1, 0), (1, 2, 0)}
    assert set(words.values()) == {"kink", "agrees"}
    assert shown(workbook, [(SHEET, *ALL_LIGHT)]) == ["agrees"]
    assert "wrong" not in judge(workbook, network).counts


def test_many_weights_are_sampled_evenly_with_biases() -> None:
    """Of 4,000 weights at most SAMPLE are shown, as many of each layer, biases among them; the sheet says so."""
    network = make_network("sigmoid", "half_sse", (50, 60, 10, 3), observations=1)
    weights = checked_weights(network)
    assert len(weights) <= SAMPLE
    assert len(set(weights)) == len(weights)
    by_layer = Counter(layer for layer, _, _ in weights)
    assert max(by_layer.values()) - min(by_layer.values()) <= 1
    for layer in by_layer:
        assert any(i == network.sizes[layer - 1] for k, i, _ in weights if k == layer), layer
    sheet = book(network, VIEW).sheet(SHEET)
    assert sheet is not None
    assert any(f"A sample of {len(weights)} of" in str(cell.value) for cell in sheet.cells.values())


# ---- Edits, as people make them

EDITED = ("bias-node", "relu-sigmoid-softmax", "xor-batch", "leaky_relu mse", "softmax deep", "elu half_sse")


@cache
def runner_of(name: str) -> tuple[Runner, list[Place]]:
    """A workbook with Step, the gradient check and one step of training, ready to be driven."""
    network = NETWORKS[name]
    workbook = make_workbook(network, WorkbookOptions(("step", VIEW, "training"), steps=1))
    return Runner(Case.of(workbook, network, 2, 0), engine_named("ironcalc")), lights(workbook)


def edited(runner: Runner, edits: Mapping[int, float]) -> dict[str, np.ndarray]:
    """The inputs of the network with some of their numbers replaced, as one set of inputs."""
    inputs = inputs_of(runner.case.network)
    drivers = list(runner.case.drivers.values())
    for number, value in edits.items():
        block, row, column = drivers[number % len(drivers)]
        one = block == "gamma" or (block == "target" and runner.case.network.loss.endswith("cross_entropy"))
        inputs[block][0, row, column] = abs(value) / 3 if one else value  # probabilities, and γ, are from 0 to 1
    if runner.case.network.layers[0].shared_bias:
        inputs["W_1"][:, -1, :] = inputs["W_1"][:, -1, :1]
    return inputs


@settings(max_examples=25)
@given(
    name=st.sampled_from(EDITED),
    edits=st.dictionaries(
        st.integers(0, 200),
        st.one_of(st.integers(-2, 2).map(float), st.floats(-3, 3).map(lambda x: round(x, 6))),
        min_size=1,
        max_size=12,
    ),
)
def test_any_edit_keeps_the_lights_and_all_views_in_agreement(name: str, edits: dict[int, float]) -> None:
    """No light says fail; Step, Training (rows 0 and 1) and this sheet agree with NumPy on every cell."""
    runner, places = runner_of(name)
    inputs = edited(runner, edits)
    assume(_off_the_bends(runner, inputs))
    answers = [answer.place for answer in runner.case.answers]
    workbook, drivers = runner.case.workbook, list(runner.case.drivers)
    (run,) = runner.engine(workbook, drivers, list(runner.numbers(inputs)), [*answers, *places])
    assert set(run.odd) == set(range(len(answers), len(run))), "numbers everywhere, and a text for each light"
    assert set(run.odd.values()) <= {"agrees", "kink"}
    expected = runner.expected(inputs)
    agree = runner.agreement(run.numbers[None, : len(answers)], expected)[0]
    wrong = [runner.case.answers[n] for n in np.flatnonzero(~agree)]
    assert not wrong, [(answer.block.name, answer.row, answer.column) for answer in wrong[:5]]


def _off_the_bends(runner: Runner, inputs: dict[str, Array]) -> bool:
    """Whether no z is a rounding away from 0, where 1e-17 switches a ReLU on in one program and not in another."""
    zs = [z for name, z in runner.quantities(inputs).items() if name.startswith("z_")]
    return all(bool(((np.abs(z) > 1e-9) | (z == 0)).all()) for z in zs)


def test_frozen_biases_are_checked_too() -> None:
    """Their true gradient is known though no step uses it: biases that are one number are moved one at a time."""
    network = dataclasses.replace(load_network("relu-sigmoid-softmax"), train_bias=False)
    biases = [weight for weight in checked_weights(network) if weight[1] == network.sizes[weight[0] - 1]]
    assert len(biases) == sum(network.sizes[1:])
    whole = book(network, VIEW)
    slope, backprop = (block_numbers(whole, SHEET, name) for name in ("grad_numeric", "grad_backprop"))
    assert np.abs(slope - backprop).max() < 1e-6
