"""A file instead of the generator: times moved by whole days, history and live apart, institutions made from it."""

import gzip
import json
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from rxcenter.demo import inputs
from rxcenter.jobs.models import Job
from rxcenter.prescriptions.models import Prescription
from tests import people

NOW = datetime.fromisoformat("2027-01-31T10:00:00+08:00")


def documents():
    place = {"code": "H0001", "kind": "primary_care", "level": "1A"}
    first = people.document(number="A", issued_at="2026-11-18T23:30:00+08:00", institution={"code": "H0002"})
    second = people.document(number="B", issued_at="2026-11-20T10:00:00+08:00", institution=place)
    second["patient"]["observations"] = [{"code": "egfr", "value": 38, "at": "2026-11-19T08:00:00+08:00"}]
    return [second, first]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "day.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(d) + "\n" for d in documents())
    return path


def test_the_newest_is_of_the_last_day_and_all_times_move_alike(file):
    day = inputs.read(file, last=1, until=NOW)
    [live], [earlier] = [json.loads(p.body) for p in day.posts], [json.loads(raw) for raw in day.history]
    assert day.moved_days == 72
    assert (live["number"], live["issued_at"]) == ("B", "2027-01-31T10:00:00+08:00")
    assert live["patient"]["observations"][0]["at"] == "2027-01-30T08:00:00+08:00"
    assert (earlier["number"], earlier["issued_at"]) == ("A", "2027-01-29T23:30:00+08:00")
    born = date.fromisoformat(documents()[0]["patient"]["birth_date"])
    assert (date.fromisoformat(live["patient"]["birth_date"]) - born).days == 72


def test_nothing_moves_into_the_future(file):
    day = inputs.read(file, last=1, until=NOW - timedelta(seconds=1))
    assert day.moved_days == 71
    assert day.newest < NOW


def test_dates_can_be_kept(file):
    day = inputs.read(file, last=None, until=None)
    assert (day.moved_days, day.history) == (0, [])
    assert [json.loads(p.body)["issued_at"] for p in day.posts] == [
        "2026-11-18T23:30:00+08:00",
        "2026-11-20T10:00:00+08:00",
    ]


def test_institutions_are_made_from_the_file(file):
    places = inputs.read(file, last=None, until=None).places
    assert [(p.code, p.kind, p.type, p.level) for p in places] == [
        ("H0001", "primary_care", "community_centre", "1A"),
        ("H0002", "hospital", "hospital", ""),
    ]


def test_a_file_without_documents_is_refused(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    with pytest.raises(ValueError, match="no documents"):
        inputs.read(empty, last=None, until=None)


def test_a_document_without_a_time_is_refused(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text('{"number": "A"}\n')
    with pytest.raises(ValueError, match="issued_at"):
        inputs.read(path, last=None, until=None)


@pytest.mark.django_db
def test_history_is_imported_once_and_never_audited(tmp_path, capsys):
    north = people.north()
    path = tmp_path / "history.json"
    path.write_text(json.dumps([people.document(north, number="A"), people.document(north, number="B")]))
    call_command("import_history", str(path))
    assert "2 imported, 0 were known, 0 refused" in capsys.readouterr().out
    call_command("import_history", str(path))
    assert "0 imported, 2 were known, 0 refused" in capsys.readouterr().out
    assert set(Prescription.objects.values_list("state", "origin")) == {("imported", "history")}
    assert Prescription.objects.filter(person=None).count() == 0
    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_what_cannot_be_imported_is_named_and_does_not_stop_the_others(tmp_path, capsys):
    north = people.north()
    bad = people.document(north, number="B")
    del bad["patient"]["sex"]
    stranger = people.document(number="C", institution={"code": "X9999"})
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(json.dumps(d) for d in (bad, people.document(north, number="A"), stranger)))
    with pytest.raises(CommandError, match="2 documents"):
        call_command("import_history", str(path))
    said = capsys.readouterr().err
    assert "document 1: $.patient.sex" in said
    assert "document 3: $.institution.code: 'X9999'" in said
    assert Prescription.objects.get().number == "A"
