"""Write docs/audits/, one page a template that says what its document prints; a test says when it is due."""

from pathlib import Path

from sheetnet.auditing import audit, documents
from sheetnet.report.audit import markdown

FOLDER = Path(__file__).parent.parent / "docs" / "audits"


def pages() -> dict[str, str]:
    """File name → page."""
    return {f"{name}.md": markdown(audit(name), f"sheetnet audit {name}") for name in documents()}


def main() -> None:
    """Write the pages and print their paths."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8")
        print((FOLDER / name).relative_to(FOLDER.parent.parent))


if __name__ == "__main__":
    main()
