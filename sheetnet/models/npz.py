"""Reads the arrays of an .npz file without NumPy's loader: nothing is unpickled, and no header decides what is reserved."""

from __future__ import annotations

import ast
import re
import sys
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sheetnet.errors import FileError
from sheetnet.files.archives import capped_members
from sheetnet.files.limits import Limits

PICKLES = "pickled objects, which can run code when they are opened, so sheetnet reads none"
_AGAIN = "save it again with numpy.savez"
_ALONE = "save arrays of numbers alone"
_SUFFIX, _MAGIC = ".npy", b"\x93NUMPY"
_LENGTHS = {1: 2, 2: 4}  # bytes of the header's length, by the version of the format
_MOST_HEADER = 10_000  # bytes, as NumPy reads them
_KEYS = {"descr", "fortran_order", "shape"}
_TYPE = re.compile(r"[<>|=]?([a-zA-Z?])([0-9]{0,9})")
_OBJECTS, _PLAIN = "O", "biufU"  # what is a pickle, and what is not and may be asked for


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
    header, begin = _header(name, content)
    dtype = _type(name, header["descr"])
    shape, fortran = header["shape"], header["fortran_order"]
    sizes = isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)
    if not sizes or not isinstance(fortran, bool):
        raise FileError(f"has a damaged header (shape {str(shape)[:40]})", place=name, remedy=_AGAIN)
    there, wanted = len(content) - begin, prod(shape) * dtype.itemsize
    if there != wanted:
        raise FileError(f"says {wanted:,} bytes of numbers in its header and has {there:,}", place=name, remedy=_AGAIN)
    if not wanted:
        raise FileError("is empty", place=name, remedy=_ALONE)
    if dtype.kind == "U" and int(np.frombuffer(content, dtype.byteorder + "u4", offset=begin).max()) > sys.maxunicode:
        raise FileError("holds letters that there are not", place=name, remedy=_AGAIN)
    flat = np.frombuffer(content, dtype, offset=begin)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _header(name: str, content: bytes) -> tuple[dict[str, Any], int]:
    """What an array says of itself, and where its numbers begin."""
    digits = _LENGTHS.get(content[6]) if content.startswith(_MAGIC) and len(content) > 8 else None
    begin = 8 + (digits or 0)
    length = int.from_bytes(content[8:begin], "little")
    try:
        if digits is None or length > _MOST_HEADER:
            raise ValueError("no array of version 1 or 2")
        found = ast.literal_eval(content[begin : begin + length].decode("latin1").strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        reason = " ".join(str(error).split()[:12])
        raise FileError(f"has a damaged header ({reason})", place=name, remedy=_AGAIN) from None
    if not isinstance(found, dict) or found.keys() != _KEYS:
        raise FileError("has a damaged header (no descr, fortran_order and shape)", place=name, remedy=_AGAIN)
    return found, begin + length


def _type(name: str, described: object) -> np.dtype[Any]:
    """The type of plain numbers or texts."""
    match = _TYPE.fullmatch(described) if isinstance(described, str) else None
    if match is not None and match[1] == _OBJECTS:
        raise FileError(f"holds {PICKLES}", place=name, remedy=_ALONE)
    try:
        if match is not None and match[1] in _PLAIN:
            return np.dtype(str(described))
    except (TypeError, ValueError, OverflowError):  # of a size that there is not
        pass
    raise FileError(f"holds {str(described)[:40]}", place=name, remedy=_ALONE)
