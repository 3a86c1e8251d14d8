"""S-24: limits and look-ups. Ours: at most 50 lines and 100 documents, one way to search, an empty list is a list."""

from uuid import uuid4

from tests.scenarios.papers import tablets
from tests.scenarios.town import ok

MINE = "P0001"


def paths(refused):
    assert refused.status_code == 422, refused.text
    return {problem["path"] for problem in refused.json()["problems"]}


def test_S24_too_many_lines_are_refused_by_name(town):
    fits = town.paper(*[tablets(n) for n in range(1, 51)])
    assert town.post("H0001", "/prescriptions", fits).status_code == 201
    too_many = town.paper(*[tablets(n) for n in range(1, 52)])
    assert paths(town.post("H0001", "/prescriptions", too_many)) == {"$.items"}


def test_S24_no_search_by_two_ways_at_once_nor_by_none(town):
    rx = town.prescribe()
    found = ok(town.get("H0001", f"/prescriptions?number={rx.number}"))
    assert found["id"] == rx.pk
    assert paths(town.get("H0001", "/prescriptions")) == {"number"}
    body = {"order": rx.order(), "prescription_no": rx.number, "code": rx.code()}
    assert town.post(MINE, "/claims", body).status_code == 422  # offered, or proven by the patient: not both
    assert rx.state() == ("approved", "offered")


def test_S24_what_does_not_exist_is_404_and_nothing_is_an_empty_list(town):
    for path in (
        f"/prescriptions/{uuid4()}",
        "/prescriptions?number=NO-SUCH",
        f"/prescriptions/{uuid4()}/pickup",
    ):
        assert town.get("H0001", path).status_code == 404
    assert town.post("H0001", f"/prescriptions/{uuid4()}/cancel", {"reason": "…"}).status_code == 404
    assert town.get(MINE, f"/claims/{uuid4()}").status_code == 404
    assert ok(town.get(MINE, "/offers")) == {"offers": [], "next": None}
    assert ok(town.get(MINE, "/transfers")) == {"transfers": []}
    assert ok(town.get(MINE, "/events"))["events"] == []
