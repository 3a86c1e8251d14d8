"""LEG004."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="LEG004",
    title=Text("医师为自己开具麻醉、精一药品", "prescribes a controlled drug for oneself"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-prescription-2007",),
    refs=("CN-LEG-005",),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of("narcotic", "psychotropic_1"),
)
def prescribes_for_oneself(case: Case) -> Iterator[Hit]:
    """A narcotic or class I psychotropic, and prescriber and patient are the same person by an identifier.

    Why it matters: the law forbids physicians to prescribe these drugs for themselves.
    What to do: another physician with the right examines and prescribes.
    """
    own = {word for word in (case.prescriber.id, case.prescriber.licence) if word}
    raw = case.document.patient
    same = [i for i in (raw.id, *(raw.other_ids or ())) if i.value in own]
    if not same:
        return
    for item in case.items:
        for key, control in case.catalogue.table("controls").of(item, case.issued_on):
            if control in ("narcotic", "psychotropic_1"):
                name = named(case, (key,))
                yield Hit(
                    lines=(item.line,),
                    drugs=(key,),
                    message=Text(
                        f"医师为自己开具{name.zh}",
                        f"the prescriber prescribes {name.en} for himself or herself",
                    ),
                    action=Text(
                        "由另一名有处方权的医师诊查后开具。",
                        "Another physician with the right examines and prescribes.",
                    ),
                    evidence={"identifier": same[0].system, "class": control, "article": "处方管理办法 §11"},
                )
