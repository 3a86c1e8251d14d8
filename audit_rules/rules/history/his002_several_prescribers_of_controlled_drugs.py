from collections.abc import Iterator
from datetime import timedelta

from audit_rules.case import Case
from audit_rules.past import Past
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

GROUPS = ("class:opioid", "class:sedative_hypnotic", "class:barbiturate", "class:amphetamine_like")
LOOK_BACK = timedelta(days=30)
STRICT = frozenset({"narcotic", "psychotropic_1"})
OTHER_PLACES = 2  # for class II psychotropics; one is enough for narcotics and class I
OTHER_PEOPLE = 3  # prescribers besides this one, at whichever institution; two for narcotics and class I


@rule(
    id="HIS002",
    title=Text("多机构、多医师获取管制药品", "Controlled drugs from several institutions or prescribers"),
    category="history",
    severity=Severity.MAJOR,
    sources=("cn-controlled-2005", "cn-review-2018"),
    refs=("CN-APP-021",),
    version=2,
    ingredients=lambda catalogue: frozenset(k for k, row in catalogue.ingredients.items() if row.control),
    lines=lambda _, has_past: has_past,
    when=lambda case: bool(case.linked),
)
def several_prescribers_of_controlled_drugs(case: Case) -> Iterator[Hit | Gap]:
    """A controlled drug is ordered while others gave one of its group in the last 30 days.

    Two other institutions or three other prescribers for any controlled drug; one institution or two prescribers for
    narcotics and psychotropics I. A patient with a cancer pain file at this institution still shows up: the file does not
    say what other institutions gave.

    Why it matters: opioids, sedatives and stimulants gathered from several hands end in overdose or on the street.
    What to do: call the other institutions or the patient; agree on one prescriber.
    """
    controlled = [use for use in case.uses if case.ingredient(use.ingredient).control]
    for group in GROUPS if controlled else ():
        members = case.members(group)
        uses = [use for use in controlled if use.ingredient in members]
        found = _by_others(case, members) if uses else []
        strict = any(case.ingredient(use.ingredient).control in STRICT for use in uses)
        places = {past.institution or "" for past, _ in found} - {case.institution.code}
        people = {who for _, who in found}
        if len(places) < OTHER_PLACES - strict and len(people) < OTHER_PEOPLE - strict:
            continue
        keys = tuple(dict.fromkeys(use.ingredient for use in uses))
        names, where = named(case, keys), ", ".join(sorted({past.institution or "" for past, _ in found}))
        yield Hit(
            lines=tuple(use.line for use in uses),
            drugs=keys,
            message=Text(
                f"{names.zh}：30天内{where}的{len(people)}名医师已开同组管制药品",
                f"{names.en}: within 30 days {len(people)} prescribers of {where} gave drugs of this group",
            ),
            action=Text(
                "联系相关机构或患者核实，约定由一处开具",
                "Check with them or the patient; agree on one prescriber",
            ),
            evidence={
                f"{p.institution} {p.number}": f"{p.ingredient} {p.issued_on.isoformat()}" for p, _ in found
            },
            history=tuple(past.ref for past, _ in found),
        )


def _by_others(case: Case, members: frozenset[str]) -> list[tuple[Past, tuple[str, str]]]:
    """What other prescribers gave, with who they are; an id counts within its institution."""
    since, here = case.issued_on - LOOK_BACK, (case.institution.code, case.prescriber.id)
    wrote = {(other.institution.code, other.number): other.prescriber.id for other in case.linked}
    found = []
    for past in case.past:
        place = past.institution or ""
        who = (place, wrote.get((place, past.number or ""), ""))
        if (
            past.ingredient in members
            and case.ingredient(past.ingredient).control
            and past.source == "history"
            and who != here
            and past.issued_on >= since
        ):
            found.append((past, who))
    return found
