"""CTL004."""

from collections.abc import Iterator
from datetime import timedelta

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number

SPECIAL = frozenset({"narcotic", "psychotropic_1"})


@rule(
    id="CTL004",
    title=Text("长期使用麻醉、精一药品未随诊", "long use of narcotics without follow-up"),
    category="legality",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-prescription-2007", "cn-prescription-2007-supply"),
    refs=("CN-SPC-010",),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of(*SPECIAL),
    lines=lambda _, has_past: has_past,
    when=lambda case: bool(case.linked),
)
def narcotics_without_follow_up(case: Case) -> Iterator[Hit]:
    """A narcotic or class I psychotropic that the patient has had for more than three months, and no evaluation in these.

    The earlier prescriptions show the use; an evaluation is what they or this one record (`programme.long_term_evaluated`).

    Why it matters: every three months a physician sees the patient again: need, dose, misuse.
    What to do: see the patient, record it and go on; a pharmacist decides about this prescription.
    """
    limit = case.catalogue.table("law").on("narcotic_follow_up_days", case.issued_on)
    if limit is None or (case.programme is not None and case.programme.long_term_evaluated):
        return
    since = case.issued_on - timedelta(days=int(limit.value))
    recent = [other for other in case.linked if other.issued_at.date() >= since]
    if any(other.programme is not None and other.programme.long_term_evaluated for other in recent):
        return
    for item in case.items:
        for key, control in case.catalogue.table("controls").of(item, case.issued_on):
            past = [p for p in case.past if p.ingredient == key and p.source == "history"]
            lately = any(p.ends_on is None or p.ends_on >= since for p in past)
            before = [p for p in past if p.issued_on < since]
            if control not in SPECIAL or not before or not lately:
                continue
            first, name = min(p.issued_on for p in before), named(case, (key,))
            yield Hit(
                lines=(item.line,),
                drugs=(key,),
                message=Text(
                    f"{name.zh}自{first}起使用，{number(limit.value)}日内无随诊评估记录",
                    f"{name.en} since {first}; no evaluation recorded within {number(limit.value)} days",
                ),
                action=Text("安排复诊或随诊并记录评估。", "See the patient again and record the evaluation."),
                evidence={"since": first.isoformat(), "article": f"处方管理办法 {limit.article}"},
                history=tuple(p.ref for p in before[-1:]),
            )
