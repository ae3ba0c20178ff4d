"""Known mistakes: each recipe is the reference's equation, each mistake is named where it is made, nothing right is."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from sheetnet.effort import Effort
from sheetnet.engine import engine_named
from sheetnet.errors import SheetnetError
from sheetnet.mistakes import CHAPTERS, MISTAKES, Site, cook, kind_of, mistake_named
from sheetnet.mistakes.search import Diagnosis, explanation_of
from sheetnet.mistakes.signatures import catalogue_of
from sheetnet.network import Network
from sheetnet.network_file import load_network, template_names
from sheetnet.reference import ACTIVATIONS, Array, evaluate_step, inputs_of
from sheetnet.syntax import cell_name, tokenize
from sheetnet.trials.draw import draw_trials
from sheetnet.validation.case import Case
from sheetnet.validation.locate import locate
from sheetnet.validation.state import Runner
from tests.support.marks import every_pair
from tests.support.paths import ROOT
from tests.support.sheets import place_of, step_book, with_formula
from tools.pages import mistakes_page
from tools.small_networks import OVER_N, WITH_BIASES, make_network

# Networks beside the templates, so that every mistake has a place: mse, sums over the batch, leaky_relu.
OTHERS = {
    "leaky_relu with mse": make_network("leaky_relu", "mse", reduction="sum"),
    "elu with a slope": make_network("elu", "sse", reduction="elements", slope=0.5),
    "without biases": make_network("tanh", "half_sse", biases=(False, False)),
    "weights penalised, over N": make_network("sigmoid", "half_sse", (2, 3, 1), 4, l2=OVER_N),
    "biases penalised": make_network("tanh", "mse", (2, 3, 2), 1, l2=WITH_BIASES),
    "relu below softmax": make_network("softmax", "cross_entropy", (3, 3, 4, 3), hidden="relu", reduction="sum"),
}
NETWORKS = {**{name: load_network(name) for name in template_names()}, **OTHERS}

# Mistakes that are found by a formula's text and its repair, not by what it computes.
BY_REPAIR = {"SN048", "SN116", "SN117", "SN118", "SN119", "SN120"}


@cache
def values_of(name: str) -> dict[str, Array]:
    """The reference at the network's own numbers and in trials."""
    network = NETWORKS[name]
    own, drawn = inputs_of(network), draw_trials(network).values
    return evaluate_step(network, {key: np.concatenate([own[key], drawn[key]]) for key in own})


def flat(array: Array) -> Array:
    """Runs × rows × columns, as blocks stand on sheets."""
    return array.reshape(len(array), -1, array.shape[-1])


def computed(network: Network) -> list[str]:
    return [name for name in network.blocks if kind_of(Site.of(network, name)) is not None]


def test_codes_are_unique_and_documented() -> None:
    """A code names one mistake for ever; docs/mistakes.md is made from the entries (python -m tools.pages)."""
    entries = [mistake for chapter in CHAPTERS.values() for mistake in chapter]
    assert len(entries) == len(MISTAKES) >= 60
    assert all(re.fullmatch(r"SN\d{3}", code) for code in MISTAKES)
    assert list(MISTAKES) == sorted(MISTAKES)
    assert len({mistake.name for mistake in entries}) == len(entries)
    assert (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8") == mistakes_page()


@pytest.mark.parametrize("code", MISTAKES)
def test_an_entry_has_formulas_and_one_sentence(code: str) -> None:
    """The examples are formulas, they differ, and why is said in a sentence."""
    mistake = MISTAKES[code]
    assert mistake.wrong != mistake.right
    for formula in (mistake.wrong, mistake.right):
        assert [token for token in tokenize(formula) if token.kind == "unknown"] == []
    assert mistake.why.endswith(".")
    assert mistake.name


def test_a_code_that_is_none_names_those_like_it() -> None:
    """Small letters will do; what is no code is answered in one line."""
    assert mistake_named(" sn012 ") is MISTAKES["SN012"]
    with pytest.raises(SheetnetError, match="no known mistake has the code 'SN0012': do you mean SN012"):
        mistake_named("SN0012")
    with pytest.raises(SheetnetError, match="lists all"):
        mistake_named("bias")


@pytest.mark.parametrize("name", NETWORKS)
def test_a_recipe_is_the_equation_of_the_reference(name: str) -> None:
    """Without a replacement every block comes out as the reference has it, bias nodes and Jacobians too."""
    network, values = NETWORKS[name], values_of(name)
    for block, described in network.blocks.items():
        if block in computed(network):
            np.testing.assert_allclose(cook(Site.of(network, block), values), values[block], rtol=1e-12, atol=1e-14)
        else:
            assert described.kind == "input"


@every_pair
def test_every_activation_and_loss_has_recipes(activation: str, loss: str) -> None:
    """Also those that no template uses; a new loss is cooked whole until its recipe is taken apart."""
    network = make_network(activation, loss)
    values = evaluate_step(network, inputs_of(network))
    for block in computed(network):
        np.testing.assert_allclose(cook(Site.of(network, block), values), values[block], rtol=1e-12, atol=1e-14)


@cache
def samples(name: str, block: str) -> list[tuple[str, str, int, int, Array]]:
    """(code, label, row, column, signature) of each form of each mistake in a cell that it changes, drawn at random."""
    network, values = NETWORKS[name], values_of(name)
    right, found = flat(values[block]), []
    dice = np.random.default_rng(len(block))
    for guess in catalogue_of(network, values).own(block):
        mistake, change = guess.made[0]
        array = flat(guess.array(network, values))
        with np.errstate(invalid="ignore"):
            differs = ~np.isclose(array, right, rtol=1e-8, atol=1e-10).all(axis=0)
        differs &= 2 * np.isfinite(array).sum(axis=0) >= len(array)
        cells = np.argwhere(differs)
        if len(cells):
            row, column = map(int, dice.choice(cells))
            found.append((mistake.code, change.label, row, column, array[:, row, column]))
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_every_mistake_is_named_by_its_signature(name: str) -> None:
    """In each block in which it changes anything, alone or among those that compute the same."""
    network, values = NETWORKS[name], values_of(name)
    for block in computed(network):
        diagnosis = Diagnosis(network, values, Effort().guesses)
        for code, label, row, column, signature in samples(name, block):
            found = diagnosis.findings(block, row, column, signature)
            assert code in [finding.code for finding in found], f"{block}[{row}, {column}] {code} {label}"


@pytest.mark.parametrize("name", ["d02b", "relu-sigmoid-softmax"])
def test_what_is_right_has_no_name(name: str) -> None:
    """Though many mistakes change nothing in some cells, as the maximum not subtracted."""
    network, values = NETWORKS[name], values_of(name)
    diagnosis = Diagnosis(network, values, Effort().guesses)
    for block in computed(network):
        assert diagnosis.findings(block, 0, 0, flat(values[block])[:, 0, 0]) == ()


def test_every_mistake_can_be_made_somewhere() -> None:
    """A mistake that changes nothing in any network would never be named; repairs find the others."""
    made = {code for name in NETWORKS for block in computed(NETWORKS[name]) for code, *_ in samples(name, block)}
    singles = {code for code, mistake in MISTAKES.items() if mistake.singles is not None}
    assert set(MISTAKES) - made - singles == BY_REPAIR


@pytest.mark.parametrize("name", ["d02b", "xor-batch", "relu-sigmoid-softmax"])
def test_two_mistakes_are_both_named(name: str) -> None:
    """Of two mistakes in one equation each is named, or one that does both."""
    network, values = NETWORKS[name], values_of(name)
    for block in ("z_1", "cost_out", f"dC_da_{network.depth - 1}", "delta_1", "dC_dW_2", "W_1_new"):
        diagnosis = Diagnosis(network, values, Effort().guesses)
        both = [guess for guess in diagnosis.catalogue.pairs(block) if len(guess.made) == 2]
        for number in np.random.default_rng(0).permutation(len(both))[:4]:
            array = flat(both[number].array(network, values))
            if not np.isfinite(array).all() or np.allclose(array[:, 0, 0], flat(values[block])[:, 0, 0]):
                continue
            codes = [finding.code for finding in diagnosis.findings(block, 0, 0, array[:, 0, 0])]
            assert explanation_of(both[number]).code in codes or any("+" not in code for code in codes), (block, codes)


def test_a_finding_says_which_form() -> None:
    """Which activation it was, or which cell; two mistakes are joined."""
    network, values = NETWORKS["d02b"], values_of("d02b")
    search = Diagnosis(network, values, Effort().guesses)
    (found,) = search.findings("A_1", 0, 0, np.tanh(values["z_1"][:, 0, 0]))
    assert (found.code, found.text) == ("SN012", "wrong activation: tanh instead of sigmoid (SN012)")
    uphill = values["W_1"] + values["dC_dW_1"]
    (found,) = search.findings("W_1_new", 0, 0, uphill[:, 0, 0])
    assert (found.code, found.text) == ("SN091+SN093", "γ missing (SN091) and ascent for descent (SN093)")
    inside = values["a_2"] - values["target"]
    codes = [finding.code for finding in search.findings("dC_dW_2", 2, 0, inside[:, 0, 0])]
    assert codes == ["SN056", "SN067", "SN115"]


def formula_at(network: Network, text: str) -> str:
    """A formula with cells in place of `z_1[0,0]`."""
    workbook = step_book(network)
    located = locate(workbook, network)

    def cell(match: re.Match[str]) -> str:
        _, row, column = located.place(match[1], int(match[2]), int(match[3]))
        return cell_name(row, column)

    return re.sub(r"([A-Za-z]\w*)\[(\d+),(\d+)\]", cell, text)


def codes_for(name: str, block: str, row: int, column: int, text: str) -> list[str]:
    """What is named where a formula stands in a generated sheet."""
    network = NETWORKS[name]
    workbook = step_book(network)
    workbook = with_formula(workbook, place_of(workbook, network, block, row, column), formula_at(network, text))
    runner = Runner(Case.of(workbook, network, 8, 0), engine_named("ironcalc"))
    runs = runner.run()
    (number,) = [
        n for n, a in enumerate(runner.case.answers) if (a.block.name, a.row, a.column) == (block, row, column)
    ]
    assert number in runs.evidence.alone_values, "the formula is right"
    signature = runs.evidence.signature(number)
    diagnosis = Diagnosis(network, evaluate_step(network, runs.drawn), Effort().guesses)
    return [finding.code for finding in diagnosis.findings(block, row, column, signature)]


D02B = [
    ("z_1", 0, 0, "A_0[0,0]*W_1[0,0]+A_0[0,1]*W_1[1,0]", "SN001"),
    ("z_1", 0, 0, "SUM(MMULT(A_0[0,0]:A_0[0,2],W_1[0,0]:W_1[2,0]))+W_1[2,0]", "SN002"),
    ("z_2", 0, 1, "A_1[0,0]*W_2[0,1]+A_1[0,1]*W_2[1,1]-W_2[2,1]", "SN003"),
    ("z_1", 0, 0, "A_0[0,0]*W_1[0,0]+A_0[0,1]*W_1[1,0]+A_0[0,1]*W_1[2,0]", "SN005"),
    ("z_1", 0, 0, "A_0[0,0]*W_1[0,0]+A_0[0,1]*W_1[0,1]+W_1[2,0]", "SN006"),
    ("z_2", 0, 0, "z_1[0,0]*W_2[0,0]+z_1[0,1]*W_2[1,0]+W_2[2,0]", "SN007"),
    ("z_2", 0, 0, "SUM(MMULT(A_1[0,0]:A_1[0,2],W_1[0,0]:W_1[2,0]))", "SN008"),
    ("z_2_new", 0, 0, "SUM(MMULT(A_1_new[0,0]:A_1_new[0,2],W_2[0,0]:W_2[2,0]))", "SN009"),
    ("z_2", 0, 0, "SUM(MMULT(A_1[0,0]:A_1[0,2],W_2_new[0,0]:W_2_new[2,0]))", "SN010"),
    ("A_1", 0, 0, "z_1[0,0]", "SN011"),
    ("A_1", 0, 1, "TANH(z_1[0,1])", "SN012"),
    ("A_1", 0, 1, "MAX(0,z_1[0,1])", "SN012"),
    ("a_2", 0, 1, "1/(1+EXP(z_2[0,1]))", "SN013"),
    ("a_2", 0, 1, "1/(1-EXP(-z_2[0,1]))", "SN014"),
    ("a_2", 0, 1, "EXP(z_2[0,1])/(1-EXP(z_2[0,1]))", "SN014"),
    ("a_2", 0, 1, "1/1+EXP(-z_2[0,1])", "SN015"),
    ("a_2", 0, 0, "1/(1+EXP(-a_2[0,0]*0-1/(1+EXP(-z_2[0,0]))))", "SN016"),
    ("cost_out", 0, 0, "(a_2[0,0]-target[0,0])^2", "SN030"),
    ("cost", 0, 0, "(a_2[0,0]-target[0,0])^2+(a_2[0,1]-target[0,1])^2", "SN030"),
    ("cost_out", 0, 0, "0.5*ABS(a_2[0,0]-target[0,0])", "SN032"),
    ("cost_n", 0, 0, "cost_out[0,0]", "SN033"),
    ("cost_n", 0, 0, "AVERAGE(cost_out[0,0]:cost_out[0,1])", "SN034"),
    ("dC_da_2", 0, 0, "target[0,0]-a_2[0,0]", "SN044"),
    ("dC_da_2", 0, 0, "2*(a_2[0,0]-target[0,0])", "SN045"),
    ("delta_2", 0, 0, "a_2[0,0]-target[0,0]", "SN067"),
    ("delta_2", 0, 0, "a_2[0,0]-target[0,0]", "SN056"),
    ("da_dz_2", 0, 0, "z_2[0,0]*(1-z_2[0,0])", "SN051"),
    ("da_dz_2", 0, 0, "1/(1+EXP(-a_2[0,0]))*(1-1/(1+EXP(-a_2[0,0])))", "SN052"),
    ("da_dz_1", 0, 1, "1-A_1[0,1]^2", "SN053"),
    ("da_dz_1", 0, 1, "1-A_1[0,1]", "SN054"),
    ("da_dz_1", 0, 1, "-A_1[0,1]", "SN068"),
    ("delta_1", 0, 1, "dC_da_1[0,1]", "SN057"),
    ("delta_1", 0, 1, "dC_da_1[0,1]+da_dz_1[0,1]", "SN066"),
    ("dC_da_1", 0, 0, "SUMPRODUCT(delta_2[0,0]:delta_2[0,1],W_2_new[0,0]:W_2_new[0,1])", "SN071"),
    ("delta_1", 0, 0, "SUMPRODUCT(delta_2[0,0]:delta_2[0,1],W_2_new[0,0]:W_2_new[0,1])*da_dz_1[0,0]", "SN071"),
    ("dC_da_1", 0, 0, "delta_2[0,0]*W_2[0,0]+delta_2[0,1]*W_2[1,0]", "SN072"),
    ("dC_da_1", 0, 0, "delta_2[0,0]*W_2[0,0]", "SN073"),
    ("dC_da_1", 0, 1, "delta_2[0,0]*W_2[2,0]+delta_2[0,1]*W_2[2,1]", "SN074"),
    ("dC_da_1", 0, 1, "SUM(delta_2[0,0]:delta_2[0,1])", "SN075"),
    ("dC_da_1", 0, 1, "SUMPRODUCT(dC_da_2[0,0]:dC_da_2[0,1],W_2[1,0]:W_2[1,1])", "SN076"),
    ("dC_da_1", 0, 1, "delta_2[0,0]*W_2[1,0]", "SN077"),
    ("dC_dW_2", 0, 0, "a_2[0,0]*delta_2[0,0]", "SN080"),
    ("dC_dW_2", 1, 0, "z_1[0,1]*delta_2[0,0]", "SN081"),
    ("dC_dW_2", 1, 0, "A_1[0,0]*delta_2[0,1]", "SN082"),
    ("dC_dW_2", 2, 0, "0*delta_2[0,0]", "SN083"),
    ("dC_dW_2", 2, 0, "A_1[0,1]*delta_2[0,0]", "SN084"),
    ("dC_dW_2", 0, 0, "delta_2[0,0]", "SN085"),
    ("dC_dW_1", 0, 0, "A_0[0,0]*delta_2[0,0]", "SN086"),
    ("W_1_new", 0, 0, "W_1[0,0]-dC_dW_1[0,0]", "SN091"),
    ("W_1_new", 0, 0, "W_1[0,0]-gamma[0,0]^2*dC_dW_1[0,0]", "SN092"),
    ("W_1_new", 0, 0, "W_1[0,0]+gamma[0,0]*dC_dW_1[0,0]", "SN093"),
    ("W_1_new", 2, 1, "W_1[2,1]-gamma[0,0]*dC_dW_1[2,1]", "SN094"),
    ("W_1_new", 0, 0, "W_1[0,0]-gamma[0,0]*dC_dW_2[0,0]", "SN096"),
    ("W_1_new", 0, 0, "W_1[0,0]", "SN097"),
    ("W_1_new", 0, 0, "gamma[0,0]*dC_dW_1[0,0]", "SN098"),
    ("W_1_new", 0, 0, "W_1[0,0]-(gamma[0,0]+dC_dW_1[0,0])", "SN100"),
    ("W_1_new", 0, 0, "(W_1[0,0]-gamma[0,0])*dC_dW_1[0,0]", "SN101"),
    ("W_1_new", 0, 0, "gamma[0,0]*(W_1[0,0]-dC_dW_1[0,0])", "SN101"),
    ("z_1", 0, 1, "A_0[0,0]*W_1[0,1]+A_0[0,1]*W_1[1,1]+1", "SN001"),
    ("z_2", 0, 1, "SUM(MMULT(A_0[0,0]:A_0[0,2],W_2[0,1]:W_2[2,1]))", "SN008"),
    ("dC_dW_2", 1, 1, "A_0[0,1]*delta_2[0,1]", "SN080"),
    ("da_dz_1", 0, 1, "A_1[0,1]*(1-A_1[0,0])", "SN110"),
    ("da_dz_1", 0, 1, "A_1[0,0]*(1-A_1[0,1])", "SN110"),
    ("cost_out", 0, 1, "0.5*(a_2[0,1]-target[0,0])^2", "SN110"),
    ("A_1", 0, 0, "1/(1+EXP(-z_1[0,1]))", "SN110"),
    ("z_1", 0, 0, "A_0[0,0]*W_1[0,0]+A_0[0,0]*W_1[1,0]+W_1[2,0]", "SN112"),
    ("z_1", 0, 0, "SUM(MMULT(A_0[0,1]:A_0[0,2],W_1[1,0]:W_1[2,0]))", "SN113"),
    ("z_1", 0, 0, "A_0[0,0]*W_1[0,0]-A_0[0,1]*W_1[1,0]+W_1[2,0]", "SN114"),
    ("dC_da_2", 0, 0, "a_2[0,0]-A_1[0,0]", "SN115"),
    ("A_1", 0, 0, "-1/(1+EXP(z_1[0,0]*0+1))", ""),
    ("cost_out", 0, 0, "(target[0,0]-a_2[0,0])^3", ""),
    ("W_2_new", 0, 0, "W_2[0,0]+dC_dW_2[0,0]", "SN091+SN093"),
    ("dC_dW_2", 0, 0, "(target[0,0]-a_2[0,0])*A_1[0,0]", "SN044+SN056"),
    ("cost_out", 0, 0, "(a_2[0,0]-target[0,0])^2/4", "SN031"),
    ("cost_out", 0, 0, "-target[0,0]*LN(a_2[0,0])", "SN041"),
    ("da_dz_1", 0, 0, "A_1[0,0]*(A_1[0,0]-1)", "SN055"),
    ("delta_1", 0, 0, "dC_da_1[0,0]*da_dz_1[0,0]*A_1[0,0]*(1-A_1[0,0])", "SN064"),
    ("delta_2", 0, 0, "a_2[0,0]*(1-a_2[0,0])", "SN065"),
]
SOFTMAX = [
    ("a_3", 0, 0, "EXP(z_3[0,0]-MAX(z_3[0,0]:z_3[0,2]))/(EXP(z_3[0,0])+EXP(z_3[0,1])+EXP(z_3[0,2]))", "SN025"),
    ("cost_out", 0, 1, "-(1-target[0,1])*LN(1-a_3[0,1])", "SN039"),
    ("cost_out", 0, 1, "target[0,1]*LN(a_3[0,1])+(1-target[0,1])*LN(1-a_3[0,1])", "SN040"),
    ("cost_out", 0, 1, "-(a_3[0,1]*LN(target[0,1])+(1-a_3[0,1])*LN(1-target[0,1]))", "SN042"),
    ("a_3", 0, 0, "z_3[0,0]/SUM(z_3[0,0]:z_3[0,2])", "SN021"),
    ("a_3", 0, 0, "e_3[0,0]/SUM(e_3[0,1]:e_3[0,2])", "SN024"),
    ("a_3", 0, 0, "EXP(z_3[0,0])", "SN023"),
    ("e_3", 0, 0, "EXP(z_3[0,0])", "SN026"),
    ("e_3", 0, 0, "10^(z_3[0,0]-MAX(z_3[0,0]:z_3[0,2]))", "SN027"),
    ("cost_out", 0, 1, "-(target[0,1]*LOG10(a_3[0,1])+(1-target[0,1])*LOG10(1-a_3[0,1]))", "SN036"),
    ("cost_out", 0, 1, "-target[0,1]*LN(a_3[0,1])", "SN037"),
    ("dC_da_3", 0, 1, "-(target[0,1]/a_3[0,1]+(1-target[0,1])/(1-a_3[0,1]))", "SN038"),
    ("dC_da_3", 0, 1, "-target[0,1]/a_3[0,1]", "SN037"),
    ("delta_3", 0, 1, "dC_da_3[0,1]*a_3[0,1]*(1-a_3[0,1])", "SN061"),
    ("J_3", 0, 1, "0*a_3[0,1]", "SN061"),
    ("J_3", 0, 1, "a_3[0,0]*a_3[0,1]", "SN062"),
    ("J_3", 1, 1, "-a_3[0,1]*a_3[0,1]", "SN063"),
    ("delta_3", 0, 1, "a_3[0,1]-target[0,1]", "SN067"),
    ("da_dz_1", 0, 1, "1+0*z_1[0,1]", "SN058"),
    ("delta_1", 0, 1, "dC_da_1[0,1]", "SN058"),
    ("da_dz_1", 0, 1, "IF(z_2[0,1]>0,1,0)", "SN059"),
    ("da_dz_1", 0, 1, "IF(z_1[0,1]>0,0,1)", "SN060"),
    ("A_1", 0, 1, "MIN(0,z_1[0,1])", "SN017"),
    ("dC_da_2", 0, 1, "delta_3[0,1]*W_3[1,1]", "SN073"),
    ("cost_out", 0, 1, "-(target[0,1]*LOG10(a_3[0,1])-(1-target[0,1])*LOG10(1-a_3[0,1]))", "SN036+SN038"),
]
XOR = [
    ("cost", 0, 0, "SUM(cost_n[0,0]:cost_n[3,0])", "SN035"),
    ("cost", 0, 0, "cost_n[0,0]", "SN043"),
    ("cost", 0, 0, "AVERAGE(cost_n[1,0]:cost_n[3,0])", "SN113"),
    ("cost", 0, 0, "SUM(cost_n[1,0]:cost_n[2,0])/4", "SN113"),
    ("dC_dW_1", 0, 0, "SUMPRODUCT(A_0[0,0]:A_0[2,0],delta_1[0,0]:delta_1[2,0])/3", "SN113"),
    ("dC_da_2", 2, 0, "(a_2[2,0]-target[2,0])/4", "SN035"),
    ("dC_da_2", 2, 0, "a_2[2,0]-target[1,0]", "SN111"),
    ("dC_dW_1", 0, 0, "SUMPRODUCT(A_0[0,0]:A_0[3,0],delta_1[0,0]:delta_1[3,0])", "SN035"),
    ("dC_dW_1", 0, 0, "SUMPRODUCT(A_0[0,0]:A_0[2,0],delta_1[0,0]:delta_1[2,0])/4", "SN113"),
    ("W_2_new", 3, 0, "W_2[3,0]", "SN095"),
    ("W_2_new", 3, 0, "W_2[3,0]-gamma[0,0]*dC_dW_2[3,0]/4", "SN099"),
    ("A_1", 1, 0, "TANH(z_1[2,0])", "SN111"),
    ("da_dz_1", 1, 0, "1-z_1[1,0]^2", "SN051"),
    ("z_1", 0, 1, "SUM(MMULT(A_0[0,0]:A_0[0,1],W_1[0,1]:W_1[1,1]))+W_1[2,0]", "SN004"),
]
LAMBDA_OVER_N = [
    ("cost", 0, 0, "AVERAGE(cost_n[0,0]:cost_n[3,0])", "SN102"),
    ("cost", 0, 0, "(SUM(cost_n[0,0]:cost_n[3,0])+penalty[0,0])/4", "SN105"),
    ("penalty", 0, 0, "l2_factor[0,0]/2*(SUMSQ(W_1[0,0]:W_1[1,2])+SUMSQ(W_2[0,0]:W_2[2,0]))", "SN105"),
    ("penalty", 0, 0, "l2_factor[0,0]/8*(SUMSQ(W_1[0,0]:W_1[2,2])+SUMSQ(W_2[0,0]:W_2[3,0]))", "SN106"),
    ("penalty", 0, 0, "l2_factor[0,0]/8*(SUM(W_1[0,0]:W_1[1,2])+SUM(W_2[0,0]:W_2[2,0]))", "SN107"),
    ("dC_dW_1", 0, 1, "SUMPRODUCT(A_0[0,0]:A_0[3,0],delta_1[0,1]:delta_1[3,1])/4+l2_factor[0,0]*W_1[0,1]", "SN105"),
    ("dC_dW_1", 2, 1, "SUM(delta_1[0,1]:delta_1[3,1])/4+l2_factor[0,0]/4*W_1[2,1]", "SN106"),
    ("W_1_new", 0, 1, "W_1[0,1]-gamma[0,0]*(dC_dW_1[0,1]+l2_factor[0,0]/4*W_1[0,1])", "SN109"),
]
LAMBDA_WITH_BIASES = [
    ("cost", 0, 0, "cost_n[0,0]-penalty[0,0]", "SN102"),
    ("cost_new", 0, 0, "cost_n_new[0,0]+penalty[0,0]", "SN108"),
    ("penalty", 0, 0, "l2_factor[0,0]*(SUMSQ(W_1[0,0]:W_1[2,2])+SUMSQ(W_2[0,0]:W_2[3,1]))", "SN104"),
    ("penalty", 0, 0, "l2_factor[0,0]/2*(SUMSQ(W_1[0,0]:W_1[1,2])+SUMSQ(W_2[0,0]:W_2[2,1]))", "SN106"),
    ("penalty", 0, 0, "(SUMSQ(W_1[0,0]:W_1[2,2])+SUMSQ(W_2[0,0]:W_2[3,1]))/2", "SN107"),
    ("penalty", 0, 0, "l2_factor[0,0]/2*SUMSQ(W_2[0,0]:W_2[3,1])", "SN108"),
    ("dC_dW_2", 1, 1, "A_1[0,1]*delta_2[0,1]", "SN103"),
    ("dC_dW_2", 1, 1, "A_1[0,1]*delta_2[0,1]-l2_factor[0,0]*W_2[1,1]", "SN103"),
    ("dC_dW_2", 1, 1, "A_1[0,1]*delta_2[0,1]+2*l2_factor[0,0]*W_2[1,1]", "SN104"),
    ("dC_dW_2", 3, 1, "delta_2[0,1]", "SN106"),
    ("dC_dW_2", 1, 1, "A_1[0,1]*delta_2[0,1]+l2_factor[0,0]*W_2[1,0]", "SN112"),
]
CASES = [("d02b", *case) for case in D02B]
CASES += [("weights penalised, over N", *case) for case in LAMBDA_OVER_N]
CASES += [("biases penalised", *case) for case in LAMBDA_WITH_BIASES]
CASES += [("relu-sigmoid-softmax", *case) for case in SOFTMAX]
CASES += [("xor-batch", *case) for case in XOR]
CASES += [
    ("leaky_relu with mse", "a_2", 0, 0, "IF(z_2[0,0]>0,z_2[0,0],0.1*z_2[0,0])", "SN018"),
    ("relu below softmax", "a_3", 0, 0, "e_3[0,0]/SUM(e_3[0,0]:e_3[4,0])", "SN022"),
]


@pytest.mark.parametrize(("name", "block", "row", "column", "text", "code"), CASES)
def test_a_formula_with_a_mistake_is_named(name: str, block: str, row: int, column: int, text: str, code: str) -> None:
    """What students write, in a generated sheet at its cell; "" where it is no known mistake."""
    found = codes_for(name, block, row, column, text)
    assert code in found if code else found == []


def test_every_code_was_written_as_a_formula_once() -> None:
    """In one generated sheet at least; the signatures of all are tried in every network that they apply to."""
    written = {code for *_, codes in CASES for code in codes.split("+")}
    assert set(MISTAKES) - written == BY_REPAIR


def test_all_activations_are_told_apart() -> None:
    """Whichever other activation stands in a cell, the finding says which."""
    for name in ("d02b", "relu-sigmoid-softmax"):
        network, values = NETWORKS[name], values_of(name)
        own, search = network.layers[0].activation, Diagnosis(network, values, Effort().guesses)
        for other in set(ACTIVATIONS) - {own, "identity", "softmax"}:
            signature = ACTIVATIONS[other].f(values["z_1"])[:, 0, 0]
            texts = [finding.text for finding in search.findings("A_1", 0, 0, signature)]
            assert f"wrong activation: {other} instead of {own} (SN012)" in texts
