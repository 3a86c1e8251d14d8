"""What a pharmacist must answer before a prescription may be approved, and what no pharmacist can release."""

from collections.abc import Mapping
from dataclasses import dataclass

from rxcenter.errors import Forbidden, ReasonNeeded, Words
from rxcenter.review import reasons
from rxcenter.review.models import Finding, Severity, Waiting

BY_PHARMACISTS = frozenset({"pharmacist", "two_pharmacists"})
GAPS = "gaps"  # the key under which the answer to all holding gaps stands


class NotReleasable(Forbidden):
    """A finding that only a new revision, a signature or a stated reason lifts."""

    slug = "not-releasable"


class Undecided(ReasonNeeded):
    """A finding or gap has no coded reason; `undecided` names them."""

    slug = "finding-undecided"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the audit of one waiting row asks of the pharmacist."""

    findings: tuple[Finding, ...]  # critical and major, worst first
    gaps: bool  # something that matters was not checked
    two: bool  # a second pharmacist must agree

    @property
    def blocking(self) -> list[Finding]:
        """Findings that no pharmacist can release."""
        return [f for f in self.findings if f.release and f.release not in BY_PHARMACISTS]

    @property
    def keys(self) -> list[str]:
        """Everything that needs a coded reason, as it is named in a decision's reasons."""
        return [str(f.position) for f in self.findings] + ([GAPS] if self.gaps else [])


def asked(row: Waiting) -> Asked:
    """Read from the audit run. Without a run (the engine could not judge) everything was left unchecked."""
    if row.run_id is None:
        return Asked((), gaps=True, two=False)
    found = tuple(
        Finding.objects.filter(run=row.run_id, severity__gte=Severity.MAJOR).order_by("-severity", "position")
    )
    # A critical finding without a release is not more harmless than one that asks for two pharmacists.
    two = any(
        f.release == "two_pharmacists" or (not f.release and f.severity == Severity.CRITICAL) for f in found
    )
    return Asked(found, gaps=row.run.gaps.filter(holds=True).exists() if row.run else True, two=two)


def check_approval(what: Asked, given: Mapping[str, str], monitoring: str) -> None:
    """Raises NotReleasable, Undecided or ReasonNeeded unless every question is answered with a known code."""
    if what.blocking:
        rules = sorted({f.rule for f in what.blocking})
        raise NotReleasable(
            Words(
                f"{'、'.join(rules)}:须由医师处理,药师不能放行",
                f"{', '.join(rules)}: only the prescriber can lift this, no pharmacist",
            ),
            rules=rules,
        )
    missing = [key for key in what.keys if not _answered(key, given.get(key, ""))]
    if missing:
        names = [_name(what, key) for key in missing]
        raise Undecided(
            Words(f"请为以下各项选择理由:{'、'.join(names)}", f"choose a reason for: {', '.join(names)}"),
            undecided=missing,
        )
    if what.two and not monitoring.strip():
        raise ReasonNeeded(
            Words(
                "危急问题放行须写明监测内容",
                "a critical finding is released only with what will be monitored",
            )
        )


def _answered(key: str, code: str) -> bool:
    return reasons.find(reasons.GAPS if key == GAPS else reasons.RELEASES, code) is not None


def _name(what: Asked, key: str) -> str:
    return next((f.rule for f in what.findings if str(f.position) == key), key)
