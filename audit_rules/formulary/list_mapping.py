"""What each line of a hospital's own drug list means to the audit: exactly, or not at all."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from audit_rules.catalogue import Catalogue
from audit_rules.formulary.list_reading import Listed
from audit_rules.names import plain
from audit_rules.report import Text

MAPPED, AMBIGUOUS, UNKNOWN, BAD = STATUSES = ("mapped", "ambiguous", "unknown", "bad")
LONGEST_NAME = 300
COLUMNS = (
    "line",
    "code",
    "name",
    "strength",
    "form",
    "status",
    "ingredients",
    "ingredients_zh",
    "note_zh",
    "note_en",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run it


class Mapped(NamedTuple):
    """One line with its status. `meanings` = sets of ingredients: one when mapped, several when ambiguous."""

    row: Listed
    status: str
    meanings: tuple[tuple[str, ...], ...] = ()
    note: Text = Text("", "")


class MappingReport(NamedTuple):
    """All lines in their order."""

    catalogue: str
    lines: tuple[Mapped, ...]

    def counts(self) -> dict[str, int]:
        """Lines by status."""
        found = Counter(line.status for line in self.lines)
        return {status: found[status] for status in STATUSES}

    @property
    def unmapped_percent(self) -> float:
        """Lines that are not mapped, of a hundred; of an empty list none."""
        return round(100 * (1 - self.counts()[MAPPED] / len(self.lines)), 2) if self.lines else 0.0


def mapping(rows: Iterable[Listed], catalogue: Catalogue) -> MappingReport:
    """The report. Names are compared as everywhere: exactly, with at most a listed form word around them."""
    seen: dict[str, Listed] = {}
    return MappingReport(catalogue.fingerprint, tuple(_mapped(row, seen, catalogue) for row in rows))


def _mapped(row: Listed, seen: dict[str, Listed], catalogue: Catalogue) -> Mapped:
    if wrong := _wrong(row, seen):
        return Mapped(row, BAD, note=wrong)
    if row.code:
        seen[row.code] = row
    meanings = tuple(meaning.ingredients for meaning in catalogue.drugs.readings(row.name))
    if not meanings:
        return Mapped(row, UNKNOWN, note=Text("目录中没有此名", "the catalogue does not know this name"))
    if len(meanings) > 1:
        return Mapped(row, AMBIGUOUS, meanings, Text("此名有多种读法", "this name reads in several ways"))
    return Mapped(row, MAPPED, meanings, _form_note(row, catalogue))


def _wrong(row: Listed, seen: dict[str, Listed]) -> Text | None:
    if not row.name:
        return Text("药名为空", "the name is empty")
    if len(row.name) > LONGEST_NAME:
        return Text(f"药名超过{LONGEST_NAME}字", f"the name is longer than {LONGEST_NAME} characters")
    earlier = seen.get(row.code)
    if earlier and plain(earlier.name) != plain(row.name):
        return Text(
            f"编码与第{earlier.line}行“{earlier.name}”重复",
            f"the code stands on line {earlier.line} too, for “{earlier.name}”",
        )
    return None


def _form_note(row: Listed, catalogue: Catalogue) -> Text:
    """A mapped name whose own form word contradicts the column of forms; it stays mapped."""
    meaning = catalogue.drugs.find(row.name)
    written = catalogue.drugs.form(row.form)
    if not (meaning and meaning.form and written) or written.form == meaning.form.form:
        return Text("", "")
    if written.route != meaning.form.route:  # 片剂 for a slow-release tablet is no contradiction
        return Text(
            "药名中的剂型与剂型列不同，请核对", "the form in the name is not that of the form column: check"
        )
    return Text("", "")


def as_dict(report: MappingReport) -> dict[str, Any]:
    """The report as JSON data."""
    return {
        "catalogue": report.catalogue,
        "rows": len(report.lines),
        **report.counts(),
        "unmapped_percent": report.unmapped_percent,
        "items": [
            {
                **line.row._asdict(),
                "status": line.status,
                "meanings": [list(keys) for keys in line.meanings],
                "note": line.note._asdict(),
            }
            for line in report.lines
        ],
    }


def as_csv(report: MappingReport, catalogue: Catalogue) -> str:
    """The report as a table that a spreadsheet opens and does not run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in report.lines:
        keys = " | ".join(" + ".join(one) for one in line.meanings)
        names = " | ".join(" + ".join(catalogue.ingredients[key].zh for key in one) for one in line.meanings)
        cells = [*map(str, line.row), line.status, keys, names, *line.note]
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return out.getvalue()


def told(report: MappingReport) -> str:
    """The report for people: the numbers, then every line that is not mapped or has a note."""
    counts = " · ".join(f"{status} {n}" for status, n in report.counts().items())
    lines = [f"{len(report.lines)} rows: {counts} · unmapped {report.unmapped_percent}%"]
    for line in report.lines:
        if line.status != MAPPED or line.note.en:
            keys = " | ".join(" + ".join(one) for one in line.meanings)
            lines.append(f"  line {line.row.line} {line.status} {line.row.code} {line.row.name} {keys}: "
                         f"{line.note.zh} / {line.note.en}")  # fmt: skip
    return "\n".join(lines)
