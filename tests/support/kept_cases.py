"""The workbooks that are kept as they were once written: how each is made, and which of its cells must be blamed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from sheetnet.generate import make_student_workbook, make_workbook, recalculated
from sheetnet.layout import Exercise
from sheetnet.network_file import load_network, template_names
from sheetnet.validation import Report
from sheetnet.workbook import Workbook
from sheetnet.workbook_options import WorkbookOptions
from tests.support.paths import DATA
from tests.support.quantities import Array, Content, edited

FOLDER = DATA / "kept"
LIST = "expected.json"  # of each folder, written together with its workbooks (tools/kept.py)


def found_in(report: Report) -> dict[str, Any]:
    """How many cells have each verdict, and by quantity those that are blamed, with their known mistakes."""
    return {
        "verdicts": dict(sorted(Counter(cell.verdict for cell in report.cells).items())),
        "blamed": {
            f"{cell.quantity}{list(cell.index or ())}": " ".join(filter(None, (cell.verdict, cell.mistake)))
            for cell in report.cells
            if cell.verdict not in ("correct", "carried")
        },
        "edited_inputs": [f"{edited.quantity}{list(edited.index)}" for edited in report.edited_inputs],
    }


Blamed = dict[str, str]  # `quantity[index]` → verdict, and the code of the mistake where one is named
STEP = ("step",)


@dataclass(frozen=True)
class Kept:
    """A workbook of a template: its sheets, what is edited in it by quantity, and who is then to be blamed.

    `views` None takes all; `saved_by` is a program that opened the file and saved it again.
    """

    template: str
    suffixes: tuple[str, ...] = ("xlsx", "ods")
    views: tuple[str, ...] | None = STEP
    column: bool = False
    student: bool = False
    edits: dict[str, Content] = field(default_factory=dict)
    blamed: Blamed = field(default_factory=dict)
    saved_by: str | None = None

    def workbook(self) -> Workbook:
        """As sheetnet writes it today, with its edits."""
        network = load_network(self.template)
        shown = None if self.views is None else WorkbookOptions(self.views, self.column, steps=5)
        if self.student:
            blanks = Exercise(("A_1", "delta_1", "dC_dW_1"))
            workbook = make_student_workbook(network, blanks, replace(shown, views=STEP) if shown else None)
        else:
            workbook = make_workbook(network, shown)
        return recalculated(edited(workbook, network, self.edits)) if self.edits else workbook


_SIGN: dict[str, Content] = {
    "{A_1[0,1]}": "=1/(1+EXP({z_1[0,1]}))",
    "{W_2_new[1,0]}": "={W_2[1,0]}+{gamma[0,0]}*{dC_dW_2[1,0]}",
    "{z_2[0,0]}": "={A_1[0,0]}*{W_2[0,0]}+{A_1[0,1]}*{W_2[1,0]}+{W_2[2,0]}",
    "{z_1}": Array("MMULT({A_0},{W_1})"),
    "{delta_2[0,0]}": 0.125,
    "@rate": "{!gamma[$0,$0]}",
    "{W_2_new[0,1]}": "={W_2[0,1]}-rate*{dC_dW_2[0,1]}",
}
_SIGN_BLAMED = {"a_1[0, 1]": "wrong SN013", "W_2_new[1, 0]": "wrong SN093", "delta_2[0, 0]": "hardcoded"}
_TURNED: dict[str, Content] = {place: entry for place, entry in _SIGN.items() if not isinstance(entry, Array)}
_BATCH: dict[str, Content] = {
    "{z_1[2,1]}": "={A_0[2,0]}*{W_1[0,1]}+{A_0[2,1]}*{W_1[1,1]}",
    "{A_1[3,2]}": "=ROUND(TANH({z_1[3,2]}),4)",
    "{cost_n[1,0]}": None,
    "{dC_dW_2[0,0]}": "=SUMPRODUCT({A_1[:,0]},{delta_2[:,0]})/COUNT({cost_n})",
    "{da_dz_1[0,0]}": "=1-{A_1[0,0]}^2+0/0",
    "{gamma[0,0]}": 0.25,
}
_BATCH_BLAMED = {
    "z_1[2, 1]": "wrong SN001",
    "a_1[3, 2]": "rounded SN120",
    "cost_n[1, 0]": "blank",
    "da_dz_1[0, 0]": "error",
}
_OTHER_SHEETS: dict[str, Content] = {
    "{mat_z_1}": Array("2*MMULT({mat_A_0},{mat_W_1})"),
    "{train_z_1_n0[3,0]}": "=1+1",
    "{da_dz_1[0,0]}": "={A_1[0,0]}*(1+{A_1[0,0]})",
}
_OTHER_BLAMED = {
    "mat_z_1[0, 0]": "wrong",
    "mat_z_1[0, 1]": "wrong",
    "train_z_1_n0[3, 0]": "hardcoded",
    "da_dz_1[0, 0]": "wrong SN055",
}
_FILLED: dict[str, Content] = {
    "{A_1[0,0]}": "=1/(1+EXP(-{z_1[0,0]}))",
    "{A_1[0,1]}": "=1/(1+EXP({z_1[0,1]}))",
    "{delta_1[0,0]}": "={da_dz_1[0,0]}*{dC_da_1[0,0]}",
}
_RELU: dict[str, Content] = {
    "{a_3[0,1]}": "=Helper!B2/SUM({e_3})",
    "Helper!B2": "={!e_3[0,1]}",
    "{A_1[0,2]}": "=MIN(0,{z_1[0,2]})",
    "{cost_out[0,0]}": 0.5,
}
_RELU_BLAMED = {"a_1[0, 2]": "wrong SN017", "cost_out[0, 0]": "hardcoded"}
_BLANKS = {
    **{f"a_1[0, {j}]": "blank" for j in range(2)},
    **{f"delta_1[0, {j}]": "blank" for j in range(2)},
    **{f"dC_dW_1[{i}, {j}]": "blank" for i in range(3) for j in range(2)},
}
_FILLED_BLAMED = {cell: verdict for cell, verdict in _BLANKS.items() if cell not in ("a_1[0, 0]", "delta_1[0, 0]")}
_FILLED_BLAMED["a_1[0, 1]"] = "wrong SN013"
CASES: dict[str, Kept] = {
    **{name: Kept(name) for name in template_names()},
    "d02b-all-sheets": Kept("d02b", views=None),
    "xor-batch-more-sheets": Kept("xor-batch", ("xlsx",), ("step", "matrices", "jacobians", "training")),
    "xor-batch-columns": Kept("xor-batch", column=True),
    "d02b-wrong": Kept("d02b", edits=_SIGN, blamed=_SIGN_BLAMED),
    "d02b-columns-wrong": Kept("d02b", column=True, edits=_TURNED, blamed=_SIGN_BLAMED),
    "xor-batch-wrong": Kept("xor-batch", edits=_BATCH, blamed=_BATCH_BLAMED),
    "relu-wrong": Kept("relu-sigmoid-softmax", ("xlsx",), edits=_RELU, blamed=_RELU_BLAMED),
    "d02b-sheets-wrong": Kept(
        "d02b", ("ods",), ("step", "matrices", "training"), edits=_OTHER_SHEETS, blamed=_OTHER_BLAMED
    ),
    "d02b-student": Kept("d02b", student=True, blamed=_BLANKS),
    "d02b-student-filled": Kept("d02b", student=True, edits=_FILLED, blamed=_FILLED_BLAMED),
    "d02b-libreoffice": Kept("d02b", edits=_SIGN, blamed=_SIGN_BLAMED, saved_by="libreoffice"),
    "d02b-gnumeric": Kept("d02b", edits=_SIGN, blamed=_SIGN_BLAMED, saved_by="gnumeric"),
    "bias-node-libreoffice": Kept("bias-node", saved_by="libreoffice"),
    "xor-batch-gnumeric": Kept("xor-batch", saved_by="gnumeric"),
}
