"""What holds for every audit, whatever the rules: order, crashes, causes, releases, profiles, bytes."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from audit_rules import Case, Gap, Hit, Release, Severity, Text, audit, default_catalogue, rule
from audit_rules.concerns import Concerns
from audit_rules.memo import listed
from audit_rules.profile import ProfileRow, Profiles
from tests.audit_rules import reading

TEXT = Text("文字", "text")


def made(check, number=1, **over):
    said = {"title": TEXT, "category": "dose", "severity": Severity.CRITICAL} | over
    return rule(id=f"ZZZ{number:03}", **said)(check)


def hit(**over):
    return Hit(**({"lines": (1,), "drugs": ("ibuprofen",), "message": TEXT, "action": TEXT} | over))


def saying(*said, number=1, **over):
    def anything(case):
        yield from said

    return made(anything, number, **over)


@pytest.fixture(scope="module")
def every_case():
    specs = [spec for found in default_catalogue().rules for spec in reading.specs_for(found).values()]
    return [reading.case(spec) for spec in specs]


@pytest.fixture
def case():
    return reading.case({"items": ["ibuprofen 200 mg oral tid 3d", "amlodipine 5 mg oral qd 3d"]})


def test_a_crashed_rule_holds_and_silences_nobody(case):
    def broken(case):
        yield hit(lines=(2,))
        raise ZeroDivisionError

    report = audit(case, rules=(made(broken, severity=Severity.INFO), saying(hit(), number=2)))
    assert [f.rule for f in report.findings] == ["ZZZ002", "ZZZ001"]
    assert [(g.rule, g.reason, g.holds) for g in report.not_checked] == [("ZZZ001", "rule_crashed", True)]
    assert audit(case, rules=(made(broken, severity=Severity.INFO),)).outcome == "review"


def test_a_rule_that_says_nonsense_is_a_crash(case):
    report = audit(case, rules=(saying("nonsense"),))
    assert [g.reason for g in report.not_checked] == ["rule_crashed"]


def test_a_text_in_one_language_is_a_crash(case):
    report = audit(case, rules=(saying(hit(message="only English")),))
    assert [g.reason for g in report.not_checked] == ["rule_crashed"]


def test_evidence_is_text_in_the_report(case):
    [finding] = audit(case, rules=(saying(hit(evidence={"eGFR": Decimal("38.0")})),)).findings
    assert finding.to_dict()["evidence"] == {"eGFR": "38.0"}


def test_what_rules_share_is_worked_out_once_a_case(case):
    calls = []

    @listed
    def lines(case, least):
        calls.append(least)
        yield from (item.line for item in case.items if item.line >= least)

    assert lines(case, 1) == lines(case, 1) == (1, 2)
    assert lines(case, 2) == (2,)
    assert calls == [1, 2]
    assert lines(reading.case({"items": ["ibuprofen 200 mg oral tid 3d"]}), 1) == (1,)


def test_a_rule_that_has_something_to_say_is_never_left_out(every_case):
    for case in every_case:
        chosen = {
            found.id for found in case.catalogue.concerns.of_case(case) if not found.when or found.when(case)
        }
        for found in case.catalogue.rules:
            fits = (found.kinds is None or case.kind in found.kinds) and (
                found.settings is None or case.setting in found.settings
            )
            if found.id not in chosen and fits and not found.retired:
                assert list(found.check(case)) == [], found.id


def test_a_rule_runs_only_where_it_could_speak():
    case = reading.case({"items": ["ibuprofen 200 mg oral tid 3d"]})
    chosen = {found.id for found in case.catalogue.concerns.of_case(case)}
    assert not chosen & {"DOS001", "DUP001", "HRB001", "NET003", "GAP001"}
    twice = reading.case({"items": ["ibuprofen 200 mg oral tid 3d", "ibuprofen 3000 mg oral tid 3d"]})
    assert {"DOS001", "DUP001"} <= {found.id for found in case.catalogue.concerns.of_case(twice)}


def test_a_question_about_a_line_that_fails_lets_the_rule_run(case):
    def fails(reading, catalogue):
        raise ValueError

    concerns = Concerns([dataclasses.replace(saying(hit()), line=fails)], case.catalogue)
    assert concerns.of_line(case.read[0]) == 1


def test_a_case_that_cannot_be_understood_holds(monkeypatch):
    document = reading.document({"items": ["ibuprofen 200 mg oral tid 3d"]})
    monkeypatch.setattr(Case, "of", lambda *_: 1 / 0)
    report = audit(document)
    assert report.outcome == "review"
    assert [(g.reason, g.holds) for g in report.not_checked] == [("case_unreadable", True)]


@pytest.mark.parametrize(
    ("severity", "release", "outcome"),
    [
        (Severity.CRITICAL, Release.TWO_PHARMACISTS, "stopped"),
        (Severity.MAJOR, Release.PHARMACIST, "review"),
        (Severity.MODERATE, None, "pass"),
        (Severity.INFO, None, "pass"),
    ],
)
def test_severity_decides_outcome_and_release(case, severity, release, outcome):
    report = audit(case, rules=(saying(hit(), severity=severity),))
    assert (report.findings[0].release, report.outcome) == (release, outcome)


def test_a_gap_holds_only_when_it_says_so(case):
    gap = Gap(lines=(1,), reason="weight_missing", message=TEXT, holds=False)
    assert audit(case, rules=(saying(gap),)).outcome == "pass"
    held = Gap(lines=(1,), reason="weight_missing", message=TEXT, holds=True)
    report = audit(case, rules=(saying(gap), saying(held, number=2)))
    assert [(g.rule, g.holds) for g in report.not_checked] == [("ZZZ002", True)], "one reason, one gap"
    assert report.outcome == "review"


def test_one_cause_is_one_finding(case):
    weak = saying(
        hit(cause="c", severity=Severity.MODERATE, lines=(2,), refs=("R2",), sources=("s2",)), number=2
    )
    strong = saying(hit(cause="c", refs=("R1",), sources=("s1",), drugs=("warfarin",)))
    [finding] = audit(case, rules=(weak, strong)).findings
    assert (finding.rule, finding.severity, finding.lines) == ("ZZZ001", Severity.CRITICAL, (1, 2))
    assert finding.refs == ("R1", "R2")
    assert finding.sources == ("s1", "s2")
    assert finding.drugs == ("warfarin", "ibuprofen")
    assert finding.evidence["also"] == "ZZZ002: text"
    apart = audit(case, rules=(weak, saying(hit(cause="d"))))
    assert len(apart.findings) == 2


def test_a_double_signature_in_the_document_lowers_only_what_asks_for_one():
    case = reading.case(
        {"items": ["ibuprofen 200 mg oral tid 3d"], "document": {"reasons": {"double_signed_by": "D1"}}}
    )
    signed = audit(case, rules=(saying(hit(release=Release.DOUBLE_SIGN)),))
    assert (signed.outcome, signed.findings[0].severity) == ("review", Severity.MAJOR)
    assert signed.findings[0].release is Release.PHARMACIST
    assert signed.findings[0].evidence["signer"] == "D1"
    for other in (Release.NOBODY, Release.RESUBMIT, Release.COSIGN, Release.REASON, Release.TWO_PHARMACISTS):
        assert audit(case, rules=(saying(hit(release=other)),)).outcome == "stopped"


@pytest.mark.parametrize("kind", ["double_sign", "cosign", "reason"])
def test_a_record_lowers_its_own_rule_and_kind(case, kind):
    rules = (saying(hit(release=Release(kind))), saying(hit(release=Release(kind)), number=2))
    record = {"kind": kind, "rule": "ZZZ001", "signer": "D9", "reason": "checked with the family"}
    report = audit(case, rules=rules, releases=[record])
    assert {f.rule: f.severity for f in report.findings} == {
        "ZZZ001": Severity.MAJOR,
        "ZZZ002": Severity.CRITICAL,
    }
    other = "cosign" if kind != "cosign" else "reason"
    assert audit(case, rules=rules[:1], releases=[record | {"kind": other}]).outcome == "stopped"
    assert (
        audit(case, rules=rules[:1], releases=[record | {"signer": " ", "reason": ""}]).outcome == "stopped"
    )


def test_no_release_ever_passes_a_prescription(case):
    major = saying(hit(release=Release.DOUBLE_SIGN), severity=Severity.MAJOR)
    record = {"kind": "double_sign", "rule": "ZZZ001", "signer": "D9", "reason": "x"}
    assert audit(case, rules=(major,), releases=[record]).outcome == "review"
    nobody = saying(hit(release=Release.NOBODY))
    assert audit(case, rules=(nobody,), releases=[record | {"kind": "nobody"}]).outcome == "stopped"


def row(**over):
    given = {"profile": "regional", "rule": "ZZZ001", "institution_kind": "*", "setting": "*", "from_": None}
    return ProfileRow(**(given | {"to": None, "severity": None, "on": True, "source": "s"} | over))


@pytest.mark.parametrize(
    ("rows", "outcome", "findings"),
    [
        ([row(severity=Severity.INFO)], "pass", 1),
        ([row(on=False)], "pass", 0),
        ([row(severity=Severity.INFO, to=date(2026, 11, 19))], "stopped", 1),
        ([row(severity=Severity.INFO, to=date(2026, 11, 20))], "pass", 1),
        ([row(severity=Severity.INFO, from_=date(2026, 11, 21))], "stopped", 1),
        ([row(severity=Severity.INFO, setting="internet")], "stopped", 1),
        (
            [row(severity=Severity.INFO), row(severity=Severity.MAJOR, institution_kind="hospital")],
            "review",
            1,
        ),
        ([row(severity=Severity.MAJOR, from_=date(2026, 1, 1)), row(severity=Severity.INFO)], "review", 1),
        ([row(severity=Severity.INFO, profile="other")], "stopped", 1),
    ],
)
def test_profiles(case, monkeypatch, rows, outcome, findings):
    monkeypatch.setattr(default_catalogue(), "profiles", Profiles(tuple(rows)))
    report = audit(case, rules=(saying(hit()),))
    assert (report.outcome, len(report.findings)) == (outcome, findings)


def test_an_unknown_profile_is_an_error_of_the_caller(case):
    with pytest.raises(KeyError):
        audit(case, profile="nowhere")


def test_history_is_only_what_came_before_and_is_another_prescription():
    earlier = [
        reading.document({"items": ["warfarin 3 mg oral qd 28d"], "document": {"number": n, "issued_at": at}})
        for n, at in (
            ("A", "2026-11-10T10:00:00+08:00"),
            ("B", "2026-11-20T10:00:00+08:00"),  # the same moment is not before
            ("C", "2026-11-25T10:00:00+08:00"),
            ("T1", "2026-11-10T10:00:00+08:00"),  # an earlier revision of the prescription itself
        )
    ]
    document = reading.document({"items": ["ibuprofen 200 mg oral tid 3d"], "document": {"revision": 2}})
    case = Case.of(document, earlier)
    assert [(past.number, past.ingredient) for past in case.past] == [("A", "warfarin")]
    assert audit(case).history == {"linked": 1, "status": "complete"}
    assert (
        audit(document, earlier, history_status="identity_unlinked").history["status"] == "identity_unlinked"
    )


def test_only_the_last_revision_of_an_earlier_prescription_counts():
    base = {"number": "A", "issued_at": "2026-11-10T10:00:00+08:00"}
    old = reading.document({"items": ["warfarin 3 mg oral qd 28d"], "document": base})
    new = reading.document({"items": ["aspirin 100 mg oral qd 28d"], "document": base | {"revision": 2}})
    case = Case.of(reading.document({"items": ["ibuprofen 200 mg oral tid 3d"]}), [new, old])
    assert [past.ingredient for past in case.past] == ["aspirin"]
