"""A hospital's drug list on the page and on the command line: told, downloaded, never stored."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from rxcenter.accounts.roles import Role
from rxcenter.ledger.models import Event
from rxcenter.review.mapping import map_name
from rxcenter.review.models import LocalName
from tests.review.rows import AT

pytestmark = pytest.mark.django_db
PAGE = "/admin/review/localname/formulary/"
LIST = (
    "院内编码,药品通用名,规格,剂型\nA1,盐酸二甲双胍缓释片,0.5g,片剂\nA2,神奇安神丸,1g,丸剂\nA2,阿司匹林片,,\n"
)


def upload(text=LIST, name="list.csv", encoding="gb18030"):
    return SimpleUploadedFile(name, text.encode(encoding))


@pytest.mark.parametrize("role,place", [(Role.PHARMACIST, "H0007"), (Role.CHIEF, None)])
def test_a_pharmacist_sees_what_the_list_means_and_nothing_is_stored(client, person, role, place):
    client.force_login(person("pia", role, place))
    assert "核对药品目录" in client.get(PAGE, headers={"accept-language": "zh-hans"}).content.decode()
    before = Event.objects.count()
    html = client.post(PAGE, {"list": upload()}, headers={"accept-language": "zh-hans"}).content.decode()
    for words in ("神奇安神丸", "目录未收", "坏行", "可识别 1", "3行", "66.67%", "编码与第3行"):
        assert words in html
    assert "盐酸二甲双胍缓释片" not in html
    assert not LocalName.objects.exists()
    assert Event.objects.count() == before


def test_the_page_in_english(client, person):
    client.force_login(person("pia"))
    html = client.post(PAGE, {"list": upload()}, headers={"accept-language": "en"}).content.decode()
    for words in ("not in the catalogue 1", "the code stands on line 3", "3 rows", "does not know this name"):
        assert words in html


def test_the_report_is_downloaded_whole(client, person):
    client.force_login(person("pia"))
    answer = client.post(PAGE, {"list": upload(), "download": "1"})
    assert answer["Content-Disposition"] == 'attachment; filename="mapping.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["status"], row["ingredients"]) for row in rows] == [
        ("mapped", "metformin"),
        ("unknown", ""),
        ("bad", ""),
    ]


@pytest.mark.parametrize(
    "data,said",
    [
        ({}, "Choose a file"),
        ({"list": ("a,b\n", "x.csv")}, "no column"),
        ({"list": ("x", "x.xlsx")}, "readable"),
    ],
)
def test_what_cannot_be_read_is_said(client, person, data, said):
    client.force_login(person("pia"))
    sent = {"list": upload(*data["list"])} if data else {}
    answer = client.post(PAGE, sent, headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_nobody_else_opens_the_page(client, person):
    client.force_login(person("ops", Role.OPERATOR))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"list": upload()}).status_code == 403


def test_the_command_knows_the_names_that_the_chief_mapped(chief, tmp_path, capsys):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    map_name("神奇安神丸", ["diazepam"], by=chief, at=AT)
    call_command("map_formulary", str(tmp_path / "list.csv"), "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["mapped"], report["unknown"], report["bad"]) == (2, 0, 1)
    assert report["items"][1]["meanings"] == [["diazepam"]]
    call_command("map_formulary", str(tmp_path / "list.csv"), "--csv")
    assert capsys.readouterr().out.startswith("line,code")
    call_command("map_formulary", str(tmp_path / "list.csv"))
    assert "mapped 2" in capsys.readouterr().out


@pytest.mark.parametrize("name,text", [("none.csv", None), ("x.csv", "a,b\n")])
def test_the_command_refuses_what_it_cannot_read(tmp_path, name, text):
    if text:
        (tmp_path / name).write_text(text)
    with pytest.raises(CommandError):
        call_command("map_formulary", str(tmp_path / name))
