"""Finds every rule by walking `rules/` and every table by walking `knowledge/`. There is no list to keep."""

import gc
import hashlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from audit_rules import knowledge, rules
from audit_rules.concerns import Concerns
from audit_rules.drugs import Drugs
from audit_rules.items import Reading
from audit_rules.knowledge.code_rows import Frequency, Route, Unit
from audit_rules.knowledge.drug_rows import Ingredient
from audit_rules.knowledge.lab_rows import LabUnit
from audit_rules.knowledge.tables import KNOWLEDGE, BadTable, Tables
from audit_rules.lines import Lines
from audit_rules.profile import Profiles
from audit_rules.rule import Rule


class Catalogue:
    """Rules and knowledge of one moment. `fingerprint` names them: engine, rules, tables and local names."""

    def __init__(
        self, found: tuple[Rule, ...], tables: Tables, extra_names: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.rules = tuple(sorted(found, key=lambda rule: rule.id))
        self.by_id = {rule.id: rule for rule in self.rules}
        if len(self.by_id) != len(self.rules):
            raise BadTable("two rules have one id")
        self.fingerprint = _fingerprint(extra_names)
        # the indexed object of a table by name; `KeyError` when nobody registered that name
        self.table: Callable[[str], Any] = tables.built.__getitem__
        self.units: dict[str, Unit] = tables.table("units")
        self.routes: dict[str, Route] = tables.table("routes")
        self.frequencies: dict[str, Frequency] = tables.table("frequencies")
        self.ingredients: dict[str, Ingredient] = tables.table("ingredients")
        self.classes: dict[str, frozenset[str]] = tables.table("classes")
        self.lab_units: dict[tuple[str, str], LabUnit] = tables.table("lab_units")
        self.diagnosis_names: dict[str, str] = tables.table("diagnosis_names")
        self.profiles: Profiles = tables.table("profiles")
        self.unit_traps = frozenset(key for key, row in self.ingredients.items() if "unit_trap" in row.flags)
        self.drugs = Drugs(tables, extra_names)
        self.readings: dict[object, Reading] = {}
        self.lines: dict[object, Lines] = {}
        self.concerns = Concerns(self.rules, self)

    @classmethod
    def load(cls, extra_names: Mapping[str, tuple[str, ...]] | None = None) -> "Catalogue":
        """Read everything. `extra_names` = local names a chief pharmacist mapped to ingredient keys.

        Raises `BadTable` for any bad row, `TypeError` for a rule file that does not hold exactly one rule,
        `ValueError` for a local name that means no known ingredient. A local name never overrides the tables.
        """
        for module in pkgutil.walk_packages(knowledge.__path__, f"{knowledge.__name__}."):
            import_module(module.name)
        tables = Tables()
        tables.build_all()
        found = cls(rules_found(), tables, extra_names or {})
        _settle()
        return found


@cache
def default_catalogue() -> Catalogue:
    """The catalogue as it stands on disk, without local names; read once."""
    return Catalogue.load()


@cache
def _settle() -> None:
    """Take what is loaded out of the garbage collector's sight; it lives as long as the process.

    Otherwise every full collection walks a million objects, a third of a second in the middle of some audit. Only
    once: a catalogue that replaces another must be able to go.
    """
    gc.collect()
    gc.freeze()


@cache
def sources() -> dict[str, dict[str, Any]]:
    """Every citable source by key."""
    found = yaml.safe_load((KNOWLEDGE / "sources.yaml").read_text(encoding="utf-8"))
    return dict(found)


def rules_found() -> tuple[Rule, ...]:
    """Every rule under `rules/`, in the order of file names."""
    here = Path(rules.__path__[0])
    files = sorted(file for file in here.rglob("*.py") if file.name != "__init__.py")
    parts = (file.relative_to(here).with_suffix("").parts for file in files)
    return tuple(_the_rule_in(".".join((rules.__name__, *steps))) for steps in parts)


def _the_rule_in(module_name: str) -> Rule:
    found = [value for value in vars(import_module(module_name)).values() if isinstance(value, Rule)]
    if len(found) != 1:
        raise TypeError(f"{module_name} holds {len(found)} rules; a rule file holds exactly one")
    if module_name.rpartition(".")[2] != found[0].name:
        raise TypeError(f"{module_name} should be called {found[0].name}.py")
    return found[0]


def _fingerprint(extra_names: Mapping[str, tuple[str, ...]]) -> str:
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted(f for f in here.rglob("*") if f.suffix in {".py", ".csv", ".yaml"}):
        digest.update(file.relative_to(here).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    for name, keys in sorted(extra_names.items()):
        digest.update(f"{name}={'|'.join(keys)}\0".encode())
    return digest.hexdigest()[:16]
