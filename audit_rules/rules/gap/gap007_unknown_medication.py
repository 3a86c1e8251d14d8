"""A medicine the patient already takes that the tables do not know."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="GAP007",
    title=Text("正在使用的药品未识别", "A current medication is not known"),
    category="history",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
    lines=lambda _, has_past: has_past,
    when=lambda case: bool(case.unread),
)
def unknown_medication(case: Case) -> Iterator[Hit | Gap]:
    """A current medication whose name stands in no table, so that nothing was compared with it.

    An unknown drug of an earlier prescription still in supply is named too, but holds nothing: it was held then.

    Why it matters: what the patient already takes may interact with what is prescribed now.
    What to do: a pharmacist asks what it is; the name can be mapped to its ingredients.
    """
    taken = [unread.item.name for unread in case.unread if unread.number is None]
    supplied = [
        f"{unread.item.name} ({unread.number})" for unread in case.unread if unread.number is not None
    ]
    if taken:
        yield Gap(lines=(), reason="unknown_medication", message=_text(taken), holds=True)
    if supplied:
        yield Gap(lines=(), reason="unknown_in_history", message=_text(supplied), holds=False)


def _text(names: list[str]) -> Text:
    listed = list(dict.fromkeys(names))
    return Text(
        f"正在使用的“{'、'.join(listed)}”未识别, 未与本处方比对",
        f"“{', '.join(listed)}”, taken at present, is not known; it was compared with nothing",
    )
