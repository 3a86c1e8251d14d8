"""LEG001."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="LEG001",
    title=Text("医师未注册或无处方权", "prescriber not registered"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-prescription-2007", "cn-review-2018"),
    refs=("CN-LEG-001",),
    head=lambda head: not head.registered,
)
def prescriber_not_registered(case: Case) -> Iterator[Hit | Gap]:
    """The prescriber is not registered at this institution, or the registration has lapsed.

    Why it matters: only a physician registered at the place of practice may prescribe there; anything else is not a
    prescription.
    What to do: a physician with the right to prescribe writes it anew.
    """
    registered = case.prescriber.registered
    lines = tuple(item.line for item in case.items)
    if registered is None:
        yield Gap(
            lines=(),
            reason="registration_unknown",
            message=Text(
                "未传医师注册状态, 未核对处方权",
                "registration of the prescriber was not sent and not checked",
            ),
            holds=False,
        )
    elif not registered:
        yield Hit(
            lines=lines,
            drugs=(),
            message=Text(
                "开方医师在本机构未注册或注册已失效，处方无效",
                "the prescriber is not registered at this institution: the prescription has no effect",
            ),
            action=Text(
                "由有处方权的医师重新开具。", "A physician with the right to prescribe writes it anew."
            ),
            evidence={
                "prescriber": case.prescriber.id,
                "registered": "false",
                "article": "处方管理办法 §8, §10, §47",
            },
        )
