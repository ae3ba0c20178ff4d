"""The pages in a real browser: readable on a phone and a screen, light and dark, and nothing that axe-core calls serious."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sheetnet.auditing import audit, load_published
from sheetnet.judge import judge
from sheetnet.network_file import load_network
from sheetnet.report.audit_files import audit_html
from sheetnet.report.html import report_page, section
from sheetnet.workbook import Cell
from tests.support.browser import looked_at, report_html
from tests.support.quantities import edited
from tests.support.sheets import step_book

NETWORK = load_network("d02b")
DAMAGE = {
    "{z_1[0,1]}": Cell(0.5, "SUM({A_0[0,0]},{A_0[0,1]},0.12345678901234567890123456789012345678901234567890)"),
    "{a_2[0,1]}": Cell(0.7729),
    "{W_2_new[0,0]}": None,
    "{dC_dW_1[0,0]}": Cell("a remark that somebody wrote instead of a formula"),
    "{A_0[0,0]}": Cell(0.25),
}


def pages() -> dict[str, str]:
    """A wrong workbook; it beside a right one, which is folded, and a file without a report; and an audit."""
    right, wrong = step_book(NETWORK), edited(step_book(NETWORK), NETWORK, DAMAGE)
    name = "a/folder/a-rather-long-name-as-learning-platforms-give-them_102938_submission(1).xlsx"
    report, fine = replace(judge(wrong, NETWORK), workbook=name), replace(judge(right, NETWORK), workbook="right.xlsx")
    several = [section(0, report, wrong), section(1, fine, right)]
    return {
        "wrong": report_html([report], {name: wrong}),
        "several": report_page(several, ["bad.xlsx: is plain text such as CSV, which holds no formulas"]),
        "audit": audit_html(audit(load_published("bias-node"))),
    }


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", ["wrong", "several", "audit"])
def test_pages_are_readable_on_phones_and_screens_in_light_and_dark(name: str, tmp_path: Path) -> None:
    """At 390 and 1280 px the page never scrolls sideways, and axe-core finds nothing serious; dark pages are dark."""
    seen = looked_at(pages()[name], tmp_path)
    assert seen.keys() == {(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")}
    for (width, scheme), found in seen.items():
        assert (found["width"], found["needed"], found["unfolded"]) == (width, width, width)
        assert found["paper"] == ("rgb(20, 23, 31)" if scheme == "dark" else "rgb(255, 255, 255)")
        assert found["rules"] > 10
        assert [violation for violation in found["violations"] if violation[1] in ("serious", "critical")] == []


@pytest.mark.slow
@pytest.mark.browser
def test_the_browser_sees_what_is_wrong_with_a_page(tmp_path: Path) -> None:
    """Grey on grey, a page without a language and a wide line are found, or the test above would show nothing."""
    page = (
        '<!DOCTYPE html><html><head><meta http-equiv="Content-Security-Policy" content="x"><title>x</title></head><body>'
        '<p style="color: #999; background: #888; width: 900px">grey on grey</p></body></html>'
    )
    found = looked_at(page, tmp_path)[390, "light"]
    assert found["needed"] >= 900
    assert {"color-contrast", "html-has-lang"} <= {rule for rule, *_ in found["violations"]}
