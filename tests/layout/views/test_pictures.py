"""The sheet `Pictures`: pixels are Step's numbers, what the network says is its largest output, and all is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sheetnet import load_network, training_step
from sheetnet.errors import NetworkError
from sheetnet.generate import make_workbook
from sheetnet.judge import judge
from sheetnet.network import Network
from sheetnet.syntax import cell_name
from sheetnet.validation.locate import locate
from sheetnet.workbook_options import SHEETS
from tests.support.sheets import with_formula
from tests.support.view_cases import block_numbers, book, judged_with, verdicts
from tools.small_networks import make_network

VIEW = "pictures"
SHEET = SHEETS[VIEW]


def small(sizes: tuple[int, ...] = (6, 4, 3), activation: str = "softmax", loss: str = "cross_entropy") -> Network:
    """Pictures of 2 × 3 pixels."""
    return replace(make_network(activation, loss, sizes, observations=5), image=(2, 3))


def test_the_digits_open_with_their_pictures() -> None:
    """Pictures comes first, then Read me; of a network without an image there is none, whoever asks."""
    sheets = [sheet.name for sheet in make_workbook(load_network("digits-64-32-10")).sheets]
    assert sheets[:3] == [SHEET, "Read me", "Step"]
    assert book(load_network("d02b"), VIEW).sheet(SHEET) is None


@pytest.mark.parametrize("column", [False, True])
def test_pixels_and_answers_are_those_of_step(column: bool) -> None:
    network = small()
    workbook, step = book(network, VIEW, column), training_step(network)
    for n in range(network.observations):
        assert block_numbers(workbook, SHEET, f"pic_x_n{n}").tolist() == np.reshape(network.inputs[n], (2, 3)).tolist()
    for j in range(4):
        assert block_numbers(workbook, SHEET, f"pic_w_1_{j}").ravel().tolist() == step["W_1"][:-1, j].tolist()
    for new in ("", "_new"):
        outputs = step[f"a_2{new}"]
        assert block_numbers(workbook, SHEET, f"pic_says{new}")[:, 0].tolist() == outputs.argmax(axis=1).tolist()
        assert block_numbers(workbook, SHEET, f"pic_sure{new}")[:, 0].tolist() == outputs.max(axis=1).tolist()
    right = (step["a_2"].argmax(axis=1) == np.argmax(network.targets, axis=1)).sum()
    assert block_numbers(workbook, SHEET, "pic_score")[0, 0] == right
    assert judge(workbook, network).ok


def test_a_single_output_says_yes_or_no() -> None:
    """From a half on it says 1; how sure it is counts from a half up."""
    network = small((6, 1), "sigmoid", "binary_cross_entropy")
    workbook, step = book(network, VIEW), training_step(network)
    outputs = step["a_1"][:, 0]
    assert block_numbers(workbook, SHEET, "pic_says")[:, 0].tolist() == (outputs >= 0.5).tolist()
    assert block_numbers(workbook, SHEET, "pic_sure")[:, 0].tolist() == np.maximum(outputs, 1 - outputs).tolist()
    assert judge(workbook, network).ok


def test_a_damaged_pixel_is_blamed_alone() -> None:
    network = small()
    place, report = judged_with(book(network, VIEW), network, "pic_x_n1", 1, 2)
    assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}
    assert not verdicts(report, "carried")


def test_an_answer_that_leaves_an_output_out_is_seen() -> None:
    """Some trial has every output of every picture as its largest."""
    network = small()
    workbook = book(network, VIEW)
    for n in range(network.observations):
        place = locate(workbook, network).place("pic_says", n, 0)
        first, last = (cell_name(*locate(workbook, network).place("a_2", n, j)[1:]) for j in (0, 1))
        row = f"Step!{first}:{last}"  # of three outputs
        report = judge(with_formula(workbook, place, f"MATCH(MAX({row}),{row},0)-1"), network)
        assert verdicts(report, "wrong") == {(SHEET, cell_name(*place[1:]))}


@pytest.mark.parametrize("image", [(8, 7), (8,), "8x8", (0, 6), (2.0, 3), (-2, -3)])
def test_an_image_has_a_pixel_for_each_input(image: object) -> None:
    with pytest.raises(
        NetworkError, match=r"image is .*, expected rows and columns, with a pixel for each input, 6 in all"
    ):
        replace(small(), image=image)  # type: ignore[arg-type]
