"""Hostile files of models end in one line within limits: bombs, lying headers, pickles, damaged archives."""

from __future__ import annotations

import io
import pickle
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sheetnet.errors import SheetnetError
from sheetnet.models import import_model
from tests.support.commands import Run
from tests.support.refusals import assert_refusal

WEIGHTS = np.arange(6.0).reshape(3, 2)


def npy(array: np.ndarray, **changes: object) -> bytes:
    """An array as .npy, with another header where something is changed."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    content = stream.getvalue()
    if not changes:
        return content
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape} | changes
    words = repr(header).encode("latin1").ljust(117) + b"\n"
    return content[:8] + len(words).to_bytes(2, "little") + words + array.tobytes()


def zipped(parts: dict[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


class Runs:
    """A pickle that would make a file."""

    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("ran"),))


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a zip bomb": (
        "a.npz", lambda: zipped({"W1.npy": npy(np.zeros((2000, 2000)))}, zipfile.ZIP_DEFLATED), "as in a zip bomb",
    ),
    "an array of 4 GB": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, shape=(1 << 29, 1))}), "has 48"),
    "an array too short": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS)[:-8]}), "says 48 bytes of numbers"),
    "an array of negative size": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, shape=(-3, -2))}), "header"),
    "a huge shape": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, shape=(1 << 62, 1 << 62))}), "says"),
    "arrays in an array": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, descr="(2,3)<f8", shape=(1,))}), "holds"),
    "records": ("a.npz", lambda: zipped({"W1.npy": npy(np.zeros(3, [("a", "f8"), ("b", "f8")]))}), "holds"),
    "nothing": ("a.npz", lambda: zipped({"W1.npy": npy(np.zeros((0, 2)))}), "is empty"),
    "a shape of text": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, shape="big")}), "damaged header"),
    "a header that goes on": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, descr="<f8").replace(b"}", b"]")}), "damaged"),
    "a deep header": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS).replace(b"(3, 2)", b"(" * 99)}), "damaged header"),
    "a type of a billion bytes": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, descr="<f999999999")}), "holds <f999"),
    "no dtype": ("a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS, descr="run()")}), r"holds run\(\)"),
    "no .npy": ("a.npz", lambda: zipped({"W1.npy": b"\x93NUMPY\x09\x00rest"}), "damaged header"),
    "an empty .npy": ("a.npz", lambda: zipped({"W1.npy": b""}), "damaged header"),
    "a pickle inside": (
        "a.npz", lambda: zipped({"W1.npy": npy(np.array([Runs()], dtype=object))}), "pickled objects, which can run code",
    ),
    "a PyTorch file under another name": (
        "a.npz", lambda: zipped({"archive/data.pkl": pickle.dumps(Runs())}), "pickled objects, which can run code",
    ),
    "no zip": ("a.npz", lambda: b"PK" + b"x" * 100, "damaged zip file"),
    "a folder's name": ("a.npz", lambda: zipped({"../W1.txt": b"x"}), "which is no array"),
    "two arrays of one name": (
        "a.npz", lambda: zipped({"W1.npy": npy(WEIGHTS), "w1.npy": npy(WEIGHTS)}), "two parts of one name",
    ),
    "a PyTorch file": ("a.pt", lambda: pickle.dumps(Runs()), "safetensors.torch.save_file"),
    "a checkpoint": ("a.pth", lambda: pickle.dumps(Runs()), "safetensors.torch.save_file"),
    "a pickle": ("a.pkl", lambda: pickle.dumps(Runs()), "from_sklearn"),
    "a joblib file": ("a.joblib", lambda: pickle.dumps(Runs()), "from_sklearn"),
    "a Keras file": ("a.h5", lambda: b"\x89HDF", "model.get_weights"),
    "a picture": ("a.png", lambda: b"\x89PNG", "the suffix '.png' is no format of models"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_ends_in_one_line(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the path and the reason, within two seconds and 120 MB; nothing in it is run."""
    monkeypatch.chdir(tmp_path)
    name, content, words = FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(SheetnetError, match=words) as caught:
            import_model(path, activations="relu")
        assert tracemalloc.get_traced_memory()[1] < 120_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - begun < 2
    assert_refusal(str(caught.value), path)
    assert not (tmp_path / "ran").exists()


def test_a_refusal_on_the_command_line_is_one_line(run: Run, tmp_path: Path) -> None:
    """With the line of code that saves what can be read."""
    (tmp_path / "model.pt").write_bytes(pickle.dumps(Runs()))
    done = run("import", "model.pt")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert 'safetensors.torch.save_file(model.state_dict(), "model.safetensors")' in done.err
    assert not (tmp_path / "ran").exists()


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    """The limit is that of workbooks, and its option raises it."""
    path = tmp_path / "a.npz"
    path.write_bytes(zipped({"W1.npy": npy(WEIGHTS), "b1.npy": npy(np.zeros(3))}))
    with pytest.raises(SheetnetError, match=r"at most 100 bytes \(--limit file_size=…\) are read"):
        import_model(path, activations="relu", limits={"file_size": 100})
    assert import_model(path, activations="relu").network.sizes == (2, 3)
