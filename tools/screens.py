"""Draw what people see first, the first screen of every sheet, and every printed page, into build/screens.

`python -m tools.screens [NETWORK …]` takes these networks, or all templates and a marked copy: of each the workbook and a
student's copy, in both orientations, and the key. Needs LibreOffice and poppler-utils (pdftoppm).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from sheetnet.files import read_workbook
from sheetnet.generate import asked_for, write_all
from sheetnet.network_file import template_names
from tools import ROOT
from tools.generated import SHOWN, write_shown
from tools.pictures import as_pdf, only_sheet

FOLDER = ROOT / "build" / "screens"
SCREENS = {"laptop": (1330, 490), "large": (1920, 900)}  # pixels of a sheet's area that show at first
SCREEN_DPI, PAGE_DPI = 96, 72
# A page of 1.1 m by 0.6 m without margins, on which a sheet has its own size: more than the largest screen.
PAGE = (
    b'<pageMargins left="0" right="0" top="0" bottom="0" header="0" footer="0"/>'
    b'<pageSetup paperWidth="1100mm" paperHeight="600mm" orientation="landscape"/>'
)
MARGINS_AND_SIZE = re.compile(rb"<pageMargins [^>]*/>\s*<pageSetup [^>]*/>")
PRINTING = re.compile(
    rb"<pageSetUpPr [^>]*/>|<headerFooter>.*?</headerFooter>|<(rowBreaks|colBreaks)\b.*?</\1>", re.DOTALL
)
PRINTED_NAMES = re.compile(rb'<definedName name="_xlnm\.Print_(?:Area|Titles)".*?</definedName>', re.DOTALL)


def main() -> None:
    """Draw all, and print how many pictures of each workbook there are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as aside:
        for path in _workbooks(Path(aside), sys.argv[1:]):
            drawn = [*_screens(path), *_pages(path)]
            print(f"build/screens/{path.stem}-*.png  {len(drawn)} pictures", flush=True)


def _workbooks(folder: Path, names: list[str]) -> Iterator[Path]:
    for name in names or template_names():
        stem = Path(name).stem
        for column, suffix in ((False, ""), (True, "-column")):
            whole = asked_for(name, stem + suffix, column=column)
            copies = asked_for(name, stem + suffix, student=True, column=column, key=not column)
            yield from write_all({**whole, **copies}, folder, ("xlsx",))
    if not names:
        yield from (path for path in write_shown(folder / "shown") if path.name == f"{SHOWN}-marked.xlsx")


def _screens(workbook: Path) -> Iterator[Path]:
    """Each sheet that shows at its own size on a page larger than a screen, cut to the screens."""
    with tempfile.TemporaryDirectory() as aside:
        alone = []
        for sheet in read_workbook(workbook).sheets:
            if not sheet.hidden:
                alone.append(Path(aside) / f"{workbook.stem}-{sheet.name.lower().replace(' ', '-')}.xlsx")
                only_sheet(workbook, alone[-1], sheet.name, _on_a_large_page)
        for pdf in as_pdf(alone):
            whole = Image.open(_drawn(pdf, SCREEN_DPI, ["-l", "1", "-singlefile"])[0])
            for screen, size in SCREENS.items():
                target = FOLDER / f"{pdf.stem}-{screen}.png"
                whole.crop((0, 0, *size)).save(target)
                yield target


def _on_a_large_page(part: str, data: bytes) -> bytes:
    if part == "xl/workbook.xml":
        return PRINTED_NAMES.sub(b"", data)
    if not part.startswith("xl/worksheets/sheet"):
        return data
    return PRINTING.sub(b"", MARGINS_AND_SIZE.sub(PAGE, data))


def _pages(workbook: Path) -> Iterator[Path]:
    """The pages that a printer would get."""
    with tempfile.TemporaryDirectory() as aside:
        copy = Path(aside) / workbook.name
        copy.write_bytes(workbook.read_bytes())
        for page in _drawn(as_pdf([copy])[0], PAGE_DPI, []):
            yield page.rename(FOLDER / page.name.replace(workbook.stem, f"{workbook.stem}-page"))


def _drawn(pdf: Path, dpi: int, options: list[str]) -> list[Path]:
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", *options, pdf, pdf.with_suffix("")], check=True)
    return sorted(pdf.parent.glob(f"{pdf.stem}*.png"))


if __name__ == "__main__":
    main()
