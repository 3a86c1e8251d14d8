"""What the busiest doors ask of the database does not grow unseen, and finds its rows by an index."""

import json
from uuid import uuid4

import pytest
from django.db import connection

from routing.bulk_claiming import to_claim
from routing.models import Offer
from tests.people import NOON
from tests.routing import road

MOST_OF_A_CLAIM = 22  # BEGIN, COMMIT and a savepoint included; one is a ring, two tidy up now and then


@pytest.mark.django_db(transaction=True)
def test_a_claim_takes_few_statements(api, oak, order, nominated, django_assert_max_num_queries):
    assert api.claim(oak, order).status_code == 201  # its bearer key is known from here on
    with django_assert_max_num_queries(MOST_OF_A_CLAIM):
        answer = api.claim(oak, nominated, key=str(uuid4()))
    assert answer.status_code == 201
    assert answer.json()["prescription"]["document"]["items"]
    assert road.asked(nominated) == [("P0001", "accepted")]


@pytest.mark.django_db
def test_my_waiting_offers_are_found_without_those_of_all_others(north, oak, elm):
    mine = road.routed(north, routing=road.TO_OAK)
    others = [
        Offer(order=mine, dispenser_id="P0002", rank=n, made_at=NOON, state="declined")
        for n in range(2, 4000)
    ]
    Offer.objects.bulk_create(others)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE routing_offer")
    waiting = Offer.objects.filter(dispenser="P0001", state="pending").order_by("pk")[:26]
    plan = json.loads(waiting.explain(format="json"))[0]["Plan"]
    assert "offer_waiting" in json.dumps(plan)
    assert to_claim("P0001", 25, at=NOON) == ([mine.pk], True)
