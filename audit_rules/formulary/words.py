"""How the pages of the formulary say things: one line in Chinese and English, the source with its mark."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property

from audit_rules.catalogue import Catalogue, sources
from audit_rules.docs import SEVERITY
from audit_rules.knowledge.allergy_rows import CrossAllergy
from audit_rules.knowledge.conditions import Condition, Part
from audit_rules.report import Severity
from audit_rules.wording import number

CLASS = "class:"
EVERYWHERE = {
    "any": "任何途径 any route",
    "systemic": "全身给药 systemic",
    "parenteral": "注射 parenteral",
}
BARE = {
    "pregnant": "妊娠 pregnant",
    "lactating": "哺乳 lactating",
    "dx": "有诊断 diagnosed",
    "prn": "按需使用 as needed",
}
ASKED = {  # what a comparison looks at, and its unit
    "age": ("年龄 age", "岁 y"),
    "days": ("日龄 age", "日 d"),
    "week": ("孕周 pregnancy week", ""),
    "weight": ("体重 weight", "kg"),
    "course": ("用药 supply", "日 d"),
    "dose": ("日剂量 daily dose", "mg"),
    "dose:left": ("前者日剂量 daily dose of the first", "mg"),
    "dose:right": ("后者日剂量 daily dose of the second", "mg"),
}
SEX = {"male": "男 male", "female": "女 female"}
SIGN = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}


class Words:
    """Words of the pages."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._routes = EVERYWHERE | {row.route: f"{row.zh} {row.en}" for row in catalogue.routes.values()}

    @cached_property
    def crossed(self) -> dict[str, tuple[CrossAllergy, ...]]:
        """Rows of cross-allergy by the ingredient they forbid, each once."""
        found: dict[str, dict[CrossAllergy, None]] = defaultdict(dict)
        for _, rows in sorted(self.catalogue.table("cross_allergies").items()):
            for row, concerned in rows:
                for key in concerned:
                    found[key][row] = None
        return {key: tuple(rows) for key, rows in found.items()}

    def drug(self, key: str) -> str:
        """Chinese name and key."""
        row = self.catalogue.ingredients.get(key)
        return f"{row.zh} {key}" if row and row.zh else key

    def cells(self, cells: Iterable[str], without: Iterable[str] = ()) -> str:
        """Ingredients and classes of a table cell, less its exceptions."""
        names = self.catalogue.table("class_names")
        found = []
        for cell in cells:
            name = names.get(cell.removeprefix(CLASS)) if cell.startswith(CLASS) else None
            found.append(f"{name.zh} {name.en}" if name else self.drug(cell))
        left_out = "、".join(self.drug(key) for key in without)
        return "、".join(found) + (f" (除外 except {left_out})" if left_out else "")

    def routes(self, codes: Iterable[str]) -> str:
        """Routes and route groups; none = any."""
        return "、".join(self._routes.get(code, code) for code in codes) or EVERYWHERE["any"]

    def source(self, key: str) -> str:
        """The source with its mark; the page of sources tells it in full."""
        return f"{mark(key)}`{key}`"

    def when(self, condition: Condition) -> str:
        """A condition as a pharmacist reads it; empty when it is always true."""
        ways = (" & ".join(map(self._part, parts)) for parts in condition.alternatives)
        return " 或 or ".join(ways)

    def _part(self, part: Part) -> str:
        said = self._said(part)
        return f"非 not {said}" if part.negated else said

    def _said(self, part: Part) -> str:
        if part.sign:
            asked, unit = ASKED.get(part.asks, (f"检验 lab {part.asks.removeprefix('lab:')}", ""))
            return f"{asked} {SIGN[part.sign]} {number(part.bound)} {unit}".rstrip()
        if part.asks == "icd":
            return f"ICD-10 {diseases(part.names)}"
        if part.asks in ("with", "without"):
            return f"{'合用 with' if part.asks == 'with' else '未用 without'} {self.cells(part.names)}"
        if part.asks == "sex":
            return "、".join(SEX.get(name, name) for name in part.names)
        if part.asks == "form":
            return f"剂型 form {' '.join(part.names)}"
        return BARE[part.asks]


def diseases(codes: Iterable[str]) -> str:
    """ICD-10 codes, in order; those of one disease together: I10 K25.0/2/4."""
    found: dict[str, list[str]] = {}
    for code in sorted(code.replace(".", "") for code in codes):
        found.setdefault(code[:3], []).append(code[3:])
    return " ".join(head if "" in tails else f"{head}.{'/'.join(tails)}" for head, tails in found.items())


def mark(key: str) -> str:
    """● the source was open while the row was written; ○ recalled, to be verified."""
    return "●" if sources().get(key, {}).get("evidence") == "read" else "○"


def severity(level: Severity) -> str:
    """A level in both languages."""
    return SEVERITY[level]


def amount(value: Decimal, unit: str) -> str:
    """A number with its unit."""
    return f"{number(value)} {unit}".rstrip()


def cited(key: str) -> str:
    """One source in full."""
    entry = sources().get(key, {})
    where = " ".join(str(entry[name]) for name in ("edition", "article", "section") if entry.get(name))
    return f"- {mark(key)} `{key}`: {entry.get('title', key)}{', ' + where if where else ''}"
