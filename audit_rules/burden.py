"""Alert burden: what the rules say about a stream of prescriptions, each audited with what came before it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from audit_rules.catalogue import Catalogue
from audit_rules.document import Prescription
from audit_rules.engine import audit
from audit_rules.inputs import People
from audit_rules.report import Finding, Report, Severity

TOP = 10  # causes and gaps explained
MOST_NAMED = 3  # drugs; a finding about more is about the prescription
LAW_AND_FORM = frozenset({"authority", "legality", "form", "internet", "insurance", "skin_test"})


@dataclass(slots=True)
class Burden:
    """Counts over a stream; `shares` are of all prescriptions. `causes` = what stops or holds, by rule and drugs."""

    audited: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    by_severity: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    shares: Counter[str] = field(default_factory=Counter)
    causes: Counter[tuple[str, str, tuple[str, ...]]] = field(default_factory=Counter)
    holding: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, ...], str] = field(default_factory=dict)

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
            if finding.severity >= Severity.MAJOR:
                self._explain(report, finding)
        for gap in report.not_checked:
            self.gaps[gap.rule, gap.reason, gap.holds] += 1
            if gap.holds:
                self.holding[gap.rule, gap.reason, gap.message.en] += 1
        for kind, severity in worst.items():
            self.shares[f"stopped by {kind}"] += severity is Severity.CRITICAL
            self.shares[f"review by {kind}"] += severity is Severity.MAJOR
        self.shares["held by gaps"] += any(gap.holds for gap in report.not_checked)
        held = worst["clinical"] >= Severity.MAJOR or worst["law_and_form"] >= Severity.MAJOR
        self.shares["held by gaps alone"] += not held and report.outcome == "review"

    def _explain(self, report: Report, finding: Finding) -> None:
        drugs = tuple(sorted(finding.drugs)) if len(finding.drugs) <= MOST_NAMED else ()
        key = (finding.rule, finding.severity.word, drugs)
        self.causes[key] += 1
        self.examples.setdefault(
            (finding.rule, finding.severity.word, *drugs), f"{report.number}: {finding.message.en}"
        )

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
            "top_causes": [
                {
                    "rule": rule,
                    "severity": severity,
                    "drugs": list(drugs),
                    "count": n,
                    "per_100": per_100(n),
                    "example": self.examples[rule, severity, *drugs],
                }
                for (rule, severity, drugs), n in _top(self.causes)
            ],
            "top_gaps": [
                {"rule": rule, "reason": reason, "count": n, "per_100": per_100(n), "example": message}
                for (rule, reason, message), n in _top(self.holding)
            ],
        }


def _top(counted: Counter[Any]) -> list[tuple[Any, int]]:
    """The most frequent; of equals the first by name, so that the same stream always prints the same."""
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP]


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
