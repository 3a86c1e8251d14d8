"""Which drugs may be prescribed without a diagnosis, and what diagnoses in words are in ICD-10."""

from dataclasses import dataclass

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain
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


@dataclass(frozen=True, slots=True)
class DiagnosisName:
    """A diagnosis exactly as people write it, and its ICD-10 code."""

    name: str
    icd: str
    source: str


@table("diagnosis_names")
def diagnosis_names(tables: Tables) -> dict[str, str]:
    """ICD-10 code by name in plain form. A name is never matched by likeness or by part: a history or a suspicion of
    asthma is not asthma.
    """
    found: dict[str, str] = {}
    for row in load("diagnosis_names", DiagnosisName):
        if found.setdefault(plain(row.name), row.icd) != row.icd:
            raise BadTable(f"diagnosis_names.csv: {row.name!r} has two codes")
    return found
