"""Who may dispense what: each reason with a case where it speaks and a near one where it is silent."""

import pytest

from routing.eligible import KNOWN_GROUPS, REASONS, Candidate, Need, Way, stays_in_house, why_not

HOME, AWAY = "H1", "P1"


def need(*groups: str, **facts) -> Need:
    return Need(own=HOME, groups=frozenset(groups), **facts)


def codes(candidate: Candidate, wanted: Need, way: Way = Way.NOMINATED) -> list[str]:
    return [str(r) for r in why_not(candidate, wanted, way)]


def test_an_ordinary_prescription_may_go_to_a_nominated_pharmacy():
    assert codes(Candidate(AWAY), need()) == []


def test_an_inactive_dispenser_may_not():
    assert codes(Candidate(AWAY, active=False), need()) == ["inactive"]
    assert codes(Candidate(HOME, active=False), need(), Way.OWN) == ["inactive"]


@pytest.mark.parametrize(
    "group",
    ["narcotic", "psychotropic_1", "toxic", "radioactive", "precursor", "in_house", "antimicrobial_special"],
)
def test_these_groups_never_leave_the_house(group):
    everything = frozenset(KNOWN_GROUPS)
    assert f"in_house_only:{group}" in codes(Candidate(AWAY, licences=everything), need(group))
    assert codes(Candidate(HOME, licences=everything), need(group), Way.OWN) == []


def test_psychotropics_of_the_second_class_may_leave_with_a_licence():
    wanted = need("psychotropic_2")
    assert codes(Candidate(AWAY), wanted) == ["no_licence:psychotropic_2"]
    assert codes(Candidate(AWAY, licences=frozenset({"psychotropic_2"})), wanted) == []


def test_inpatient_prescriptions_stay_in_house():
    assert codes(Candidate(AWAY), need(setting="inpatient")) == ["inpatient"]
    assert codes(Candidate(HOME), need(setting="inpatient"), Way.OWN) == []
    assert codes(Candidate(AWAY), need(setting="home")) == []


def test_injections_leave_only_to_those_authorised_for_them():
    assert codes(Candidate(AWAY), need("injection")) == ["no_licence:injection"]
    assert codes(Candidate(AWAY, licences=frozenset({"injection"})), need("injection")) == []
    assert codes(Candidate(HOME), need("injection"), Way.OWN) == []


@pytest.mark.parametrize("groups", [None, frozenset({"unknown"}), frozenset({"a-group-of-2031"})])
def test_what_nobody_classified_stays_in_house(groups):
    wanted = Need(own=HOME, groups=groups)
    assert stays_in_house(wanted)
    assert codes(Candidate(AWAY, licences=frozenset(KNOWN_GROUPS)), wanted)[0].startswith("unclassified")
    assert codes(Candidate(HOME), wanted, Way.OWN) == []


def test_the_own_pharmacy_needs_its_licences_too():
    assert codes(Candidate(HOME), need("narcotic"), Way.OWN) == ["no_licence:narcotic"]


def test_the_pool_needs_membership_and_consent():
    assert codes(Candidate(AWAY, in_pool=True), need(consent=True), Way.POOL) == []
    assert codes(Candidate(AWAY), need(consent=True), Way.POOL) == ["not_in_pool"]
    assert codes(Candidate(AWAY, in_pool=True), need(), Way.POOL) == ["no_consent"]


def test_a_nomination_for_pickup_needs_no_further_consent():
    assert codes(Candidate(AWAY), need(consent=False)) == []


def test_delivery_needs_consent_and_a_dispenser_that_delivers():
    wanted = need(delivery=True, consent=True)
    assert codes(Candidate(AWAY, delivers=True), wanted) == []
    assert codes(Candidate(AWAY), wanted) == ["does_not_deliver"]
    assert codes(Candidate(AWAY, delivers=True), need(delivery=True)) == ["no_consent"]


@pytest.mark.parametrize(
    "region, expected",
    [("兴庆区", []), ("兴庆", ["outside_area"]), ("金凤区", ["outside_area"]), (None, ["area_unknown"])],
)
def test_delivery_areas_match_exactly(region, expected):
    here = Candidate(AWAY, delivers=True, regions=frozenset({"兴庆区"}))
    assert codes(here, need(delivery=True, consent=True, region=region)) == expected


def test_all_reasons_are_told_at_once_and_have_words():
    wanted = need("narcotic", "herbal", setting="inpatient", delivery=True)
    found = why_not(Candidate(AWAY, active=False), wanted, Way.POOL)
    assert {r.code for r in found} == {
        "inactive", "inpatient", "in_house_only", "no_licence", "not_in_pool", "no_consent", "does_not_deliver",
    }  # fmt: skip
    assert len(found) == len(set(found))
    assert all(REASONS[r.code].zh and REASONS[r.code].en for r in found)
