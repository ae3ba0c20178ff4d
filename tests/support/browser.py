"""Pages of reports; and headless Chromium: what a page looks like at a width and in a colour scheme, what axe-core finds."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sheetnet.report.html import report_page, section
from sheetnet.validation import Report
from sheetnet.workbook import Workbook
from tests.support.engines import AXE, BROWSERS, TIME_LIMIT, require

# What the page itself measures, and tells the page around it: no window is narrower than 500 px, but a frame may be.
_ASK = """
window.addEventListener("load", async () => {
  const root = document.documentElement, found = {
    width: window.innerWidth, needed: root.scrollWidth, paper: getComputedStyle(document.body).backgroundColor };
  for (const each of document.querySelectorAll("details")) each.open = true;
  found.unfolded = root.scrollWidth;
  const run = await axe.run(document, { resultTypes: ["violations"] });
  found.rules = run.passes.length;
  found.violations = run.violations.map((each) => [each.id, each.impact, each.nodes.length, each.nodes[0].html]);
  parent.postMessage(JSON.stringify(found), "*");
});
"""
_AROUND = """<!DOCTYPE html><title>frames</title><body><pre></pre>%s<script>
const told = {};
window.addEventListener("message", (from) => {
  const frames = [...document.querySelectorAll("iframe")];
  told[frames.find((frame) => frame.contentWindow === from.source).id] = JSON.parse(from.data);
  if (Object.keys(told).length === frames.length) document.querySelector("pre").textContent = JSON.stringify(told);
});
</script></body>"""
_FRAME = '<iframe id="%d %s" style="border: 0; width: %dpx; height: 1200px; color-scheme: %s" srcdoc="%s"></iframe>'


def looked_at(page: str, folder: Path) -> dict[tuple[int, str], dict[str, Any]]:
    """By width and scheme: the width the page has and needs, folded and unfolded, its background, what axe-core finds.

    Its policy against scripts is taken out, since axe-core is one.
    """
    require("browser")
    bare, policies = re.subn(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page)
    assert policies == 1
    scripts = f"<script>{AXE.read_text(encoding='utf-8')}</script><script>{_ASK}</script></body>"
    framed = html.escape(scripts.join(bare.rsplit("</body>", 1)))
    frames = [_FRAME % (width, scheme, width, scheme, framed) for width in (390, 1280) for scheme in ("light", "dark")]
    path = folder / "framed.html"
    path.write_text(_AROUND % "".join(frames), encoding="utf-8")
    program = next(path_of for name in BROWSERS if (path_of := shutil.which(name)))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1400,1300"]
    command = [program, *options, f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--dump-dom"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    answer = re.search(r"<pre>({.*?})</pre>", done.stdout, re.DOTALL)
    assert answer is not None, done.stderr
    told = {tuple(key.split()): value for key, value in json.loads(html.unescape(answer[1])).items()}
    assert len(told) == len(frames)
    return {(int(width), scheme): value for (width, scheme), value in told.items()}


def report_html(reports: Sequence[Report], workbooks: Mapping[str, Workbook] | None = None) -> str:
    """The page of reports, with the sheets of their workbooks, by the name in the report."""
    known = workbooks or {}
    return report_page([section(number, report, known.get(report.workbook)) for number, report in enumerate(reports)])
