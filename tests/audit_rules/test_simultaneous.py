"""What was issued at the same moment or later: nothing for the command line, concurrent supply for the centre."""

from datetime import timedelta

import pytest

from audit_rules import Case, audit
from tests.audit_rules import reading

SAME = reading.NOW
WARFARIN = "warfarin 3 mg oral qd 28d"


def other(item, issued_at, number="A", **over):
    spec = {"items": [item], "document": {"number": number, "issued_at": issued_at.isoformat(), **over}}
    return reading.document(spec)


def today(item="ibuprofen 400 mg oral tid 7d"):
    return reading.document({"items": [item]})


def seen(document, *history, days=730):
    return Case.of(document, history, until=document.issued_at + timedelta(days=days))


def interactions(case):
    return [f for f in audit(case).findings if f.category == "interaction" and "warfarin" in f.drugs]


@pytest.mark.parametrize("after", [timedelta(), timedelta(minutes=5), timedelta(days=3)])
def test_with_a_bound_what_is_issued_together_or_later_is_checked(after):
    history = other(WARFARIN, SAME + after)
    assert not interactions(Case.of(today(), [history]))
    [found, *_] = interactions(seen(today(), history))
    assert [h["number"] for h in found.history] == ["A"]
    assert (SAME + after).date().isoformat() in found.evidence["supplied_warfarin"]
    assert audit(seen(today(), history)).history["linked"] == 1


def test_what_begins_after_this_supply_is_over_is_not_concurrent():
    last, over = (seen(today(), other(WARFARIN, SAME + timedelta(days=n))) for n in (6, 7))
    assert [p.ingredient for p in last.open_past] == ["warfarin"]
    assert over.open_past == ()
    assert interactions(last)
    assert not interactions(over)


def test_an_unknown_drug_of_a_concurrent_prescription_is_told():
    beside, over = (seen(today(), other("zzz 1 mg oral qd 28d", SAME + timedelta(days=n))) for n in (1, 8))
    assert [u.number for u in beside.unread] == ["A"]
    assert over.unread == ()


def test_the_bound_ends_the_history_and_the_prescription_itself_stays_out():
    far, itself = other(WARFARIN, SAME + timedelta(days=3)), other(WARFARIN, SAME, number="T1")
    assert seen(today(), far, itself, days=2).linked == ()


def test_supply_of_the_same_drug_ordered_at_the_same_moment_elsewhere_is_a_duplicate():
    beside = other(WARFARIN, SAME + timedelta(days=1), institution={"code": "C0002"})
    found = [f for f in audit(seen(today(WARFARIN), beside)).findings if f.rule == "HIS001"]
    assert [f.evidence["issued_on"] for f in found] == [(SAME + timedelta(days=1)).date().isoformat()]


@pytest.mark.parametrize("status", ["identity_unlinked", "anything_new"])
def test_a_history_that_is_not_complete_holds(status):
    quiet = reading.document({"items": ["amlodipine 5 mg oral qd 7d"], "diagnoses": ["I10"]})
    assert audit(quiet).outcome == "pass"
    report = audit(quiet, history_status=status)
    assert report.outcome == "review"
    assert [(g.rule, g.reason, g.holds, g.lines) for g in report.not_checked if g.holds] == [
        ("GAP000", "identity_unlinked", True, ())
    ]
    assert all(report.not_checked[0].message)
