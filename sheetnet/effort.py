"""Counts the work spent on explaining wrong cells, so that what is said depends on the file and the seed, never on a clock.

Verdicts are given before. What comes after (repairs, known mistakes, causes) has a budget for a workbook and, out of it, a
share for each cell; when it is used up, verdicts stand as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Characters of wrong formulas that are read to propose repairs. Each is read some six times at 0.7 µs a character: 2 s.
MOST_READ = 500_000
# Of these, to see which formulas are one that was filled down or across.
MOST_READ_TO_COMPARE = MOST_READ // 4
# Characters of repaired formulas that are tried, with the cells they refer to, TRIAL more for each: to be parsed and
# evaluated in all runs takes 1 µs a character, 4 µs where hardly two are built alike, and 20 µs a formula. It is enough for
# 10,000 repairs of usual length (40 characters): 1 to 3 s.
MOST_TRIED = 600_000
# Of these, for one cell: 300 quantities in 8 forms for each of two helper cells.
MOST_TRIED_FOR_A_CELL = MOST_TRIED // 2
TRIAL = 20
# As much again as a quarter, for what was found in one cell and is tried in others with the same formula.
MOST_TRIED_AGAIN = MOST_TRIED // 4
# Mistaken equations computed, 25 to 50 µs each on a small block: all that there are in small networks (25,000 in 2-2-2,
# 100,000 in 3-3-3-3), and 3 to 4 s of large ones.
MOST_GUESSES = 100_000
# Of these, for more than one mistake in a cell's own equation: the rest is for such, in all other cells.
MOST_FAR_GUESSES = MOST_GUESSES * 4 // 5
# Of these, for one cell: all that there are for it take at most 6,000 in the templates.
MOST_GUESSES_FOR_A_CELL = 20_000
# References followed from cell to cell, and characters of formulas read for them: 0.2 µs each, 4 s.
MOST_FOLLOWED = 20_000_000


class WorkBudget:
    """So much work of one kind; a share draws on the whole, too."""

    def __init__(self, most: int, whole: WorkBudget | None = None) -> None:
        self.left, self._whole = most, whole

    def take(self, amount: int) -> bool:
        """Take so much, if it is there; where it is not, something small may still be had."""
        if amount > self.left or not (self._whole is None or self._whole.take(amount)):
            return False
        self.left -= amount
        return True

    def share(self, most: int) -> WorkBudget:
        """At most so much of this budget, for one purpose or one cell."""
        return WorkBudget(most, self)


@dataclass(frozen=True)
class Effort:
    """The budgets of one workbook."""

    read: WorkBudget = field(default_factory=lambda: WorkBudget(MOST_READ))
    tried: WorkBudget = field(default_factory=lambda: WorkBudget(MOST_TRIED))
    tried_again: WorkBudget = field(default_factory=lambda: WorkBudget(MOST_TRIED_AGAIN))
    guesses: WorkBudget = field(default_factory=lambda: WorkBudget(MOST_GUESSES))
    followed: WorkBudget = field(default_factory=lambda: WorkBudget(MOST_FOLLOWED))
