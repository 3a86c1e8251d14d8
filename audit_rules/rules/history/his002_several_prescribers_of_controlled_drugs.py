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


@rule(
    id="HIS002",
    title=Text("多机构获取管制药品", "Controlled drugs from several institutions"),
    category="history",
    severity=Severity.MAJOR,
    sources=("cn-controlled-2005", "cn-review-2018"),
    refs=("CN-APP-021",),
    ingredients=lambda catalogue: frozenset(k for k, row in catalogue.ingredients.items() if row.control),
)
def several_prescribers_of_controlled_drugs(case: Case) -> Iterator[Hit | Gap]:
    """A controlled drug is ordered while other institutions gave one of its group in the last 30 days.

    Two other institutions for any controlled drug, one for narcotics and psychotropics I. A patient with a cancer pain file
    at this institution still shows up: the file does not say what other institutions gave.

    Why it matters: opioids, sedatives and stimulants gathered from several places end in overdose or on the street.
    What to do: call the other institutions or the patient; agree on one prescriber.
    """
    controlled = [use for use in case.uses if case.ingredient(use.ingredient).control]
    for group in GROUPS if controlled else ():
        members = case.members(group)
        uses = [use for use in controlled if use.ingredient in members]
        found = _elsewhere(case, members) if uses else []
        strict = any(case.ingredient(use.ingredient).control in STRICT for use in uses)
        places = sorted({past.institution or "" for past in found})
        if len(places) < (1 if strict else 2):
            continue
        keys = tuple(dict.fromkeys(use.ingredient for use in uses))
        names, where = named(case, keys), ", ".join(places)
        yield Hit(
            lines=tuple(use.line for use in uses),
            drugs=keys,
            message=Text(
                f"{names.zh}：30天内{where}已开同组管制药品",
                f"{names.en}: within 30 days {where} gave drugs of this group",
            ),
            action=Text(
                "联系相关机构或患者核实，约定由一处开具",
                "Check with them or the patient; agree on one prescriber",
            ),
            evidence={
                f"{p.institution} {p.number}": f"{p.ingredient} {p.issued_on.isoformat()}" for p in found
            },
            history=tuple(past.ref for past in found),
        )


def _elsewhere(case: Case, members: frozenset[str]) -> list[Past]:
    since, here = case.issued_on - LOOK_BACK, case.institution.code
    return [
        past
        for past in case.past
        if past.ingredient in members
        and case.ingredient(past.ingredient).control
        and past.source == "history"
        and past.institution != here
        and past.issued_on >= since
    ]
