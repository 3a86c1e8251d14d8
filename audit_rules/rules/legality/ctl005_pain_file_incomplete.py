"""CTL005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

SPECIAL = frozenset({"narcotic", "psychotropic_1"})


@rule(
    id="CTL005",
    title=Text("麻醉药品专用病历缺知情同意", "pain file without consent"),
    category="legality",
    severity=Severity.MODERATE,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007",),
    refs=("CN-SPC-011",),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of(*SPECIAL),
    head=lambda head: head.pain_file,
)
def pain_file_incomplete(case: Case) -> Iterator[Hit]:
    """A narcotic or class I psychotropic under a pain file, and the document does not say that the consent is signed.

    The file itself (proof of diagnosis from a hospital of level two or above, copies of the papers) lies at the
    institution; only the consent is told to the centre, so that this is shown and holds nothing by default.

    Why it matters: the longer supply of the file rests on the signed consent and the proof of diagnosis.
    What to do: complete the file; send the consent with the next prescription.
    """
    programme = case.programme
    if programme is None or not programme.cancer_pain_file or programme.consent:
        return
    table = case.catalogue.table("controls")
    found = [(i.line, key) for i in case.items for key, c in table.of(i, case.issued_on) if c in SPECIAL]
    if found:
        name = named(case, (key for _, key in found))
        yield Hit(
            lines=tuple(line for line, _ in found),
            drugs=tuple(key for _, key in found),
            message=Text(
                f"{name.zh}: 疼痛档案未见知情同意书", f"{name.en}: no signed consent in the pain file"
            ),
            action=Text("补签知情同意书并完善专用病历。", "Have the consent signed and complete the file."),
            evidence={
                "consent": "no" if programme.consent is False else "not sent",
                "article": "处方管理办法 §21",
            },
        )
