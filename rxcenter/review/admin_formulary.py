"""The page on which a pharmacist sees what a hospital's own drug list means to the audit. Nothing of it is stored."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from audit_rules.formulary.list_mapping import MAPPED, Mapped, MappingReport, as_csv, mapping
from audit_rules.formulary.list_reading import BadList, read
from audit_rules.report import Text
from rxcenter.review import catalogue, saying

SHOWN = 500
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something else


def formulary(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    """The form; with a file the report, or with `download` the same as a table."""
    context: dict[str, Any] = {**site.each_context(request), "title": _("Check a drug list")}
    upload = request.FILES.get("list")
    if request.method == "POST" and upload is None:
        context["problem"] = _("Choose a file.")
    elif request.method == "POST" and upload is not None:
        try:
            report = mapping(read(upload.read(), upload.name or ""), catalogue.current())
        except BadList as error:
            context["problem"] = _in_language(error.said)
        else:
            if "download" in request.POST:
                return _table(report)
            context |= _shown(report, upload.name or "")
    return TemplateResponse(request, "review/formulary.html", context)


def _table(report: MappingReport) -> HttpResponse:
    body = BYTE_ORDER_MARK + as_csv(report, catalogue.current())
    headers = {"Content-Disposition": 'attachment; filename="mapping.csv"'}
    return HttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)


def _shown(report: MappingReport, name: str) -> dict[str, Any]:
    """What needs a person comes first and, of a long list, alone."""
    open_lines = [line for line in report.lines if line.status != MAPPED or line.note.en]
    return {
        "file": name,
        "total": len(report.lines),
        "counts": [(_status(status), n) for status, n in report.counts().items()],
        "percent": report.unmapped_percent,
        "lines": [_line(line) for line in open_lines[:SHOWN]],
        "left_out": max(0, len(open_lines) - SHOWN),
    }


def _line(line: Mapped) -> dict[str, Any]:
    meanings = (" + ".join(map(saying.drug, keys)) for keys in line.meanings)
    return {
        "row": line.row,
        "status": _status(line.status),
        "means": " | ".join(meanings),
        "note": _in_language(line.note),
    }


def _status(status: str) -> str:
    words = {
        "mapped": _("understood"),
        "ambiguous": _("several readings"),
        "unknown": _("not in the catalogue"),
        "bad": _("bad row"),
    }
    return words[status]


def _in_language(text: Text) -> str:
    return text.zh if saying.chinese() else text.en
