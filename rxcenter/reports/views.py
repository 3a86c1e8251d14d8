"""The regulator's doors: read-only pages and downloads outside the admin."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rxcenter.accounts.models import Institution
from rxcenter.accounts.roles import Role
from rxcenter.accounts.scopes import Staff
from rxcenter.reports import period, queries
from rxcenter.reports.charts import Series, stacked_days
from rxcenter.reports.exporting import csv_response
from rxcenter.reports.naming import rule_titles, severity_name
from rxcenter.reports.period import CHOICES, Period

READERS = (Role.REGULATOR, Role.CHIEF, Role.OPERATOR)
Codes = list[str] | None
View = Callable[..., HttpResponseBase]


def for_readers(view: View) -> View:
    """Signed-in regulators, chief pharmacists and operators, each within their institutions."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        staff = Staff(request.user)
        if not staff.may(*READERS):
            raise PermissionDenied
        codes = staff.codes(*READERS)
        covered = period.of(request, today=timezone.localdate())
        return view(request, covered=covered, codes=None if codes is None else sorted(codes), **kwargs)

    return guarded


@for_readers
def overview(request: HttpRequest, *, covered: Period, codes: Codes) -> HttpResponse:
    context = _common(covered, codes) | {"institutions": queries.by_institution(covered, codes)}
    return render(request, "reports/overview.html", context)


@for_readers
def institution(request: HttpRequest, *, covered: Period, codes: Codes, code: str) -> HttpResponse:
    if codes is not None and code not in codes:
        raise Http404
    place = get_object_or_404(Institution, pk=code)
    return render(request, "reports/institution.html", _common(covered, [code]) | {"place": place})


def _common(covered: Period, codes: Codes) -> dict[str, Any]:
    days = queries.by_day(covered, codes)
    rules = queries.by_rule(covered, codes)
    titles = rule_titles()
    for row in rules:
        row["title"], row["severity_name"] = titles.get(row["rule"], ""), severity_name(row["severity"])
    severities = queries.by_severity(covered, codes)
    for row in severities:
        row["severity_name"] = severity_name(row["severity"])
    return {
        "period": covered,
        "choices": CHOICES,
        "totals": queries.totals(covered, codes),
        "days": days,
        "chart": _chart(covered, days),
        "rules": rules,
        "severities": severities,
    }


def _chart(covered: Period, rows: list[dict[str, Any]]) -> str:
    by_day = {row["day"]: row for row in rows}

    def values(*names: str) -> list[int]:
        return [sum(by_day[d][n] for n in names) if d in by_day else 0 for d in covered.days]

    held = [p - a for p, a in zip(values("passed"), values("automatic"), strict=True)]
    series = [
        Series("s-auto", _("passed automatically"), values("automatic")),
        Series("s-policy", _("clean, to a pharmacist by policy"), held),
        Series("s-review", _("review"), values("in_review")),
        Series("s-stop", _("stopped"), values("stopped")),
        Series("s-wait", _("not audited yet"), values("unaudited")),
    ]
    return stacked_days(covered.days, series, title=_("Prescriptions a day by outcome of the first audit"))


COUNTS = ("posted", "passed", "automatic", "in_review", "stopped", "unaudited", "approved", "returned", "rejected",
          "dispensed", "median_minutes", "p90_minutes")  # fmt: skip
TABLES: dict[str, tuple[Callable[[Period, Codes], list[dict[str, Any]]], tuple[str, ...]]] = {
    "institutions": (queries.by_institution, ("code", "name", "kind", *COUNTS)),
    "days": (queries.by_day, ("day", *COUNTS)),
    "rules": (queries.by_rule, ("rule", "category", "severity", "prescriptions", "overridden", "upheld")),
    "severities": (queries.by_severity, ("severity", "findings", "worst")),
}


@for_readers
def export(request: HttpRequest, *, covered: Period, codes: Codes, table: str) -> HttpResponseBase:
    """One table as CSV; ?institution=… narrows it."""
    if table not in TABLES:
        raise Http404
    wanted = request.GET.get("institution")
    if wanted:
        if codes is not None and wanted not in codes:
            raise Http404
        codes = [wanted]
    query, header = TABLES[table]
    rows = ([_rounded(row[name]) for name in header] for row in query(covered, codes))
    return csv_response(f"{table}_{covered.first}_{covered.last}.csv", header, rows)


def _rounded(value: Any) -> Any:
    return round(value, 2) if isinstance(value, float) else value
