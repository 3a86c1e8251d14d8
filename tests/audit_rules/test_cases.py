"""Runs every case of every rule. To test a new rule, add its YAML: this file never changes."""

import pytest

from audit_rules import audit, default_catalogue
from audit_rules.catalogue import sources
from tests.audit_rules import reading

ALL = [
    pytest.param(rule, spec, id=f"{rule.id}: {sentence}")
    for rule in default_catalogue().rules
    for sentence, spec in reading.specs_for(rule).items()
]


@pytest.mark.parametrize(("rule", "spec"), ALL)
def test_case(rule, spec):
    report = audit(reading.case(spec), rules=(rule,))
    assert not reading.unlike(report, spec)
    for finding in report.findings:
        assert finding.sources, "a finding names what it rests on"
        assert sources().keys() >= set(finding.sources)
        assert all((*finding.message, *finding.action)), "texts in both languages"


def test_there_are_cases():
    assert len(ALL) > 100
