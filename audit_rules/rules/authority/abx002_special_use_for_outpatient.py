"""ABX002."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

PLACES = {
    "outpatient": Text("门诊", "outpatient"),
    "internet": Text("互联网", "internet"),
    "home": Text("居家", "home"),
}


@rule(
    id="ABX002",
    title=Text("门诊使用特殊使用级抗菌药物", "special-use antimicrobial for an outpatient"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-antimicrobial-2012",),
    refs=("CN-ABX-001",),
    ingredients=lambda catalogue: frozenset(
        k for k, r in catalogue.ingredients.items() if r.antimicrobial == "special"
    ),
    lines_only=True,
)
def special_use_for_outpatient(case: Lines) -> Iterator[Hit]:
    """A special-use (特殊使用级) systemic antimicrobial on an outpatient, home or internet prescription.

    Why it matters: reserve antibiotics need a specialist's consultation on the ward; as outpatient drugs they are lost
    to resistance.
    What to do: choose an unrestricted or restricted drug, or admit the patient and ask the consultants.
    """
    place = PLACES.get(case.setting)
    if place is None:
        return
    for item in case.items:
        for key in item.ingredients:
            if case.ingredient(key).antimicrobial == "special" and item.systemic is not False:
                name = named(case, (key,))
                yield Hit(
                    lines=(item.line,),
                    drugs=(key,),
                    message=Text(
                        f"{name.zh}为特殊使用级抗菌药物，不得在{place.zh}使用",
                        f"{name.en} is a special-use antimicrobial; not for {place.en} prescriptions",
                    ),
                    action=Text(
                        "改用非限制或限制使用级品种；确需使用者收住院并会诊。",
                        "Choose an unrestricted or restricted drug; if it is truly needed, admit and consult.",
                    ),
                    evidence={
                        "grade": "special",
                        "setting": case.setting,
                        "article": "抗菌药物临床应用管理办法 §27",
                    },
                )
