"""A cytotoxic dose above what the body surface allows."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.children import Body, over_body, per_body, surface
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import DoseLimit
from audit_rules.limits import Over, facts, graded, rows_for, told
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.together import at_once
from audit_rules.wording import named


@rule(
    id="DOS005",
    title=Text("按体表面积剂量超过上限", "Dose above the maximum for the body surface"),
    category="dose",
    severity=Severity.CRITICAL,
    sources=("cn-audit-dose", "cn-high-alert"),
    refs=("CN-APP-004", "CN-NRM-014"),
    ingredients=lambda catalogue: frozenset(
        key for key, rows in catalogue.table("doses").items() if any(row.basis == "m2" for row in rows)
    ),
)
def dose_over_maximum_for_surface(case: Case) -> Iterator[Hit | Gap]:
    """A dose of a cytotoxic drug above the label's greatest dose per square metre, or above its cap.

    Without height or weight the dose is compared with that of a very large patient, and that is said.

    Why it matters: a slip in chemotherapy has no antidote; 2 mg is the most vincristine anybody gets at once.
    What to do: work the dose out again from height, weight and protocol; two people check it.
    """
    body = surface(case)
    for use in at_once(case):
        rows = [row for row in rows_for(case, use, "adult") if row.basis == "m2"]
        found = over_body(use, rows, body) if rows else None
        if found:
            yield _hit(case, use, body, *found)
        if rows and not body.known and use.single is not None:
            yield _unmeasured(case, use, rows)


def _hit(case: Case, use: Use, body: Body, found: Over, which: str) -> Hit:
    severity, release = graded(case, use.ingredient, found)
    drug, limit = named(case, (use.ingredient,)), told(found.given._replace(value=found.limit))
    dose = f"{told(found.given)} ({per_body(found.given, body, 'm2')})"
    return Hit(
        lines=use.lines,
        drugs=(use.ingredient,),
        message=Text(f"{drug.zh}{dose}，超过上限{limit}", f"{drug.en}: {dose}; the maximum is {limit}"),
        action=Text("按身高体重和方案重算，双人核对", "work it out again by protocol; two people check it"),
        evidence=facts(found, which) | {"surface": body.text},
        severity=severity,
        release=release,
        sources=(found.row.source,),
        cause=dose_causes(use),
    )


def _unmeasured(case: Case, use: Use, rows: list[DoseLimit]) -> Gap:
    drug = named(case, (use.ingredient,))
    return Gap(
        lines=use.lines,
        reason="surface_missing",
        message=Text(
            f"缺身高或体重，{drug.zh}的体表面积剂量未能准确核对",
            f"height or weight is missing: the dose of {drug.en} per square metre was not checked",
        ),
        holds=any(row.serious for row in rows),
    )
