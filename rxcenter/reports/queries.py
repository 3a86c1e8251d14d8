"""Every number of the regulator's pages. Reads only; one statement a table.

What counts: prescriptions posted live in the period (by time of receipt), each revision once, by its first audit.
"""
# ruff: noqa: S608 - the pieces put together are this file's own constants; every value is a parameter

from typing import Any

from django.db import connection

from rxcenter.reports.period import Period

_SCOPE = """
    p.origin = 'live' AND p.received_at >= %(since)s AND p.received_at < %(until)s
    AND (%(codes)s::text[] IS NULL OR p.institution_id = ANY(%(codes)s))
"""
# Time to decision: from receipt to the automatic pass, or to the pharmacist's final decision. Minutes.
_COUNTS = """
    count(*) AS posted,
    count(*) FILTER (WHERE a.outcome = 'pass') AS passed,
    count(*) FILTER (WHERE a.auto_passed) AS automatic,
    count(*) FILTER (WHERE a.outcome = 'review') AS in_review,
    count(*) FILTER (WHERE a.outcome = 'stopped') AS stopped,
    count(*) FILTER (WHERE a.id IS NULL) AS unaudited,
    count(*) FILTER (WHERE d.verdict = 'approve') AS approved,
    count(*) FILTER (WHERE d.verdict = 'return') AS returned,
    count(*) FILTER (WHERE d.verdict = 'reject') AS rejected,
    count(*) FILTER (WHERE p.state = 'completed') AS dispensed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY decided.minutes) AS median_minutes,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY decided.minutes) AS p90_minutes
"""
_FROM = f"""
    FROM prescriptions_prescription p
    LEFT JOIN review_auditrun a ON a.prescription_id = p.id AND a.first
    LEFT JOIN LATERAL (
        SELECT verdict, at FROM review_decision WHERE prescription_id = p.id AND final ORDER BY id LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT extract(epoch FROM coalesce(d.at, CASE WHEN a.auto_passed THEN a.at END) - p.received_at) / 60.0 AS minutes
    ) decided ON true
    WHERE {_SCOPE}
"""


def totals(period: Period, codes: list[str] | None) -> dict[str, Any]:
    """The headline numbers of a period; `codes` None = the whole region."""
    return _rows(f"SELECT {_COUNTS} {_FROM}", period, codes)[0]


def by_day(period: Period, codes: list[str] | None) -> list[dict[str, Any]]:
    """One row for each day that has prescriptions."""
    day = "(p.received_at AT TIME ZONE %(zone)s)::date"
    return _rows(f"SELECT {day} AS day, {_COUNTS} {_FROM} GROUP BY 1 ORDER BY 1", period, codes)


def by_institution(period: Period, codes: list[str] | None) -> list[dict[str, Any]]:
    """One row an institution, the most prescriptions first."""
    return _rows(
        f"""SELECT i.code, i.name, i.kind, t.* FROM (
            SELECT p.institution_id, {_COUNTS} {_FROM} GROUP BY 1) t
        JOIN accounts_institution i ON i.code = t.institution_id ORDER BY t.posted DESC, i.code""",
        period,
        codes,
    )


def by_rule(period: Period, codes: list[str] | None) -> list[dict[str, Any]]:
    """One row a rule and severity: prescriptions it spoke on, and what pharmacists then decided."""
    return _rows(
        f"""SELECT f.rule, f.category, f.severity, count(DISTINCT p.id) AS prescriptions,
            count(DISTINCT p.id) FILTER (WHERE d.verdict = 'approve') AS overridden,
            count(DISTINCT p.id) FILTER (WHERE d.verdict IN ('return', 'reject')) AS upheld
        FROM prescriptions_prescription p
        JOIN review_auditrun a ON a.prescription_id = p.id AND a.first
        JOIN review_finding f ON f.run_id = a.id
        LEFT JOIN LATERAL (
            SELECT verdict FROM review_decision WHERE prescription_id = p.id AND final ORDER BY id LIMIT 1
        ) d ON true
        WHERE {_SCOPE} GROUP BY 1, 2, 3 ORDER BY f.severity DESC, prescriptions DESC, f.rule""",
        period,
        codes,
    )


def by_severity(period: Period, codes: list[str] | None) -> list[dict[str, Any]]:
    """One row a severity: findings, and prescriptions whose worst finding it is."""
    return _rows(
        f"""SELECT f.severity, count(*) AS findings, count(DISTINCT p.id) FILTER (WHERE f.severity = worst.severity) AS worst
        FROM prescriptions_prescription p
        JOIN review_auditrun a ON a.prescription_id = p.id AND a.first
        JOIN review_finding f ON f.run_id = a.id
        JOIN LATERAL (SELECT max(severity) AS severity FROM review_finding WHERE run_id = a.id) worst ON true
        WHERE {_SCOPE} GROUP BY 1 ORDER BY 1 DESC""",
        period,
        codes,
    )


def _rows(sql: str, period: Period, codes: list[str] | None) -> list[dict[str, Any]]:
    from django.conf import settings

    values = {"since": period.since, "until": period.until, "codes": codes, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
