"""Reads and writes .safetensors: a length of 8 bytes, a JSON header with types, shapes and offsets, and the numbers.

The format is that of https://github.com/huggingface/safetensors; it holds nothing that could be run. Offsets count from
the end of the header, and the arrays fill the rest of the file without gaps or overlaps: each is checked before any number
is looked at, so that no header decides what is reserved.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sheetnet.errors import FileError
from sheetnet.files.limits import Limits
from sheetnet.reference import Array

TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
LENGTH, MOST_HEADER = 8, 1_000_000  # bytes; a header has about 100 for each array
SAID = "__metadata__"
SCALER_NAMES = ("scaler_mean", "scaler_scale")
TEXTS = ("activations", "weights_by", *SCALER_NAMES)  # what the metadata of sheetnet's own files say
WAS = "was"  # of a type: the one that numbers had in the file, which NumPy lacks
BFLOAT16 = np.dtype(np.float32, metadata={WAS: "bfloat16"})
_AGAIN = "save it again with safetensors"


def read_safetensors(stream: IO[bytes], limits: Limits) -> dict[str, NDArray[Any]]:
    """The arrays of an opened file by their names, and what its metadata say of activations; raises FileError."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    length = int.from_bytes(stream.read(LENGTH), "little")
    if size < LENGTH or length > size - LENGTH:
        raise FileError(f"says a header of {length:,} bytes and has {size:,} in all", remedy=_AGAIN)
    if length > MOST_HEADER:
        raise FileError(f"has a header of {length:,} bytes, at most {MOST_HEADER:,} are read", remedy=_AGAIN)
    header = _header(stream.read(length))
    if len(header) > limits.parts:
        raise FileError(f"has {len(header):,} arrays, at most {limits.told('parts')} are read", remedy=_AGAIN)
    texts = dict(_texts(header.pop(SAID, {})))
    content = stream.read(size - LENGTH - length)
    return {name: _array(content, entry) for name, entry in _checked_entries(header, len(content))} | texts


def _header(words: bytes) -> dict[str, Any]:
    try:
        found = json.loads(words, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise FileError(f"has a damaged header ({' '.join(str(error).split()[:12])})", remedy=_AGAIN) from None
    if not isinstance(found, dict):
        raise FileError("has a header that is no table", remedy=_AGAIN)
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _texts(metadata: object) -> Iterator[tuple[str, NDArray[Any]]]:
    if not isinstance(metadata, dict) or not all(isinstance(each, str) for each in metadata.values()):
        raise FileError("holds metadata that are no texts", place=SAID, remedy=_AGAIN)
    for key in TEXTS:
        if key in metadata:
            yield key, np.array(metadata[key].split(","))


def _checked_entries(header: Mapping[str, Any], there: int) -> list[tuple[str, Any]]:
    """The entries in the order of their offsets: each of the size that its shape says, one after another to the end."""
    entries = sorted(((name, _fields(name, entry)) for name, entry in header.items()), key=lambda each: each[1][2:])
    at = 0
    for name, (kind, shape, begin, end) in entries:
        if begin != at:
            raise FileError(f"begins at byte {begin:,}, where {at:,} is free", place=name, remedy=_AGAIN)
        wanted = prod(shape) * np.dtype(TYPES[kind]).itemsize
        if not wanted:
            raise FileError("is empty", place=name, remedy=_AGAIN)
        if end - begin != wanted:
            raise FileError(f"has {end - begin:,} bytes, and its shape says {wanted:,}", place=name, remedy=_AGAIN)
        at = end
    if at != there:
        raise FileError(f"says {at:,} bytes of numbers in its header and has {there:,}", remedy=_AGAIN)
    return entries


def _fields(name: str, entry: object) -> tuple[str, tuple[int, ...], int, int]:
    """Type, shape, first byte and the one behind the last."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise FileError("is no entry with dtype, shape and data_offsets", place=name, remedy=_AGAIN)
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if kind not in TYPES:
        raise FileError(f"holds {str(kind)[:20]}", place=name, remedy=f"save it as one of {', '.join(TYPES)}")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
        raise FileError("has a damaged shape or offsets", place=name, remedy=_AGAIN)
    return kind, tuple(shape), offsets[0], offsets[1]


def _are_sizes(numbers: object) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and number >= 0 for number in numbers)


def _array(content: bytes, fields: tuple[str, tuple[int, ...], int, int]) -> NDArray[Any]:
    kind, shape, begin, end = fields
    numbers: NDArray[Any] = np.frombuffer(content[begin:end], np.dtype(TYPES[kind]))
    if kind == "BF16":  # the upper half of a float32
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32).astype(BFLOAT16)
    return numbers.reshape(shape)


def safetensors_bytes(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    """The file of these arrays, F64 in their order; the same to the byte for the same arrays."""
    header: dict[str, Any] = {SAID: dict(metadata)}
    at = 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F64", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    words = json.dumps(header, separators=(",", ":")).encode()
    words += b" " * (-len(words) % LENGTH)
    numbers = b"".join(np.ascontiguousarray(array, TYPES["F64"]).tobytes() for array in arrays.values())
    return len(words).to_bytes(LENGTH, "little") + words + numbers
