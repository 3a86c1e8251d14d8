"""Turns facts of the patient tables into hits: the wording and the evidence that their rules share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit_rules.knowledge.patient_rows import Match
from audit_rules.report import Hit, Severity, Text
from audit_rules.wording import named

if TYPE_CHECKING:
    from audit_rules.case import Case


def said(drug: Text, effect_zh: str, effect_en: str) -> Text:
    """A drug and what is wrong with it, as one short line."""
    return Text(f"{drug.zh}：{effect_zh}", f"{drug.en[:1].upper()}{drug.en[1:]}: {effect_en}")


def hits(case: "Case", table: str, at_most: Severity | None = None) -> Iterator[Hit]:
    """One hit for each drug and true fact of a table; an ingredient's hits share one cause, so the worst speaks."""
    for match in case.catalogue.table(table).matching(case, unknown=False):
        yield hit(case, match, table, at_most)


def hit(case: "Case", match: Match, table: str, at_most: Severity | None = None) -> Hit:
    """The hit of one fact. `at_most` caps its severity where a condition is only half known."""
    fact, use = match.fact, match.use
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=said(named(case, (use.ingredient,)), fact.effect_zh, fact.effect_en),
        action=Text(fact.action_zh, fact.action_en),
        evidence=fact.when.evidence(case, match.doses),
        severity=fact.severity if at_most is None else min(fact.severity, at_most),
        sources=(fact.source,),
        cause=f"{table}:{use.ingredient}",
    )
