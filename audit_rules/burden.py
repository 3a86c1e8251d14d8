"""Alert burden: what the rules say about a stream of prescriptions, each audited with what came before it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from audit_rules.catalogue import Catalogue
from audit_rules.document import Prescription
from audit_rules.engine import audit
from audit_rules.inputs import People
from audit_rules.report import Report, Severity

LAW_AND_FORM = frozenset({"authority", "legality", "form", "internet", "insurance", "skin_test"})


@dataclass(slots=True)
class Burden:
    """Counts over a stream; `shares` are of all prescriptions."""

    audited: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    by_severity: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    shares: Counter[str] = field(default_factory=Counter)

    def add(self, report: Report) -> None:
        """Count one report."""
        self.audited += 1
        self.outcomes[report.outcome] += 1
        worst = {"clinical": Severity.INFO, "law_and_form": Severity.INFO}
        for finding in report.findings:
            self.by_severity[finding.severity.word] += 1
            self.by_rule[finding.rule, finding.severity.word] += 1
            kind = "law_and_form" if finding.category in LAW_AND_FORM else "clinical"
            worst[kind] = max(worst[kind], finding.severity)
        for gap in report.not_checked:
            self.gaps[gap.rule, gap.reason, gap.holds] += 1
        for kind, severity in worst.items():
            self.shares[f"stopped by {kind}"] += severity is Severity.CRITICAL
            self.shares[f"review by {kind}"] += severity is Severity.MAJOR
        self.shares["held by gaps"] += any(gap.holds for gap in report.not_checked)
        held = worst["clinical"] >= Severity.MAJOR or worst["law_and_form"] >= Severity.MAJOR
        self.shares["held by gaps alone"] += not held and report.outcome == "review"

    def to_dict(self) -> dict[str, Any]:
        """Figures per 100 prescriptions, two decimals."""

        def per_100(count: int) -> float:
            return round(100 * count / self.audited, 2) if self.audited else 0.0

        return {
            "audited": self.audited,
            "outcomes": {name: per_100(n) for name, n in sorted(self.outcomes.items())},
            "share": {name: per_100(n) for name, n in sorted(self.shares.items())},
            "findings_by_severity": {name: per_100(n) for name, n in self.by_severity.most_common()},
            "findings_by_rule": {" ".join(key): per_100(n) for key, n in self.by_rule.most_common()},
            "not_checked": {
                f"{rule} {reason}{' holds' if holds else ''}": per_100(n)
                for (rule, reason, holds), n in self.gaps.most_common()
            },
        }


def measure(
    documents: Iterable[Prescription], last: int | None, catalogue: Catalogue, profile: str
) -> Burden:
    """Audit the last `last` documents (None = all), each with the earlier documents of its patient."""
    ordered = sorted(documents, key=lambda document: (document.issued_at, document.number))
    people = People(ordered)
    burden = Burden()
    for document in ordered if last is None else ordered[-last:]:
        burden.add(audit(document, people.of(document), catalogue, profile))
    return burden
