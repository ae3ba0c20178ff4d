"""The auditor's verdicts on printed numbers: each kind planted, nothing right called wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetnet.auditing import NumberVerdict
from sheetnet.auditing.digits import Digits, digit_slips, read_digits
from sheetnet.errors import NetworkError
from sheetnet.network_file import load_network
from sheetnet.reference import training_step
from tests.support.documents import audit_of, audited, by_place, document, everything, printed
from tools.small_networks import make_network

D02B = load_network("d02b")
STEP = training_step(D02B)


def one(place: str, quantity: str, text: str, index: tuple[int, int] = (0, 0), **more: Any) -> dict[str, Any]:
    return {"place": place, "quantity": quantity, "printed": text, "index": list(index), **more}


def digits(text: str) -> Digits:
    found = read_digits(text)
    assert found is not None
    return found


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("places", [2, 5, 9])
@pytest.mark.parametrize("name", ["d02b", "xor-batch", "relu-sigmoid-softmax"])
def test_a_document_that_prints_right_numbers_agrees_throughout(
    name: str, places: int, truncated: bool, tmp_path: Path
) -> None:
    """Rounded or truncated to any number of digits, in batches and with softmax's Jacobian too."""
    network = load_network(name)
    found = audited(network, tmp_path, everything(network, places, truncated))
    assert len(found.entries) == sum(block.rows * block.columns for block in network.blocks.values())
    assert found.counts == {"agrees": len(found.entries)}
    assert found.ok


def test_a_document_that_prints_nothing_is_not_ok(tmp_path: Path) -> None:
    """A check that compared nothing has failed: the file says what it lacks, and an empty audit is not ok."""
    with pytest.raises(NetworkError, match="published is missing, expected"):
        document(D02B, tmp_path, [])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.floats(1e-4, 1e2), places=st.integers(0, 9), truncated=st.booleans(), negative=st.booleans())
def test_a_number_agrees_with_every_print_of_itself_and_lies_in_its_bounds(
    number: float, places: int, truncated: bool, negative: bool
) -> None:
    """The text comes from decimal arithmetic, not from the code under test; a unit further on it no longer agrees."""
    number = -number if negative else number
    found = digits(printed(number, places, truncated))
    assert found.agrees(number)
    assert found.low <= number <= found.high
    assert not found.agrees(number + 1.6 * found.unit)
    assert not found.agrees(number - 1.6 * found.unit)


@pytest.mark.parametrize(
    ("text", "meant", "words"),
    [
        ("0.59326992", "0.593269992", "a digit 9 is dropped"),
        ("0.5968884378", "0.596884378", "the digit 8 is doubled"),
        ("0.569858", "0.568958", "the digits 8 and 9 are swapped"),
        ("-0.0007245", "-0.007245", "the decimal point is 1 place off"),
        ("27.4811083", "0.274811083", "the decimal point is 2 places off"),
        ("110.5905967", "1.105905967", "the decimal point is 2 places off"),
        ("0.30055", "0.3055", "the digit 0 is doubled"),
    ],
)
def test_a_slip_is_undone(text: str, meant: str, words: str) -> None:
    """Each is found among the slips of the printed text, in its own words."""
    assert (meant, words) in [(slip.meant.text, slip.words) for slip in digit_slips(digits(text))]


def test_fewer_or_more_digits_are_no_slip() -> None:
    """0.1591 is 0.15911 with fewer digits, and 0.15911 not 0.1591 with a digit doubled."""
    assert "0.15911" not in [slip.meant.text for slip in digit_slips(digits("0.1591"))]
    assert "0.1591" not in [slip.meant.text for slip in digit_slips(digits("0.15911"))]


@pytest.mark.parametrize("text", ["0.593x", "1/2", "", ".", "0,5", "1.2.3", "--1", "1e999", "1" * 70])
def test_what_is_no_number_is_read_as_none(text: str) -> None:
    """Texts that print no number."""
    assert read_digits(text) is None


def test_every_verdict_has_its_number(tmp_path: Path) -> None:
    """One document with all of them, each where the list above the table says."""
    found = by_place(
        audited(
            D02B,
            tmp_path,
            [
                one("right", "z_1", "0.3775"),
                one("blank", "z_1", "", (0, 1)),
                one("given", "W_2", "0.45", (1, 0)),
                one("other given", "W_2", "0.54", (1, 0)),
                one("slip", "a_1", "0.59326992"),
                one("error", "a_1", "0.6225", (0, 1)),
                one("after it", "z_2", "1.1174"),
                one("sign", "dC_da_2", "-0.7414"),
            ],
        )
    )
    assert {place: entry.verdict for place, entry in found.items()} == {
        "right": "agrees",
        "blank": "missing",
        "given": "agrees",
        "other given": "contradicts",
        "slip": "misprint",
        "error": "wrong",
        "after it": "carried",
        "sign": "wrong",
    }
    assert found["blank"].computed == pytest.approx(0.3925)
    assert "W_2[1, 0]" not in found["other given"].why
    assert "'given'" in found["other given"].why
    assert found["slip"].right_text == "0.593269992"
    assert found["sign"].mistake == "SN044"  # the error's sign flipped


def test_a_given_that_is_printed_once_and_differs_is_wrong(tmp_path: Path) -> None:
    """Nothing in the document contradicts it, but the network has another number."""
    (entry,) = audited(D02B, tmp_path, [one("here", "W_1", "0.51")]).entries
    assert (entry.verdict, entry.computed) == ("wrong", 0.15)


def test_of_two_prints_each_has_its_own_verdict(tmp_path: Path) -> None:
    """The right one agrees, the other does not."""
    found = audited(D02B, tmp_path, [one("here", "a_1", "0.593269992"), one("there", "a_1", "0.593266992")])
    assert [entry.verdict for entry in found.entries] == ["agrees", "wrong"]


def test_two_prints_of_which_none_is_right_contradict_each_other(tmp_path: Path) -> None:
    """Both are flagged, and each names the other's text."""
    found = audited(D02B, tmp_path, [one("here", "a_1", "0.4819"), one("there", "a_1", "0.7331")])
    assert [entry.verdict for entry in found.entries] == ["contradicts", "contradicts"]
    assert "0.7331" in found.entries[0].why
    assert "0.4819" in found.entries[1].why


@pytest.mark.parametrize("seed", range(4))
def test_what_follows_from_a_wrong_number_is_carried(seed: int, tmp_path: Path) -> None:
    """A wrong a_1 in an otherwise right computation by hand, rounded at every step, as a person does."""
    wrong = [0.61, 0.58, 0.4321, 0.777][seed]
    a, b = wrong, round(float(STEP["a_1"][0, 1]), 6)
    z = [round(a * w + b * v + 0.6, 6) for w, v in zip(STEP["W_2"][0], STEP["W_2"][1], strict=True)]
    found = audited(
        D02B,
        tmp_path,
        [
            {"place": "a", "quantity": "a_1", "printed": [[str(a), f"{b:.6f}"]]},
            {"place": "z", "quantity": "z_2", "printed": [[f"{x:.6f}" for x in z]]},
        ],
    )
    assert [entry.verdict for entry in found.entries] == ["wrong", "agrees", "carried", "carried"]


@pytest.mark.parametrize("places", [3, 4, 6])
def test_numbers_computed_on_from_rounded_ones_are_never_wrong(places: int, tmp_path: Path) -> None:
    """A person rounds every result and goes on with it: all agree or are carried, to the last weight."""
    network = make_network("sigmoid", "half_sse", (2, 3, 2))
    found = audited(network, tmp_path, by_hand(network, places))
    assert set(found.counts) <= {"agrees", "carried"}
    assert len(found.entries) > 30


def by_hand(network: Any, places: int) -> list[dict[str, Any]]:
    """The forward and backward pass of a 2-layer net in plain Python, each result rounded before it is used."""
    from math import exp

    step = training_step(network)
    W1, W2, x, t = (step[name].tolist() for name in ("W_1", "W_2", "A_0", "target"))
    r = lambda v: float(printed(v, places))  # noqa: E731
    tables: list[dict[str, Any]] = []

    def show(name: str, rows: list[list[float]]) -> list[list[float]]:
        rows = [[r(v) for v in row] for row in rows]
        tables.append({"place": name, "quantity": name, "printed": [[printed(v, places) for v in row] for row in rows]})
        return rows

    n = range(len(x))
    z1 = show("z_1", [[sum(x[i][k] * W1[k][j] for k in range(3)) for j in range(3)] for i in n])
    a1 = show("a_1", [[1 / (1 + exp(-v)) for v in row] for row in z1])
    z2 = show("z_2", [[sum(a1[i][k] * W2[k][j] for k in range(3)) + W2[3][j] for j in range(2)] for i in n])
    a2 = show("a_2", [[1 / (1 + exp(-v)) for v in row] for row in z2])
    e = show("dC_da_2", [[a2[i][j] - t[i][j] for j in range(2)] for i in n])
    d = show("da_dz_2", [[v * (1 - v) for v in row] for row in a2])
    delta2 = show("delta_2", [[e[i][j] * d[i][j] for j in range(2)] for i in n])
    show("dC_da_1", [[sum(delta2[i][k] * W2[j][k] for k in range(2)) for j in range(3)] for i in n])
    return tables


@pytest.mark.parametrize("code", ["SN011", "SN013", "SN055", "SN044", "SN093"])
def test_a_known_mistake_is_named(code: str, tmp_path: Path) -> None:
    """The tables come from the mistake's own formula, computed here once more in Python."""
    from math import exp

    z, a, t = STEP["z_2"][0], STEP["a_2"][0], STEP["target"][0]
    made = {
        "SN011": ("a_2", [list(z)]),
        "SN013": ("a_2", [[1 / (1 + exp(v)) for v in z]]),
        "SN055": ("da_dz_2", [[v * (v - 1) for v in a]]),
        "SN044": ("dC_da_2", [[u - v for u, v in zip(t, a, strict=True)]]),
        "SN093": ("W_2_new", (2 * STEP["W_2"] - STEP["W_2_new"])[:2].tolist()),
    }
    quantity, rows = made[code]
    table = {"place": "here", "quantity": quantity, "printed": [[printed(float(v), 6) for v in row] for row in rows]}
    found = audited(D02B, tmp_path, [table])
    assert {entry.mistake for entry in found.entries} == {code}
    assert found.counts == {"wrong": len(found.entries)}


def test_a_dropped_digit_is_a_misprint_wherever_it_is_dropped(tmp_path: Path) -> None:
    """Every inner digit of every activation, 7 places each."""
    texts = [printed(float(x), 7) for x in (*STEP["a_1"][0], *STEP["a_2"][0])]
    planted = []
    for k, text in enumerate(texts):
        for i in range(3, len(text) - 1):
            short = text[:i] + text[i + 1 :]
            if not digits(short).agrees(float(text)):
                planted.append(one(f"{k} {i}", ("a_1", "a_2")[k // 2], short, (0, k % 2)))
    assert len(planted) > 10
    found = audited(D02B, tmp_path, planted)
    assert found.counts == {"misprint": len(planted)}


def test_an_expression_is_judged_as_what_it_computes(tmp_path: Path) -> None:
    """A term of a sum by its value; a sum of printed terms by those, though one of them is wrong."""
    found = audited(
        D02B,
        tmp_path,
        [
            one("first term", "a w", "0.237308", expression="a_1[0,0]*W_2[0,0]"),
            one("second term", "a w'", "0.3000", expression="a_1[0,1]*W_2[1,0]"),
            one("their sum", "z_2", "0.5373", sum_of=["a w", "a w'"]),
        ],
    )
    assert [entry.verdict for entry in found.entries] == ["agrees", "wrong", "carried"]


def test_sources_limit_what_a_number_follows_from(tmp_path: Path) -> None:
    """With `from` the printed z counts and the wrong a does not."""
    numbers = [one("z", "z_2", "1.2", (0, 0)), one("a", "a_2", "0.9", (0, 0))]
    free = audited(D02B, tmp_path, [*numbers, one("slope", "da_dz_2", "0.09")])
    bound = audited(D02B, tmp_path, [*numbers, {**one("slope", "da_dz_2", "0.09"), "from": ["z_2"]}])
    assert [found.entries[2].verdict for found in (free, bound)] == ["carried", "wrong"]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"quantity": "a_1", "printed": "0.5"}, "published.numbers[0].place is missing"),
        (one("p", "a_7", "0.5"), "is 'a_7', expected a quantity of the step: did you mean"),
        (one("p", "a_1", "0.5", (0, 2)), "reaches a_1[0, 2], expected 1 × 2 numbers at most"),
        (one("p", "a_1", "half"), "has 'half', expected a number as printed"),
        ({"place": "p", "quantity": "a_1", "printed": 0.5}, "is 0.5, expected text such as"),
        ({"place": "p", "quantity": "a_1", "printed": [[0.5]]}, "has 0.5, expected text, so that its digits count"),
        ({"place": "p", "quantity": "a_1", "print": "0.5"}, "is not a field"),
        (one("p", "x", "0.5", expression="a_1[0,0]+"), "'the end' at character 10"),
        (one("p", "x", "0.5", expression="b_9[0,0]"), "reads 'b_9', expected quantities of the step"),
        (one("p", "x", "0.5", expression="a_1[5,0]"), "an index within 1 × 2"),
        (one("p", "x", "0.5", expression="EVAL(1)"), "calls EVAL, expected one of ABS"),
        (one("p", "a_1", "0.5", sum_of=["q"]), "sum_of is ['q'], expected"),
        ({**one("p", "a_1", "0.5"), "from": ["q"]}, "from is ['q'], expected"),
    ],
)
def test_an_unusable_entry_is_refused_in_one_line(entry: dict[str, Any], words: str, tmp_path: Path) -> None:
    """What, where and the remedy."""
    with pytest.raises(NetworkError, match=re.escape(words)) as raised:
        document(D02B, tmp_path, [entry])
    assert "\n" not in str(raised.value)


def verdicts(template: str) -> dict[tuple[str, tuple[int, int], str], NumberVerdict]:
    return {(entry.quantity, entry.index, entry.printed): entry for entry in audit_of(template).entries}


def test_the_audit_of_d02b() -> None:
    """Its two slips, its two blanks, its error of one output only; all else agrees."""
    found = {key: entry for key, entry in verdicts("d02b").items() if entry.verdict != "agrees"}
    assert {key: (entry.verdict, entry.mistake) for key, entry in found.items()} == {
        ("z_1", (0, 1), ""): ("missing", None),
        ("z_2", (0, 1), ""): ("missing", None),
        ("a_1", (0, 0), "0.59326992"): ("misprint", None),
        ("a_1", (0, 1), "0.5968884378"): ("misprint", None),
        ("cost", (0, 0), "0.274811083"): ("wrong", "SN033"),
    }


def test_the_audit_of_relu_sigmoid_softmax() -> None:
    """What was found in the document by hand: each group with its verdict and mistake, every time it is printed."""
    found: dict[tuple[str, str | None], set[tuple[str, str]]] = {}
    for entry in audit_of("relu-sigmoid-softmax").entries:
        found.setdefault((entry.verdict, entry.mistake), set()).add((entry.quantity, entry.printed))
    assert found["wrong", "SN021"] == {("a_3", "0.2698"), ("a_3", "0.3223"), ("a_3", "0.4078")}
    assert found["wrong", "SN036"] == {("cost_out", "0.569858"), ("cost_out", "0.16886"), ("cost_out", "0.22753")}
    assert found["wrong", "SN038"] == {("dC_da_3", "-1.4755"), ("dC_da_3", "-1.6886")}
    assert found["wrong", "SN073"] == {("dC_da_1", "-0.01035"), ("dC_da_1", "-0.0209"), ("dC_da_1", "-0.0169")}
    assert found["misprint", None] == {
        *(("W_3_new", text) for text in ("0.30055", "0.2005849", "0.5005779", "0.9006098")),
        ("W_2_new", "0.803813"),
        ("dC_dW_1", "-0.0007245"),
    }
    assert {q for q, _ in found["wrong", None]} == {
        "z_2", "cost", "da_dz_3", *(f"dE_{i}/dh2_out{j}" for i in (2, 3) for j in (1, 2, 3))
    }  # fmt: skip
    assert found["contradicts", None] == {
        ("dC_da_3", "-0.301"), ("W_1", "0.4"), ("W_1", "0.7"), ("W_1", "0.5"), ("W_1", "0.2")
    }  # fmt: skip
    assert {q for q, _ in found["carried", "SN061"]} == {"dC_dW_3"}


def test_a_wrong_pair_is_named_after_the_pair_it_belongs_to() -> None:
    """a(1 - a) times the derivative of binary cross-entropy is a - T, by hand: sigmoid's δ, and softmax's with its own."""
    logarithms, jacobian = audit_of("relu-sigmoid-softmax").notes
    assert "logarithms of base 10" in logarithms
    assert "gradient of another pair: of sigmoid with binary_cross_entropy" in jacobian
    assert "for targets that sum to 1, of softmax with cross_entropy" in jacobian


def test_numbers_of_bias_node_agree() -> None:
    """It prints nothing but what is given."""
    assert {entry.verdict for entry in audit_of("bias-node").entries} == {"agrees"}
