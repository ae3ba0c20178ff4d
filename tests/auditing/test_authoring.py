"""How an author writes down a document: weights one row per neuron, biases apart, nothing that the text does not give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sheetnet.auditing import Published, audit, load_published
from sheetnet.auditing.published import needs, shapes_of
from sheetnet.errors import NetworkError
from sheetnet.files import read_workbook, save_workbook
from sheetnet.network_file import load_network
from sheetnet.reference import Recorder, equations, evaluate_step, inputs_of, training_step
from sheetnet.report.audit_files import audit_workbook
from tests.support.documents import audited, document, printed
from tools.small_networks import make_network

NETWORK = make_network("tanh", "half_sse", (2, 3, 2))
STEP = training_step(NETWORK)
FORWARD = """
title = "forward alone"
observations = { inputs = [[0.2, 0.7], [0.4, -0.3]] }
layers = [{ activation = "tanh", weights = [[0.1, 0.2], [0.3, -0.4]], bias = [0.05, -0.1] }]
"""
LOSS = 'loss = "half_sse"\n'
TARGETS = "observations.targets = [[0, 1], [1, 0]]\n"
RATE = "learning_rate = 0.5\n"


def written(folder: Path, *parts: str, numbers: str = "", formulas: str = "") -> Published:
    path = folder / "text.toml"
    whole = "".join(parts)
    if TARGETS in whole:
        whole = whole.replace(TARGETS, "").replace("[0.4, -0.3]] }", "[0.4, -0.3]], targets = [[0, 1], [1, 0]] }")
    tables = f"published.numbers = [{numbers}]\n" + (f"published.formulas = [{formulas}]\n" if formulas else "")
    path.write_text(whole + tables, encoding="utf-8")
    return load_published(path)


def number(quantity: str, text: str = "0.5") -> str:
    return f'{{ place = "here", quantity = "{quantity}", printed = "{text}" }},'


@pytest.mark.parametrize("quantity", ["W_1", "dC_dW_2", "W_2_new", "z_1", "delta_2"])
def test_a_table_printed_one_row_a_neuron_is_the_block_turned(quantity: str, tmp_path: Path) -> None:
    """Every number finds its own place: indices stay those of the block."""
    rows = [[printed(float(x), 6) for x in column] for column in STEP[quantity].T]
    found = audited(NETWORK, tmp_path, [{"place": "p", "quantity": quantity, "by": "neuron", "printed": rows}])
    assert found.counts == {"agrees": STEP[quantity].size}
    wanted = [(r, c) for c in range(STEP[quantity].shape[1]) for r in range(STEP[quantity].shape[0])]
    assert [entry.index for entry in found.entries] == wanted


def test_a_table_that_is_too_wide_is_told_how_to_turn(tmp_path: Path) -> None:
    """Three neurons of two inputs and a bias each, as rows, do not fit 3 × 3 with index [1, 0]."""
    table = {"place": "p", "quantity": "W_2", "printed": [["0.1"] * 4]}
    with pytest.raises(NetworkError, match='set by = "neuron", or index'):
        document(NETWORK, tmp_path, [table])
    with pytest.raises(NetworkError, match=r"published.numbers\[0\].by is 'row', expected one of input, neuron"):
        document(NETWORK, tmp_path, [{**table, "by": "row"}])


@pytest.mark.parametrize(("name", "block"), [("b_1", "W_1"), ("db_2", "dC_dW_2"), ("b_2_new", "W_2_new")])
def test_biases_apart_are_the_last_row_of_their_weights(name: str, block: str, tmp_path: Path) -> None:
    """As a row, as a column a neuron, in an expression and in an equation; a wrong one is blamed under its own name."""
    texts = [printed(float(x), 6) for x in STEP[block][-1]]
    row = {"place": "row", "quantity": name, "printed": [texts]}
    column = {"place": "column", "quantity": name, "by": "neuron", "printed": [[text] for text in texts]}
    twice = {"place": "twice", "quantity": "2b", "expression": f"2*{name}", "printed": [
        [printed(2 * float(x), 6) for x in STEP[block][-1]]
    ]}  # fmt: skip
    last = len(STEP[block]) - 1
    equal = {"place": "e", "equation": f"{name}[0,1] = {block}[{last},1]"}
    whole = {"place": "w", "equation": f"{name} + 0*{block}[0,0] = {name}"}
    found = audited(NETWORK, tmp_path, [row, column, twice], [equal, whole])
    assert (set(found.counts), found.formula_counts) == ({"agrees"}, {"agrees": 2})
    off = f"{float(texts[1]) + 0.4:.6f}"
    bad = audited(NETWORK, tmp_path, [{"place": "bad", "quantity": name, "printed": [[texts[0], off]]}])
    assert [(e.quantity, e.index, e.verdict) for e in bad.entries[:2]] == [
        (name, (0, 0), "agrees"),
        (name, (0, 1), "wrong"),
    ]


def test_biases_apart_are_what_later_numbers_follow_from(tmp_path: Path) -> None:
    """A wrong ∂C/∂b, and the new bias computed with it."""
    change = float(printed(float(STEP["dC_dW_1"][-1][0]) + 0.3, 4))
    new = NETWORK.layers[0].weights[-1][0] - NETWORK.learning_rate * change
    numbers: list[dict[str, Any]] = [
        {"place": "db", "quantity": "db_1", "printed": f"{change:.4f}"},
        {"place": "b", "quantity": "b_1_new", "printed": f"{new:.5f}"},
    ]
    assert [entry.verdict for entry in audited(NETWORK, tmp_path, numbers).entries] == ["wrong", "carried"]


def test_a_bare_b_1_in_an_equation_may_be_a_variable_too(tmp_path: Path) -> None:
    """An equation is never blamed for which of the two its author meant; one that is wrong either way is."""
    bias, variable = "z_1 = MMULT(A_0, W_1) + 0*b_1", "DIFF(w*x_1 + b_1, b_1) = 1"
    wrong = "z_1[0,1] = A_0[0,0]*W_1[0,1]+A_0[0,1]*W_1[1,1]+b_1[0,0]"
    formulas = [{"place": str(i), "equation": text} for i, text in enumerate((bias, variable, wrong))]
    found = audited(NETWORK, tmp_path, [], formulas)
    assert [formula.verdict for formula in found.formulas] == ["agrees", "agrees", "wrong"]
    assert found.formulas[2].right_form == wrong.replace("b_1[0,0]", "b_1[0,1]")


def test_a_text_of_the_forward_pass_alone_needs_no_targets_loss_or_learning_rate(tmp_path: Path) -> None:
    """What it prints is judged; a workbook, which has the whole step, is refused with what is missing."""
    published = written(tmp_path, FORWARD, numbers=number("z_1", "0.21") + number("b_1", "0.05"))
    assert published.lacking == ("learning_rate", "observations.targets", "loss")
    found = audit(published)
    assert found.ok
    with pytest.raises(
        NetworkError, match=r"learning_rate and observations.targets and loss missing, which a workbook"
    ):
        audit_workbook(published, found)


def test_a_text_without_an_update_needs_no_learning_rate(tmp_path: Path) -> None:
    """Its gradients are judged, and its rule for the update as an equation."""
    rule = '{ place = "rule", equation = "W_1_new = W_1-gamma*dC_dW_1" }'
    published = written(tmp_path, FORWARD, LOSS, TARGETS, numbers=number("cost", "0.5"), formulas=rule)
    assert published.lacking == ("learning_rate",)
    assert audit(published).formula_counts == {"agrees": 1}


@pytest.mark.parametrize(
    ("parts", "quantity", "field"),
    [
        ((), "cost", "observations.targets"),
        ((), "W_1_new", "learning_rate"),
        ((LOSS,), "delta_1", "observations.targets"),
        ((LOSS, TARGETS), "gamma", "learning_rate"),
        ((LOSS, TARGETS), "b_1_new", "learning_rate"),
        ((RATE,), "target", "observations.targets"),
    ],
)
def test_a_number_that_needs_what_is_missing_is_refused_in_one_line(
    parts: tuple[str, ...], quantity: str, field: str, tmp_path: Path
) -> None:
    """The quantity, the field that it needs, and the remedy."""
    words = (
        rf"published.numbers\[0\] reads {quantity}, which needs {field}, expected {field} in the network file: add it"
    )
    with pytest.raises(NetworkError, match=words):
        written(tmp_path, FORWARD, *parts, numbers=number(quantity))


def test_a_loss_is_missed_where_targets_are_given(tmp_path: Path) -> None:
    """Then it was forgotten; so is a learning rate in a file that is no document."""
    with pytest.raises(NetworkError, match="loss is missing"):
        written(tmp_path, FORWARD, TARGETS, numbers=number("z_1"))
    path = tmp_path / "network.toml"
    path.write_text(FORWARD + LOSS, encoding="utf-8")
    with pytest.raises(NetworkError, match=r"observations.targets is missing"):
        load_network(path)


@pytest.mark.parametrize("loss", ["half_sse", "cross_entropy"])
def test_what_a_quantity_needs_is_what_its_equations_read(loss: str) -> None:
    """The table of names against the step itself: from γ and the targets along all equations."""
    network = make_network("softmax", loss, (2, 3, 2))
    values = evaluate_step(network, inputs_of(network))
    needed: dict[str, set[str]] = {"gamma": {"learning_rate"}, "target": {"observations.targets"}}
    for name, equation in equations(network).items():
        seen = Recorder(values)
        equation(seen)
        needed[name] = set().union(*(needed.get(read, set()) for read in seen.asked))
    for name in shapes_of(network):
        if name in needed or name in values:
            said = needs(name) & {"learning_rate", "observations.targets"}
            assert (name, said) == (name, needed.get(name, set()))


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_biases_apart_have_live_formulas_in_a_workbook(suffix: str, tmp_path: Path) -> None:
    """Beside each printed bias stands the cell of the weights' last row."""
    texts = [printed(float(x), 6) for x in STEP["W_1"][-1]]
    published = document(NETWORK, tmp_path, [{"place": "b", "quantity": "b_1", "printed": [texts]}])
    path = tmp_path / f"book.{suffix}"
    save_workbook(audit_workbook(published, audit(published)), path)
    sheet = read_workbook(path).sheet("Published")
    assert sheet is not None
    cells = [cell for cell in sheet.cells.values() if cell.formula is not None and cell.formula.startswith("Step!")]
    assert [cell.value for cell in cells] == pytest.approx(STEP["W_1"][-1].tolist())
