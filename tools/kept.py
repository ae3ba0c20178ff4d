"""Write the workbooks of tests/support/kept_cases.py, as this version writes them, into a new folder of tests/data/kept/.

    python -m tools.kept NAME      NAME is the folder's; one that is there stays as it is, for ever

A test judges every workbook of every folder: what a version once wrote keeps its verdicts under all later ones.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from sheetnet import __version__
from sheetnet.files import save_workbook
from sheetnet.judge import validate
from tests.support.engines import gnumeric_convert, libreoffice_convert
from tests.support.kept_cases import CASES, FOLDER, LIST, Kept, found_in
from tools import ROOT


def main() -> None:
    """Write all cases, and what is found in each; nothing stays where a case is not blamed as it says."""
    folder = FOLDER / sys.argv[1]
    folder.mkdir(parents=True)
    expected = {}
    for name, case in CASES.items():
        for suffix in case.suffixes:
            path = written(case, folder / f"{name}.{suffix}")
            expected[path.name] = found_in(validate(path))
            assert expected[path.name]["blamed"] == case.blamed, (path.name, expected[path.name]["blamed"])
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes  {expected[path.name]['verdicts']}")
    listed = {"written_by": f"sheetnet {__version__}", "workbooks": expected}
    (folder / LIST).write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def written(case: Kept, path: Path) -> Path:
    """The case as a file; where another program saves it again, from a file of the other format."""
    if case.saved_by is None:
        save_workbook(case.workbook(), path)
        return path
    with tempfile.TemporaryDirectory() as temporary:
        start = Path(temporary) / path.with_suffix(".ods" if path.suffix == ".xlsx" else ".xlsx").name
        save_workbook(case.workbook(), start)
        if case.saved_by == "libreoffice":
            libreoffice_convert([start], path.suffix[1:], path.parent)
        else:
            gnumeric_convert(start, path.suffix[1:], path.parent)
    return path


if __name__ == "__main__":
    main()
