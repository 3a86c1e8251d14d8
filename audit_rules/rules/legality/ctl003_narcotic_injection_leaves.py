"""CTL003."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.knowledge.law_rows import sent_out, supply_form
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="CTL003",
    title=Text("麻醉药品注射剂院外使用", "narcotic injection used outside"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007-supply",),
    refs=("CN-SPC-013",),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of("narcotic"),
)
def narcotic_injection_leaves(case: Case) -> Iterator[Hit]:
    """A narcotic injection that leaves the institution for a patient who is not on the cancer-pain file.

    Why it matters: outside, only registered patients with cancer pain or lasting severe pain may have it.
    What to do: give it here, or open the file with consent and proof of diagnosis first.
    """
    if not sent_out(case.document) and case.setting not in ("home", "internet"):
        return
    if case.programme is not None and case.programme.cancer_pain_file:
        return
    for item in case.items:
        for key, control in case.catalogue.table("controls").of(item, case.issued_on):
            if control == "narcotic" and supply_form(item) == "injection":
                name = named(case, (key,))
                yield Hit(
                    lines=(item.line,),
                    drugs=(key,),
                    message=Text(
                        f"{name.zh}注射剂将在机构外使用，患者无癌痛档案",
                        f"{name.en} injection leaves the institution; the patient is not on the pain file",
                    ),
                    action=Text(
                        "改在本机构内使用，或先建立癌痛、慢性疼痛档案。",
                        "Give it here, or open the pain file first.",
                    ),
                    evidence={"setting": case.setting, "pain file": "no", "article": "处方管理办法 §22"},
                    cause=f"controlled-supply:{item.line}",
                )
