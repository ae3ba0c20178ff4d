"""The random inputs in which formulas are judged."""

TRIALS = 8  # enough that each unit whose activation bends is seen on both sides, with a few more to spare
