"""The trainings that are written in other people's layouts: which network, how many steps, and how they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tools.foreign_layouts import IN_ROWS, foreign_network, in_blocks, one_row_per_observation, one_row_per_step
from tools.foreign_plan import Plan

WITH_DELTA = (*IN_ROWS, "delta")
BINARY, ENTROPY = "binary_cross_entropy", "cross_entropy"
# How people write the binary cross-entropy of targets that are 0 or 1; the last three are it at these alone.
BINARY_LOSS = "-({t}*LN({a})+(1-{t})*LN(1-{a}))"
BY_DISTANCE = "-LN(1-ABS({a}-{t}))"
BY_CASES = "IF({t}=1,-LN({a}),-LN(1-{a}))"
OF_THE_CLASS = "-LN(IF({t}=1,{a},1-{a}))"


def _rows(biases: bool, kinds: Sequence[str] = IN_ROWS, steps: int = 5) -> Plan:
    return one_row_per_step(Plan(foreign_network(biases=biases), steps, biases, 1), kinds)


def _german() -> Plan:
    plan = Plan(foreign_network((2, 3, 1)), 4, True, 1, typed_inputs=False)
    return one_row_per_step(plan, WITH_DELTA, "de")


def _constants() -> Plan:
    return one_row_per_step(Plan(foreign_network(biases=False), 4, False, 1, constants_as_formulas=True))


def _online() -> Plan:
    network = foreign_network((2, 2, 1), observations=4)
    return one_row_per_step(Plan(network, 6, True, 1, in_turn=True), WITH_DELTA)


def _matrices() -> Plan:
    return in_blocks(Plan(foreign_network((2, 3, 2), 3, ("tanh", "sigmoid")), 1, True, 3))


def _two_steps() -> Plan:
    return in_blocks(Plan(foreign_network((2, 3, 2), 2, biases=False), 2, False, 2, typed_inputs=False))


def _staircase() -> Plan:
    return in_blocks(Plan(foreign_network((3, 2, 2)), 1, True, 1), staircase=True)


def _two_sheets() -> Plan:
    return in_blocks(Plan(foreign_network((2, 2, 2), 2), 1, True, 2), sheets=("Inputs", "Work sheet"), language="de")


def _table() -> Plan:
    return one_row_per_observation(Plan(foreign_network((2, 2, 1), 4), 1, True, 4))


def _excel_table() -> Plan:
    network = foreign_network((3, 2, 1), 12, loss=BINARY)
    return one_row_per_observation(Plan(network, 1, True, 12, loss=BINARY_LOSS, column_sums=True), table=True)


def _large_table() -> Plan:
    """As of the Titanic's passengers."""
    network = foreign_network((3, 2, 1), 712, ("relu", "sigmoid"))
    return one_row_per_observation(Plan(network, 1, True, 712, column_sums=True), table=True)


def _batches(size: int, steps: int) -> Plan:
    network = foreign_network((2, 2, 1), observations=6)
    return one_row_per_step(Plan(network, steps, True, size, in_turn=True), WITH_DELTA)


def _batches_in_blocks() -> Plan:
    network = foreign_network((2, 3, 2), observations=6, biases=False)
    return in_blocks(Plan(network, 3, False, 3, in_turn=True))


def _by_reference() -> Plan:
    network = foreign_network((2, 2, 2), observations=3)
    return one_row_per_step(Plan(network, 8, True, 1, in_turn=True, typed_inputs=False))


def _online_german() -> Plan:
    network = foreign_network((2, 3, 1), 5, ("tanh", "sigmoid"), biases=False)
    return one_row_per_step(Plan(network, 7, False, 1, in_turn=True), WITH_DELTA, "de")


def _softmax_table() -> Plan:
    network = foreign_network((2, 3, 3), 5, ("relu", "softmax"), loss=ENTROPY)
    return one_row_per_observation(Plan(network, 1, True, 5, loss="-{t}*LN({a})"))


def _softmax_matrices() -> Plan:
    network = foreign_network((3, 2, 3), 2, ("tanh", "softmax"), loss=ENTROPY)
    return in_blocks(Plan(network, 1, True, 2, loss="-{t}*LN({a})"))


def _softmax_rows() -> Plan:
    network = foreign_network((2, 2, 3), 1, ("sigmoid", "softmax"), biases=False, loss=ENTROPY)
    return one_row_per_step(Plan(network, 4, False, 1, loss="-{t}*LN({a})"), WITH_DELTA)


def _by_distance() -> Plan:
    network = foreign_network((2, 2, 1), 4, loss=BINARY)
    return one_row_per_observation(Plan(network, 1, True, 4, loss=BY_DISTANCE))


def _by_cases() -> Plan:
    network = foreign_network((2, 2, 1), 4, ("tanh", "sigmoid"), loss=BINARY)
    return one_row_per_step(Plan(network, 6, True, 1, in_turn=True, loss=BY_CASES), WITH_DELTA)


def _of_the_class() -> Plan:
    network = foreign_network((3, 2, 1), 2, loss=BINARY)
    return in_blocks(Plan(network, 2, True, 2, loss=OF_THE_CLASS, typed_inputs=False))


def _deep_rows() -> Plan:
    network = foreign_network((2, 3, 2, 1), 1, ("sigmoid",) * 3)
    return one_row_per_step(Plan(network, 4, True, 1), WITH_DELTA)


def _deep_blocks() -> Plan:
    network = foreign_network((2, 2, 3, 2), 3, ("relu", "tanh", "sigmoid"), biases=False)
    return in_blocks(Plan(network, 1, False, 3))


def _deep_table() -> Plan:
    network = foreign_network((3, 2, 2, 1), 5, ("tanh", "sigmoid", "sigmoid"))
    return one_row_per_observation(Plan(network, 1, True, 5))


def _matrices_without_biases() -> Plan:
    return in_blocks(Plan(foreign_network((2, 3, 2), 3, biases=False), 1, False, 3))


def _staircase_without_biases() -> Plan:
    return in_blocks(Plan(foreign_network((3, 2, 2), biases=False), 1, False, 1), staircase=True)


def _table_without_biases() -> Plan:
    return one_row_per_observation(Plan(foreign_network((3, 2, 1), 4, biases=False), 1, False, 4))


def _sheets_without_biases() -> Plan:
    plan = Plan(foreign_network((2, 2, 2), 2, ("tanh", "tanh"), biases=False), 1, False, 2)
    return in_blocks(plan, sheets=("Data", "Net"))


def _tanh() -> Plan:
    return one_row_per_step(Plan(foreign_network((2, 2, 2), 1, ("tanh", "tanh")), 5, True, 1), WITH_DELTA)


OLDER: Mapping[str, Callable[[], Plan]] = {
    "row per step": lambda: _rows(True),
    "row per step without biases": lambda: _rows(False),
    "row per step with δ": lambda: _rows(True, WITH_DELTA),
    "German row per step": _german,
    "constants as formulas": _constants,
    "online, row per observation": _online,
    "matrices": _matrices,
    "two steps in blocks": _two_steps,
    "staircase": _staircase,
    "two sheets": _two_sheets,
    "table": _table,
}
LAYOUTS: Mapping[str, Callable[[], Plan]] = {
    **OLDER,
    "Excel table": _excel_table,
    "Excel table of 712 rows": _large_table,
    "mini-batches in rows": lambda: _batches(2, 5),
    "mini-batches in blocks": _batches_in_blocks,
    "online, inputs by reference": _by_reference,
    "online without biases, German": _online_german,
    "softmax, row per observation": _softmax_table,
    "softmax in matrices": _softmax_matrices,
    "softmax, row per step": _softmax_rows,
    "binary cross-entropy by distance": _by_distance,
    "binary cross-entropy by cases": _by_cases,
    "binary cross-entropy of the class": _of_the_class,
    "three layers, row per step": _deep_rows,
    "three layers in blocks": _deep_blocks,
    "three layers, table": _deep_table,
    "matrices without biases": _matrices_without_biases,
    "staircase without biases": _staircase_without_biases,
    "table without biases": _table_without_biases,
    "two sheets without biases": _sheets_without_biases,
    "tanh, row per step": _tanh,
}
# The newer layouts of which nobody looks at what is said while mending.
HELD_OUT = frozenset(
    (
        "Excel table",
        "mini-batches in blocks",
        "online without biases, German",
        "softmax in matrices",
        "binary cross-entropy by cases",
        "three layers, table",
        "two sheets without biases",
    )
)
LARGE = 2_000  # formulas of a sheet that is tried with each sixth fault alone
