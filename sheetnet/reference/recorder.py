"""Quantities that remember which of them an equation asked for. It computes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from sheetnet.reference.activations import Array


class Recorder(dict[str, Array]):
    """Values by name; `asked` are the names in the order in which they were asked for, repeats included."""

    def __init__(self, values: Mapping[str, Array]) -> None:
        super().__init__(values)
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Array:
        self.asked.append(name)
        return super().__getitem__(name)
