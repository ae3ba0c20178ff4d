"""What the templates say their documents print: all of it, as printed, and nothing that their networks do not have."""

import re
import tomllib
from collections import Counter
from typing import Any

import pytest

import sheetnet
from sheetnet.auditing.published import load_published
from sheetnet.network_file import templates_folder

DOCUMENTS = ("d02b", "bias-node", "relu-sigmoid-softmax")
A_NUMBER = re.compile(r"-?\d+(\.\d+)?")

# How many numbers each section prints, counted by hand. W of a 2-2 layer has 4 numbers, of a 3-3 layer 9.
NUMBERS = {
    "d02b": {
        "Given Observation": 2 + 2,
        # x, W, b; W, x, b again; net_H with its blank; out_H
        "Forward Pass (Layer 1)": 2 + 4 + 1 + 4 + 2 + 1 + 2 + 2,
        # W, out_H, b; net_0 with its blank; out_0
        "Forward Pass (Layer 2)": 4 + 2 + 1 + 2 + 2,
        # out_0, target; E_total
        "Compute The Total Error": 2 + 2 + 1,
    },
    "bias-node": {
        # (0.1, 0.9), (0.3, 0.4), the bias node's 1
        "The basic model": 2 + 2 + 1,
        "Back propagation": 1,  # gamma
    },
    "relu-sigmoid-softmax": {
        # input, W_ij, W_jk, W_kl, output
        "Initalizing the Network": 3 + 3 * 9 + 3,
        # in each example: what goes in, W, b, the sums, the activations
        "Example after Relu operation": 3 + 9 + 3 + 3 + 3,
        "Example after Sigmoid operation": 3 + 9 + 3 + 3 + 3,
        # besides: "should be [1.0, 0.0, 0.0] but we got [0.2698, 0.3223, 0.4078]"
        "Example after Softmax operation": 3 + 9 + 3 + 3 + 3 + 6,
        # first line: 1, 0.2698, 0, and of two outputs 0, O, 1, O; then three logarithms; then three terms and their sum
        "Cross-Entropy Error, Example": 3 + 2 * 4 + 3 + 4,
        # dE/dO, dO/dO_in, three columns of h2_out; 9 products of 3; delta W; lr; 9 lines of W - lr * delta W; W new
        "(Hidden Layer2 - Output Layer) Weights": 3 + 3 + 9 + 27 + 9 + 1 + 27 + 9,
        # h2_in twice, dh2/dh2_in, three columns of h1_out; 9 products of 3, 9 terms, 3 sums; then as above
        "(Hidden Layer1 - Hidden Layer2) Weights": 6 + 3 + 9 + 27 + 9 + 3 + 27 + 9 + 1 + 27 + 9,
        # 1.0, three times 1.0, three columns of inputs; 3 products of 3, their values; then as above
        "(Input Layer - Hidden Layer1) Weights": 1 + 3 + 9 + 9 + 3 + 27 + 9 + 1 + 27 + 9,
        "Our Inital Weights": 3 * 9,
        "Our final weights": 3 * 9,
    },
}

# How many equations each section prints; each form in a chain of equal signs is one. Repeats of cut-off lines count once.
FORMULAS = {
    "d02b": {
        "Forward Pass (Layer 1)": 2,  # net_H, out_H
        "Forward Pass (Layer 2)": 2,
        "Compute The Total Error": 1,
        # (I) two forms and the derivative; (II) sigmoid and the derivative; net_0 and the derivative; chain rule
        "Backward Propagation (Layer 2)": 3 + 2 + 2 + 1,
        "Matrix Calculus (Appendix) (1)": 1 + 4,  # y =: x; four forms
        "Matrix Calculus (Appendix) (2)": 3,
        "Matrix Calculus (Appendix) (3)": 4,
    },
    "bias-node": {
        "The basic model": 1 + 2 + 1,  # f of the sum, the sigmoid twice, its derivative
        "Forward pass": 4 + 3 + 1 + 1,  # (1)-(4); three forms in matrix notation; layer (2); A^(1)
        "Back propagation": (
            # C and (5); f, g, h and dh; sigma - T_0, sigma (1 - sigma); chain rule; first entry; change matrix
            (2 + 4 + 2 + 1 + 1 + 6)
            # two delta; the matrix by delta, delta A, A; W - gamma dC/dW
            + (2 + 6 + 1 + 1 + 1)
            # (6); f, g, h, dh, k, m, dm; chain rule; sigma(h), sigma(m); first term
            + (1 + 7 + 1 + 2 + 1)
            # dC/dw_00 ... dC/dw_11; three different readings of dC/dw_12
            + (5 + 3)
            # two delta; dC/dw_00 in four ways; delta_0 in two forms; dC/dw_00 by it; delta_1; matrix, delta A, A
            + (2 + 4 + 2 + 1 + 1 + 6 + 1 + 1)
            # c, D^(2), D^(1); three forms of delta^(2), four of delta^(1); summary
            + (3 + 3 + 4 + 3)
        ),
        "A note for implementation": 2,  # product and Hadamard product
    },
    "relu-sigmoid-softmax": {
        "Layer1, Matrix Operation": 1,
        "Layer1, Relu operation": 1 + 3,  # relu, and by entries
        "Matrix Operation after the first Example": 1,
        "Sigmoid operation": 1 + 3,
        "Matrix Operation after the second Example": 1,
        "Softmax operation": 1 + 3,
        "Cross-Entropy Error": 1,
        "Cross-Entropy Error, Example": 2,  # two lines; the third has numbers only
        "Important Derivatives, Sigmoid": 3,
        "Important Derivatives, Relu": 2,
        "Important Derivatives, Softmax operation": 2,
        # dE/dO, dO/dO_in: to be derived, one, all three; dO_in/dW: two and by similarity three; chain rule; delta W;
        # W - lr delta W and its line without "*"
        "(Hidden Layer2 - Output Layer) Weights": 5 + 5 + 5 + 1 + 9 + 2,
        # dh2/dh2_in, dh2_in/dW, chain rule, delta W; dE/dh2: the sum, its terms, all three; dO_in/dh2; all three with
        # the weights; delta W again; W - lr delta W
        "(Hidden Layer1 - Hidden Layer2) Weights": 5 + 5 + 1 + 9 + (1 + 3 + 3) + 1 + 3 + 9 + 2,
        # dh1/dh1_in; dh1_in/dW, chain rule, delta W; dE/dh1 twice; delta W again; W - lr delta W
        "(Input Layer - Hidden Layer1) Weights": 1 + 5 + 1 + 9 + 2 * 3 + 9 + 2,
        "(Input Layer - Hidden Layer1) Weights, Relu": 2,
    },
}


def published(template: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((templates_folder() / f"{template}.toml").read_text(encoding="utf-8"))["published"]


def cells(entry: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Row and column in its block, and text, of each printed number."""
    top, left = entry.get("index", [0, 0])
    rows = [[entry["printed"]]] if isinstance(entry["printed"], str) else entry["printed"]
    return [(top + r, left + c, text) for r, row in enumerate(rows) for c, text in enumerate(row) if text != "-"]


def section(entry: dict[str, Any]) -> str:
    return entry["place"].split(":")[0]


@pytest.mark.parametrize("template", DOCUMENTS)
def test_each_section_of_a_document_has_as_many_numbers_as_it_prints(template: str) -> None:
    counts = Counter(section(entry) for entry in published(template)["numbers"] for _ in cells(entry))
    assert dict(counts) == NUMBERS[template]


@pytest.mark.parametrize("template", DOCUMENTS)
def test_each_section_of_a_document_has_as_many_formulas_as_it_prints(template: str) -> None:
    assert dict(Counter(section(entry) for entry in published(template)["formulas"])) == FORMULAS[template]


@pytest.mark.parametrize(
    ("template", "numbers", "formulas"), [("d02b", 38, 25), ("bias-node", 6, 93), ("relu-sigmoid-softmax", 490, 129)]
)
def test_the_loader_gives_every_number_and_formula(template: str, numbers: int, formulas: int) -> None:
    document = load_published(template)
    assert (len(document.numbers), len(document.formulas)) == (numbers, formulas)


@pytest.mark.parametrize("template", DOCUMENTS)
def test_every_printed_text_is_a_number_or_a_blank(template: str) -> None:
    texts = [text for entry in published(template)["numbers"] for *_, text in cells(entry)]
    assert [text for text in texts if text and not A_NUMBER.fullmatch(text)] == []
    assert texts.count("") == (2 if template == "d02b" else 0)  # the second rows of net_H and net_0


@pytest.mark.parametrize("template", DOCUMENTS)
def test_every_printed_number_stands_inside_a_block_of_the_step(template: str) -> None:
    step = sheetnet.training_step(sheetnet.load_network(template))
    placed = [
        (e["quantity"], r, c) for e in published(template)["numbers"] if "expression" not in e for r, c, _ in cells(e)
    ]
    assert [(q, r, c) for q, r, c in placed if r >= step[q].shape[0] or c >= step[q].shape[1]] == []


@pytest.mark.parametrize("template", DOCUMENTS)
def test_every_quantity_in_an_expression_is_one_of_the_step(template: str) -> None:
    step = sheetnet.training_step(sheetnet.load_network(template))
    entries = [e["expression"] for e in published(template)["numbers"] if "expression" in e]
    read = {match for words in entries for match in re.findall(r"(\w+)\[(\d+),(\d+)\]", words)}
    assert [(q, r, c) for q, r, c in read if int(r) >= step[q].shape[0] or int(c) >= step[q].shape[1]] == []


@pytest.mark.parametrize(
    ("template", "others"),
    [
        ("d02b", []),
        ("bias-node", []),
        # the first Example has the first two columns of W_kl in W_ij; 0.1 and 0.3 happen to stand in both
        (
            "relu-sigmoid-softmax",
            [("W_1", 0, 1, "0.4"), ("W_1", 1, 1, "0.7"), ("W_1", 2, 0, "0.5"), ("W_1", 2, 1, "0.2")],
        ),
    ],
)
def test_what_is_printed_as_given_is_what_the_network_has(
    template: str, others: list[tuple[str, int, int, str]]
) -> None:
    step = sheetnet.training_step(sheetnet.load_network(template))
    given = re.compile(r"A_0|target|gamma|W_\d")
    numbers = [
        (e["quantity"], *cell)
        for e in published(template)["numbers"]
        if given.fullmatch(e["quantity"])
        for cell in cells(e)
    ]
    assert len(numbers) > 0
    assert [(q, r, c, text) for q, r, c, text in numbers if float(text) != step[q][r, c]] == others
