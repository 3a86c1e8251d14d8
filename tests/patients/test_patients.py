"""Identity across institutions, sealing, reveal and its log."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.utils import InternalError, ProgrammingError

from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import ReasonNeeded
from rxcenter.patients import sealing
from rxcenter.patients.blinding import blind
from rxcenter.patients.linking import link
from rxcenter.patients.masking import split
from rxcenter.patients.merging import persons_as_one, settle
from rxcenter.patients.models import AccessLog, Identity, MergeCandidate, Person
from rxcenter.patients.revealing import reveal
from rxcenter.patients.sealing import CannotOpen, seal, unseal
from tests import people

PIA = Actor(Role.PHARMACIST, "pia")


def test_a_blind_index_ignores_writing_and_depends_on_the_system():
    assert (
        blind("resident_id", "6401 0019x")
        == blind("resident_id", "64010019X")
        == blind("resident_id", "６４０１-0019X")
    )
    assert blind("resident_id", "1") != blind("health_card", "1")
    assert "64010019" not in blind("resident_id", "64010019X")


def test_splitting_masks_every_personal_field_and_keeps_the_shape():
    whole = people.document()
    whole["patient"] |= {"phone": "13812345678", "guardian": {"name": "王芳", "phone": "139"}}
    whole["patient"]["other_ids"] = [{"system": "resident_id", "value": "640100"}]
    whole["routing"] = {"nominated": ["P1"], "delivery": "courier", "address": "银川市某路1号"}
    masked, personal, keys = split(whole)
    text = str(masked)
    assert not any(
        secret in text for secret in ("李秀英", "13812345678", "640100195803020042", "王芳", "银川市")
    )
    assert masked["routing"]["address"] is not None
    assert personal["address"] == "银川市某路1号"
    assert keys == [blind("health_card", "640100195803020042"), blind("resident_id", "640100")]
    assert whole["patient"]["name"] == "李秀英"


@pytest.mark.django_db
def test_what_is_sealed_opens_in_its_own_row_only():
    row = uuid4()
    where = {"table": "prescription", "institution": "H0001"}
    sealed = seal({"name": "李秀英"}, row=row, epoch="2026-11", **where)
    assert "李秀英".encode() not in sealed
    assert unseal(sealed, row=row, **where) == {"name": "李秀英"}
    sealing.forget_keys()
    assert unseal(sealed, row=row, **where) == {"name": "李秀英"}
    for moved in ({"row": uuid4(), **where}, {"row": row, **where, "institution": "H0002"}):
        with pytest.raises(CannotOpen):
            unseal(sealed, **moved)
    with pytest.raises(CannotOpen):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), row=row, **where)


@pytest.mark.django_db
def test_a_data_key_that_was_rolled_back_never_seals_again():
    where = {"table": "t", "row": uuid4(), "institution": "H1", "epoch": "2026-11"}
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        seal({"n": 1}, **where)
        raise ZeroDivisionError
    sealed = seal({"n": 2}, **where)
    sealing.forget_keys()
    assert unseal(sealed, table="t", row=where["row"], institution="H1") == {"n": 2}


@pytest.mark.django_db
def test_keys_wrapped_by_an_older_version_still_open(settings):
    row = uuid4()
    where = {"table": "t", "row": row, "institution": "H1"}
    old = seal({"n": 1}, epoch="2026-10", **where)
    settings.KEKS = {**settings.KEKS, 2: bytes(range(32))}
    sealing.forget_keys()
    new = seal({"n": 2}, epoch="2026-11", **where)
    sealing.forget_keys()
    assert (unseal(old, **where), unseal(new, **where)) == ({"n": 1}, {"n": 2})
    settings.KEKS = {1: settings.KEKS[1]}
    sealing.forget_keys()
    with pytest.raises(CannotOpen, match="version 2"):
        unseal(new, **where)


@pytest.mark.django_db
def test_revealing_needs_a_purpose_and_is_written_down():
    row = uuid4()
    sealed = seal(
        {"name": "李秀英", "phone": "138"}, table="prescription", row=row, institution="H1", epoch="2026-11"
    )
    where = {"table": "prescription", "row": row, "institution": "H1", "by": PIA, "at": people.NOON}
    with pytest.raises(ReasonNeeded):
        reveal(sealed, purpose="  ", **where)
    assert not AccessLog.objects.exists()
    assert reveal(sealed, purpose="电话核实", fields=("name",), **where) == {"name": "李秀英"}
    log = AccessLog.objects.get()
    assert (log.actor, log.purpose, log.fields, log.prescription) == ("pia", "电话核实", "name", row)


@pytest.mark.django_db
def test_the_access_log_cannot_be_changed():
    AccessLog.objects.create(
        at=people.NOON, actor="a", role="r", purpose="p", prescription=uuid4(), institution="H1"
    )
    for sql in ("UPDATE patients_accesslog SET actor = 'b'", "DELETE FROM patients_accesslog"):
        with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
            connection.cursor().execute(sql)


def linked(*keys):
    pk = uuid4()
    return link({pk: keys}, at=people.NOON)[pk]


@pytest.mark.django_db
def test_identifiers_seen_together_are_one_person():
    card = linked("card:1", "id:9")
    assert linked("id:9") == card
    assert linked("id:9", "other:3") == card
    assert linked("other:3") == card
    assert linked("card:2").person != card.person
    assert not card.conflict


@pytest.mark.django_db
def test_identifiers_of_two_persons_are_a_conflict_for_an_operator():
    first, second = linked("card:1"), linked("id:9")
    both = linked("card:1", "id:9")
    assert both.conflict
    assert both.person == first.person
    listed = MergeCandidate.objects.get()
    assert {listed.first_id, listed.second_id} == {first.person, second.person}
    with pytest.raises(ReasonNeeded):
        settle(listed.pk, same=True, by=Actor(Role.OPERATOR, "opa"), at=people.NOON, reason="")
    settle(listed.pk, same=True, by=Actor(Role.OPERATOR, "opa"), at=people.NOON, reason="同一人,已电话核实")
    assert linked("card:1", "id:9") == (first.person, False)
    assert set(persons_as_one(first.person)) == {first.person, second.person}


@pytest.mark.django_db
def test_persons_kept_apart_stay_a_conflict_that_is_not_listed_again():
    linked("card:1"), linked("id:9")
    assert linked("card:1", "id:9").conflict
    settle(
        MergeCandidate.objects.get().pk,
        same=False,
        by=Actor(Role.OPERATOR, "opa"),
        at=people.NOON,
        reason="两人",
    )
    assert linked("card:1", "id:9").conflict
    assert MergeCandidate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_meeting_a_new_patient_make_one_person():
    found, start = [], threading.Barrier(6)

    def worker():
        try:
            start.wait()
            with transaction.atomic():
                found.append(linked("card:1", "id:2").person)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(found) == 6
    assert len(set(Identity.objects.values_list("person_id", flat=True))) == 1
    assert set(found) == set(Identity.objects.values_list("person_id", flat=True))
    assert Person.objects.count() >= 1
