"""The pages of the formulary: every ingredient once, every link leads somewhere, nothing by hand."""

import re
from functools import cache
from pathlib import Path

from audit_rules import default_catalogue
from audit_rules.__main__ import main
from audit_rules.formulary.pages import anchor, pages
from audit_rules.formulary.words import Words, cited, diseases
from audit_rules.formulary.writing import generated, write
from audit_rules.knowledge.conditions import Condition

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOST_BYTES = 8_000_000


@cache
def made():
    return pages(default_catalogue())


def entry(key):
    [text] = [
        found[0]
        for page in made().values()
        if (
            found := re.search(
                rf'<a id="{re.escape(anchor(key))}"></a>\n## .*?(?=\n<a id=|\Z)', page, re.DOTALL
            )
        )
    ]
    return text


def test_the_pages_are_the_ones_made_from_the_tables():
    on_disk = {path.relative_to(DOCS).as_posix() for path in (DOCS / "catalogue").glob("*.md")}
    wanted = {name: text for name, text in generated(default_catalogue()).items() if "/" in name}
    stale = on_disk ^ wanted.keys() or {
        name for name, text in wanted.items() if (DOCS / name).read_text(encoding="utf-8") != text
    }
    assert not stale, f"run `python -m audit_rules docs --write`: {sorted(stale)[:5]} and {len(stale)} in all"


def test_every_ingredient_stands_there_once_and_in_the_index():
    text = "\n".join(made().values())
    for key in default_catalogue().ingredients:
        assert text.count(f'<a id="{anchor(key)}"></a>\n## ') == 1, key
        assert f"| [{key}](" in made()["README.md"], key


def test_every_link_leads_to_an_anchor_and_no_page_has_an_anchor_twice():
    anchors = {name: re.findall(r'<a id="([^"]+)"></a>', text) for name, text in made().items()}
    for name, found in anchors.items():
        assert len(set(found)) == len(found), name
    for name, text in made().items():
        for page, place in set(re.findall(r"\]\(([^)#]+\.md)(?:#([^)]+))?\)", text)):
            assert page in anchors, (name, page)
            assert not place or place in anchors[page], (name, page, place)


def test_an_entry_says_what_a_pharmacist_looks_for():
    text = entry("metformin")
    for words in (
        "## 二甲双胍 metformin",
        "A10BA02",
        "格华止",
        "降糖药",
        "成人 adult",
        "eGFR 0~30: 避免 avoid",
        "妊娠",
    ):
        assert words in text
    assert re.search(r"○`label-metformin`|●`label-metformin`", text)
    assert "Severe hypo- or hyperglycaemia" in text
    assert "危急 critical" in text


def test_facts_on_a_class_stand_with_its_members():
    assert "胎儿动脉导管早闭" in entry("ibuprofen")
    assert "十" in entry("gancao") or "liquorice" in entry("gancao")
    assert "皮试 skin test: 必须 required" in entry("benzylpenicillin")


def test_every_source_named_is_told_in_full():
    named = {key for text in made().values() for key in re.findall(r"[●○]`([^`]+)`", text)}
    for key in named:
        assert cited(key) in made()["sources.md"], key


def test_conditions_are_told_in_words():
    words = Words(default_catalogue())
    assert words.when(Condition.parse("")) == ""
    told = words.when(Condition.parse("age>=65 and not icd:K25.0|K25.4|I10 or with:class:nsaid"))
    assert told == "年龄 age ≥ 65 岁 y & 非 not ICD-10 I10 K25.0/4 或 or 合用 with 非甾体抗炎药 NSAID"
    assert diseases(("I20", "I200", "C")) == "C I20"


def test_the_pages_stay_small_enough_to_keep():
    assert sum(len(text.encode()) for text in made().values()) < MOST_BYTES


def test_writing_changes_only_what_differs_and_takes_old_pages_away(tmp_path):
    assert len(write(tmp_path, default_catalogue())) == len(made()) + 2
    assert write(tmp_path, default_catalogue()) == []
    (tmp_path / "catalogue" / "zzz.md").write_text("old")
    (tmp_path / "rules.md").write_text("by hand")
    assert {path.name for path in write(tmp_path, default_catalogue())} == {"zzz.md", "rules.md"}
    assert not (tmp_path / "catalogue" / "zzz.md").exists()


def test_one_command_writes_them_all(tmp_path, capsys):
    assert main(["docs", "--write", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    for name, text in generated(default_catalogue()).items():
        assert (tmp_path / name).read_text(encoding="utf-8") == text
        assert str(tmp_path / name) in said
