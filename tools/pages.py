"""Write docs/mistakes.md and docs/audits/, the pages made from the code and the templates; tests say when they are due."""

from sheetnet.auditing import audit, documents
from sheetnet.report.audit_files import markdown
from sheetnet.report.tables import mistakes_page
from tools import ROOT


def pages() -> dict[str, str]:
    """Path from the repository's folder → page."""
    audits = {f"docs/audits/{name}.md": markdown(audit(name), f"sheetnet audit {name}") for name in documents()}
    return {"docs/mistakes.md": mistakes_page(), **audits}


def main() -> None:
    """Write the pages and print their paths."""
    for path, page in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(page, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
