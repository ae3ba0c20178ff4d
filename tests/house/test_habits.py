"""What looks after the project: workflows, templates, changelog and citation name only what there is, and agree."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import sheetnet
from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.md")]
RELEASE = re.compile(r"## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    return tomllib.loads(text("pyproject.toml"))


def targets() -> set[str]:
    """What `make` can be asked for."""
    return set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))


def parts() -> list[str]:
    """What `.ci/run` can be asked for."""
    (listed,) = re.findall(r"^parts=\((.*)\)$", text(".ci/run"), re.MULTILINE)
    return listed.split()


def steps(workflow: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each step of each job, with the job's name."""
    for name, job in parsed(workflow)["jobs"].items():
        for step in job.get("steps", []):
            yield name, step


def unknown(command: str) -> list[str]:
    """The words of a command that name a target, a part or a file which there is not."""
    words = command.split()
    if words[0] == "make":
        return [word for word in words[1:] if word not in targets()]
    if words[0] == ".ci/run":
        return [word for word in words[1:] if word not in parts()]
    return [
        word
        for word in words
        if word.startswith(("tests/", "docs/", "tools/", "scripts/")) and not (ROOT / word).exists()
    ]


def test_every_command_of_a_workflow_is_there() -> None:
    """Targets of make, parts of .ci/run and files of this repository; the workflows decide nothing themselves."""
    commands = [line for path in WORKFLOWS for _, step in steps(path) for line in step.get("run", "").splitlines()]
    assert len(commands) >= 10
    assert [(command, unknown(command)) for command in commands if unknown(command)] == []


def test_ci_runs_every_part_of_the_script() -> None:
    """.ci/run is the script of truth: no part of it is left out, and every part that is no function is a make target."""
    asked = [word for _, step in steps(ROOT / ".github/workflows/ci.yml") for word in step.get("run", "").split()]
    assert [part for part in parts() if part not in asked] == []
    functions = set(re.findall(r"^(\w+)\(\) \{", text(".ci/run"), re.MULTILINE))
    assert [part for part in parts() if part not in functions | targets()] == []


def test_a_workflow_takes_released_actions_and_little_rights() -> None:
    """Each action at a named version, each workflow with reading rights alone unless a job asks for one more."""
    assert len(WORKFLOWS) == 2
    for path in WORKFLOWS:
        assert parsed(path)["permissions"] == {"contents": "read"}
        for job in parsed(path)["jobs"].values():
            called = [job["uses"]] if "uses" in job else [step["uses"] for step in job["steps"] if "uses" in step]
            for action in called:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[\w/.]+", action) or (ROOT / action).is_file(), action
            assert "uses" in job or job["timeout-minutes"] <= 90
    rights = [job.get("permissions") for job in parsed(ROOT / ".github/workflows/release.yml")["jobs"].values()]
    assert [right for right in rights if right] == [{"id-token": "write"}]


def test_the_pythons_that_are_promised_are_those_that_are_tested() -> None:
    """The classifiers, the lower bound and the matrix name the same versions."""
    tested = parsed(ROOT / ".github/workflows/ci.yml")["jobs"]["pythons"]["strategy"]["matrix"]["python"]
    promised = re.findall(r":: (3\.\d+)$", "\n".join(project()["project"]["classifiers"]), re.MULTILINE)
    assert promised == tested
    assert project()["project"]["requires-python"] == f">={tested[0]}"


def test_an_issue_form_asks_for_something_and_each_field_once() -> None:
    """A name, a description, and fields with identifiers and labels of their own."""
    forms = {path.stem: parsed(path) for path in FORMS if path.stem != "config"}
    assert len(forms) >= 3
    for form in forms.values():
        assert {"name", "description", "body"} <= form.keys()
        assert all(field["type"] in ("input", "textarea") and field["attributes"]["label"] for field in form["body"])
        names = [field["id"] for field in form["body"]]
        assert len(set(names)) == len(names)


def test_hooks_before_a_commit_are_targets_of_make() -> None:
    """No linter at another version than `make lint` has."""
    (hooks,) = (repository["hooks"] for repository in parsed(ROOT / ".pre-commit-config.yaml")["repos"])
    assert hooks
    assert [hook["entry"] for hook in hooks if unknown(hook["entry"]) or not hook["entry"].startswith("make ")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_targets_that_there_are(page: Path) -> None:
    """Every `make …` in a page can be run."""
    named = re.findall(r"`make ([a-z]+)`", page.read_text(encoding="utf-8"))
    assert sorted(set(named) - targets()) == []


def test_the_changelog_has_a_day_for_each_version() -> None:
    """First what is not released yet, then the versions, newest first."""
    headings = re.findall(r"^## .*$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "## Unreleased"
    found = [RELEASE.fullmatch(heading) for heading in headings[1:]]
    assert len(found) >= 1
    assert all(found)
    versions = [tuple(map(int, each[1].split("."))) for each in found if each]
    days = [date.fromisoformat(each[2]) for each in found if each]
    assert versions == sorted(versions, reverse=True)
    assert days == sorted(days, reverse=True)


def test_version_changelog_and_citation_agree() -> None:
    """The version stands in sheetnet/_version.py; a tag that makes a release (SHEETNET_RELEASE) names it."""
    newest = RELEASE.search(text("CHANGELOG.md"))
    citation = parsed(ROOT / "CITATION.cff")
    assert newest is not None
    assert newest[1] == str(citation["version"]) == sheetnet.__version__
    assert newest[2] == str(citation["date-released"])
    assert os.environ.get("SHEETNET_RELEASE", f"v{sheetnet.__version__}") == f"v{sheetnet.__version__}"
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["license"] == project()["project"]["license"]
    assert "version" in project()["project"]["dynamic"]


def test_coverage_counts_branches_and_has_a_floor() -> None:
    """`make coverage` fails below it."""
    found = project()["tool"]["coverage"]
    assert found["run"]["branch"] is True
    assert 80 <= found["report"]["fail_under"] <= 100
