"""The generated day: the same for the same seed, every document parses, the planted faults are found, the rest is quiet."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from audit_rules import document as rx
from audit_rules.case import Case
from audit_rules.catalogue import default_catalogue
from audit_rules.engine import audit
from rxcenter.demo.generator import Stream, generate
from rxcenter.demo.generator.products import PRODUCTS, UNKNOWN_NAMES

UNTIL = datetime(2026, 11, 22, 16, 0, tzinfo=timezone(timedelta(hours=8)))
COUNT = 400


@pytest.fixture(scope="module")
def stream() -> Stream:
    return generate(7, COUNT, UNTIL)


@pytest.fixture(scope="module")
def reports(stream):
    """{number: report} of all first revisions, each audited with what the same person had before."""
    live = [rx.parse(p.body) for p in stream.posts if not p.malformed and not p.amends]
    everything = [rx.parse(json.dumps(d).encode()) for d in stream.history] + live
    found = {}
    for document in live:
        mine = _identifiers(document)
        before = [
            d
            for d in everything
            if d.issued_at < document.issued_at and mine & _identifiers(d) and d.number != document.number
        ]
        case = Case.of(document, history=before, catalogue=default_catalogue())
        found[document.number] = audit(case).to_record()
    return found


def _identifiers(document):
    return {(i.system, i.value) for i in (document.patient.id, *(document.patient.other_ids or ()))}


def test_the_same_seed_makes_the_same_day(stream):
    again = generate(7, COUNT, UNTIL)
    assert again == stream
    assert generate(8, COUNT, UNTIL).posts != stream.posts


def test_counts_distinct_documents(stream):
    assert len(stream.posts) == COUNT
    assert len({(p.number, p.amends) for p in stream.posts}) == COUNT
    assert {p.body for p in stream.replays} <= {p.body for p in stream.posts}
    assert len(stream.replays) > 5


@pytest.mark.parametrize("count", [1, 2, 7])
def test_small_days_are_whole_too(count):
    assert len(generate(1, count, UNTIL).posts) == count


def test_no_day_without_documents():
    with pytest.raises(ValueError, match="at least 1"):
        generate(1, 0, UNTIL)


def test_every_document_parses_but_the_malformed_ones(stream):
    for post in stream.posts:
        if post.malformed:
            with pytest.raises(rx.Refused):
                rx.parse(post.body)
        else:
            document = rx.parse(post.body)
            assert (document.institution.code, document.number) == (
                post.institution,
                post.amends or post.number,
            )
            assert document.revision == (2 if post.amends else 1)
    assert any(p.malformed for p in stream.posts)
    assert any(p.amends for p in stream.posts)


def test_forty_institutions_of_all_kinds(stream):
    assert len(stream.placers) == 40
    assert Counter(p.kind for p in stream.placers) == {
        "hospital": 8,
        "primary_care": 28,
        "internet_hospital": 4,
    }
    assert {p.type for p in stream.placers} >= {
        "community_centre",
        "community_station",
        "township_centre",
        "village_clinic",
    }
    assert len(stream.pharmacies) == 12
    assert {p.institution for p in stream.posts} <= {p.code for p in stream.placers}


def test_nothing_is_issued_after_the_end_of_the_day(stream):
    for post in stream.posts:
        if not post.malformed:
            assert rx.parse(post.body).issued_at <= UNTIL


def test_persons_are_known_at_several_institutions(stream):
    places: dict[str, set[str]] = {}
    live = [json.loads(p.body) for p in stream.posts if not p.malformed]
    for document in stream.history + live:
        patient = document["patient"]
        for one in [patient["id"], *patient["other_ids"]]:
            if one["system"] == "resident_id":
                places.setdefault(one["value"], set()).add(document["institution"]["code"])
    assert sum(len(codes) > 1 for codes in places.values()) > 20


def test_resident_numbers_carry_their_check_digit(stream):
    for document in stream.history:
        for one in document["patient"]["other_ids"]:
            digits = one["value"]
            total = sum(int("10" if d == "X" else d) * pow(2, 17 - n, 11) for n, d in enumerate(digits))
            assert (len(digits), total % 11) == (18, 1)


def test_every_planted_fault_is_found(stream, reports):
    missed = [p.kind for p in stream.planted if not p.is_found_in(reports[p.number])]
    assert not missed
    assert len({p.kind for p in stream.planted}) >= 12


def test_a_fault_is_not_found_in_a_report_of_something_else(stream, reports):
    """The comparison can fail: a clean prescription's report shows no planted fault."""
    planted = {p.number for p in stream.planted}
    clean = next(
        r
        for number, r in reports.items()
        if number not in planted and not r["findings"] and not r["not_checked"]
    )
    assert not any(p.is_found_in(clean) for p in stream.planted)


def test_ordinary_prescriptions_are_not_stopped(stream, reports):
    planted = {p.number for p in stream.planted}
    outcomes = Counter(r["outcome"] for number, r in reports.items() if number not in planted)
    assert outcomes["stopped"] == 0
    assert outcomes["review"] <= 0.05 * sum(outcomes.values())


def test_every_product_is_known_and_the_unknown_names_are_not():
    drugs = default_catalogue().drugs
    assert not [p.name for p in PRODUCTS.values() if drugs.find(p.name) is None]
    assert not [name for name in UNKNOWN_NAMES if drugs.find(name) is not None]
