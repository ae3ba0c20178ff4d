"""What one run of a workbook gives: numbers as an array, and apart from them the few values that are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sheetnet.workbook import Place, Value, Workbook

_Floats = NDArray[np.float64]
Trial = Sequence[float] | _Floats | None  # the numbers of some cells; None leaves the workbook as it stands


@dataclass(frozen=True, eq=False)
class Run:
    """The values of the cells that were asked for, in their order: 8 bytes a number instead of 32.

    `odd` has, by its place in the order, each value that is no number; `numbers` has NaN there.
    """

    numbers: _Floats
    odd: Mapping[int, Value]

    @classmethod
    def of(cls, values: Iterable[Value]) -> Run:
        """A run of these values."""
        found = list(values)
        odd: dict[int, Value] = {}
        if set(map(type, found)) != {float}:
            odd = {number: value for number, value in enumerate(found) if type(value) is not float}
            for number in odd:
                found[number] = np.nan
        return cls(np.array(found, dtype=np.float64), odd)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, number: int) -> Value:
        return self.odd[number] if number in self.odd else float(self.numbers[number])

    def __iter__(self) -> Iterator[Value]:
        values: list[Value] = self.numbers.tolist()
        for number, value in self.odd.items():
            values[number] = value
        return iter(values)


Evaluate = Callable[[Workbook, Sequence[Place], Sequence[Trial], Sequence[Place]], Iterator[Run]]
