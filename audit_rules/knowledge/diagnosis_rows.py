"""Which drugs may be prescribed without a diagnosis."""

from dataclasses import dataclass

from audit_rules.knowledge.tables import Tables, load, table
from audit_rules.report import Severity


@dataclass(frozen=True, slots=True)
class DiagnosisExempt:
    """Drugs (ATC prefix) that may be prescribed without a diagnosis, and how a missing one is then shown."""

    atc: str
    severity: Severity
    zh: str
    en: str
    source: str


@table("diagnosis_exempt")
def diagnosis_exempt(tables: Tables) -> tuple[DiagnosisExempt, ...]:
    """Rows, the longest prefix first."""
    return tuple(sorted(load("diagnosis_exempt", DiagnosisExempt), key=lambda row: (-len(row.atc), row.atc)))
