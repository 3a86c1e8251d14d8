from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.knowledge.interaction_rows import DuplicateClass
from audit_rules.knowledge.patient_rows import reaches
from audit_rules.lines import Lines
from audit_rules.memo import per_lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.taken import Taken, current, others, past_text, several
from audit_rules.wording import named

TABLE = "duplicates"
PATENT = ("CN-APP-022", "CN-APP-018", "CN-APP-006")
WAYS = {"oral", "parenteral"}
CHANGEOVER = 7  # days of an earlier supply that may be left when a drug is changed for another of its class


@rule(
    id="DUP002",
    title=Text("重复用药：同类药物", "Two drugs of one class"),
    category="duplicate",
    severity=Severity.MAJOR,
    refs=("CN-APP-018", "CN-APP-006"),
    ingredients=lambda catalogue: frozenset(catalogue.table(TABLE)),
    lines=lambda lines, has_past: has_past or _some_shared(lines),
    when=several,
)
def same_class(case: Case) -> Iterator[Hit | Gap]:
    """Two drugs of a class of which one is enough: on this prescription, or one of them still in supply from before.

    Intended pairs (dual antiplatelet therapy, basal with mealtime insulin, nitroglycerin beside a long nitrate, background
    with breakthrough opioids) are left out by rows. A change of drug within one institution is milder, and so is
    an injection beside tablets where the row says that this is a usual step down.

    Why it matters: the second NSAID, sedative or anticoagulant adds harm and no effect.
    What to do: keep one; when one replaces the other, say that the first is stopped.
    """
    for rows, members in _by_class(case) if _shared_with_past(case) else ():
        doubled = _without_intended(case, members)
        if any(taken.line is not None for taken in doubled):
            yield _hit(case, rows, doubled)


@per_lines
def _classes(lines: Lines) -> tuple[str, ...]:
    """The classes of today's drugs, once for each drug."""
    table = lines.catalogue.table(TABLE)
    return tuple(row.class_ for key in lines.ingredients for row in table.get(key, ()))


def _some_shared(lines: Lines) -> bool:
    return _shared(lines)


@per_lines
def _shared(lines: Lines) -> bool:
    """Whether some class of today's drugs stands there twice, whatever the routes."""
    classes = _classes(lines)
    return len(set(classes)) < len(classes)


def _shared_with_past(case: Case) -> bool:
    """The same, or whether an earlier drug is of a class of today's."""
    if _shared(case) or not case.has_past:
        return _shared(case)
    table, seen = case.catalogue.table(TABLE), frozenset(_classes(case))
    earlier = {past.ingredient for past in case.past}.difference(case.lines.ingredients) if seen else ()
    return any(row.class_ in seen for key in earlier for row in table.get(key, ()))


def _by_class(case: Case) -> Iterator[tuple[DuplicateClass, list[Taken]]]:
    table = case.catalogue.table(TABLE)
    found: dict[str, tuple[DuplicateClass, dict[str, Taken]]] = {}
    for taken in current(case):
        for row in table.get(taken.ingredient, ()):
            if reaches(taken.item, row.routes):
                found.setdefault(row.class_, (row, {}))[1].setdefault(taken.ingredient, taken)
    for taken in others(case) if found else ():
        for row in table.get(taken.ingredient, ()):
            if row.class_ in found and reaches(taken.item, row.routes) and _still_counts(case, taken):
                found[row.class_][1].setdefault(taken.ingredient, taken)
    for row, members in found.values():
        if len(members) > 1:
            yield row, list(members.values())


def _still_counts(case: Case, taken: Taken) -> bool:
    past = taken.past
    if past is None or not past.open_on(case.issued_on):
        return False
    return past.ends_on is None or (past.ends_on - case.issued_on).days > CHANGEOVER


def _without_intended(case: Case, members: list[Taken]) -> list[Taken]:
    """Those that have a partner in the class which is neither intended nor in the same line, nor earlier as well."""
    intended = case.catalogue.table("duplicate_pairs")

    def clashes(one: Taken, other: Taken) -> bool:
        if one is other or one.line == other.line:
            return False  # one product; or two earlier supplies, which were not ordered today
        row = intended.get((min(one.ingredient, other.ingredient), max(one.ingredient, other.ingredient)))
        return row is None or not row.when.holds(case)

    return [one for one in members if any(clashes(one, other) for other in members)]


def _hit(case: Case, row: DuplicateClass, members: list[Taken]) -> Hit:
    keys = tuple(sorted(taken.ingredient for taken in members))
    names, known = named(case, keys), past_text(case, members)
    label = case.catalogue.table("class_names")[row.class_]
    return Hit(
        lines=tuple(taken.line for taken in members if taken.line is not None),
        drugs=keys,
        message=Text(
            f"{names.zh}同为{label.zh}{known.zh}", f"{names.en} are of one class: {label.en}{known.en}"
        ),
        action=Text(row.action_zh, row.action_en),
        evidence={"class": row.class_} | {k: v for taken in members for k, v in taken.evidence.items()},
        severity=_severity(case, row, members),
        refs=_refs(case, members),
        sources=(row.source,),
        history=tuple(taken.ref for taken in members if taken.ref is not None),
        cause="class:" + "+".join(keys),
    )


def _severity(case: Case, row: DuplicateClass, members: list[Taken]) -> Severity:
    """What stands on one prescription, comes from elsewhere or is said to be taken is doubled; what this institution
    supplied before may be what is changed today.
    """
    today = [taken for taken in members if taken.line is not None]
    past = [taken.past for taken in members if taken.past is not None]
    if len(today) < 2:
        if any(p.source == "history" and p.institution != case.institution.code for p in past):
            return row.severity
        taken_now = any(p.source == "current_medication" for p in past)
        return min(row.severity, Severity.MAJOR) if taken_now else row.history_severity
    ways = [taken.item.route_group for taken in members]
    return row.switch_severity if len(set(ways)) == len(ways) and set(ways) <= WAYS else row.severity


def _refs(case: Case, members: list[Taken]) -> tuple[str, ...]:
    if _in_patent_medicine(case, members):
        return PATENT
    anti_infective = all(case.ingredient(taken.ingredient).antimicrobial for taken in members)
    return ("CN-ABX-008", "CN-APP-018", "CN-APP-006") if anti_infective else ()


def _in_patent_medicine(case: Case, members: list[Taken]) -> bool:
    return any(case.ingredient(key).kind == "patent" for taken in members for key in taken.item.ingredients)
