"""Turns facts of the patient tables into hits: the wording and the evidence that their rules share."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from audit_rules.causes import dose_cause, pair_cause
from audit_rules.knowledge.patient_rows import Match
from audit_rules.report import Hit, Severity, Text
from audit_rules.rule import OfCase
from audit_rules.wording import named

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.items import Use

# Cause, laboratory values and coded diseases of one trouble: what one rule calls disease another calls dose or lab.
ORGANS = (
    ("hepatic", frozenset({"alt", "ast", "bilirubin"}), ("B15", "B16", "B17", "B18", "K70", "K71", "K72", "K74", "K75", "I85")),
    ("renal", frozenset({"egfr", "crcl", "creatinine"}), ("N17", "N18", "N19", "Z992", "Z491")),
    ("potassium", frozenset({"potassium"}), ("E875", "E876")),
    ("sodium", frozenset({"sodium"}), ("E870", "E871")),
    ("platelets", frozenset({"platelets"}), ("D693", "D694", "D695", "D696")),
    ("neutrophils", frozenset({"neutrophils"}), ("D70",)),
    ("qtc", frozenset({"qtc"}), ("I458",)),
)  # fmt: skip
DRUG = frozenset({"age_years", "daily_mg", "course_days", "with"})  # says nothing of what is harmed
ONLY_DOSE = frozenset({"age_years", "daily_mg"})
AGES = "ages"
LABS = "labs"
DISEASES = "diseases"


def said(drug: Text, effect_zh: str, effect_en: str) -> Text:
    """A drug and what is wrong with it, as one short line."""
    return Text(f"{drug.zh}：{effect_zh}", f"{drug.en[:1].upper()}{drug.en[1:]}: {effect_en}")


def true_of(table: str) -> OfCase:
    """The `when` of a rule that says what `hits` finds: whether that is anything."""
    return lambda case: table in case.facts


def hits(case: "Case", table: str, at_most: Severity | None = None) -> Iterator[Hit]:
    """One hit for each drug and true fact of a table, with the cause that it shares with others (see `_cause`)."""
    for match in case.facts.get(table, ()):
        yield hit(case, match, table, at_most)


def hit(case: "Case", match: Match, table: str, at_most: Severity | None = None) -> Hit:
    """The hit of one fact. `at_most` caps its severity where a condition is only half known."""
    fact, use = match.fact, match.use
    evidence = fact.when.evidence(case, match.doses)
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=said(named(case, (use.ingredient,)), fact.effect_zh, fact.effect_en),
        action=Text(fact.action_zh, fact.action_en),
        evidence=evidence,
        severity=fact.severity if at_most is None else min(fact.severity, at_most),
        sources=(fact.source,),
        cause=_cause(table, use, evidence),
        part_of=_part_of(table, use, evidence),
        specific=table == LABS,
    )


def _cause(table: str, use: "Use", evidence: Mapping[str, str]) -> str | tuple[str, ...]:
    """What is behind a fact. Of one organ: that organ, as its rules say. A disease or a laboratory value: itself, so
    that an ulcer does not hide a heart failure. Else all facts of a table about one ingredient are one.
    """
    key = use.ingredient
    if organ := _organ(evidence):
        return f"{organ}:{key}"
    if table == DISEASES and "icd10" in evidence:
        return tuple(f"{table}:{key}:{code}" for code in evidence["icd10"].split(", "))
    if table == LABS:
        return tuple(f"{table}:{key}:{name}" for name in sorted(evidence.keys() - DRUG)) or f"{table}:{key}"
    return f"{table}:{key}"


def _part_of(table: str, use: "Use", evidence: Mapping[str, str]) -> tuple[str, ...]:
    """Where only the dose makes it true: the overdose. Where another drug does, at this age: the pair."""
    if "daily_mg" in evidence and evidence.keys() <= ONLY_DOSE:
        return (dose_cause(use.line, use.ingredient),)
    if table == AGES and "with" in evidence:
        return tuple(pair_cause(use.ingredient, other) for other in evidence["with"].split(", "))
    return ()


def _organ(evidence: Mapping[str, str]) -> str | None:
    """The organ that all of the evidence is about, as the rules of that organ name their causes; else None."""
    codes = evidence.get("icd10", "").split(", ") if "icd10" in evidence else []
    for organ, labs, diseases in ORGANS:
        about = (codes or labs & evidence.keys()) and evidence.keys() <= labs | {"icd10"} | DRUG
        if about and all(code.startswith(diseases) for code in codes):
            return organ
    return None
