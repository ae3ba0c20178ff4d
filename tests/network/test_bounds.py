"""Networks larger than any workbook holds are refused at once."""

from __future__ import annotations

import time

import pytest

from sheetnet import NetworkError
from sheetnet.network_file import parse_network


def test_random_weights_are_bounded_in_all_layers_together() -> None:
    """A workbook of a stranger that carried 300 layers of 1,000 neurons kept a worker busy for half a minute."""
    layer = '[[layers]]\nactivation = "relu"\nneurons = 900\n'
    head = 'title = "deep"\nloss = "half_sse"\nlearning_rate = 0.1\n[observations]\ninputs = [0.1]\ntargets = [0.1]\n'
    with pytest.raises(
        NetworkError, match=r"layers\[2\]\.neurons is 900, expected at most 1,000,000 random weights in all"
    ):
        parse_network(head + 3 * layer, "deep")


HEAD = 'title = "many"\nloss = "half_sse"\nlearning_rate = 0.5\n'
LAYER = '[[layers]]\nactivation = "sigmoid"\nneurons = 1\n'
INLINE = "layers = [" + '{ activation = "sigmoid", neurons = 1 },' * 20_000 + "]\n"


def _observed(count: int, width: int = 2) -> str:
    inputs, targets = f"[{','.join(['0.5'] * width)}]," * count, "[0.5]," * count
    return f"[observations]\ninputs = [{inputs}]\ntargets = [{targets}]\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (HEAD + _observed(1) + LAYER * 20_000, "20,000 layers, expected at most 500"),
        (HEAD + INLINE + _observed(1), "20,000 layers, expected at most 500"),
        (HEAD + _observed(300_000) + LAYER, "lists of numbers, expected at most"),
        (HEAD + _observed(70_000) + LAYER, "observations.inputs has 70,000 rows, expected at most 62,500"),
        (HEAD + _observed(1_000, 600) + LAYER, "numbers, expected at most"),
    ],
    ids=["layers", "layers in line", "observations", "a few less observations", "numbers"],
)
def test_networks_that_no_workbook_holds_end_at_once(words: str, said: str) -> None:
    """In one line, and before anything is computed; from a workbook's hidden sheet as well, which strangers fill."""
    start = time.process_time()
    with pytest.raises(NetworkError, match=said) as caught:
        parse_network(words, "mine")
    assert time.process_time() - start < 5  # a second on a quiet machine; to compute it took minutes
    assert str(caught.value).startswith("mine: ")
