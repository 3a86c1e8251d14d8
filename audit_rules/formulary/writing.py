"""Writes every page that is made from rules and tables: `python -m audit_rules docs --write`."""

from pathlib import Path

from audit_rules import coverage_page, docs
from audit_rules.catalogue import Catalogue
from audit_rules.formulary import pages


def generated(catalogue: Catalogue) -> dict[str, str]:
    """Every generated page, by its path below `docs`."""
    found = {"rules.md": docs.manual(catalogue), "coverage.md": coverage_page.page(catalogue)}
    return found | {f"catalogue/{name}": text for name, text in pages.pages(catalogue).items()}


def write(folder: Path, catalogue: Catalogue) -> list[Path]:
    """Write what is not there yet, or different, and take away pages that no longer exist; returns what changed."""
    wanted = {folder / name: text.encode() for name, text in generated(catalogue).items()}
    (folder / "catalogue").mkdir(parents=True, exist_ok=True)
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_bytes() != text]
    gone = sorted(path for path in (folder / "catalogue").glob("*.md") if path not in wanted)
    for path in changed:
        path.write_bytes(wanted[path])
    for path in gone:
        path.unlink()
    return [*changed, *gone]
