"""NET007."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.names import plain
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

# numbers of an account or a visit say nothing about who it is
NO_IDENTITY = frozenset(
    {
        "anonymous",
        "guest",
        "mobile",
        "mrn",
        "nickname",
        "openid",
        "outpatient",
        "phone",
        "temporary",
        "visit",
        "wechat",
    }
)


@rule(
    id="NET007",
    title=Text("互联网处方或配送未实名", "internet care or delivery without real name"),
    category="internet",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-online-sale-2022", "cn-internet-supervision-2022"),
    refs=("CN-INT-010",),
    when=lambda case: _over_the_net(case) and not _identified(case),
)
def patient_not_identified(case: Case) -> Iterator[Hit]:
    """An internet prescription, or one to be delivered, without the patient's name or without an identifier of a person.

    A health card, an insurance or resident number identifies; a telephone, an account or a visit number does not.

    Why it matters: online care and sale are for patients known by their real name; who collects for strangers, sells on.
    What to do: send name and card number with the next revision.
    """
    if not _over_the_net(case) or _identified(case):
        return
    patient = case.document.patient
    named = bool((patient.name or "").strip())
    yield Hit(
        lines=(),
        drugs=(),
        message=Text(
            "患者未实名: " + ("仅有" + patient.id.system + "编号" if named else "缺姓名"),
            "the patient is not identified: "
            + (f"only a {patient.id.system} number" if named else "no name"),
        ),
        action=Text("补充患者实名信息后重新提交。", "Send name and identity and resubmit."),
        evidence={"identifier": patient.id.system, "article": "药品网络销售监督管理办法 §9"},
    )


def _over_the_net(case: Case) -> bool:
    routing = case.document.routing
    return case.setting == "internet" or (routing is not None and routing.delivery == "delivery")


def _identified(case: Case) -> bool:
    patient = case.document.patient
    systems = [i.system for i in (patient.id, *(patient.other_ids or ()))]
    return bool((patient.name or "").strip()) and any(plain(s) not in NO_IDENTITY for s in systems)
