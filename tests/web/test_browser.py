"""The page in a real browser: dropped files, a class from the copy to the mark, every state on phones and screens."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sheetnet.classroom import ClassFolder, Student, assign
from sheetnet.files import read_workbook, save_workbook
from sheetnet.layout.info_sheets import RECORD_SHEET
from sheetnet.network_file import load_network
from sheetnet.report.marked import SUMMARY_NAME
from tests.support.engines import AXE, BROWSERS
from tests.support.hostile.zips import overlapping
from tests.support.papers import changed, doubled, filled
from tests.support.paths import ROOT
from tests.support.sheets import step_book
from tests.support.web import Server, served

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WRONG = ROOT / "generated" / "d02b-marked.xlsx"  # a student's copy with two mistakes
WIDTHS, SCHEMES = (390, 1280), ("light", "dark")
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 31)"}
DROP = """([name, words]) => {
  const bytes = Uint8Array.from(atob(words), (letter) => letter.charCodeAt(0)), data = new DataTransfer();
  data.items.add(new File([bytes], name));
  const zone = document.querySelector(".drop"), all = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, all));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("open")) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ClassFolder:
    students = [Student(f"s{number}", name) for number, name in enumerate(["Ada Lovelace", "Bob", "Cyd", "Dee"], 1)]
    place = tmp_path_factory.mktemp("class") / "class"
    return assign("bias-node", students, place, vary=["inputs"], name="Homework 1: one step by hand").folder


def paper(folder: ClassFolder, student: str, place: Path, right: bool) -> Path:
    """What a student hands in."""
    network = folder.network_of(folder.variants()[student])
    book = filled(read_workbook(folder.give / student / "exercise.ods"), network, lambda cell: cell)
    path = place / f"{student}-{'right' if right else 'wrong'}.ods"
    save_workbook(book if right else changed("delta_2", doubled)(book), path)
    return path


def looked_at(page: Page, name: str, seen: list[str], pictures: Path) -> None:
    """A state of the page: nothing sticks out, the colours are those asked for, and axe-core finds nothing serious."""
    page.wait_for_load_state("load")
    window = page.viewport_size
    assert window is not None
    assert page.evaluate("document.documentElement.scrollWidth") == window["width"], name
    scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == PAPER[scheme]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(found["passes"]) > 5
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == [], name
    page.screenshot(path=pictures / f"{name}-{window['width']}-{scheme}.png", full_page=True)
    seen.append(name)


def contexts(browser: Browser) -> Iterator[BrowserContext]:
    """Phones and screens, light and dark."""
    for width in WIDTHS:
        for scheme in SCHEMES:
            window = {"width": width, "height": 844}
            context = browser.new_context(viewport=window, color_scheme=scheme)  # type: ignore[arg-type]
            yield context
            context.close()


def check(page: Page, url: str, name: str, content: bytes) -> None:
    """Drop a file and have it checked."""
    page.goto(url)
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url("**/r/*")


@pytest.mark.parametrize("scripts", [True, False])
def test_files_are_dropped_and_judged(browser: Browser, server: Server, tmp_path: Path, scripts: bool) -> None:
    """A wrong, a hostile and a right file, with and without scripts; no other host is ever asked, nothing is complained."""
    context = browser.new_context(java_script_enabled=scripts)
    page, asked, said = context.new_page(), set[str](), list[str]()
    page.on("request", lambda request: asked.add(request.url))
    page.on("console", lambda message: said.append(message.text))
    right = tmp_path / "right.xlsx"
    shutil.copyfile(ROOT / "generated" / "bias-node.xlsx", right)
    bomb = tmp_path / "bomb.xlsx"
    bomb.write_bytes(overlapping("xlsx", 50, 200))
    for path, words in ((WRONG, "10 of 60 right"), (bomb, "unpacks to more than 200 MB"), (right, "✓ all correct")):
        if scripts:
            check(page, server.url, path.name, path.read_bytes())
        else:
            page.goto(server.url)
            page.set_input_files("input[name=workbook]", path)
            page.get_by_role("button", name="Check it").click()
        page.get_by_text(words).first.wait_for()
        if path == WRONG:
            page.get_by_role("link", name="Step!I12").click()  # from the finding to the cell, and back
            assert page.url.endswith("-I12")
            with page.expect_download() as download:
                page.get_by_role("link", name="Download the marked copy").click()
            copy = tmp_path / f"copy-{scripts}.xlsx"
            download.value.save_as(copy)
            assert read_workbook(copy).sheets[0].name == SUMMARY_NAME
    context.close()
    assert {url for url in asked if not url.startswith(server.url)} == set()
    assert [words for words in said if "422" not in words] == []


def test_everything_is_done_by_the_keyboard(browser: Browser, server: Server) -> None:
    """The first thing is the way past the head; a workbook is made with Tab, Space and arrows alone."""
    page = browser.new_page()
    page.goto(server.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "wanted":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == ".ods"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("The key to that copy").wait_for()
    assert page.get_by_role("link", name=".ods").count() == 3
    page.close()


def test_states_of_the_open_page(browser: Browser, server: Server, tmp_path: Path) -> None:
    """Each on a phone and a screen, light and dark."""
    book = step_book(load_network("bias-node"))
    sheets = tuple(sheet for sheet in book.sheets if sheet.name != RECORD_SHEET)
    save_workbook(replace(book, names=(), sheets=sheets), tmp_path / "bare.ods")
    bare = (tmp_path / "bare.ods").read_bytes()
    for context in contexts(browser):
        page, seen = context.new_page(), list[str]()
        page.goto(server.url)
        looked_at(page, "start", seen, tmp_path)
        page.get_by_text("It should compute another network").click()
        looked_at(page, "another network", seen, tmp_path)
        check(page, server.url, "wrong.xlsx", WRONG.read_bytes())
        looked_at(page, "result", seen, tmp_path)
        check(page, server.url, "theirs.ods", bare)
        page.get_by_text("Where its inputs stand").click()
        page.get_by_text("As a network file").click()
        looked_at(page, "believed", seen, tmp_path)
        check(page, server.url, "text.xlsx", b"a,b\n")
        looked_at(page, "refused", seen, tmp_path)
        page.goto(server.url)
        page.select_option("#wanted", "bias-node")
        page.get_by_role("button", name="Make it").click()
        looked_at(page, "made", seen, tmp_path)
        page.goto(f"{server.url}nowhere")
        looked_at(page, "nowhere", seen, tmp_path)
        assert len(seen) == 7


def test_a_class_from_the_copy_to_the_mark(browser: Browser, folder: ClassFolder, tmp_path: Path) -> None:
    """A student of each width and scheme: wrong code, own copy, wrong paper, right paper; then the teacher, who sees all."""
    with served(tmp_path, "--class", str(folder.path)) as server:
        for student, context in zip(folder.students, contexts(browser), strict=True):
            page, seen = context.new_page(), list[str]()
            page.goto(server.url)
            looked_at(page, "enter", seen, tmp_path)
            for code in ("aaaaaaaaaa", folder.code(student.id)):
                page.get_by_label("Your id").fill(student.id)
                page.get_by_label("Your code").fill(code)
                page.get_by_role("button", name="Enter").click()
                page.wait_for_load_state("load")
                looked_at(page, "wrong code" if code == "aaaaaaaaaa" else "in", seen, tmp_path)
            with page.expect_download() as download:
                page.get_by_role("link", name="Download .ods").click()
            assert Path(download.value.path()).read_bytes() == (folder.give / student.id / "exercise.ods").read_bytes()
            for right in (False, True):
                page.goto(server.url)
                page.set_input_files("input[name=workbook]", paper(folder, student.id, tmp_path, right))
                page.get_by_role("button", name="Hand it in").click()
                page.get_by_text("✓ all correct" if right else "to look at").first.wait_for()
                looked_at(page, "right paper" if right else "wrong paper", seen, tmp_path)
            page.get_by_role("link", name="Hand in again").click()
            looked_at(page, "in again", seen, tmp_path)
            page.goto(f"{server.url}teacher")
            looked_at(page, "teacher's door", seen, tmp_path)
            page.get_by_label("The password").fill(server.said[1].rpartition(" ")[2])
            page.get_by_role("button", name="Enter").click()
            page.get_by_role("button", name=f"New code for {student.id}").click()
            looked_at(page, "teacher", seen, tmp_path)
            assert len(seen) == 8
        page = browser.new_page()
        page.goto(f"{server.url}teacher")
        page.get_by_label("The password").fill(server.said[1].rpartition(" ")[2])
        page.get_by_role("button", name="Enter").click()
        assert page.get_by_role("cell", name="marked").count() == len(folder.students)
        with page.expect_download() as marks:
            page.get_by_role("link", name="Marks").click()
        assert Path(marks.value.path()).read_text("utf-8").count(",marked,10,") == len(folder.students)
        page.close()
