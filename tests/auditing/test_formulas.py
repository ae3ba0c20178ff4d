"""The auditor's verdicts on printed equations: identities hold, others are named with a right form that holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetnet.auditing import FormulaEntry, audit, load_published
from sheetnet.auditing.definitions import definition
from sheetnet.auditing.equation_check import EquationTrials, check_equation
from sheetnet.auditing.evaluate import Misfit, term_value
from sheetnet.auditing.expressions import NameTerm, parse_equation, parse_term, written
from sheetnet.auditing.published import shapes_of
from sheetnet.errors import NetworkError
from sheetnet.network_file import load_network
from sheetnet.verdict import PrintVerdict
from tests.support.documents import audit_of, document
from tests.support.marks import every_pair
from tools.small_networks import make_network

NODE = load_network("bias-node")
TRIALS = EquationTrials(NODE)


def judged(equation: str, folder: Path, where: dict[str, str] | None = None) -> FormulaEntry:
    table: dict[str, Any] = {"place": "here", "equation": equation, **({"where": where} if where else {})}
    (found,) = audit(document(NODE, folder, [], [table])).formulas
    return found


@pytest.mark.parametrize(
    "equation",
    [
        "sigma(x) = 1/(1+EXP(-x))",
        "sigma(x) = EXP(x)/(1+EXP(x))",
        "DIFF(sigma(x), x) = sigma(x)*(1-sigma(x))",
        "DIFF(x^3, x) = 3*x^2",
        "-x^2 = 0-x*x",
        "x^2^3 = x^8",
        "2*x - 3 - y = -3 + x + x - y",
        "z_1 = MMULT(A_0, W_1)",
        "a_1[0,0] = sigma(W_1[0,0]*A_0[0,0] + W_1[1,0]*A_0[0,1] + W_1[2,0])",
        "cost = 1/2*SUM((a_2-target)^2)",
        "TRANSPOSE(dC_dW_2) = MMULT(TRANSPOSE(delta_2), A_1)",
        "delta_2 = (a_2-target)*a_2*(1-a_2)",
        "{da_dz_2[0,0],0;0,da_dz_2[0,1]} = DIAG(a_2*(1-a_2))",
        "W_2_new = W_2 - gamma*dC_dW_2",
        "MAX(0,x) = IF(x>0,x,0)",
        "LOG10(10^x) = LN(EXP(x))",
    ],
)
def test_an_identity_agrees(equation: str, tmp_path: Path) -> None:
    """Whole matrices, single numbers, variables, derivatives."""
    assert judged(equation, tmp_path) == FormulaEntry("here", equation, PrintVerdict.AGREES)


@pytest.mark.parametrize(
    ("equation", "right"),
    [
        ("sigma(x) = 1/(1-EXP(-x))", "sigma(x) = 1/(1+EXP(-x))"),
        ("sigma(x) = EXP(x)/(1-EXP(x))", "sigma(x) = EXP(x)/(1+EXP(x))"),
        ("sigma(x) = sigma(x)*(1-sigma(x))", "DIFF(sigma(x),x) = sigma(x)*(1-sigma(x))"),
        ("dC_da_2 = target-a_2", "dC_da_2 = a_2-target"),
        ("W_2_new = W_2 - gamma*TRANSPOSE(dC_dW_2)", "W_2_new = W_2-gamma*dC_dW_2"),
        ("W_2_new[0,0] = W_2[0,0] - (gamma + dC_dW_2[0,0])", "W_2_new[0,0] = W_2[0,0]-gamma*dC_dW_2[0,0]"),
        ("dC_dW_1[2,1] = delta_2[0,1]*1", "dC_dW_1[2,1] = delta_1[0,1]*1"),
        ("da_dz_2[0,1] = sigma(z_2[0,0])*(1-sigma(z_2[0,0]))", "da_dz_2[0,1] = sigma(z_2[0,1])*(1-sigma(z_2[0,1]))"),
        (
            "dC_da_1[0,0] = delta_2[0,0]*W_2[0,0]",
            "dC_da_1[0,0] = delta_2[0,0]*W_2[0,0]+delta_2[0,1]*W_2[0,1]",
        ),
        (
            "a_1[0,0] = sigma(W_1[0,0]*A_0[0,0] + W_1[1,0]*A_0[0,1] + W_1[2,1])",
            "a_1[0,0] = sigma(W_1[0,0]*A_0[0,0]+W_1[1,0]*A_0[0,1]+W_1[2,0])",
        ),
    ],
)
def test_a_wrong_equation_is_named_with_its_nearest_right_form(equation: str, right: str, tmp_path: Path) -> None:
    """The right form is an equation of the same grammar, and holds."""
    found = judged(equation, tmp_path)
    assert (found.verdict, found.right_form) == ("wrong", right)
    assert found.why
    assert judged(right, tmp_path).verdict == "agrees"


def test_shapes_that_do_not_fit_are_a_finding(tmp_path: Path) -> None:
    """W is 3 × 2, the transposed change matrix 2 × 3."""
    found = judged("W_2_new = W_2 - gamma*dW", tmp_path, {"dW": "TRANSPOSE(dC_dW_2)"})
    assert (found.verdict, found.why) == ("wrong", "3×2 - 2×3 does not fit")
    assert found.right_form == "W_2_new = W_2-gamma*TRANSPOSE(dW)"


def test_a_name_stands_for_what_where_says(tmp_path: Path) -> None:
    """Also where it stands for other names, and where it hides a quantity."""
    found = judged("y = x*z_1", tmp_path, {"y": "x^2", "z_1": "x"})
    assert found.verdict == "agrees"


@pytest.mark.parametrize("template", ["d02b", "bias-node", "relu-sigmoid-softmax"])
def test_every_right_form_holds_and_every_agreeing_equation_does(template: str) -> None:
    """In other trials than those of the audit, so that nothing holds by chance."""
    published = load_published(template)
    network = published.network
    found = audit_of(template).formulas
    other = EquationTrials(network, seed=11)
    for printed, entry in zip(published.formulas, found, strict=True):
        equal = check_equation(printed.left, printed.right, printed.where, other).equal
        assert equal == (entry.verdict == "agrees"), entry.equation
        if entry.right_form is not None:
            left, right = parse_equation(entry.right_form, "the right form")
            assert check_equation(left, right, printed.where, other).equal, entry.right_form


@pytest.mark.parametrize(
    "text",
    ["a-(b-c)", "a-b-c", "a/(b*c)", "a/b*c", "-(x^2)", "(-x)^2", "(a+b)*-(c)", "a*(1/b)", "x^y^z", "(x^y)^z", "-(a+b)"],
)
def test_a_written_tree_reads_back_as_the_same_numbers(text: str) -> None:
    """Brackets are left out where they change nothing, and only there: compared with Python's own arithmetic."""
    numbers = {
        name: np.full((1, 1, 1), value) for name, value in zip("abcxyz", (0.7, 1.3, 2.1, 1.7, 0.6, 1.9), strict=True)
    }
    value = term_value(parse_term(text, "text"), numbers)
    python = eval(text.replace("^", "**"), {name: float(array[0, 0, 0]) for name, array in numbers.items()})
    assert value.item() == pytest.approx(python, rel=1e-12)
    again = written(parse_term(text, "text"))
    assert term_value(parse_term(again, "again"), numbers).item() == pytest.approx(python, rel=1e-12)


@every_pair
def test_every_definition_is_an_identity(activation: str, loss: str) -> None:
    """What is written out by index equals the reference, for each number of each quantity, where it is written out."""
    network = make_network(activation, loss, (2, 3, 2), observations=1)
    trials, checked = EquationTrials(network), 0
    for name, (rows, columns) in shapes_of(network).items():
        for index in [None, *((r, c) for r in range(rows) for c in range(columns))]:
            term = definition(NameTerm(name, index), network)
            if term is not None:
                finding = check_equation(NameTerm(name, index), term, {}, trials)
                assert finding.equal, (name, index, written(term), finding.words)
                checked += 1
    assert checked > 30


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("x + 1", "'the end' at character 6 stands where '=' is expected"),
        ("x = 1 = 2", "'= 2' at character 7 is left over"),
        ("x = (1+2", "stands where ')' is expected"),
        ("x = ?", "'?' at character 5 is no part of an equation"),
        ("nothing[0,0] = 1", "reads 'nothing'"),
        ("x = z_1[0,9]", "reads z_1[0,9], expected an index within 1 × 2"),
        ("x = DIFF(x^2, x+1)", "calls DIFF by something else"),
        ("x = EXP(1, 2)", "calls EXP with 2 arguments, expected 1"),
        ("x = " + "(" * 80 + "1" + ")" * 80, "is nested too deep"),
        ("x = {1,2;3}", "rows of different lengths"),
    ],
)
def test_an_unreadable_equation_is_refused_in_one_line(equation: str, words: str, tmp_path: Path) -> None:
    """With the place of the trouble."""
    with pytest.raises(NetworkError) as raised:
        judged(equation, tmp_path)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_row_and_a_column_do_not_add_up() -> None:
    """Spreadsheets would make a matrix of them; mathematics does not."""
    with pytest.raises(Misfit, match="1×2 \\+ 2×1 does not fit"):
        term_value(parse_term("{1,2}+{1;2}", "text"), {})


def wrong(template: str) -> dict[str, str | None]:
    """Equation → right form, of those that are none."""
    return {entry.equation: entry.right_form for entry in audit_of(template).formulas if entry.verdict == "wrong"}


def test_the_equations_of_bias_node() -> None:
    """The sigmoid with its minus, the bias of the other neuron, lines by weight, (6), D, and the shapes of the update.

    Every one was found by hand in the document too; (5), the δ formulas and the first four lines are identities.
    """
    found = wrong("bias-node")
    places = {entry.place: entry.verdict for entry in audit_of("bias-node").formulas}
    assert found["sigma(x) = 1/(1-EXP(-x))"] == "sigma(x) = 1/(1+EXP(-x))"
    assert found["sigma(x) = EXP(x)/(1-EXP(x))"] == "sigma(x) = EXP(x)/(1+EXP(x))"
    assert found["sigma(x) = sigma(x)*(1-sigma(x))"] == "DIFF(sigma(x),x) = sigma(x)*(1-sigma(x))"
    assert found["W_2_new = W_2 - gamma*dC_dW"] == "W_2_new = W_2-gamma*TRANSPOSE(dC_dW)"
    assert (
        found["delta = MMULT(D_1, MMULT(w_2, delta_above))"] == "delta = MMULT(D_1,MMULT(TRANSPOSE(w_2),delta_above))"
    )
    expected = {"(5)": "agrees", "(6)": "wrong", "D^(1)": "wrong", "D^(2)": "agrees"}
    for end, verdict in expected.items():
        assert {v for place, v in places.items() if place.endswith(f": {end}")} == {verdict}, end
    lines = {place[-2:]: v for place, v in places.items() if "a little work" in place and "reading" not in place}
    assert lines == {"00": "agrees", "01": "agrees", "02": "agrees", "10": "agrees", "11": "wrong", "12": "wrong"}


def test_the_equations_of_d02b() -> None:
    """It prints the derivative of e^(-x) in place of the sigmoid's; of its appendix one block matrix is exchanged."""
    found = wrong("d02b")
    sigmoid = "dout_dnet = MMULT(MMULT(-E_11, out_O), e_1) + MMULT(MMULT(-E_22, out_O), e_2)"
    assert found[sigmoid] == (
        "dout_dnet = MMULT(MMULT(E_11,out_O*(1-out_O)),e_1)+MMULT(MMULT(E_22,out_O*(1-out_O)),e_2)"
    )
    places = [entry.place for entry in audit_of("d02b").formulas if entry.verdict == "wrong"]
    assert [place.split(":")[0] for place in places] == [
        "Backward Propagation (Layer 2)",
        "Matrix Calculus (Appendix) (1)",
        *["Matrix Calculus (Appendix) (3)"] * 3,
    ]


def test_the_equations_of_relu_sigmoid_softmax() -> None:
    """The sign in ∂E/∂O, gradients along one path, a diagonal Jacobian, "(0.01 -0.06017)" without its "*"."""
    found = wrong("relu-sigmoid-softmax")
    assert found["W_3_new[2,1] = W_3[2,1] - (gamma + dC_dW_3[2,1])"] == "W_3_new[2,1] = W_3[2,1]-gamma*dC_dW_3[2,1]"
    assert found["dC_da_1[0,0] = dC_da_2[0,0]*da_dz_2[0,0]*W_2[0,0]"] == (
        "dC_da_1[0,0] = dC_da_2[0,0]*da_dz_2[0,0]*W_2[0,0]+dC_da_2[0,1]*da_dz_2[0,1]*W_2[0,1]"
        "+dC_da_2[0,2]*da_dz_2[0,2]*W_2[0,2]"
    )
    assert found["dC_dW_3[0,0] = dC_da_3[0,0]*da_dz_3[0,0]*a_2[0,0]"] == (
        "dC_dW_3[0,0] = (dC_da_3[0,0]*J_3[0,0]+dC_da_3[0,1]*J_3[1,0]+dC_da_3[0,2]*J_3[2,0])*a_2[0,0]"
    )
    sign = "dC_da_3[0,0] = -1*(target[0,0]*(1/a_3[0,0]) + (1-target[0,0])*(1/(1-a_3[0,0])))"
    assert found[sign] == sign.replace(" + ", "-").replace(" ", "").replace("=", " = ")


def test_names_that_stand_for_names_cannot_grow_without_end(tmp_path: Path) -> None:
    """Sixty names, each two of the next, are more terms than anybody counts; two that stand for each other end."""
    names = [f"n_{i}" for i in range(61)]
    where = {name: f"{after}+{after}" for name, after in pairwise(names)}
    with pytest.raises(NetworkError, match="is very long once its names are replaced"):
        judged("n_0 = x", tmp_path, where)
    assert judged("p = q", tmp_path, {"p": "q", "q": "p"}).verdict == "wrong"
