"""Write docs/mistakes.md from the entries in sheetnet/mistakes/; a test says when it is due."""

from pathlib import Path

from sheetnet.report.lists import mistakes_page

PAGE = Path(__file__).parent.parent / "docs" / "mistakes.md"


def main() -> None:
    """Write the page and print its path."""
    PAGE.write_text(mistakes_page(), encoding="utf-8")
    print(PAGE.relative_to(PAGE.parent.parent))


if __name__ == "__main__":
    main()
