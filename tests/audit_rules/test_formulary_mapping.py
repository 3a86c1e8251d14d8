"""A hospital's own drug list: read in any usual shape, mapped by exact name only, never guessed."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from audit_rules import default_catalogue
from audit_rules.__main__ import main
from audit_rules.catalogue import Catalogue
from audit_rules.formulary import list_reading
from audit_rules.formulary.list_mapping import as_csv, as_dict, mapping, told
from audit_rules.formulary.list_reading import BadList, Listed, read

STREAM = Path(__file__).resolve().parents[2] / "examples" / "stream.jsonl.gz"
ROWS = [["A1", "盐酸二甲双胍缓释片", "0.5g", "片剂"], ["A2", "神药", "1g", "丸剂"]]
WANTED = [Listed(2, "A1", "盐酸二甲双胍缓释片", "0.5g", "片剂"), Listed(3, "A2", "神药", "1g", "丸剂")]
ZH, EN = ["院内编码", "药品通用名", "规格", "剂型"], ["Code", "Generic Name", "Strength", "Dosage form"]


def separated(rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def workbook(rows):
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def mapped(*names, form="", catalogue=None):
    rows = [Listed(n, str(n), name, "", form) for n, name in enumerate(names, start=2)]
    return mapping(rows, catalogue or default_catalogue())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("header", [ZH, EN])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_text_list_is_read(encoding, header, delimiter):
    assert read(separated([header, *ROWS], delimiter).encode(encoding), "list.CSV") == WANTED


@pytest.mark.parametrize("header", [ZH, EN])
def test_a_spreadsheet_is_read(header):
    assert read(workbook([header, *ROWS]), "list.xlsx") == WANTED


def test_numbers_and_empty_cells_of_a_spreadsheet():
    [row] = read(workbook([ZH, [1001.0, "阿司匹林肠溶片", None, None], [None, None, None, None]]), "x.xlsx")
    assert row == Listed(2, "1001", "阿司匹林肠溶片", "", "")


def test_titles_above_the_header_other_columns_and_short_rows():
    rows = [["某医院药品目录"], [], ["序号", "药品名称", "通用名"], ["1", "格华止", "盐酸二甲双胍片"], ["2"]]
    assert [(r.line, r.name) for r in read(separated(rows).encode(), "x.csv")] == [
        (4, "盐酸二甲双胍片"),
        (5, ""),
    ]


@pytest.mark.parametrize(
    "data,name,said",
    [
        (b"code,price\n1,2\n", "x.csv", "no column of names"),
        (b"", "x.csv", "no column of names"),
        (b"name\n\xff\xff\xff", "x.csv", "encoding"),
        (b'name\n"open', "x.csv", "line 2"),
        (b"no zip", "x.xlsx", "not a readable"),
        (b"\xd0\xcf\x11\xe0", "x.xls", "only .csv and .xlsx"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(data, name, said):
    with pytest.raises(BadList, match=said) as refused:
        read(data, name)
    assert refused.value.said.zh


def test_a_file_that_is_too_large_or_unpacks_to_too_much_is_refused(monkeypatch):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 100_000)
    monkeypatch.setattr(list_reading, "MOST_UNPACKED", 99_999)
    with pytest.raises(BadList, match="unpacks"):
        read(out.getvalue(), "x.xlsx")
    monkeypatch.setattr(list_reading, "MOST_BYTES", 10)
    with pytest.raises(BadList, match="larger"):
        read(b"name\n" + b"a" * 10, "x.csv")
    monkeypatch.setattr(list_reading, "MOST_BYTES", 100)
    monkeypatch.setattr(list_reading, "MOST_ROWS", 2)
    with pytest.raises(BadList, match="more than 2 rows"):
        read(b"name\na\nb\nc\n", "x.csv")


def test_mapped_unknown_and_nothing_by_likeness():
    report = mapped("盐酸二甲双胍缓释片", "二甲双呱片", "白附子霜", "复方甲氧那明胶囊x")
    assert [line.status for line in report.lines] == ["mapped", "unknown", "unknown", "unknown"]
    assert report.lines[0].meanings == (("metformin",),)
    assert report.unmapped_percent == 75.0


def test_a_name_with_two_readings_is_ambiguous_and_both_are_named():
    catalogue = Catalogue.load({"甲注射用": ("aspirin",), "乙": ("warfarin",), "注射用甲": ("heparin",)})
    assert mapped("甲注射用", catalogue=catalogue).lines[0].status == "mapped"
    both = Catalogue.load({"注射用某": ("aspirin",), "某片": ("warfarin",)})
    [line] = mapped("注射用某片", catalogue=both).lines
    assert line.status == "ambiguous"
    assert sorted(line.meanings) == [("aspirin",), ("warfarin",)]
    assert both.drugs.find("注射用某片") is None


def test_bad_rows_are_named_and_the_others_still_mapped():
    rows = [
        Listed(2, "1", "阿司匹林片", "", ""),
        Listed(3, "1", "华法林片", "", ""),
        Listed(4, "2", "", "x", ""),
    ]
    rows += [Listed(5, "1", "阿司匹林片", "100mg", ""), Listed(6, "9", "药" * 301, "", "")]
    report = mapping(rows, default_catalogue())
    assert [line.status for line in report.lines] == ["mapped", "bad", "bad", "mapped", "bad"]
    assert "第2行" in report.lines[1].note.zh
    assert report.counts() == {"mapped": 2, "ambiguous": 0, "unknown": 0, "bad": 3}


def test_a_form_that_contradicts_the_name_is_noted():
    assert mapped("注射用头孢曲松钠", form="片剂").lines[0].note.en
    assert not mapped("盐酸二甲双胍缓释片", form="片剂").lines[0].note.en


def test_the_report_as_data_as_text_and_as_a_table_that_runs_nothing():
    report = mapping(
        [Listed(2, "=1+1", "阿司匹林片", "", ""), Listed(3, "", "神药", "", "")], default_catalogue()
    )
    data = as_dict(report)
    assert (data["mapped"], data["unknown"], data["items"][0]["meanings"]) == (1, 1, [["aspirin"]])
    assert "神药" in told(report)
    assert "阿司匹林片" not in told(report)
    head, first, *_ = csv.reader(io.StringIO(as_csv(report, default_catalogue())))
    assert dict(zip(head, first, strict=True))["code"] == "'=1+1"
    assert dict(zip(head, first, strict=True))["ingredients_zh"] == "阿司匹林"


@pytest.mark.parametrize("shape", [[], ["--json"], ["--csv"]])
def test_the_command(tmp_path, capsys, shape):
    (tmp_path / "l.csv").write_bytes(separated([ZH, *ROWS]).encode("gb18030"))
    assert main(["map", str(tmp_path / "l.csv"), *shape]) == 0
    said = capsys.readouterr().out
    assert "神药" in said
    assert not shape or "metformin" in said
    (tmp_path / "bad.csv").write_bytes(b"a,b\n")
    assert main(["map", str(tmp_path / "bad.csv"), *shape]) == 2
    assert "表头" in capsys.readouterr().err


def test_at_most_three_of_a_hundred_items_of_the_stream_are_unmapped():
    with gzip.open(STREAM, "rt", encoding="utf-8") as lines:
        found = [item["drug"]["name"] for line in lines for item in json.loads(line)["items"] or ()]
    unmapped = sum(default_catalogue().drugs.find(name) is None for name in found)
    assert unmapped <= 0.03 * len(found), f"{unmapped} of {len(found)}"
