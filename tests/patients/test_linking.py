"""Who is joined with whom: batches, placeholders, identifiers that many share, merges, workers side by side."""

import threading
from uuid import uuid4

import pytest
from django.db import connections, transaction

from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import WrongState
from rxcenter.patients.blinding import names_somebody
from rxcenter.patients.linking import Link, link, persons_of
from rxcenter.patients.masking import split
from rxcenter.patients.merging import persons_as_one, settle
from rxcenter.patients.models import Identity, MergeCandidate, Person
from tests import people

OPA = Actor(Role.OPERATOR, "opa")


def linked(*batch):
    """One batch; the persons in its order."""
    keys = {uuid4(): found for found in batch}
    links = link(keys, at=people.NOON)
    return [links[pk] for pk in keys]


def settled(first, second, *, same=True):
    low, high = sorted((first, second))
    candidate, _ = MergeCandidate.objects.get_or_create(
        first_id=low, second_id=high, defaults={"prescription": uuid4(), "created_at": people.NOON}
    )
    return settle(candidate.pk, same=same, by=OPA, at=people.NOON, reason="电话核实")


@pytest.mark.django_db
def test_new_keys_of_one_batch_are_one_person_where_documents_connect_them():
    one, two, alone, far, bridge = linked(
        ["card:A", "id:R77"], ["card:B", "id:R77"], ["card:Z"], ["ssn:9"], ["card:B", "ssn:9"]
    )
    assert one == two == far == bridge == Link(one.person, False)
    assert alone.person != one.person
    assert not MergeCandidate.objects.exists()


@pytest.mark.django_db
def test_a_batch_that_connects_two_known_persons_is_a_conflict_and_joins_neither():
    [a], [b] = linked(["card:A"]), linked(["card:B"])
    one, two = linked(["card:A", "id:R77"], ["card:B", "id:R77"])
    assert one == (a.person, False)
    assert two == (b.person, True)
    assert MergeCandidate.objects.count() == 1


BLANKS = ["-", " ", "\u3000", "/", "--", "***", "无。", "0", "0000", "０００", "1111", "xxxx", "1234567890"]


@pytest.mark.parametrize("value", [*BLANKS, "N/A", "n / a", "无", "未知", "null", "UNKNOWN"])
def test_a_placeholder_names_nobody(value):
    assert not names_somebody(value)


@pytest.mark.parametrize("value", ["7", "11", "640100195803020042", "A-0001", "NA01", "1000", "张三1"])
def test_an_identifier_names_somebody(value):
    assert names_somebody(value)


@pytest.mark.django_db
def test_placeholders_join_nobody():
    def keys(*values):
        whole = people.document()
        whole["patient"]["id"]["value"] = values[0]
        whole["patient"]["other_ids"] = [{"system": "resident_id", "value": v} for v in values[1:]]
        return split(whole)[2]

    assert keys("-", "无") == []
    one, two, nobody, neither = linked(keys("A1", "N/A"), keys("B1", "N/A"), keys("-", "无"), keys("-", "无"))
    assert len({one.person, two.person}) == 2
    assert not one.unlinked
    assert nobody == neither == Link(None, False)
    assert nobody.unlinked


@pytest.mark.django_db
def test_an_identifier_that_many_cards_share_joins_no_more_of_them():
    first = linked(*[[f"card:{n}", "phone:1"] for n in range(3)])
    second = linked(*[[f"card:{n}", "phone:1"] for n in range(3, 5)])
    assert {one.person for one in first + second} == {first[0].person}
    for batch in ([["card:5", "phone:1"]], [["card:6", "phone:1"], ["card:7", "phone:1"]]):
        for one in linked(*batch):
            assert one.conflict
            assert one.person != first[0].person
    assert linked(["card:4", "phone:1"]) == [Link(first[0].person, False)]
    assert MergeCandidate.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("order", [[(1, 2), (0, 1)], [(0, 1), (1, 2)], [(0, 2), (1, 2)], [(1, 2), (0, 2)]])
def test_merges_add_up_in_any_order(order):
    persons = [linked([f"card:{n}"])[0].person for n in range(3)]
    for a, b in order:
        settled(persons[a], persons[b])
    assert all(sorted(persons_as_one(p)) == persons for p in persons)
    assert persons_of(["card:0", "card:1", "card:2"]) == {f"card:{n}": persons[0] for n in range(3)}
    assert linked(["card:0", "card:1", "card:2"]) == [Link(persons[0], False)]


@pytest.mark.django_db
def test_one_person_by_two_decisions_cannot_be_kept_apart_by_a_third():
    persons = [linked([f"card:{n}"])[0].person for n in range(3)]
    settled(persons[0], persons[1])
    settled(persons[1], persons[2])
    with pytest.raises(WrongState):
        settled(persons[0], persons[2], same=False)
    assert settled(persons[0], persons[2]).state == MergeCandidate.State.MERGED


def beside(*works):
    """Run works at once, each in a transaction of its own; what they returned, or None of one that raised."""
    found = [None] * len(works)

    def run(place, work):
        try:
            with transaction.atomic():
                found[place] = work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, work)) for n, work in enumerate(works)]
    [t.start() for t in threads]
    [t.join(20) for t in threads]
    return found


@pytest.mark.django_db(transaction=True)
def test_a_key_that_another_worker_writes_first_takes_its_group_along():
    written, go = threading.Event(), threading.Event()

    def first():
        [found] = linked(["card:M", "id:1"])
        written.set()
        go.wait(10)
        return found

    def second():
        written.wait(10)
        threading.Timer(0.3, go.set).start()
        return linked(["ssn:A", "card:M"])[0]  # waits for the first one's commit

    one, two = beside(first, second)
    assert one == two == Link(one.person, False)
    assert set(Identity.objects.values_list("person", flat=True)) == {one.person}


@pytest.mark.django_db(transaction=True)
def test_a_person_is_locked_until_the_batch_commits():
    with transaction.atomic():
        [known] = linked(["card:M"])
    order, inside = [], threading.Event()

    def first():
        linked(["card:M"])
        inside.set()
        threading.Event().wait(0.3)
        order.append("first")

    def second():
        inside.wait(10)
        linked(["card:M", "id:new"])
        order.append("second")

    beside(first, second)
    assert order == ["first", "second"]
    assert persons_of(["id:new"]) == {"id:new": known.person}


@pytest.mark.django_db(transaction=True)
def test_a_merge_that_commits_meanwhile_is_followed():
    with transaction.atomic():
        first, second = (linked([f"card:{n}"])[0].person for n in (1, 2))
    merged = threading.Event()

    def merge():
        settled(first, second)
        merged.set()
        threading.Event().wait(0.3)

    def audit():
        merged.wait(10)
        return linked(["card:2"])[0]

    assert beside(merge, audit)[1] == Link(first, False)
    assert Person.objects.get(pk=second).merged_into_id == first
