"""The random inputs in which formulas are judged.

The sets of random inputs in which formulas are judged.
"""
