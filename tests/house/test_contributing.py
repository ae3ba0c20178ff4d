"""CONTRIBUTING's table is true: an activation and a loss are the rows it names, and what it names is there.

The package is copied, exactly those rows are added as text, and every command runs there on networks that use them.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from tests.support.paths import ROOT

TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| to add", "|---"))
]

# The dictionary of each registry → the rows to add to it. `ramp` bends away from 0 and `hard_tanh` twice; `sharp` mixes
# a row as softmax does, `squareplus_parts` with a Jacobian that is not symmetric; `poisson` has a domain.
ROWS = {
    "sheetnet/activations_and_losses.py": {
        "ACTIVATION_FACTS": """
    "ramp": ActivationFacts(
        Interval(0, inf, closed=True),
        "a = max(0, z − 1)",
        "1 where z > 1, else 0",
        Example("0", "0"),
        kinks=(1.0,),
        off=1.0,
        printed=("MAX(0,z-1)", "IF(z>1,1,0)"),
        called=("RAMP",),
    ),
    "hard_tanh": ActivationFacts(
        Interval(-1, 1, closed=True), "a = z from −1 to 1", "1 from −1 to 1, else 0", Example("0.4", "1"), kinks=(-1.0, 1.0)
    ),
    "sharp": ActivationFacts(
        Interval(0, 1),
        "aⱼ = eⱼ/Σe",
        "2aⱼ(1−aⱼ), the diagonal of J",
        Example("0.6667", "0.42", at="0.7", power="0.3679", rest="-0.42"),
        mixing=Mixing("exp(2(zⱼ − max z))", "2a", "2aᵢ(δᵢⱼ − aⱼ)", "2aᵢ(1 − aᵢ) where i = j, else −2aᵢaⱼ", symmetric=True),
    ),
    "squareplus_parts": ActivationFacts(
        Interval(0, 1),
        "aⱼ = eⱼ/Σe",
        "aⱼ(1−aⱼ)/√(zⱼ²+4), the diagonal of J",
        Example("0.6667", "0.103", at="0.7", power="2", rest="-0.103"),
        mixing=Mixing(
            "(zⱼ + √(zⱼ²+4))/2",
            "a/√(z²+4)",
            "(δᵢⱼ − aᵢ)aⱼ/√(zⱼ²+4)",
            "aⱼ(1 − aⱼ)/√(zⱼ²+4) where i = j, else −aᵢaⱼ/√(zⱼ²+4)",
            symmetric=False,
        ),
    ),
""",
        "LOSS_FACTS": """
    "poisson": LossFacts(
        "Poisson", "a − T ln a", "1 − T/a", ("0.9116", "0.375"), Interval(0, inf), "logarithm", Targets.POSITIVE
    ),
""",
    },
    "sheetnet/reference/activations_and_losses.py": {
        "ACTIVATIONS": """
    "ramp": Activation(lambda z: np.maximum(z - 1, 0.0), lambda z, a: np.where(z > 1, 1.0, 0.0)),
    "hard_tanh": Activation(lambda z: np.clip(z, -1.0, 1.0), lambda z, a: np.where((z > -1) & (z <= 1), 1.0, 0.0)),
    "sharp": Activation(
        lambda z: parts_of_sum(powers(2 * z)), lambda z, a: 2 * a * (1 - a), lambda z: powers(2 * z), lambda z, a: 2 * a
    ),
    "squareplus_parts": Activation(
        lambda z: parts_of_sum(z + np.sqrt(z * z + 4)),
        lambda z, a: a * (1 - a) / np.sqrt(z * z + 4),
        lambda z: (z + np.sqrt(z * z + 4)) / 2,
        lambda z, a: a / np.sqrt(z * z + 4),
    ),
""",
        "LOSSES": """
    "poisson": Loss(lambda a, t: a - t * np.log(a), lambda a, t: 1 - t / a),
""",
    },
    "sheetnet/formulas/activations_and_losses.py": {
        "ACTIVATION_FORMULAS": """
    "ramp": ScalarActivation(lambda z: f"MAX(0,{z}-1)", lambda z, a: f"IF({z}>1,1,0)"),
    "hard_tanh": ScalarActivation(
        lambda z: f"MAX(-1,MIN(1,{z}))", lambda z, a: f"IF({z}>-1,IF({z}>1,0,1),0)"
    ),
    "sharp": ScalarActivation(
        lambda e, e_row: f"{e}/SUM({e_row})",
        lambda z, a: f"2*{a}*(1-{a})",
        lambda z, z_row: f"EXP(2*({z}-MAX({z_row})))",
        lambda z, a: f"2*{a}",
    ),
    "squareplus_parts": ScalarActivation(
        lambda e, e_row: f"{e}/SUM({e_row})",
        lambda z, a: f"{a}*(1-{a})/SQRT({z}*{z}+4)",
        lambda z, z_row: f"({z}+SQRT({z}*{z}+4))/2",
        lambda z, a: f"{a}/SQRT({z}*{z}+4)",
    ),
""",
        "LOSS_FORMULAS": """
    "poisson": ScalarLoss(lambda a, t, n: f"{a}-{t}*LN({a})", lambda a, t, n: f"1-{t}/{a}"),
""",
    },
}

MIXED = """title = "Ramps and parts"
loss = "poisson"
learning_rate = 0.3
[observations]
inputs = [[0.5, -1.2], [1.5, 0.7]]
targets = [[1.5, 0.5], [0.2, 2.0]]
[[layers]]
activation = "ramp"
weights = [[1.2, 0.4], [-0.6, 1.1], [0.3, -0.9]]
bias = [0.9, 1.3, 0.6]
[[layers]]
activation = "squareplus_parts"
weights = [[0.5, -0.8, 0.2], [0.3, 0.6, -0.4]]
bias = [0.1, -0.2]
[[layers]]
activation = "sharp"
weights = [[0.7, -0.3], [-0.5, 0.9]]
bias = [0.2, -0.1]
"""
BENT = """title = "Two bends"
loss = "half_sse"
learning_rate = 0.3
[observations]
inputs = [[0.5, -1.2]]
targets = [[0.3]]
[[layers]]
activation = "hard_tanh"
weights = [[1.2, 0.4], [-0.6, 0.1]]
bias = [0.3, 0.2]
[[layers]]
activation = "ramp"
weights = [[0.5, -0.8]]
bias = [1.4]
"""
REFUSED = BENT.replace("half_sse", "poisson")

# One cell of a workbook of MIXED as somebody gets it wrong, and the number that the report blames for it.
MUTANTS = {
    "a_1 bends at 0": ("{A_1[0,0]}", "=MAX(0,{z_1[0,0]})", "a_1", [0, 0]),
    "mask compares with 0": ("{da_dz_1[1,1]}", "=IF({z_1[1,1]}>0,1,0)", "da_dz_1", [1, 1]),
    "mask of the neighbour": ("{da_dz_1[0,0]}", "=IF({z_1[0,1]}>1,1,0)", "da_dz_1", [0, 0]),
    "e of another function": ("{e_3[1,0]}", "=EXP({z_3[1,0]}-MAX({z_3[1,0]:[1,1]}))", "e_3", [1, 0]),
    "Jacobian turned": ("{J_2[1,0]}", "=-({A_2[0,0]}*{A_2[0,1]}/SQRT({z_2[0,1]}^2+4))", "J_2", [0, 1, 0]),
    "row of J for its column": (
        "{delta_2[0,0]}", "=SUMPRODUCT({dC_da_2[0,0]:[0,1]},{J_2[0,0]:[0,1]})", "delta_2", [0, 0],
    ),
    "logarithm of the target": ("{cost_out[0,1]}", "={a_3[0,1]}-{target[0,1]}*LN({target[0,1]})", "cost_out", [0, 1]),
    "gradient of cross entropy": ("{dC_da_3[1,1]}", "=-{target[1,1]}/{a_3[1,1]}", "dC_da_3", [1, 1]),
}  # fmt: skip
EDIT = """
import json, sys
from sheetnet import read_workbook
from sheetnet.files import save_workbook
from sheetnet.generate import recalculated
from sheetnet.network_file import load_network
from tests.support.quantities import edited
source, network, mutants = sys.argv[1], load_network("mixed"), json.loads(sys.argv[2])
for number, (place, formula, *_) in enumerate(mutants.values()):
    save_workbook(recalculated(edited(read_workbook(source), network, {place: formula})), f"mutant{number}.xlsx")
"""
BENDS = "forgotten_side and (ramp or hard_tanh) or both_sides and (hard_tanh or (ramp and mse))"
STEP = """
import json, sys
from sheetnet import load_network, training_step
print(json.dumps({name: array.tolist() for name, array in training_step(load_network(sys.argv[1])).items()}))
"""


@dataclass(frozen=True)
class Copy:
    """The copied package, and a folder in which its commands run."""

    folder: Path

    def python(self, *arguments: str, code: int = 0) -> str:
        """What Python prints with the copy before everything else; the exit code is looked at."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "COLUMNS": "160", "PYTHONUTF8": "1"}
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == code, (arguments, done.stdout[-3000:], done.stderr[-3000:])
        return done.stdout + done.stderr

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """A command of the copy's."""
        return self.python("-m", "sheetnet", *arguments, code=code)

    def report(self, *arguments: str, code: int = 0) -> dict:
        """The report of `validate` on a file."""
        self("validate", *arguments, "--json", "report.json", "--force", code=code)
        return json.loads((self.folder / "report.json").read_text(encoding="utf-8"))


def with_rows(text: str, registry: str, rows: str) -> str:
    """The text of a module with rows at the end of a dictionary."""
    start = re.search(rf"^{registry}\b.*= \{{$", text, re.MULTILINE)
    assert start is not None, registry
    end = text.index("\n}\n", start.end())
    return text[:end] + "\n" + rows.strip("\n") + text[end:]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The package with the rows that CONTRIBUTING names, and workbooks of two networks that use them."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("sheetnet", "templates", "tests", "tools"):
        ignored = shutil.ignore_patterns("__pycache__", "data", "generated")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for file, registries in ROWS.items():
        path = folder / file
        text = path.read_text(encoding="utf-8")
        for registry, rows in registries.items():
            text = with_rows(text, registry, rows)
        path.write_text(text, encoding="utf-8")
    for name, text in (("mixed", MIXED), ("bent", BENT), ("refused", REFUSED)):
        (folder / ("" if name == "refused" else "templates") / f"{name}.toml").write_text(text, encoding="utf-8")
    made = Copy(folder)
    for name in ("mixed", "bent"):
        made("generate", name, "--views", "all", "--format", "both", "--out", ".")
    return made


def test_an_activation_and_a_loss_are_the_rows_that_contributing_names() -> None:
    """These tests add to no other file; the list of names for people is in the docs."""
    for what in ("an activation", "a loss"):
        (touched,) = [row[1] for row in TABLE if row[0] == what]
        assert set(re.findall(r"`([\w/.-]+)`", touched)) == {*ROWS, "docs/network-files.md"}, what


def test_the_copy_is_what_runs(copy: Copy) -> None:
    """Or these tests would test nothing; and its rows agree with one another as all rows do."""
    assert str(copy.folder) in copy.python("-c", "import sheetnet; print(sheetnet.__file__)")
    # As `test_the_examples_of_the_hints_are_right`, whose networks use each activation with each loss.
    hints = "tests/layout/test_student.py::test_the_examples_of_the_hints_are_right"
    rest = "not explained and not pairs"  # which list names
    done = copy.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/house/test_catalogue.py", hints, "-k", rest
    )
    assert " passed" in done
    assert "hard_tanh" in copy.python("-c", "from tools.small_networks import pairs; print(pairs())")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("name", ["mixed", "bent"])
def test_a_whole_workbook_is_correct(copy: Copy, name: str, suffix: str) -> None:
    """Every cell of every view, in as many trials as it takes: none is undetermined."""
    summary = copy.report(f"{name}.{suffix}")["summary"]
    assert summary["ok"]
    assert summary["correct"] == summary["answers"] > 100


@pytest.mark.slow
def test_in_columns_too(copy: Copy) -> None:
    """Every block stands transposed."""
    copy("generate", "mixed", "--views", "all", "--orientation", "column", "--format", "xlsx", "--out", "columns")
    assert copy.report("columns/mixed.xlsx")["summary"]["ok"]


@pytest.mark.slow
def test_trials_see_both_sides_of_a_bend_away_from_zero(copy: Copy) -> None:
    """The tests of trials run over the catalogue, so they hold for the added rows too."""
    done = copy.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/trials/test_draws.py", "-k", BENDS)
    assert " passed" in done


@pytest.mark.slow
def test_a_wrong_cell_is_blamed_where_it_stands(copy: Copy) -> None:
    """Each mutant at its cell alone: trials know the bend at 1, and the row that is mixed, from the catalogue."""
    copy("generate", "mixed", "--views", "step", "--format", "xlsx", "--out", "step")
    copy.python("-c", EDIT, "step/mixed.xlsx", json.dumps(MUTANTS))
    files = [f"mutant{number}.xlsx" for number in range(len(MUTANTS))]
    copy("validate", *files, "--jsonl", "mutants.jsonl", code=1)
    lines = [json.loads(line) for line in (copy.folder / "mutants.jsonl").read_text(encoding="utf-8").splitlines()]
    judged = {Path(line["workbook"]).name: line["report"]["cells"] for line in lines}
    wrong = {
        what: [
            (cell["quantity"], cell["index"]) for cell in judged[file] if cell["verdict"] not in ("correct", "carried")
        ]
        for what, file in zip(MUTANTS, files, strict=True)
    }
    assert wrong == {what: [(quantity, index)] for what, (_, _, quantity, index) in MUTANTS.items()}


@pytest.mark.slow
def test_a_students_copy_has_examples_and_its_key_is_right(copy: Copy) -> None:
    """The hints name what e, J and f are here."""
    copy("generate", "mixed", "--student", "--key", "--hints", "example", "--format", "xlsx", "--out", "class")
    student, key = sorted((copy.folder / "class").iterdir(), key=lambda path: "key" in path.stem)
    book = openpyxl.load_workbook(student)
    notes = [cell.comment.text for row in book["Step"].iter_rows() for cell in row if cell.comment]
    for formula in ("MAX(0,0.4-1)", "EXP(2*(1.5-MAX(2,1.5)))", "-(0.7*0.3/SQRT(0.4*0.4+4))", "0.8-0.5*LN(0.8)"):
        assert any(f"={formula}\n" in note for note in notes), formula
    assert copy.report(str(key))["summary"]["ok"]
    assert not copy.report(str(student), code=1)["summary"]["ok"]


@pytest.mark.slow
def test_identify_labels_every_cell(copy: Copy) -> None:
    """From what the formulas compute, without the names of the workbook."""
    copy("generate", "mixed", "--views", "step", "--format", "xlsx", "--out", "alone")
    copy("identify", "alone/mixed.xlsx", "--network", "mixed", "--json", "identified.json", "--force")
    found = json.loads((copy.folder / "identified.json").read_text(encoding="utf-8"))
    assert found["summary"]["ok"]
    labelled = {cell["quantity"] for cell in found["identified"]}
    assert {"z_1", "a_1", "e_2", "J_2", "delta_2", "a_3", "dC_dW_1", "cost"} <= labelled


@pytest.mark.slow
def test_a_document_is_audited(copy: Copy) -> None:
    """Its numbers as printed, one of them wrong, and its equations in the activation's own name."""
    step = json.loads(copy.python("-c", STEP, "bent"))
    printed = [[f"{x:.4f}" for x in row] for row in step["z_1"]], [[f"{step['a_2'][0][0] + 0.01:.4f}"]]
    numbers = "".join(
        f'[[published.numbers]]\nplace = "p"\nquantity = "{quantity}"\nprinted = {json.dumps(text)}\n'
        for quantity, text in zip(("z_1", "a_2"), printed, strict=True)
    )
    equations = ("a_2[0,0] = ramp(z_2[0,0])", "da_dz_2[0,0] = dramp(z_2[0,0])", "a_2[0,0] = MAX(0,z_2[0,0])")
    formulas = "".join(f'[[published.formulas]]\nplace = "f"\nequation = "{text}"\n' for text in equations)
    (copy.folder / "document.toml").write_text(f"{BENT}\n{numbers}\n{formulas}", encoding="utf-8")
    copy("audit", "document.toml", "--json", "audit.json", "--force", code=1)
    found = json.loads((copy.folder / "audit.json").read_text(encoding="utf-8"))
    assert [(entry["quantity"], entry["verdict"]) for entry in found["entries"]] == [
        ("z_1", "agrees"), ("z_1", "agrees"), ("a_2", "wrong"),
    ]  # fmt: skip
    assert [entry["verdict"] for entry in found["formulas"]] == ["agrees", "agrees", "wrong"]
    assert "z_2[0,0]-1" in found["formulas"][2]["right_form"]


def test_the_commands_that_only_show_something(copy: Copy) -> None:
    """And what has no mathematical meaning is refused in the same words as ever."""
    assert "bent" in copy("templates")
    assert "∂aᵢ/∂zⱼ = (δᵢⱼ − aᵢ)aⱼ/√(zⱼ²+4)" in copy("show", "mixed")
    assert "SN012" in copy("explain", "SN012")
    assert "formula" in copy("limits")
    said = copy("show", "refused.toml", code=2)
    assert "whose logarithm wants outputs in (0, inf), but ramp also gives others" in said
    assert "sigmoid or softplus or softmax or sharp or squareplus_parts" in said


# --- The rest of the table -------------------------------------------------------------------------------------------

FILES = sorted(
    {file for row in TABLE for file in re.findall(r"`((?:sheetnet|tests|tools|docs|templates)/[\w./-]*)`", row[1])}
)


def test_there_is_a_table() -> None:
    """With as many rows as there are kinds of things to add."""
    assert len(TABLE) > 10
    assert len(FILES) > 15


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_contributing_names_is_there(file: str) -> None:
    """A reader opens it next."""
    assert (ROOT / file).exists()


# The registries that the table names, and where they live.
REGISTRIES = {
    "COMMANDS": "sheetnet.cli.commands",
    "JudgeOptions": "sheetnet.judge_options",
    "Limits": "sheetnet.files.limits",
    "MISTAKES": "sheetnet.mistakes",
    "READERS": "sheetnet.models.files",
    "REFINEMENTS": "sheetnet.validation.pipeline",
    "Verdict": "sheetnet.verdict",
    "WRITERS": "sheetnet.models.save",
}


def test_every_registry_that_contributing_names_is_there() -> None:
    """Under the name that the table has for it."""
    named = {name for row in TABLE for name in re.findall(r"`([A-Z]\w{3,})`", " ".join(row))}
    assert named - {"Workbook", "State"} == set(REGISTRIES)
    for name, module in REGISTRIES.items():
        assert hasattr(importlib.import_module(module), name), name
