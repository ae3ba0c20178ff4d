"""Files that the command line writes: complete, never over another or over what was read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import Run, document


def test_outputs_overwrite_nothing_without_force(run: Run, tmp_path: Path) -> None:
    """Before anything is judged; with --force they do, but never a workbook, under whatever name."""
    run("generate", "d02b")
    (tmp_path / "other.xlsx").symlink_to("d02b.xlsx")
    for option in ("--json", "--html", "--jsonl", "--marked"):
        target = tmp_path / f"out{'.xlsx' if option == '--marked' else '.txt'}"
        target.write_bytes(b"precious")
        done = run("validate", "d02b.xlsx", option, target.name)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"sheetnet: {target.name}: exists already: give another name, or --force to overwrite it\n"
        assert target.read_bytes() == b"precious"
        assert run("validate", "d02b.xlsx", option, target.name, "--force").code == 0
        assert target.read_bytes() != b"precious"
        before = (tmp_path / "d02b.xlsx").read_bytes()
        for name in ("d02b.xlsx", "other.xlsx"):
            done = run("validate", "d02b.xlsx", option, name, "--force")
            assert done.code == 2
            assert "never overwritten" in done.err
        assert (tmp_path / "d02b.xlsx").read_bytes() == before
    assert run("identify", "d02b.xlsx", "--network", "d02b", "--json", "d02b.xlsx", "--force").code == 2
    assert (tmp_path / "d02b.xlsx").read_bytes() == before


def test_every_output_names_what_has_no_report(run: Run, tmp_path: Path) -> None:
    """JSON, JSON lines and the page; what is printed comes in the order of the files, then the totals."""
    run("generate", "d02b")
    (tmp_path / "bad.xlsx").write_bytes(b"a,b\n")
    outputs = ("--json", "a.json", "--jsonl", "a.jsonl", "--html", "a.html")
    done = run("validate", "d02b.ods", "bad.xlsx", "d02b.xlsx", *outputs)
    assert done.code == 2
    assert done.out.index("d02b.ods") < done.out.index("d02b.xlsx")
    assert done.out.splitlines()[-1] == "3 workbooks: 2 correct, 1 unreadable"
    line = "bad.xlsx: is plain text such as CSV, which holds no formulas"
    assert [line in (tmp_path / f"a.{kind}").read_text(encoding="utf-8") for kind in ("json", "jsonl", "html")] == [
        True
    ] * 3
    data = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [each["schema"] for each in data] == ["sheetnet.report/1", "sheetnet.unreadable/1", "sheetnet.report/1"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("validate book.xlsx --html x --json x", "x: is named for two outputs"),
        ("validate book.xlsx --html ./x --jsonl x", "x: is named for two outputs"),
        ("validate book.xlsx --json one --html other", "other: is named for two outputs"),
        ("validate book.xlsx --json hard --html soft --force", "soft: is named for two outputs"),
        ("validate book.xlsx --marked m.xlsx --json m.xlsx", "m.xlsx: is named for two outputs"),
        ("validate book.xlsx --html book.xlsx --force", "book.xlsx: is the workbook itself"),
        ("validate book.xlsx --jsonl book.xlsx --force", "book.xlsx: is the workbook itself"),
        ("validate book.xlsx --network net.toml --json net.toml --force", "net.toml: is read by this command"),
        ("audit net.toml --html a --json a", "a: is named for two outputs"),
        ("audit net.toml --json net.toml --force", "net.toml: is read by this command"),
        ("identify book.xlsx --network net.toml --json net.toml --force", "net.toml: is read by this command"),
        ("generate d02b -o linked --views step --force", "is named for two outputs"),
        ("generate net.toml -o own --views step --format ods --force", "net.ods: is read by this command"),
    ],
)
def test_no_output_overwrites_another_or_what_was_read(run: Run, tmp_path: Path, command: str, said: str) -> None:
    """One line, before anything is judged or written, whatever the paths are called; also with --force."""
    run("generate", "d02b", "--format", "xlsx", "--views", "step")
    (tmp_path / "d02b.xlsx").rename(tmp_path / "book.xlsx")
    (tmp_path / "net.toml").write_text(document("d02b"), encoding="utf-8")
    (tmp_path / "other").symlink_to("one")
    (tmp_path / "hard").write_text("kept")
    (tmp_path / "soft").hardlink_to(tmp_path / "hard")
    for folder, name, target in (("linked", "d02b.ods", "d02b.xlsx"), ("own", "net.ods", "../net.toml")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).symlink_to(target)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    done = run(*command.split())
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
