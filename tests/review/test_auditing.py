"""What follows an audit: outcome, policy, queue row, jobs; and what happens when the engine cannot judge."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from rxcenter.accounts.roles import Actor, Role
from rxcenter.jobs import working
from rxcenter.jobs.models import Job
from rxcenter.jobs.queue import Work
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, move
from rxcenter.prescriptions.models import Prescription, PrescriptionItem
from rxcenter.prescriptions.receiving import receive
from rxcenter.review import policy
from rxcenter.review.auditing import give_up
from rxcenter.review.expiring import expire_unanswered
from rxcenter.review.models import AuditRun, Finding, Gap, PassPolicy, Waiting
from tests import people

pytestmark = pytest.mark.django_db
PIA = Actor(Role.PHARMACIST, "pia")


def audited(place, **changes):
    [receipt] = receive([people.posted(place, **changes)], at=people.NOON)
    working.drain("audit")
    return Prescription.objects.get(pk=receipt.id)


def job(row):
    return Work(1, "x", row.pk, None, 5, uuid4())


def test_a_clean_one_passes_where_policy_allows_and_is_routed():
    people.automatic_pass()
    row = audited(people.north())
    assert row.state == "approved"
    assert Job.objects.get(kind="route").payload == {"groups": []}
    assert not Waiting.objects.exists()
    assert PrescriptionItem.objects.get().ingredients == ["amlodipine"]


def test_without_a_policy_row_a_pharmacist_decides():
    row = audited(people.north())
    assert row.state == "in_review"
    assert Waiting.objects.get().why == Waiting.Why.POLICY
    assert not Job.objects.filter(kind="route").exists()


def test_an_internet_hospital_never_passes_by_itself_whatever_setting_it_writes():
    people.automatic_pass("outpatient", "internet_hospital")
    row = audited(people.cloud(), setting="outpatient", visit={"revisit": True, "offline_record": "门诊病历"})
    assert row.state == "in_review"


def test_an_unknown_drug_waits_with_its_name():
    people.automatic_pass()
    audited(people.north(), item__drug={"name": "不存在的药"})
    waiting = Waiting.objects.get()
    assert (waiting.why, waiting.gap_key, waiting.summary["unmapped"]) == (
        Waiting.Why.GAPS,
        "不存在的药",
        ["不存在的药"],
    )
    assert Gap.objects.filter(reason="unknown_drug", holds=True).exists()


def test_a_lethal_one_goes_back_to_its_prescriber_and_expires_unanswered():
    row = audited(people.north(), items=[{"line": 1, "drug": {"name": "注射用硫酸长春新碱"}, "route": "intrathecal",
                                          "dose": {"value": 1, "unit": "mg"}, "frequency": "once", "days": 1}])  # fmt: skip
    assert row.state == "with_prescriber"
    assert Finding.objects.filter(release="nobody", severity=40).exists()
    assert Waiting.objects.get().with_prescriber
    with transaction():
        expire_unanswered([job(row)], people.NOON + timedelta(days=1))
    row.refresh_from_db()
    assert row.state == "with_prescriber"
    with transaction():
        expire_unanswered([job(row)], row.state_since + timedelta(days=7))
    row.refresh_from_db()
    assert (row.state, Waiting.objects.get().open) == ("expired", False)


def test_each_return_has_its_own_seven_days():
    row = audited(people.north())
    later = people.NOON + timedelta(days=6)
    move(Step(row.pk, "returned", "other"), by=PIA, at=later)
    with transaction():
        expire_unanswered([job(row)], people.NOON + timedelta(days=8))
    row.refresh_from_db()
    assert row.state == "with_prescriber"
    assert Job.objects.get(kind="expire_unanswered", subject=row.pk).due_at == later + timedelta(days=7)


def test_an_audit_done_twice_writes_once():
    row = audited(people.north())
    from rxcenter.jobs.queue import NewJob, add

    add([NewJob("audit", row.pk)])
    assert working.drain("audit") == 1
    assert AuditRun.objects.count() == 1


def test_what_the_engine_cannot_judge_waits_without_an_older_audits_answers():
    people.automatic_pass()
    row = audited(people.north(), item__drug={"name": "不存在的药"})
    pia = people.staff("pia", Role.PHARMACIST)
    Waiting.objects.update(taken_by=pia, taken_at=people.NOON, seconds_needed=True)
    move(Step(row.pk, "reaudit"), by=Actor(Role.CHIEF, "chi"), at=people.NOON)
    with transaction():
        give_up(job(row), people.NOON)
    waiting = Waiting.objects.get()
    assert (waiting.why, waiting.run, waiting.taken_by, waiting.seconds_needed) == (
        Waiting.Why.ENGINE,
        None,
        None,
        False,
    )
    row.refresh_from_db()
    assert row.state == "in_review"
    with transaction():
        give_up(job(row), people.NOON)  # again: it is past its audit
    assert Waiting.objects.count() == 1


@pytest.mark.parametrize(
    "groups,setting,kind,expected",
    [
        ([], "outpatient", "hospital", True),
        (["injection"], "outpatient", "hospital", False),
        (["narcotic"], "outpatient", "hospital", False),
        (["toxic"], "outpatient", "hospital", False),
        ([], "internet", "hospital", False),
        ([], "outpatient", "internet_hospital", False),
        ([], "emergency", "hospital", False),
    ],
)
def test_the_pass_policy(groups, setting, kind, expected):
    def row(setting, kind, group, automatic):
        return PassPolicy(setting=setting, institution_kind=kind, drug_group=group, automatic=automatic)

    rows = [
        row(s, k, "*", True) for s in ("outpatient", "internet") for k in ("hospital", "internet_hospital")
    ]
    rows.append(row("outpatient", "hospital", "injection", False))
    assert policy.automatic(rows, setting=setting, institution_kind=kind, groups=groups) is expected


def test_a_policy_ends_with_its_last_day():
    made = people.automatic_pass()
    PassPolicy.objects.update(in_force_to=date(2026, 11, 30))
    assert policy.rows_in_force(date(2026, 11, 30)) == [made]
    assert policy.rows_in_force(date(2026, 12, 1)) == []


def test_every_word_the_engine_may_say_fits_its_column():
    from audit_rules.catalogue import default_catalogue
    from routing.models import Order
    from rxcenter.review.summarising import ROUTED_BY

    def width(model, field):
        found = model._meta.get_field(field)
        return getattr(found, "base_field", found).max_length

    groups = [*ROUTED_BY, "herbal", "unknown", "injection", "antimicrobial_special"]
    for model, field in ((AuditRun, "drug_groups"), (PassPolicy, "drug_group"), (Order, "groups")):
        assert max(map(len, groups)) <= width(model, field), (model, field)
    rules = default_catalogue().rules
    assert max(len(r.category) for r in rules) <= width(Finding, "category")
    assert max(len(r.id) for r in rules) <= width(Finding, "rule")
    drugs = default_catalogue().ingredients
    assert max(map(len, drugs)) <= width(Finding, "drugs")
    assert max(map(len, drugs)) <= width(PrescriptionItem, "ingredients")


def test_a_special_antimicrobial_is_audited():
    people.automatic_pass()
    gram = {"value": 1, "unit": "g"}
    drug = {
        "item__drug": {"name": "注射用美罗培南"},
        "item__route": "intravenous_infusion",
        "item__frequency": "q8h",
    }
    row = audited(people.north(), **drug, item__dose=gram, item__strength=gram)
    assert row.state in ("in_review", "with_prescriber")
    assert "antimicrobial_special" in AuditRun.objects.get().drug_groups
