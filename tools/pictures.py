"""Pictures of every sheet of every template, as LibreOffice draws them, into docs/images; `make pictures` runs it.

Needs LibreOffice and poppler-utils (pdftoppm). Each sheet is printed alone on one page, then cropped to what it shows.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageChops

from sheetnet.engine.libreoffice import find_libreoffice
from sheetnet.files import read_workbook, save_workbook
from sheetnet.generate import make_student_workbook, make_workbook
from sheetnet.network_file import load_network, template_names
from sheetnet.workbook import Workbook
from tools import ROOT
from tools.generated import SHOWN, write_shown

Image.MAX_IMAGE_PIXELS = None  # our own pages; wide ones are large before they are cropped
FOLDER = ROOT / "docs" / "images"
DPI, MARGIN, COLORS = 200, 12, 128
WIDEST, LONGEST = 1600, 2400  # pixels
WIDE, LONG, READABLE = 3.2, 2.5, 900  # of a page of other proportions, a beginning of that height or width is shown
FACE = (0.725, 0.55)  # of the marked sheet: what the README shows, where it can still be read
PRINTED = re.compile(r'<definedName name="_xlnm.Print_Area" localSheetId="(\d+)"[^>]*>[^<]*</definedName>')
PARTS = re.compile(r'<sheet [^>]*name="([^"]*)"[^>]*/>')


def main() -> None:
    """Draw every sheet and print each path with its size."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for pdf in as_pdf(list(_alone(Path(folder)))):
            picture = _picture(pdf)
            _save(picture, pdf.stem)
            if pdf.stem == f"{SHOWN}-marked-step":
                width, height = (round(side * part) for side, part in zip(picture.size, FACE, strict=True))
                _save(picture.crop((0, 0, width, height)), "step-marked")


def as_pdf(workbooks: Sequence[Path]) -> list[Path]:
    """The workbooks of one folder as LibreOffice prints them, each beside its own file."""
    soffice = find_libreoffice()
    if soffice is None or shutil.which("pdftoppm") is None:
        sys.exit("pictures: LibreOffice and pdftoppm are needed: apt-get install libreoffice-calc-nogui poppler-utils")
    folder = workbooks[0].parent
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = [str(soffice), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*convert, *map(str, workbooks)], check=True, capture_output=True)
    return [path.with_suffix(".pdf") for path in workbooks]


def _save(picture: Image.Image, name: str) -> None:
    picture.save(FOLDER / f"{name}.png", optimize=True)
    print(f"docs/images/{name}.png  {picture.width} × {picture.height}")


def _books() -> Iterator[tuple[str, Workbook]]:
    for name in template_names():
        yield name, make_workbook(load_network(name))
    yield "d02b-student", make_student_workbook(load_network("d02b"))


def _files(folder: Path) -> Iterator[Path]:
    for name, book in _books():
        whole = folder / f"{name}.xlsx"
        save_workbook(_on_one_page(book), whole)
        yield whole
    yield from (path for path in write_shown(folder) if path.name == f"{SHOWN}-marked.xlsx")


def _alone(folder: Path) -> Iterator[Path]:
    """A file for each sheet that shows: all others hidden, and all of it on one page."""
    for whole in _files(folder):
        name = whole.stem
        for sheet in read_workbook(whole).sheets:
            if not sheet.hidden:
                path = folder / f"{name}-{sheet.name.lower().replace(' ', '-')}.xlsx"
                only_sheet(whole, path, sheet.name, _on_large_paper)
                yield path


def _on_one_page(book: Workbook) -> Workbook:
    """The workbook with each sheet on one page, however small."""
    views = [replace(sheet.view, one_page=True, scale=0, row_breaks=(), column_breaks=()) for sheet in book.sheets]
    sheets = [replace(sheet, view=view) for sheet, view in zip(book.sheets, views, strict=True)]
    return replace(book, sheets=tuple(sheets))


def only_sheet(whole: Path, path: Path, shown: str, change: Callable[[str, bytes], bytes]) -> None:
    """Write a workbook in which one sheet shows, with what `change` makes of each part, given with the part's name."""
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for part in source.namelist():
            data = source.read(part)
            if part == "xl/workbook.xml":
                data = _workbook_part(data.decode(), shown).encode()
            target.writestr(part, change(part, data))


def _on_large_paper(part: str, data: bytes) -> bytes:
    if not part.startswith("xl/worksheets/sheet"):
        return data
    return re.sub(rb"<headerFooter>.*?</headerFooter>", b"", data.replace(b'paperSize="9"', b'paperSize="8"'))


def _workbook_part(words: str, shown: str) -> str:
    """The list of sheets with all but one hidden; that one is active, since a program shows a hidden active sheet.

    It prints a hidden sheet of which a part is to be printed, too, so that no other sheet has such a part.
    """
    number = PARTS.findall(words).index(shown)
    words = re.sub(r' (activeTab|firstSheet)="\d+"', "", words)
    words = words.replace("<workbookView", f'<workbookView activeTab="{number}" firstSheet="{number}"')
    words = PRINTED.sub(lambda match: match[0] if int(match[1]) == number else "", words)
    return PARTS.sub(lambda match: _hidden(match, shown), words)


def _hidden(sheet: re.Match[str], shown: str) -> str:
    text = re.sub(r' state="\w+"', "", sheet[0])
    return text if sheet[1] == shown else text.replace("/>", ' state="hidden"/>')


def _picture(pdf: Path) -> Image.Image:
    """What the page shows, so large that it can be read: of a sheet that is too wide or too long its beginning."""
    width, height = _page(pdf, DPI).size
    if width > WIDE * height:
        larger = READABLE / height
    elif height > LONG * width:
        larger = READABLE / width
    else:
        larger = min(1.0, WIDEST / width)
    page = _page(pdf, int(DPI * larger))
    page = page.crop((0, 0, min(page.width, WIDEST), min(page.height, LONGEST)))
    return page.quantize(COLORS, method=Image.Quantize.FASTOCTREE)


def _page(pdf: Path, dpi: int) -> Image.Image:
    """The page without its white border."""
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "-f", "1", "-l", "1", "-singlefile", pdf, pdf.with_suffix("")],
                   check=True)  # fmt: skip
    page = Image.open(pdf.with_suffix(".png")).convert("RGB")
    box = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
    left, top, right, bottom = box or (0, 0, *page.size)
    return page.crop((max(0, left - MARGIN), max(0, top - MARGIN), right + MARGIN, bottom + MARGIN))


if __name__ == "__main__":
    main()
