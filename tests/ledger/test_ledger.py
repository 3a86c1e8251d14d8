"""The record: gap-free, chained, append-only, and what was done to it on purpose is found."""

import hashlib
import threading
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DataError, InternalError, ProgrammingError

from rxcenter.ledger import recording
from rxcenter.ledger.chain import event_hash, merkle_root
from rxcenter.ledger.feed import events_after
from rxcenter.ledger.models import Checkpoint, Event, StreamHead
from rxcenter.ledger.verifying import as_dict, checkpoint_faults, faults, sign_checkpoint, sign_if_changed
from tests.people import NOON


def write(*streams, subject=None, body=None):
    with recording.transaction():
        recording.record(
            "test.happened",
            subject=subject or uuid4(),
            streams=list(streams),
            actor="system:test",
            at=NOON,
            body=body,
        )


@pytest.mark.django_db
def test_python_and_the_database_hash_alike():
    write("H0001", body={"number": "甲-1", "n": 3})
    e = Event.objects.get()
    fields = (bytes(e.prev_hash), e.stream, e.seq, e.subject, e.subject_seq, e.type, e.actor, e.at, e.body)
    assert bytes(e.hash) == event_hash(*fields)


@pytest.mark.django_db
def test_a_copy_for_the_dispenser_shares_the_prescriptions_number():
    subject = uuid4()
    write("Z9", subject=subject)
    write("Z9", "A1", subject=subject)
    assert list(Event.objects.filter(stream="A1").values_list("seq", "subject_seq", "primary")) == [
        (1, 2, False)
    ]
    assert [e["prescription_seq"] for e in events_after("Z9", 0, 10)] == [1, 2]
    assert list(faults()) == []


@pytest.mark.django_db
def test_events_of_a_failed_change_are_not_written():
    with pytest.raises(ZeroDivisionError), recording.transaction():
        recording.record("x", subject=uuid4(), streams=["H1"], actor="a", at=NOON)
        raise ZeroDivisionError
    with recording.transaction():
        with pytest.raises(ZeroDivisionError), recording.transaction():
            recording.record("inner", subject=uuid4(), streams=["H1"], actor="a", at=NOON)
            raise ZeroDivisionError
        recording.record("outer", subject=uuid4(), streams=["H1"], actor="a", at=NOON)
    assert list(Event.objects.values_list("type", flat=True)) == ["outer"]


@pytest.mark.django_db
def test_a_change_whose_event_cannot_be_written_is_not_made():
    """One commit for both: no state ever changes without its event."""
    with pytest.raises(DataError), recording.transaction():
        StreamHead.objects.create(stream="the change", seq=0, hash=b"")
        recording.record("x", subject=uuid4(), streams=["H" * 41], actor="a", at=NOON)
    assert not StreamHead.objects.exists()


@pytest.mark.django_db
def test_what_is_joined_shares_the_fate_of_the_whole():
    with pytest.raises(ZeroDivisionError), recording.transaction():
        recording.record("before", subject=uuid4(), streams=["H1"], actor="a", at=NOON)
        with recording.joined():
            recording.record("inside", subject=uuid4(), streams=["H1"], actor="a", at=NOON)
        raise ZeroDivisionError
    with recording.joined():
        recording.record("alone", subject=uuid4(), streams=["H1"], actor="a", at=NOON)
    assert list(Event.objects.values_list("type", flat=True)) == ["alone"]


@pytest.mark.django_db
def test_an_event_without_a_transaction_is_a_mistake():
    with pytest.raises(RuntimeError):
        recording.record("x", subject=uuid4(), streams=["H1"], actor="a", at=NOON)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_eight_writers_leave_no_gap(round_):
    """All start at once on streams that do not exist yet: heads made by others must be locked, not only seen."""
    start = threading.Barrier(8)

    def writer():
        try:
            start.wait()
            for n in range(20):
                write("H0001", f"P{n % 3}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=writer) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert Event.objects.filter(stream="H0001").count() == 160
    assert list(faults()) == []
    seqs = list(Event.objects.filter(stream="H0001").order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, 161))


def tampered(sql, *args):
    """What the owner of the database could do with the guards taken off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_event DISABLE TRIGGER ALL")
        cursor.execute(sql, args)
        cursor.execute("ALTER TABLE ledger_event ENABLE TRIGGER ALL")
    return list(faults())


@pytest.mark.django_db(transaction=True)
def test_whatever_is_changed_is_found():
    for n in range(3):
        write("H0001", body={"n": n})
    assert list(faults()) == []
    assert tampered("UPDATE ledger_event SET body = '{\"n\":9}' WHERE seq = 2")
    assert tampered("UPDATE ledger_event SET body = '{\"n\":1}' WHERE seq = 2") == []
    assert tampered("UPDATE ledger_event SET at = at + interval '1 second' WHERE seq = 1")


@pytest.mark.django_db(transaction=True)
def test_what_is_cut_off_is_found_by_the_head_and_by_an_outside_checkpoint():
    for _ in range(3):
        write("H0001")
    handed_over = as_dict(sign_checkpoint(at=NOON))
    assert list(checkpoint_faults(handed_over)) == []
    assert "events are missing at the end" in tampered("DELETE FROM ledger_event WHERE seq = 3")[0]
    head = Event.objects.get(seq=2)
    StreamHead.objects.filter(stream="H0001").update(
        seq=2, hash=head.hash
    )  # a careful forger mends the head too
    assert list(faults()) == []
    assert "gone or changed" in next(iter(checkpoint_faults(handed_over)))
    assert "not ours" in next(iter(checkpoint_faults({**handed_over, "events": 2})))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_event SET type = 'x'",
        "DELETE FROM ledger_event",
        "UPDATE ledger_checkpoint SET events = 0",
    ],
)
def test_the_database_refuses_changes(sql):
    write("H0001")
    sign_checkpoint(at=NOON)
    with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
        connection.cursor().execute(sql)
    assert Checkpoint.objects.get().events == 1


def test_the_merkle_root_is_that_of_rfc_6962():
    assert merkle_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle_root([b""]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle_root([b"a", b"b", b"c"]) != merkle_root([b"a", b"c", b"b"])


@pytest.mark.django_db
def test_checkpoints_are_signed_only_when_something_happened():
    assert sign_if_changed(at=NOON) is None
    write("H0001")
    first = sign_if_changed(at=NOON)
    assert sign_if_changed(at=NOON) is None
    write("H0001", "P1")
    second = sign_if_changed(at=NOON)
    assert (first.events, second.events) == (1, 3)
    assert bytes(second.prev) == hashlib.sha256(bytes(first.signature)).digest()
    assert list(checkpoint_faults(as_dict(second))) == []
