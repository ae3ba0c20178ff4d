"""Reads the arrays of an .npz file without NumPy's loader: nothing is unpickled, and no header decides what is reserved."""

from __future__ import annotations

import io
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from sheetnet.errors import FileError
from sheetnet.files.archives import capped_members
from sheetnet.files.limits import Limits

_AGAIN = "save it again with numpy.savez"
_SUFFIX = ".npy"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
PICKLES = "pickled objects, which can run code when they are opened, so sheetnet reads none"


def read_npz(stream: IO[bytes], limits: Limits) -> dict[str, NDArray[Any]]:
    """The arrays of an opened .npz file by their names, in its order. Raises FileError without the path."""
    return {
        name.removesuffix(_SUFFIX): _array(name, content) for name, content in capped_members(stream, limits, _AGAIN)
    }


def _array(name: str, content: bytes) -> NDArray[Any]:
    if Path(name).suffix != _SUFFIX:
        pickle = Path(name).suffix == ".pkl"
        what = f"holds {name}: {PICKLES}" if pickle else f"holds {name}, which is no array"
        raise FileError(what, remedy=_AGAIN)
    file = io.BytesIO(content)
    try:
        shape, fortran, dtype = _HEADERS[npy.read_magic(file)](file)
    except (ValueError, KeyError, SyntaxError, TypeError) as error:
        reason = " ".join(str(error).split()[:12])
        raise FileError(f"has a damaged header ({reason})", place=name, remedy=_AGAIN) from None
    if dtype.hasobject:
        raise FileError(f"holds {PICKLES}", place=name, remedy="save arrays of numbers alone")
    if min(shape, default=0) < 0:
        raise FileError(f"has a damaged header (shape {shape})", place=name, remedy=_AGAIN)
    there, wanted = len(content) - file.tell(), prod(shape) * dtype.itemsize
    if there != wanted:
        raise FileError(f"says {wanted:,} bytes of numbers in its header and has {there:,}", place=name, remedy=_AGAIN)
    flat = np.frombuffer(content, dtype, offset=file.tell())
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
