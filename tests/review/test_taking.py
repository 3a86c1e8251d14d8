"""Taking: in queue order, by one person, within one's institutions, never one's own."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from rxcenter.accounts.roles import Role
from rxcenter.errors import NotFound, WrongState
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import Severity, Waiting
from rxcenter.review.taking import OwnPrescription, TakenByOther, release, take, take_next
from rxcenter.review.waiting import TAKE_LASTS
from tests.review import rows
from tests.review.rows import AT, F

pytestmark = pytest.mark.django_db


def test_next_is_the_worst_then_the_earliest_due_and_policy_comes_last(pia):
    policy = rows.waiting(why=Waiting.Why.POLICY, minutes=1)
    gap = rows.waiting(gaps=("weight_missing",), minutes=2)
    major_late = rows.waiting(F(Severity.MAJOR), minutes=30)
    major = rows.waiting(F(Severity.MAJOR), minutes=10)
    critical = rows.waiting(F(Severity.CRITICAL, "two_pharmacists"), minutes=60)
    taken = [take_next(by=pia, at=AT).pk for _ in range(5)]
    assert taken == [w.pk for w in (critical, major, major_late, gap, policy)]
    assert take_next(by=pia, at=AT) is None


def test_another_pharmacist_cannot_take_what_is_held(pia, wei):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    take(row.pk, by=pia, at=AT)  # again by the same: harmless
    with pytest.raises(TakenByOther, match="皮亚"):
        take(row.pk, by=wei, at=AT)
    assert take_next(by=wei, at=AT) is None
    row.refresh_from_db()
    assert row.taken_by == pia


def test_a_prescription_left_lying_goes_back_to_the_queue(pia, wei):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    assert take_next(by=wei, at=AT + TAKE_LASTS) is None
    assert take_next(by=wei, at=AT + TAKE_LASTS + timedelta(seconds=1)).pk == row.pk


def test_release_gives_it_back_and_a_chief_may_do_it_for_another(pia, wei, chief):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    with pytest.raises(TakenByOther):
        release(row.pk, by=wei, at=AT)
    release(row.pk, by=chief, at=AT)
    assert take_next(by=wei, at=AT).pk == row.pk


def test_a_hospitals_pharmacist_sees_and_takes_only_its_own(pia):
    theirs = rows.waiting(F(), code="C0014")
    own = rows.waiting(F(), code="H0007")
    local = rows.staff("local", at="H0007")
    with pytest.raises(NotFound):
        take(theirs.pk, by=local, at=AT)
    assert take_next(by=local, at=AT).pk == own.pk
    assert take_next(by=local, at=AT) is None


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.OPERATOR, Role.DISPENSER])
def test_other_roles_take_nothing(role):
    row = rows.waiting(F())
    other = rows.staff("other", role)
    other.is_superuser = True  # roles decide, not this flag
    other.save()
    with pytest.raises(NotFound):
        take(row.pk, by=other, at=AT)
    assert take_next(by=other, at=AT) is None


def test_nobody_takes_their_own_prescription():
    row = rows.waiting(F())
    doctor = rows.staff("both", prescriber_id="D0815")
    assert take_next(by=doctor, at=AT) is None
    with pytest.raises(OwnPrescription):
        take(row.pk, by=doctor, at=AT)


def test_what_ended_elsewhere_is_not_handed_out(pia):
    row = rows.waiting(F())
    Prescription.objects.filter(pk=row.pk).update(state="cancelled")
    assert take_next(by=pia, at=AT) is None
    with pytest.raises(WrongState):
        take(row.pk, by=pia, at=AT)


@pytest.mark.django_db(transaction=True)
def test_many_pharmacists_at_once_never_get_the_same():
    people = [rows.staff(f"p{n}") for n in range(6)]
    made = {rows.waiting(F()).pk for _ in range(12)}
    got: list[tuple[str, object]] = []
    start = Barrier(len(people))

    def work(person):
        try:
            start.wait()
            while (row := take_next(by=person, at=AT)) is not None:
                got.append((person.username, row.pk))
        finally:
            connection.close()

    threads = [Thread(target=work, args=[p]) for p in people]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(pk for _, pk in got) == sorted(made)
    assert {(w.taken_by.username, w.pk) for w in Waiting.objects.select_related("taken_by")} == set(got)
