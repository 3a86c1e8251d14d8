"""HRB011."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="HRB011",
    title=Text("已取消或限制使用的饮片", "a piece that is no medicine any more, or only with care"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-aristolochic-2004",),
    refs=("CN-APP-005",),
    ingredients=lambda catalogue: frozenset(catalogue.table("abolished_pieces")),
)
def piece_no_longer_a_medicine(case: Case) -> Iterator[Hit]:
    """A piece whose medical standard was abolished, or that may be given only with care and for a short time.

    Why it matters: aristolochic acids destroy the kidney and cause cancer of the urinary tract, slowly and for good.
    What to do: take the lawful substitute (川木通 for 关木通, 防己 for 广防己, 木香 or 土木香 for 青木香).
    """
    rows = case.catalogue.table("abolished_pieces")
    for item in case.items:
        for key in item.ingredients:
            row = rows.get(key)
            if row is None or case.issued_on < row.from_:
                continue
            name = named(case, (key,))
            yield Hit(
                lines=(item.line,),
                drugs=(key,),
                message=Text(f"{name.zh}: {row.zh}", f"{name.en}: {row.en}"),
                action=Text(row.action_zh, row.action_en),
                evidence={"since": row.from_.isoformat()},
                severity=row.severity,
                release=None if row.severity is Severity.CRITICAL else Release.PHARMACIST,
                sources=(row.source,),
            )
