"""The whole engine. Same document, history, profile and catalogue: same report, always. No clock, no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from audit_rules.case import Case
from audit_rules.catalogue import Catalogue, default_catalogue
from audit_rules.causes import Caused, by_cause, order
from audit_rules.concerns import Plan, Step
from audit_rules.knowledge.index_rows import with_comments
from audit_rules.lines import Lines
from audit_rules.profile import DEFAULT, ProfileRow
from audit_rules.releases import BY_SIGNATURE, released
from audit_rules.report import Finding, Gap, Hit, NotChecked, Release, Report, Severity, Standing, Text
from audit_rules.rule import OfCase, Rule
from audit_rules.rx1 import Prescription

CRASHED = Text("规则运行出错, 该项未审核", "the rule failed; this was not checked")
UNREADABLE = Text(
    "处方无法解析为审核对象, 全部规则未审核", "the prescription could not be understood; nothing was checked"
)
UNLINKED = NotChecked(
    rule="GAP000",
    lines=(),
    reason="identity_unlinked",
    holds=True,
    message=Text(
        "患者身份标识不一致或无法使用, 未能核对全部用药史",
        "the patient's identifiers disagree or cannot be used; the history may be incomplete or another person's",
    ),
)
MOST_KEPT = 10_000
STANDING: dict[tuple[str, int, int], tuple[Finding, Hit, ProfileRow | None]] = {}
BY_PHARMACISTS = (None, Release.PHARMACIST, Release.TWO_PHARMACISTS)
BY_SEVERITY = {Severity.CRITICAL: Release.TWO_PHARMACISTS, Severity.MAJOR: Release.PHARMACIST}


class Said(NamedTuple):
    """What rules said, before causes are one."""

    findings: list[Finding]
    caused: list[Caused]
    gaps: list[NotChecked]


def audit(
    case: Case | Prescription,
    history: Iterable[Prescription] = (),
    catalogue: Catalogue | None = None,
    profile: str = DEFAULT,
    *,
    releases: Sequence[Mapping[str, Any]] = (),
    history_status: str = "complete",
    rules: Iterable[Rule] | None = None,
) -> Report:
    """Audit one prescription. Never raises for anything a document or a rule does.

    `history` = earlier documents of the same patient (with a `Case`, its own). `releases` = recorded
    signatures and reasons, {"kind": "double_sign" | "cosign" | "reason", "rule", "signer", "reason"}.
    `history_status` = "complete" | "identity_unlinked", which holds. `rules` = only these (tests). `KeyError` for an
    unknown profile.
    """
    catalogue = case.catalogue if isinstance(case, Case) else catalogue or default_catalogue()
    document = case.document if isinstance(case, Case) else case
    rows = catalogue.profiles.of(
        profile, document.institution.kind, document.setting, document.issued_at.date()
    )
    try:
        case = case if isinstance(case, Case) else Case.of(document, history, catalogue)
        plan = catalogue.concerns.plan(case, rows, rules)
    except Exception:  # noqa: BLE001 - whatever is wrong, a pharmacist sees it
        gap = NotChecked(rule="GAP000", lines=(), reason="case_unreadable", holds=True, message=UNREADABLE)
        return _report(document, [], [gap], 0, history_status, catalogue)
    findings, gaps = _run(case, plan)
    if history_status != "complete":
        gaps = _merged([*gaps, UNLINKED])
    findings = [released(f, document, releases) if f.release in BY_SIGNATURE else f for f in findings]
    return _report(document, findings, gaps, len(case.linked), history_status, catalogue)


def _run(case: Case, plan: Plan) -> tuple[list[Finding], list[NotChecked]]:
    """What the lines alone say is found once for every case that has them; then what hangs on this one."""
    kept: Said | None = plan.said
    if kept is None:
        kept = plan.said = Said([], [], [])
        _ask(case.lines, plan.by_lines, kept)
    said = Said(kept.findings.copy(), kept.caused.copy(), kept.gaps.copy())
    _ask(case, plan.steps, said)
    if said.caused:
        said.findings.extend(by_cause(said.caused))
    return said.findings, _merged(said.gaps)


def _ask(case: Case | Lines, steps: Iterable[Step], answers: Said) -> None:
    asked: OfCase | None = None
    met: Any = True
    findings, caused, gaps = answers
    for when, rule, row in steps:
        try:
            if when is not asked:  # rules that stand together often ask the same
                met = when is None or when(case)  # type: ignore[arg-type]
                asked = when
            if not met:
                continue
            for said in rule.check(case):
                if not isinstance(said, Hit):
                    gaps.append(_not_checked(rule, said))
                    continue
                found = _standing(rule, said, row) if type(said) is Standing else _found(rule, said, row)
                if said.cause is None:
                    findings.append(found)
                else:
                    names = (said.cause,) if isinstance(said.cause, str) else said.cause
                    caused.append(Caused(found, names, said.part_of, said.specific))
        except Exception:  # noqa: BLE001 - a broken rule silences neither the others nor itself
            gaps.append(
                NotChecked(rule=rule.id, lines=(), reason="rule_crashed", holds=True, message=CRASHED)
            )


def _standing(rule: Rule, hit: Hit, row: ProfileRow | None) -> Finding:
    key = (rule.id, id(hit), id(row))
    kept = STANDING.get(key)
    if kept is None:
        if len(STANDING) >= MOST_KEPT:
            STANDING.clear()
        kept = STANDING[key] = (_found(rule, hit, row), hit, row)  # while they are kept, their ids are theirs
    return kept[0]


def _found(rule: Rule, hit: Hit, row: ProfileRow | None) -> Finding:
    if not (isinstance(hit.message, Text) and isinstance(hit.action, Text)):
        raise TypeError(f"{rule.id}: message and action are texts in two languages")
    severity = hit.severity or rule.severity
    if row is not None and row.severity is not None:
        severity = row.severity
    release = hit.release or rule.release
    if severity < Severity.MAJOR:
        release = None
    elif release in BY_PHARMACISTS:
        release = BY_SEVERITY[severity]
    lines, drugs, evidence = hit.lines, hit.drugs, hit.evidence
    return Finding(
        rule.id,
        rule.version,
        hit.category or rule.category,
        severity,
        release,
        tuple(sorted(set(lines))) if len(lines) > 1 else tuple(lines),
        tuple(dict.fromkeys(drugs)) if len(drugs) > 1 else tuple(drugs),
        tuple(hit.history),
        with_comments(hit.refs or rule.refs),
        hit.message,
        hit.action,
        {name: str(value) for name, value in evidence.items()} if evidence else {},
        tuple(dict.fromkeys((*rule.sources, *hit.sources))) if hit.sources else rule.sources,
    )


def _not_checked(rule: Rule, gap: Gap) -> NotChecked:
    lines = tuple(sorted(set(gap.lines)))
    return NotChecked(rule=rule.id, lines=lines, reason=gap.reason, holds=gap.holds, message=gap.message)


def _merged(gaps: list[NotChecked]) -> list[NotChecked]:
    """The same reason on the same lines is one gap; the one that holds speaks. A crash is each rule's own."""
    if len(gaps) < 2:
        return gaps
    found: dict[tuple[Any, ...], NotChecked] = {}
    for gap in gaps:
        key = (gap.lines, gap.reason, gap.rule if gap.reason == "rule_crashed" else "")
        if key not in found or (gap.holds and not found[key].holds):
            found[key] = gap
    return sorted(found.values(), key=lambda g: (not g.holds, g.rule, g.lines, g.reason))


def _report(
    document: Prescription,
    findings: list[Finding],
    gaps: list[NotChecked],
    linked: int,
    history_status: str,
    catalogue: Catalogue,
) -> Report:
    if len(findings) > 1:
        findings.sort(key=order)
    worst = findings[0].severity if findings else Severity.INFO
    held = worst is Severity.MAJOR or (bool(gaps) and gaps[0].holds)  # those that hold come first
    return Report(
        number=document.number,
        outcome="stopped" if worst is Severity.CRITICAL else "review" if held else "pass",
        findings=tuple(findings),
        not_checked=tuple(gaps),
        history={"linked": linked, "status": history_status},
        catalogue=catalogue.fingerprint,
    )
