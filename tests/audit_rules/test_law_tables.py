"""The tables of law, decoctions and injections as a whole: names reach the right group, every key exists."""

import csv

import pytest

from audit_rules import default_catalogue
from audit_rules.knowledge.tables import KNOWLEDGE

MEANT = {
    "aconites": "川乌 生川乌 制川乌 草乌 生草乌 制草乌 草乌叶 附子 生附子 制附子 熟附子 黑顺片 白附片 淡附片 炮附片 盐附子",
    "pinellia": "半夏 生半夏 清半夏 姜半夏 法半夏 半夏曲",
    "trichosanthes": "瓜蒌 全瓜蒌 瓜蒌皮 瓜蒌壳 瓜蒌子 瓜蒌仁 炒瓜蒌子 瓜蒌霜 天花粉",
    "fritillaria": "贝母 川贝母 浙贝母 平贝母 伊贝母 湖北贝母 浙贝",
    "ampelopsis": "白蔹",
    "bletilla": "白及 白芨",
    "liquorice": "甘草 生甘草 炙甘草 蜜甘草",
    "euphorbia": "京大戟 醋京大戟 红大戟 大戟",
    "kansui": "甘遂 醋甘遂 生甘遂",
    "genkwa": "芫花 醋芫花",
    "ginsengs": "人参 红参 生晒参 西洋参 党参 丹参 玄参 苦参 南沙参 北沙参 沙参 太子参",
    "peony": "白芍 赤芍 芍药 炒白芍 酒白芍",
    "sulfur": "硫黄 硫磺 制硫黄",
    "mirabilite": "芒硝 玄明粉 朴硝 牙硝",
    "croton": "巴豆 巴豆霜",
    "pharbitis": "牵牛子 黑丑 白丑 炒牵牛子",
    "clove": "丁香 公丁香 母丁香",
    "curcuma": "郁金 醋郁金",
    "trogopterus": "五灵脂 醋五灵脂",
}
LOOK_ALIKES = "白附子 制白附子 禹白附 关白附 水半夏 土贝母"


def key_of(name):
    meaning = default_catalogue().drugs.find(name)
    assert meaning is not None, f"{name} is not known"
    [key] = meaning.ingredients
    return key


@pytest.mark.parametrize(("group", "name"), [(g, n) for g, names in MEANT.items() for n in names.split()])
def test_a_written_piece_reaches_its_group(group, name):
    assert key_of(name) in default_catalogue().table("oppositions").groups[group]


@pytest.mark.parametrize("name", LOOK_ALIKES.split())
def test_a_look_alike_opposes_nothing(name):
    assert key_of(name) not in default_catalogue().table("oppositions").pieces


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("control_exceptions", ["ingredient"]),
        ("herb_footnotes", ["ingredient"]),
        ("herb_groups", ["ingredient"]),
        ("herb_limits", ["ingredient"]),
        ("herb_pregnancy", ["ingredient"]),
        ("in_house", ["ingredient"]),
        ("never_routes", ["ingredients"]),
        ("patent_pieces", ["patent", "pieces"]),
        ("skin_tests", ["ingredient"]),
        ("toxic_pieces", ["ingredient"]),
        ("unmarked_pieces", ["ingredient", "raw"]),
    ],
)
def test_every_ingredient_of_a_table_is_known(table, columns):
    known = default_catalogue().ingredients
    with (KNOWLEDGE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        cells = [
            cell for row in csv.DictReader(file) for column in columns for cell in row[column].split("|")
        ]
    assert cells
    assert not [cell for cell in cells if cell not in known]


def test_every_listed_toxic_piece_is_controlled():
    rows = default_catalogue().ingredients
    listed = default_catalogue().table("toxic_pieces")
    assert {key for key, row in rows.items() if row.control == "toxic" and row.kind == "piece"} >= set(listed)


def test_a_toxic_limit_is_not_above_the_pharmacopoeia():
    limits, toxic = default_catalogue().table("herb_limits"), default_catalogue().table("toxic_pieces")
    shared = set(limits) & set(toxic)
    assert shared
    assert not [key for key in shared if toxic[key].max_daily_g > limits[key].max_g]


def test_routes_that_kill_are_routes_of_the_code_table():
    known = {route.route for route in default_catalogue().routes.values()}
    rows = [row for rows in default_catalogue().table("never_routes").values() for row in rows]
    assert not {route for row in rows for route in row.routes} - known


def test_formulas_and_conflicts_name_each_other():
    table = default_catalogue().table("oppositions")
    ids = {row.id for row in table.rows}
    assert len(ids) == len(table.rows) >= 21
    with (KNOWLEDGE / "herb_formulas.csv").open(encoding="utf-8", newline="") as file:
        assert {row["excuses"] for row in csv.DictReader(file)} <= ids
