"""Prescription audit: document and history in, report out. Pure: no clock, no database, no network."""

from audit_rules.case import Case
from audit_rules.catalogue import Catalogue, default_catalogue
from audit_rules.engine import audit
from audit_rules.report import Finding, Gap, Hit, NotChecked, Release, Report, Severity, Text
from audit_rules.rule import Rule, rule

__all__ = [
    "Case",
    "Catalogue",
    "Finding",
    "Gap",
    "Hit",
    "NotChecked",
    "Release",
    "Report",
    "Rule",
    "Severity",
    "Text",
    "audit",
    "default_catalogue",
    "rule",
]
