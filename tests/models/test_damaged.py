"""Damaged files of models: whatever is changed in them, they are read or refused in one line, and nothing else happens."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sheetnet.errors import SheetnetError
from sheetnet.models import import_model, save_network
from tests.support.engines import module
from tests.support.refusals import assert_refusal

COUNT = 400  # of each format; 8,000 were tried when the readers were written


def damaged(content: bytes, dice: random.Random, near: int = 600) -> bytes:
    """A few bytes changed, taken out or put in, mostly near the beginning, where headers are."""
    found = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 4, 10])):
        at = dice.randrange(min(len(found), near) or 1)
        kind = dice.random()
        if kind < 0.6:
            found[at : at + 1] = dice.randbytes(1)
        elif kind < 0.8:
            del found[at : at + dice.randrange(1, 20)]
        else:
            found[at:at] = dice.randbytes(dice.randrange(1, 9))
    return bytes(found)


def damaged_inside(content: bytes, dice: random.Random) -> bytes:
    """The arrays of a zip file damaged, and its checksums right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            array = old.read(name)
            new.writestr(name, damaged(array, dice, 140) if dice.random() < 0.4 else array)
    return stream.getvalue()


def assert_read_or_refused(path: Path) -> bool:
    """Whether it was refused."""
    try:
        import_model(path)
    except SheetnetError as error:
        assert_refusal(str(error), path)
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_a_damaged_file_is_read_or_refused(suffix: str, tmp_path: Path) -> None:
    """Most are refused."""
    dice, path = random.Random(18), tmp_path / f"model.{suffix}"
    content, refused = save_network("xor", path).read_bytes(), 0
    for number in range(COUNT):
        inside = suffix == "npz" and number % 4
        path.write_bytes(damaged_inside(content, dice) if inside else damaged(content, dice))
        refused += assert_read_or_refused(path)
    assert refused > COUNT / 2


@pytest.mark.slow
@pytest.mark.onnx
def test_a_damaged_graph_is_read_or_refused(tmp_path: Path) -> None:
    """What is parsed is checked again: names may be no text, and shapes no shapes."""
    onnx = module("onnx")
    helper, arrays = onnx.helper, onnx.numpy_helper
    numbers = np.random.default_rng(3).uniform(0.5, 1, size=(3, 4))
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["y"], name="g"),
        helper.make_node("BatchNormalization", ["y", "b", "b", "b", "b"], ["z"], epsilon=1e-3),
        helper.make_node("Softmax", ["z"], ["o"], axis=1),
    ]
    ends = [helper.make_tensor_value_info(name, 11, None) for name in ("x", "o")]
    constants = [arrays.from_array(numbers, "w"), arrays.from_array(numbers[0], "b")]
    content = helper.make_model(helper.make_graph(nodes, "n", ends[:1], ends[1:], constants)).SerializeToString()
    dice, path = random.Random(18), tmp_path / "model.onnx"
    refused = 0
    for _ in range(COUNT):
        path.write_bytes(damaged(content, dice))
        refused += assert_read_or_refused(path)
    assert refused > COUNT / 4
