"""Clinical texts and codes in the reader's language. Texts of rules come in zh and en as data; words of ours by gettext."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit_rules.catalogue import sources
from rxcenter.errors import Refused, Words
from rxcenter.review import catalogue


def chinese() -> bool:
    """Whether the page is read in Chinese."""
    return (get_language() or "zh-hans").startswith("zh")


def said(text: Mapping[str, str] | Words | None) -> str:
    """One text of data in the page's language."""
    if text is None:
        return ""
    both = text._asdict() if isinstance(text, Words) else text
    return both.get("zh" if chinese() else "en") or both.get("en") or ""


def refusal(error: Refused) -> str:
    """Why something was refused, in the page's language."""
    return said(error.words)


def drug(key: str) -> str:
    """An ingredient key as the reader calls it."""
    row = _ingredients().get(key)
    return row.zh if row is not None and chinese() and row.zh else key


def source(key: str) -> str:
    """A source as one line: title, edition, article or section; an unlisted key says itself."""
    entry = sources().get(key)
    if entry is None:
        return key
    title = entry.get("title") or key
    if isinstance(title, Mapping):
        title = said(title)
    rest = [str(entry[part]) for part in ("edition", "article", "section") if entry.get(part)]
    return " · ".join([str(title), *rest])


@lru_cache(maxsize=1)
def _ingredients() -> Mapping[str, Any]:
    return catalogue.current().ingredients


CATEGORIES = {
    "interaction": _("interaction"), "duplicate": _("duplicate"), "dose": _("dose"), "dose_low": _("dose too low"),
    "duration": _("duration"), "frequency": _("frequency"), "route": _("route"), "age": _("age"), "sex": _("sex"),
    "pregnancy": _("pregnancy"), "lactation": _("lactation"), "allergy": _("allergy"), "disease": _("disease"),
    "indication": _("indication"), "renal": _("renal function"), "hepatic": _("hepatic function"), "lab": _("lab value"),
    "geriatric": _("old age"), "iv_incompatibility": _("IV incompatibility"), "skin_test": _("skin test"),
    "herbal_incompatibility": _("herbal incompatibility"), "herbal_dose": _("herbal dose"),
    "herbal_pregnancy": _("herbs in pregnancy"), "authority": _("prescriber's authority"), "legality": _("legality"),
    "form": _("form"), "internet": _("internet care"), "insurance": _("insurance"), "history": _("history"),
}  # fmt: skip
RELEASES = {
    "nobody": _("Nobody may release this; the prescriber must change it."),
    "resubmit": _("Needs a new revision by the prescriber."),
    "cosign": _("Needs a second prescriber's co-signature."),
    "double_sign": _("Needs the prescriber's second signature."),
    "reason": _("Needs the prescriber's stated reason."),
    "pharmacist": _("A pharmacist decides."),
    "two_pharmacists": _("Two pharmacists decide."),
}
OBSERVATIONS = {
    "egfr": "eGFR", "crcl": "CrCl", "creatinine": _("creatinine"), "alt": "ALT", "ast": "AST",
    "bilirubin": _("bilirubin"), "potassium": _("potassium"), "sodium": _("sodium"), "magnesium": _("magnesium"),
    "inr": "INR", "platelets": _("platelets"), "neutrophils": _("neutrophils"), "hba1c": "HbA1c", "qtc": "QTc",
    "digoxin": _("digoxin level"),
}  # fmt: skip
EVIDENCE = {
    "age": _("age"), "weight": _("weight"), "weight_kg": _("weight"), "dose": _("dose"), "daily_dose": _("daily dose"),
    "maximum": _("maximum"), "limit": _("limit"), "days": _("days"), "allergy": _("allergy"), "sex": _("sex"),
    "diagnoses": _("diagnoses"), "condition": _("condition"), "signer": _("signed by"), "reason": _("stated reason"),
    "released_by": _("released by"), "overlap": _("overlap"), "until": _("until"), "quantity": _("quantity"),
    "pregnancy": _("pregnancy"), "route": _("route"), "frequency": _("frequency"), "name": _("name"),
    "per_day": _("a day"), "ratio": _("share of the limit"), "formula": _("formula"), "at": _("measured"), **OBSERVATIONS,
}  # fmt: skip
EVENTS = {
    "received": _("received"), "audit_passed": _("audit passed: approved"), "audit_held": _("audited: to the desk"),
    "audit_stopped": _("audited: stopped, back to the prescriber"), "audit_quarantined": _("could not be audited"),
    "reaudit": _("to be audited again"), "approved": _("approved by a pharmacist"),
    "returned": _("returned to the prescriber"), "rejected": _("rejected"), "cancelled": _("cancelled"),
    "replaced": _("replaced by a new revision"), "countersigned": _("signed again"), "imported": _("imported"),
    "second_review": _("second pharmacist asked"), "expired": _("expired"), "completed": _("completed"),
}  # fmt: skip


def event(kind: str) -> str:
    """An event's type in words; orders' events are shown as they are named."""
    room, _dot, name = kind.partition(".")
    return str(EVENTS.get(name, kind)) if room == "prescription" else kind


def moment(text: str | None) -> datetime | None:
    """An ISO time of a document, or None."""
    return datetime.fromisoformat(text) if text else None


GAP_REASONS = {
    "unknown_drug": _("unknown drug"), "weight_missing": _("weight missing"), "unit_ambiguous": _("unit ambiguous"),
    "dose_unreadable": _("dose not readable"), "dose_missing": _("dose missing"), "lab_missing": _("lab value missing"),
    "frequency_unknown": _("frequency not understood"), "route_unknown": _("route not understood"),
    "route_missing": _("route missing"), "unit_unknown": _("unit not understood"), "rule_crashed": _("a rule failed"),
    "crashed": _("a rule failed"), "engine": _("the engine could not judge"), "days_missing": _("days missing"),
    "strength_missing": _("strength missing"), "frequency_missing": _("frequency missing"),
    "identity_unlinked": _("patient's history not linked"), "egfr_missing": _("eGFR missing"),
}  # fmt: skip


def gap_reason(code: str) -> str:
    """Why something was not checked, in words."""
    return str(GAP_REASONS.get(code, code.replace("_", " ")))
