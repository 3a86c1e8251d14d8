"""What coverage is measured by: the kinds of check, the drugs most prescribed, and reasons why a check is not needed."""

from collections import defaultdict
from dataclasses import dataclass

from audit_rules.knowledge.drug_rows import Ingredient
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Text

SCOPES = ("atc:", "kind:", "ingredient:")


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """Why one kind of check needs no facts for a group of ingredients: `scope` atc:PREFIX | kind:KIND | ingredient:KEY."""

    kind: str
    scope: str
    zh: str
    en: str
    source: str

    def covers(self, row: Ingredient) -> bool:
        """Whether the reason holds for this ingredient."""
        how, _, what = self.scope.partition(":")
        if how == "atc":
            return bool(row.atc) and row.atc.startswith(what)
        return what == (row.kind if how == "kind" else row.ingredient)


@dataclass(frozen=True, slots=True)
class MostPrescribed:
    """One of the ingredients most prescribed in outpatient, emergency and internet care."""

    ingredient: str
    source: str


@table("not_needed")
def not_needed(tables: Tables) -> dict[str, tuple[NotNeeded, ...]]:
    """Reasons by kind of check, the more exact first. Raises `BadTable` for an unknown scope."""
    found: dict[str, list[NotNeeded]] = defaultdict(list)
    for row in load("not_needed", NotNeeded):
        if not row.scope.startswith(SCOPES):
            raise BadTable(f"not_needed.csv: unknown scope {row.scope!r}")
        found[row.kind].append(row)
    return {kind: tuple(sorted(rows, key=lambda r: -len(r.scope))) for kind, rows in found.items()}


@table("most_prescribed")
def most_prescribed(tables: Tables) -> tuple[str, ...]:
    """Their keys, sorted. Raises `BadTable` for one that is no ingredient."""
    keys = tuple(sorted(row.ingredient for row in load("most_prescribed", MostPrescribed)))
    if unknown := set(keys) - tables.table("ingredients").keys():
        raise BadTable(f"most_prescribed.csv: unknown ingredients {sorted(unknown)}")
    return keys


# kind of check -> its name and the tables that hold its facts
KINDS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "adult_dose": (Text("成人剂量", "adult dose"), ("doses", "herb_limits", "toxic_pieces")),
    "child_dose": (Text("儿童剂量", "child's dose"), ("doses", "ages")),
    "age": (Text("年龄", "age"), ("ages",)),
    "renal": (Text("肾功能", "renal"), ("renal",)),
    "hepatic": (Text("肝功能", "hepatic"), ("hepatic",)),
    "pregnancy": (Text("妊娠", "pregnancy"), ("pregnancy", "herb_pregnancy")),
    "lactation": (Text("哺乳", "lactation"), ("lactation",)),
    "sex": (Text("性别", "sex"), ("sexes",)),
    "disease": (Text("疾病", "disease"), ("diseases",)),
    "indication": (Text("适应证", "indication"), ("indications",)),
    "lab": (Text("检验", "laboratory"), ("labs", "labs_asked")),
    "geriatric": (Text("老年", "old age"), ("geriatric",)),
    "allergy": (Text("交叉过敏", "cross-allergy"), ("cross_allergies", "allergy_groups")),
    "skin_test": (Text("皮试", "skin test"), ("skin_tests",)),
    "interaction": (Text("相互作用", "interaction"), ("interactions", "stacks", "herb_incompatibilities")),
    "duplicate": (Text("重复", "duplicate class"), ("duplicates",)),
    "frequency": (Text("频次", "frequency"), ("frequency_limits", "frequency_floors")),
    "duration": (Text("疗程", "duration"), ("durations",)),
    "route": (Text("途径", "route"), ("never_routes",)),
    "iv": (Text("静脉配伍", "mixing"), ("iv_incompatibilities",)),
    "law": (Text("法规", "law"), ("online_bans", "in_house", "control_exceptions")),
    "insurance": (Text("医保", "insurance"), ("insurance_limits",)),
}
# a good label speaks of these for every drug; of the others only where there is a danger
EXPECTED = ("adult_dose", "child_dose", "renal", "hepatic", "pregnancy", "lactation", "interaction")
