"""Which rules could say something about a case. The others are not run, and the report is the same without them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from audit_rules.profile import ProfileRow
from audit_rules.rule import OfCase, Rule

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue
    from audit_rules.items import Reading

Asked = tuple[int, frozenset[str] | None, Rule]
Rows = Mapping[str, ProfileRow]
MOST_KEPT = 8192
MOST_PLANS = 64  # for the same lines: heads are few, and whoever makes up new ones fills no memory


class Step(NamedTuple):
    """A rule to run where `when` is true, and how the profile sets it."""

    when: OfCase | None
    rule: Rule
    row: ProfileRow | None


class Plan:
    """What to run. `by_lines` looks at the lines only; `said` = what that found, kept by the engine."""

    __slots__ = ("by_lines", "rows", "said", "steps")

    def __init__(self, steps: Iterable[Step], rows: Rows) -> None:
        every = tuple(steps)
        self.by_lines = tuple([step for step in every if step.rule.lines_only])
        self.steps = tuple([step for step in every if not step.rule.lines_only])
        self.rows = rows  # they stay, so does their id
        self.said: Any = None


class Concerns:
    """An index of rules. A set of rules is an integer with one bit for each, so that sets of lines add up fast."""

    def __init__(self, rules: Sequence[Rule], catalogue: "Catalogue") -> None:
        self._catalogue = catalogue
        self._rules = tuple((1 << place, rule) for place, rule in enumerate(rules) if not rule.retired)
        self._bits = {id(rule): bit for bit, rule in self._rules}
        self._always = 0
        self._repeats = 0
        self._by_ingredient: dict[str, int] = {}
        self._by_line: list[Asked] = []
        for bit, rule in self._rules:
            self._place(bit, rule)
        self._chosen = lru_cache(maxsize=MOST_KEPT)(self._choose)

    def _place(self, bit: int, rule: Rule) -> None:
        keys = None if rule.ingredients is None else rule.ingredients(self._catalogue)
        self._repeats |= bit if rule.repeats else 0
        if rule.line is not None:
            self._by_line.append((bit, keys, rule))
        elif keys is not None:
            for key in keys:
                self._by_ingredient[key] = self._by_ingredient.get(key, 0) | bit
        elif not rule.repeats:
            self._always |= bit

    def of_line(self, reading: "Reading") -> int:
        """The rules that a line calls for by itself."""
        found, keys = 0, reading.item.ingredients
        for key in keys:
            found |= self._by_ingredient.get(key, 0)
        for bit, wanted, rule in self._by_line:
            if (wanted is None or not wanted.isdisjoint(keys)) and self._meets(rule, reading):
                found |= bit
        return found

    def _meets(self, rule: Rule, reading: "Reading") -> bool:
        try:
            return rule.line is None or rule.line(reading, self._catalogue)
        except Exception:  # noqa: BLE001 - then the rule runs, and what is wrong shows there
            return True

    def of_case(self, case: "Case", among: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
        """The rules that could speak about a case, by id; `among` = only these, those of another catalogue always."""
        asked = self._chosen(self._wanted(case), case.kind, case.setting)
        chosen = tuple(rule for rule in asked if self._could(rule, case))
        if among is None:
            return chosen
        ids = {rule.id for rule in chosen}
        return tuple(rule for rule in among if id(rule) not in self._bits or rule.id in ids)

    def _could(self, rule: Rule, case: "Case") -> bool:
        try:
            of_lines = rule.lines is None or rule.lines(case.lines, case.has_past)
            return bool(of_lines and (rule.head is None or rule.head(case.head)))
        except Exception:  # noqa: BLE001 - then the rule runs, and what is wrong shows there
            return True

    def plan(self, case: "Case", rows: Rows, among: Iterable[Rule] | None = None) -> Plan:
        """`of_case` with the rows of the profile in force, without what it switches off. One for equal lines and heads."""
        if among is not None:
            return Plan(_steps(self.of_case(case, among), rows), rows)
        key = (id(rows), case.has_past, case.repeats, case.head)
        kept: Plan | None = case.lines.plans.get(key)
        if kept is None:
            if len(case.lines.plans) >= MOST_PLANS:
                case.lines.plans.clear()
            kept = case.lines.plans[key] = Plan(_steps(self.of_case(case), rows), rows)
        return kept

    def _wanted(self, case: "Case") -> int:
        wanted = self._always
        for reading in case.read:
            wanted |= reading.concerns
        return wanted | self._repeats if case.repeats else wanted

    def _choose(self, wanted: int, kind: str, setting: str) -> tuple[Rule, ...]:
        return tuple(
            rule
            for bit, rule in self._rules
            if bit & wanted
            and (rule.kinds is None or kind in rule.kinds)
            and (rule.settings is None or setting in rule.settings)
        )


def _steps(rules: Iterable[Rule], rows: Rows) -> tuple[Step, ...]:
    return tuple(
        Step(rule.when, rule, rows.get(rule.id))
        for rule in rules
        if (row := rows.get(rule.id)) is None or row.on
    )
