"""The formulas as text: the same quantities as the reference, portable functions only, and no cell that overflows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetnet import formulas, load_network
from sheetnet.activations_and_losses import ACTIVATION_FACTS
from sheetnet.engine import ironcalc
from sheetnet.formulas import cell_formulas, describe
from sheetnet.formulas.activations_and_losses import exponential
from sheetnet.network import Network
from sheetnet.network_file import template_names
from sheetnet.reference import ACTIVATIONS, LOSSES, equations, evaluate_step, inputs_of, stacked
from sheetnet.syntax import functions
from sheetnet.workbook import Cell, Sheet, Value, Workbook
from tests.support.sheets import step_book
from tools.small_networks import make_network, pairs

PORTABLE = {"SUMPRODUCT", "MMULT", "EXP", "LN", "MAX", "IF", "TANH", "SUM"}
# In comparisons IronCalc takes whatever is within 2.2e-16 of 0 for 0, so a z of 1e-300 has the derivative at 0 there.
FAR = [-709.0, -700.0, -40.0, -1.0, -1e-9, -1e-300, 0.0, 1e-15, 1e-9, 1e-3, 1.0, 36.0, 40.0, 700.0, 709.0, 1000.0]
BIASES = ((False, False), (True, False), (False, True))  # of two layers
elementwise = pytest.mark.parametrize(
    "activation", [name for name, known in ACTIVATION_FACTS.items() if not known.mixes]
)


def networks() -> dict[str, Network]:
    """Every template, and every activation with every loss."""
    found = {name: load_network(name) for name in template_names()}
    found |= {f"{activation} {loss}": make_network(activation, loss) for activation, loss in pairs()}
    return found | {f"biases {has}": make_network("tanh", "mse", biases=has) for has in BIASES}


every_network = pytest.mark.parametrize("network", [pytest.param(n, id=name) for name, n in networks().items()])


@dataclass
class ByName:
    """References as a mathematician would write them, which shows what a formula reads."""

    turned = False

    def cell(self, block: str, row: int, column: int) -> str:
        """One cell."""
        return f"{block}[{row};{column}]"

    def fixed(self, block: str) -> str:
        """The cell of a 1 × 1 block."""
        return block

    def row(self, block: str, row: int) -> str:
        """A row."""
        return f"{block}[{row};]"

    def column(self, block: str, column: int) -> str:
        """A column."""
        return f"{block}[;{column}]"


def calculated(formulas_: Sequence[str], numbers: Sequence[float]) -> list[Value]:
    """The values of formulas by IronCalc, with `numbers` in A1, B1, …."""
    cells = {(1, column): Cell(number) for column, number in enumerate(numbers, 1)}
    cells |= {(row, 1): Cell(None, formula) for row, formula in enumerate(formulas_, 2)}
    places = [("Step", row, 1) for row in range(2, len(formulas_) + 2)]
    return list(next(ironcalc.evaluate(Workbook((Sheet("Step", cells),)), [], [None], places)))


# --- Two derivations, one set of names -------------------------------------------------------------------------------


def test_both_derivations_know_the_same_activations_and_losses() -> None:
    """What NumPy computes, a spreadsheet computes too, and nothing else."""
    assert set(formulas.ACTIVATION_FORMULAS) == set(ACTIVATIONS)
    assert set(formulas.LOSS_FORMULAS) == set(LOSSES)


@every_network
def test_both_derivations_know_the_same_quantities(network: Network) -> None:
    """Every answer has an equation in NumPy and a formula; inputs have neither."""
    known = network.blocks
    answers = {name for name, block in known.items() if block.kind == "answer"}
    inputs = {name for name, block in known.items() if block.kind == "input"}
    assert set(cell_formulas(network)) == answers
    assert set(inputs_of(network)) == inputs
    without_bias_nodes = {f"a_{layer}{suffix}" for layer in range(1, network.depth) for suffix in ("", "_new")}
    assert set(equations(network)) == answers | without_bias_nodes


@every_network
def test_each_block_has_the_shape_of_its_quantity(network: Network) -> None:
    """`network.py` says the shapes, NumPy comes to the same ones."""
    arrays = evaluate_step(network, inputs_of(network))
    for name, block in network.blocks.items():
        array = arrays[name]
        expected = (1, block.rows // block.columns, block.columns, block.columns) if name.startswith("J_") else None
        assert array.shape == (expected or (1, *block.shape)), name
        assert stacked(array, block).shape == (1, *block.shape), name


@every_network
def test_formulas_read_only_what_comes_before_them(network: Network) -> None:
    """A formula refers to blocks of the same network that the step computes earlier, and never to itself."""
    order = list(network.blocks)
    for name, formula in cell_formulas(network).items():
        text = formula(ByName(), 0, 0)
        read = set(re.findall(r"\w+(?=\[)|\bgamma\b", text))
        constant = name.startswith("da_dz_") and network.layers[int(name[6:]) - 1].activation == "identity"
        assert constant or read, name
        assert all(order.index(block) < order.index(name) for block in read), (name, text)


# --- Portable text ---------------------------------------------------------------------------------------------------


@every_network
def test_only_portable_functions_are_used(network: Network) -> None:
    """Every spreadsheet program of the last thirty years knows these eight."""
    workbook = step_book(network)
    texts = {cell.formula for sheet in workbook.sheets for cell in sheet.cells.values() if cell.formula is not None}
    used = {name for text in texts for name in functions(text)}
    assert used <= PORTABLE
    assert "MMULT" in used
    assert not any("^" in text for text in texts), "programs disagree on -2^2 and 2^3^2"


@every_network
def test_every_block_has_a_symbol_and_an_equation(network: Network) -> None:
    """What a person reads above each block: no gap, no placeholder left over."""
    for name in network.blocks:
        symbol, equation = describe(network, name)
        assert symbol.strip(), name
        assert equation.strip(), name
        assert "{" not in symbol + equation
        assert "_new" not in symbol


def test_no_two_blocks_of_a_network_have_the_same_symbol() -> None:
    """A reader must be able to tell δ⁽¹⁾ from δ⁽²⁾, and W from W′."""
    network = make_network("softmax", "cross_entropy", (2, 3, 2))
    symbols = [describe(network, name)[0] for name in network.blocks]
    assert len(set(symbols)) == len(symbols)


def test_the_notation_is_that_of_the_sources() -> None:
    """Layers are superscripts in parentheses, new values carry a prime, transposes a T."""
    network = make_network("sigmoid", "half_sse", observations=3)
    expected = {
        "z_1": ("z⁽¹⁾", "A⁽⁰⁾ W⁽¹⁾"),
        "W_2_new": ("W⁽²⁾′", "W − γ ∂C/∂W"),
        "dC_da_1": ("∂C/∂a⁽¹⁾", "δ⁽²⁾ w⁽²⁾ᵀ, without the bias row"),
        "dC_dW_2": ("∂C/∂W⁽²⁾", "A⁽¹⁾ᵀ δ⁽²⁾ / N"),
        "cost": ("C", "mean over the observations"),
    }
    assert {name: describe(network, name) for name in expected} == expected


def test_frozen_biases_are_said_and_copied() -> None:
    """The formula of a frozen bias is a mere reference, and the equation above the block says so."""
    network = make_network("sigmoid", "half_sse", train_bias=False)
    formula = cell_formulas(network)["W_1_new"]
    assert formula(ByName(), 2, 0) == "W_1[2;0]"
    assert formula(ByName(), 1, 0) == "W_1[1;0]-gamma*dC_dW_1[1;0]"
    assert describe(network, "W_1_new")[1] == "W − γ ∂C/∂W; biases stay"


# --- Numbers far from zero -------------------------------------------------------------------------------------------


@elementwise
@pytest.mark.parametrize("z", FAR)
def test_activation_cells_do_not_overflow(activation: str, z: float) -> None:
    """Value and derivative from z = −709, beyond which EXP overflows, over 0 and tiny z to 1000, as NumPy has them."""
    cell, known = formulas.ACTIVATION_FORMULAS[activation], ACTIVATIONS[activation]
    at = np.array([z])
    a = known.f(at)
    found = calculated([cell.value("A1"), cell.derivative("A1", "A2")], [z])
    assert all(type(x) is float for x in found), found
    np.testing.assert_allclose(np.array(found, float), [a[0], known.derivative(at, a)[0]], rtol=1e-12, atol=1e-15)


@elementwise
@given(z=st.floats(-700, 700).filter(lambda z: z <= 0 or z > 1e-15))
def test_activation_cells_agree_with_numpy_everywhere(activation: str, z: float) -> None:
    """Any z in ±700."""
    cell, known = formulas.ACTIVATION_FORMULAS[activation], ACTIVATIONS[activation]
    at = np.array([z])
    a = known.f(at)
    found = calculated([cell.value("A1"), cell.derivative("A1", "A2")], [z])
    assert all(type(x) is float for x in found), found
    np.testing.assert_allclose(np.array(found, float), [a[0], known.derivative(at, a)[0]], rtol=1e-12, atol=1e-15)


@given(st.lists(st.one_of(st.floats(-700, 700), st.sampled_from([-1000.0, 0.0, 1000.0])), min_size=3, max_size=3))
def test_softmax_cells_do_not_overflow(logits: list[float]) -> None:
    """e = exp(z − max z) never exceeds 1, so even logits of ±1000 give the shares that NumPy gives."""
    cell = formulas.ACTIVATION_FORMULAS["softmax"]
    e = [exponential(z, "A1:C1") for z in ("A1", "B1", "C1")]  # in A2:A4
    found = calculated([*e, *(cell.value(f"A{row}", "A2:A4") for row in (2, 3, 4))], logits)
    assert all(type(x) is float for x in found), found
    expected = ACTIVATIONS["softmax"].f(np.array(logits))
    np.testing.assert_allclose(np.array(found[3:], float), expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("a", "t"), [(0.3, 0.7), (1e-12, 0.5), (1.0, 1.0), (0.0, 0.0), (0.25, 0.0), (0.25, 1.0)])
def test_loss_cells_agree_with_numpy(loss: str, a: float, t: float) -> None:
    """The cost of an output and its derivative, with 0 · ln 0 = 0 at the edges."""
    cell, known = formulas.LOSS_FORMULAS[loss], LOSSES[loss]
    outputs, targets = np.array([[a, 0.5, 0.5]]), np.array([[t, 0.5, 0.5]])  # three outputs, so that mse divides by 3
    found = calculated([cell.term("A1", "B1", 3), cell.gradient("A1", "B1", 3)], [a, t])
    expected = [known.terms(outputs, targets)[0, 0], known.gradient(outputs, targets)[0, 0]]
    assert all(type(x) is float for x in found), found
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax", "softplus", "tanh", "elu"])
@pytest.mark.parametrize("size", [-700.0, 700.0])
def test_whole_workbooks_hold_at_the_edge(activation: str, size: float) -> None:
    """With a bias of ±700 in the first layer every formula cell still shows NumPy's number."""
    network = make_network(activation, "half_sse", (1, 2, 2), observations=2, hidden=activation)
    first = network.layers[0]
    weights = (first.weights[0], (size, -size))
    layers = (type(first)(first.activation, weights), network.layers[1])
    workbook = step_book(Network("edge", "tests", network.inputs, network.targets, layers, "half_sse", 1e-3))
    (sheet,) = [sheet for sheet in workbook.sheets if sheet.name == "Step"]
    places = [("Step", *at) for at, cell in sheet.cells.items() if cell.formula is not None]
    expected = [sheet.cells[at[1:]].value for at in places]
    found = list(next(ironcalc.evaluate(workbook, [], [None], places)))
    assert all(type(x) is float for x in found)
    np.testing.assert_allclose(np.array(found, float), np.array(expected, float), rtol=1e-11, atol=1e-13)
