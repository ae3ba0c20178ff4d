"""L2 regularisation in network files: how λ is spelled, what comes back, and what is refused."""

from __future__ import annotations

import pytest

from sheetnet import L2, NetworkError, load_network
from sheetnet.network_file import dump_network, network_of, parse_network
from tools.small_networks import make_network

SPELLED = {
    "0.01": L2(0.01),
    "0.0": L2(0),
    "{ factor = 0.01, biases = true }": L2(0.01, biases=True),
    "{ factor = 0.01, per_observation = true }": L2(0.01, per_observation=True),
    "{ factor = 0.01, biases = true, per_observation = true }": L2(0.01, biases=True, per_observation=True),
}


@pytest.mark.parametrize(("spelled", "penalty"), SPELLED.items())
def test_a_penalty_is_spelled_as_short_as_it_can_be(spelled: str, penalty: L2) -> None:
    """λ alone penalises weights; a table says whether biases count, and whether λ is for all observations together."""
    text = f"l2 = {spelled}\n{dump_network(make_network('tanh', 'half_sse'))}"
    network = parse_network(text, "my.toml")
    assert network.l2 == penalty
    assert f"l2 = {spelled}" in dump_network(network).splitlines()
    assert parse_network(dump_network(network), "again") == network


def test_without_a_penalty_there_is_none_of_its_quantities() -> None:
    """And no line in the file."""
    network = load_network("d02b")
    assert network.l2 is None
    assert not {"l2_factor", "penalty", "penalty_new"} & set(network.blocks)
    assert "l2" not in dump_network(network)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.1", "l2 is '0.1', expected a number"),
        (-0.1, "l2.factor is -0.1, expected a number from 0 on"),
        (float("inf"), "l2 is inf, expected a finite number"),
        ({"biases": True}, "l2.factor is missing, expected a number"),
        ({"factor": 1, "bias": True}, "l2.bias is not a field"),
        ({"factor": 1, "biases": 1}, "l2.biases is 1, expected true or false"),
    ],
)
def test_what_is_no_penalty_is_refused(value: object, said: str) -> None:
    """In one line with the field, what was found and what was expected."""
    table = {
        "title": "x", "loss": "half_sse", "learning_rate": 0.5, "l2": value,
        "observations": {"inputs": [1.0], "targets": [1.0]}, "layers": [{"activation": "tanh", "weights": [[1.0]]}],
    }  # fmt: skip
    with pytest.raises(NetworkError, match=r"^my\.toml: ") as raised:
        network_of(table, "my.toml")
    assert str(raised.value).startswith(f"my.toml: {said}")


def test_which_rows_are_penalised() -> None:
    """All but the biases, or all; a layer without biases has no such row."""
    for penalty, rows in ((None, [0, 0]), (L2(1), [2, 4]), (L2(1, biases=True), [2, 5])):
        network = make_network("tanh", "half_sse", biases=(False, True), l2=penalty)
        assert [network.penalised_rows(layer) for layer in (1, 2)] == rows
