"""What may stand together: the table, the database function, and the trigger that refuses to commit the rest."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from routing.combinations import TABLE
from routing.models import Claim, Dispense, Order
from routing.states import OrderState
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State
from tests.routing import road
from tests.routing.road import NOON


def said(order):
    with connection.cursor() as cursor:
        cursor.execute("SELECT custody_contradiction(%s)", [order.pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_the_database_allows_exactly_what_the_table_says(contradictions_allowed, north):
    order = road.routed(north)
    made = Claim.objects.create(
        id=uuid4(),
        order=order,
        dispenser_id="H0001",
        seq=1,
        token_hash=b"",
        token_sealed=b"",
        claimed_at=NOON,
    )
    for dispensed in (False, True):
        if dispensed:
            Dispense.objects.create(
                id=uuid4(),
                order=order,
                claim=made,
                local_id="L",
                lines=[],
                pharmacist="Y",
                handed_over_at=NOON,
            )
        for claimed in (False, True):
            Claim.objects.update(state="open" if claimed else "returned")
            for state in OrderState:
                Order.objects.update(state=state)
                row = TABLE[state]
                for of_prescription in State:
                    Prescription.objects.update(state=of_prescription)
                    fits = of_prescription in row.prescription
                    fits = fits and (row.claim_open, row.dispensed) == (claimed, dispensed)
                    found = said(order)
                    assert (found is None) is fits, (state, of_prescription, claimed, dispensed, found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "wrong",
    [
        lambda order: Order.objects.filter(pk=order.pk).update(state="claimed"),
        lambda order: Order.objects.filter(pk=order.pk).update(state="completed"),
        lambda order: Claim.objects.create(
            id=uuid4(),
            order=order,
            dispenser_id="H0001",
            seq=1,
            token_hash=b"",
            token_sealed=b"",
            claimed_at=NOON,
        ),
        lambda order: Prescription.objects.filter(pk=order.prescription_id).update(state="completed"),
    ],
)
def test_a_contradiction_is_not_committed(transactional_db, wrong):
    from tests import people

    north = people.north()
    road.dispenser(north)
    order = road.routed(north)
    with pytest.raises(IntegrityError, match="custody contradicts itself"), transaction.atomic():
        wrong(order)
    assert (road.state(order), road.prescription_state(order)) == ("offered", "approved")
    road.expire(order, order.expires_at + timedelta(seconds=1))
    assert (road.state(order), road.prescription_state(order)) == ("expired", "expired")
