"""In which order dispensers are asked, and why the others are not."""

from routing.choose import Choice, choose
from routing.eligible import Candidate, Need

OWN, A, B = Candidate("H1"), Candidate("P1"), Candidate("P2")
NAMED = {c.code: c for c in (OWN, A, B)}
POOL = [Candidate("P8", in_pool=True), Candidate("P9", in_pool=True)]


def need(*groups: str, **facts) -> Need:
    return Need(own="H1", groups=frozenset(groups), **facts)


def said(choice: Choice) -> dict[str, list[str]]:
    return {code: [str(r) for r in reasons] for code, reasons in choice.why_not.items()}


def test_without_routing_the_own_pharmacy_is_asked():
    assert choose(need(), None, NAMED, []).ranked == ("H1",)


def test_without_routing_and_without_own_pharmacy_nobody_is():
    choice = choose(need(), None, {}, POOL)
    assert not choice.routable
    assert said(choice) == {"H1": ["unknown"]}


def test_nominated_ones_are_asked_in_their_order_once():
    assert choose(need(), ["P2", "P1", "P2"], NAMED, []).ranked == ("P2", "P1")


def test_those_passed_over_come_with_their_reasons():
    named = {**NAMED, "P1": Candidate("P1", active=False)}
    choice = choose(need(), ["P1", "P7", "P2"], named, [])
    assert choice.ranked == ("P2",)
    assert said(choice) == {"P1": ["inactive"], "P7": ["unknown"]}


def test_an_ineligible_nomination_is_not_replaced_behind_the_patients_back():
    choice = choose(need(), ["P1"], {**NAMED, "P1": Candidate("P1", active=False)}, POOL)
    assert not choice.routable
    assert said(choice) == {"P1": ["inactive"], "pool": ["no_consent"]}


def test_with_consent_the_pool_follows_the_nominated():
    choice = choose(need(consent=True), ["P1"], NAMED, POOL)
    assert (choice.ranked, choice.pool) == (("P1",), True)


def test_the_pool_alone():
    choice = choose(need(consent=True), [], NAMED, POOL)
    assert (choice.ranked, choice.pool) == ((), True)


def test_a_pool_in_which_nobody_may_is_no_pool():
    choice = choose(need("psychotropic_2", consent=True), [], NAMED, POOL)
    assert not choice.routable
    assert said(choice) == {"pool": ["no_licence:psychotropic_2"]}
    assert said(choose(need(consent=True), [], NAMED, [])) == {"pool": ["not_in_pool"]}


def test_nobody_named_and_no_consent_means_the_own_pharmacy():
    choice = choose(need(), [], NAMED, POOL)
    assert (choice.ranked, choice.pool) == (("H1",), False)
    assert said(choice) == {"pool": ["no_consent"]}


def test_what_stays_in_house_goes_home_whoever_was_nominated():
    named = {**NAMED, "H1": Candidate("H1", licences=frozenset({"narcotic"}))}
    choice = choose(need("narcotic", consent=True), ["P1"], named, POOL)
    assert (choice.ranked, choice.pool) == (("H1",), False)
    assert said(choice)["P1"] == ["in_house_only:narcotic", "no_licence:narcotic"]


def test_what_stays_in_house_and_has_no_house_is_unroutable():
    choice = choose(need("narcotic", consent=True), ["P1"], {"P1": A}, POOL)
    assert not choice.routable
    assert said(choice)["H1"] == ["unknown"]
