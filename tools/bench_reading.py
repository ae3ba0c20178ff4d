"""Reading workbooks, set against unpacking the same parts and parsing them with expat into nothing.

`make bench` runs it; `python -m tools.bench_reading .ods` measures the files whose names hold one of the words given.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from xml.parsers.expat import ParserCreate

from sheetnet.engine.libreoffice import find_libreoffice
from sheetnet.files import read_workbook
from sheetnet.generate import write_workbook
from sheetnet.network import Network
from sheetnet.workbook_options import SHEETS, WorkbookOptions
from tools.bench_judging import paired_cpu
from tools.bench_report import Figure, show

_READ = ("xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/", "content.xml", "styles.xml")
_SHARING = 20_000  # cells that share one formula

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


def reading(path: Path) -> Figure:
    """One file, read by us and by nobody."""
    cells = sum(len(sheet.cells) for sheet in read_workbook(path).sheets)
    ratio = paired_cpu(partial(read_workbook, path), partial(bare_expat, path), seconds=4.0)
    return Figure(f"reading {path.name}, {cells:,} cells / unpacking and expat, processor", ratio, 2.0)


def files(folder: Path, networks: Sequence[Network]) -> Iterator[Path]:
    """All views of the networks but the last, whose step alone is written; what LibreOffice makes of one of them."""
    for network in networks:
        views = ("step",) if network is networks[-1] else tuple(SHEETS)
        for suffix in (".xlsx", ".ods"):
            yield write_workbook(network, folder / f"{network.title}{suffix}", WorkbookOptions(views))
    yield from _saved_by_libreoffice(folder, folder / f"{networks[-2].title}.xlsx")
    yield _shared_formulas(folder / "shared-formulas.xlsx")


def _saved_by_libreoffice(folder: Path, source: Path) -> Iterator[Path]:
    program = find_libreoffice()
    if program is None:
        print("LibreOffice is not installed: files that it saves are not measured")
        return
    for suffix in ("xlsx", "ods"):
        target = folder / f"libreoffice-{suffix}"
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [str(program), profile, "--headless", "--convert-to", suffix, "--outdir", str(target), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        yield (target / f"{source.stem}.{suffix}").rename(folder / f"{source.stem}-libreoffice.{suffix}")


def _shared_formulas(path: Path) -> Path:
    """A sheet in which each column has one formula that all its cells share, as Excel saves them."""
    rows = []
    for row in range(1, _SHARING // 10 + 1):
        cells = [f'<c r="A{row}"><v>{row}</v></c>']
        for index, column in enumerate("BCDEFGHIJK"):
            area, text = (f' ref="{column}1:{column}2000"', f"$A1*{index}+SUM(A1:A3)") if row == 1 else ("", "")
            cells.append(f'<c r="{column}{row}"><f t="shared"{area} si="{index}">{text}</f><v>{row}.5</v></c>')
        rows.append(f'<row r="{row}">{"".join(cells)}</row>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", _relationship("officeDocument", "xl/workbook.xml"))
        archive.writestr("xl/_rels/workbook.xml.rels", _relationship("worksheet", "worksheets/sheet1.xml"))
        sheet = '<sheet name="Data" sheetId="1" r:id="rId1"/>'
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheet}</sheets></workbook>'
        )
        content = f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
        archive.writestr("xl/worksheets/sheet1.xml", content)
    return path


def _relationship(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        "</Relationships>"
    )


def bare_expat(path: Path) -> None:
    """Unpack what a reader reads and parse it, with handlers that do nothing."""
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith(_READ) and part.endswith(".xml"):
                parser = ParserCreate()
                parser.StartElementHandler = lambda _name, _attributes: None
                parser.EndElementHandler = parser.CharacterDataHandler = lambda _text: None
                with archive.open(part) as stream:
                    parser.ParseFile(stream)


def figures(*words: str) -> Iterator[Figure]:
    """A figure for each file, or for those whose names hold one of the words."""
    from tools.bench import SHAPES, network_of

    with tempfile.TemporaryDirectory() as folder:
        for path in files(Path(folder), [network_of(shape) for shape in SHAPES[:3]]):
            if not words or any(word in path.name for word in words):
                yield reading(path)


if __name__ == "__main__":
    show(figures(*sys.argv[1:]))
