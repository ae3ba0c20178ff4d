"""Write the workbooks of all templates into generated/; `make generated` runs it, a test says when it is due."""

from sheetnet.generate import make_workbook, write_all
from sheetnet.network_file import load_network, template_names
from tools import ROOT

FOLDER = ROOT / "generated"


def main() -> None:
    """Write every workbook and print its path and size."""
    for name in template_names():
        for path in write_all({name: make_workbook(load_network(name))}, FOLDER, ["xlsx", "ods"]):
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
