"""A new drug by hand: sorted, validated, all or nothing. A broken table is refused with its line and the reason."""

import csv
import json
import re
import shutil
from copy import deepcopy

import pytest

from audit_rules.__main__ import main
from audit_rules.formulary.adding import NotAdded, add
from audit_rules.knowledge.tables import KNOWLEDGE, BadTable, Tables, reading_from

README = KNOWLEDGE.parent / "README.md"
DRUG = {
    "ingredient": "newstatin",
    "zh": "新他汀",
    "atc": "C10AA99",
    "kind": "western",
    "source": "atc-who",
    "names": ["新他汀钙", {"name": "newstatin calcium", "source": "inn-who"}],
    "classes": ["statin"],
    "doses": [
        {"routes": ["oral"], "population": "adult", "basis": "total", "single_max": 20, "daily_max": 20, "unit": "mg",
         "source": "label-newstatin"},
    ],
    "pregnancy": [
        {"routes": "systemic", "when": "pregnant", "severity": "major", "effect_zh": "妊娠禁用", "effect_en": "Contraindicated",
         "action_zh": "停用", "action_en": "Stop", "source": "label-newstatin"},
    ],
    "sources": {"label-newstatin": {"title": "新他汀片说明书", "kind": "label", "evidence": "recalled"}},
}  # fmt: skip


@pytest.fixture
def knowledge(tmp_path):
    for path in (*KNOWLEDGE.glob("*.csv"), KNOWLEDGE / "sources.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def changed(**fields):
    drug = deepcopy(DRUG) | fields
    return {name: value for name, value in drug.items() if value is not None}


def built(folder):
    tables = Tables()
    with reading_from(folder):
        tables.build_all()
    return tables


def test_a_drug_is_added_to_every_table_it_names(knowledge):
    before = content(knowledge)
    files = add(json.dumps(DRUG), knowledge)
    named = {"ingredients.csv", "names.csv", "classes.csv", "doses.csv", "pregnancy.csv", "sources.yaml"}
    assert {path.name for path in files} == named
    assert {name for name, text in content(knowledge).items() if text != before[name]} == named
    tables = built(knowledge)
    assert tables.table("names")["新他汀钙"].ingredients == ("newstatin",)
    assert "newstatin" in tables.table("classes")["statin"]
    assert tables.table("doses")["newstatin"][0].daily_max == 20
    assert tables.table("pregnancy").of("newstatin")
    assert tables.table("interactions")["newstatin"]  # through its class


def test_the_recipe_of_the_manual_works(knowledge):
    [recipe] = re.findall(r"```yaml\n(ingredient: .*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(add(recipe, knowledge)) == 5


def test_only_lines_are_added_and_the_order_stays(knowledge):
    before = content(knowledge)
    add(json.dumps(DRUG), knowledge)
    for name in ("ingredients", "names", "classes", "doses", "pregnancy"):
        old = before[f"{name}.csv"].decode().splitlines()
        after = (knowledge / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        new = [line for line in after if line not in set(old)]
        assert [line for line in after if line not in new] == old
        assert all("newstatin" in line or "新他汀" in line for line in new)
        keys = [tuple(row.values())[:1] for row in rows(knowledge, name)]
        assert keys == sorted(keys)


DOSE = DRUG["doses"][0]


@pytest.mark.parametrize(
    "fields,said",
    [
        ({"ingredient": "metformin"}, "stands in ingredients.csv already"),
        ({"ingredient": "NewStatin"}, "no lower-case INN"),
        ({"ingredient": None}, "`ingredient` is missing"),
        ({"zh": None}, "Chinese name"),
        ({"atc": "C10"[:2]}, "no ATC code"),
        ({"kind": "brand"}, "kind: one of"),
        ({"control": "class 1"}, "control is one of"),
        ({"source": "somewhere"}, "'somewhere' is not in sources.yaml"),
        ({"classes": ["statins"]}, "statins is not in class_names.csv"),
        ({"names": ["格华止"]}, "格华止 stands in names.csv already"),
        ({"names": [" 新他汀钙"]}, "spaces around"),
        ({"names": ["七厘散"]}, "two meanings"),
        ({"doses": None}, "a western drug needs a limit"),
        ({"doses": [DOSE | {"single_max": "", "daily_max": ""}]}, "a maximum, or basis none"),
        ({"doses": [{"routes": "oral", "population": "adult", "basis": "none", "source": "atc-who"}]}, "needs a note"),
        ({"doses": [DOSE | {"population": "grown-up"}]}, "population is one of"),
        ({"doses": [DOSE | {"daily": 3}]}, "no column daily"),
        ({"doses": [DOSE | {"daily_max": "4O"}]}, "column daily_max: '4O'"),
        ({"doses": [DOSE | {"source": "nowhere"}]}, "'nowhere' is not in sources.yaml"),
        ({"pregnancy": [DRUG["pregnancy"][0] | {"when": "expecting"}]}, "is not a condition"),
        ({"pregnancy": [DRUG["pregnancy"][0] | {"severity": "grave"}]}, "column severity: 'grave'"),
        ({"interactions": [{"left": "newstatin"}]}, "not about one drug"),
        ({"dosages": []}, "neither a field of a drug nor a table"),
        ({"sources": {"atc-who": {}}}, "stands in sources.yaml already"),
        ({"sources": {"label-newstatin": {"title": "x"}}}, "lacks kind, evidence"),
        ({"sources": {"label-newstatin": {"title": "x", "kind": "y", "evidence": "sure"}}}, "evidence is read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_written(knowledge, fields, said):
    before = content(knowledge)
    with pytest.raises(NotAdded, match=said):
        add(json.dumps(changed(**fields)), knowledge)
    assert content(knowledge) == before


def test_the_command_says_why_not(tmp_path, capsys):
    (tmp_path / "drug.yaml").write_text("ingredient: metformin\nzh: 二甲双胍\n")
    assert main(["add-drug", str(tmp_path / "drug.yaml")]) == 1
    assert "not added" in capsys.readouterr().err
    (tmp_path / "drug.yaml").write_text("a: [")
    assert main(["add-drug", str(tmp_path / "drug.yaml")]) == 1
    assert "not YAML" in capsys.readouterr().err


def spoilt(folder, name, old, new):
    path = folder / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    "name,old,new,said",
    [
        ("doses", "ingredient,routes", "drug,routes", r"doses\.csv: line 1: the header is"),
        ("doses", ",total,", ",total,,", r"doses\.csv: line \d+: \d+ cells, \d+ columns"),
        ("doses", "total,600,", "total,6OO,", r"doses\.csv: line \d+: column single_max: '6OO'"),
        ("doses", "total,600,", "total,NaN,", r"doses\.csv: line \d+: column single_max: 'NaN'"),
        ("doses", "total,600,", "total, 600,", r"doses\.csv: line \d+: column single_max: spaces around"),
        ("doses", ",mg,no,no,", ",mg,nope,no,", r"doses\.csv: line \d+: column wide: 'nope'"),
        ("doses", "abacavir,oral", "abacavirr,oral", r"doses\.csv: 'abacavirr' is not in ingredients\.csv"),
        ("renal", ",major,", ",grave,", r"renal\.csv: line \d+: column severity: 'grave'"),
        ("ages", "age<18", "age>18y", r"ages\.csv: line \d+: column when: .*not a condition"),
        ("ages", "aceclofenac,", "class:nobody,", r"ages\.csv: 'class:nobody' is neither a class nor an ingredient"),
        ("ingredients", "abemaciclib,", "abacavir,", r"ingredients\.csv: an ingredient stands there twice"),
        ("names", "0.9%氯化钠,sodium chloride", "0.9%氯化钠,sodium", r"names\.csv: .* names \['sodium'\]"),
        ("interactions", "abiraterone,,systemic,spironolactone", "abiraterone,nobody,systemic,spironolactone",
         r"interactions\.csv: \['nobody'\] in `except`"),
        ("units", "AXaIU", "10kIU", r"units\.csv: '10kIU' stands there twice"),
        ("law", "2012-08-01", "2012-13-01", r"law\.csv: line \d+: column from: '2012-13-01'"),
        ("name_habits", "abbreviation", "nickname", r"name_habits\.csv: unknown kinds"),
        ("most_prescribed", "acarbose", "acarbos", r"most_prescribed\.csv: unknown ingredients"),
    ],
)  # fmt: skip
def test_a_broken_table_is_refused_with_its_line_and_the_reason(knowledge, name, old, new, said):
    spoilt(knowledge, name, old, new)
    with pytest.raises(BadTable, match=said), reading_from(knowledge):
        Tables().table(name)
