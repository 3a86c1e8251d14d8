"""Everything a pharmacist reads before deciding, from one waiting row: findings, gaps, lines, patient, past, events."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from audit_rules.names import plain
from rxcenter.ledger.models import Event
from rxcenter.patients.merging import persons_as_one
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State
from rxcenter.review import catalogue, reasons, saying
from rxcenter.review.models import Decision, Severity, Waiting
from rxcenter.review.weighing import BY_PHARMACISTS, GAPS

EARLIER_DAYS = 90
EARLIER_MOST = 40
LEVELS = {
    "critical": Severity.CRITICAL,
    "major": Severity.MAJOR,
    "moderate": Severity.MODERATE,
    "info": Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Card:
    """One finding as it is shown. `reasons` is empty where no pharmacist's reason is asked."""

    key: str
    level: str
    level_text: str
    category: str
    drugs: str
    message: str
    action: str
    release: str
    evidence: list[tuple[str, str]]
    sources: list[str]
    rule: str
    version: int
    lines: list[int]
    history: list[dict[str, Any]]
    reasons: tuple[reasons.Reason, ...]
    blocked: bool


def cards(row: Waiting) -> list[Card]:
    """The run's findings, worst first."""
    found = (row.run.report.get("findings") if row.run else None) or []
    made = [_card(position, finding) for position, finding in enumerate(found)]
    return sorted(made, key=lambda c: (-LEVELS[c.level], int(c.key)))


def _card(position: int, finding: dict[str, Any]) -> Card:
    level = finding["severity"]
    serious = LEVELS[level] >= Severity.MAJOR
    release = finding.get("release") or ("two_pharmacists" if level == "critical" else "pharmacist")
    blocked = serious and release not in BY_PHARMACISTS
    return Card(
        key=str(position),
        level=level,
        level_text=str(LEVELS[level].label),
        category=str(saying.CATEGORIES.get(finding["category"], finding["category"])),
        drugs=" + ".join(saying.drug(d) for d in finding["drugs"]),
        message=saying.said(finding["message"]),
        action=saying.said(finding["action"]),
        release=str(saying.RELEASES.get(release, release)) if serious else "",
        evidence=[
            (str(saying.EVIDENCE.get(k, k.replace("_", " "))), v) for k, v in finding["evidence"].items()
        ],
        sources=[saying.source(key) for key in finding["sources"]],
        rule=finding["rule"],
        version=finding["version"],
        lines=finding["lines"],
        history=finding.get("history") or [],
        reasons=reasons.RELEASES if serious and not blocked else (),
        blocked=blocked,
    )


def gaps(row: Waiting) -> list[dict[str, Any]]:
    """What was not checked, what holds first. Equal sentences are shown once with all their lines."""
    if row.run is None:
        text = _("The engine could not judge this prescription: nothing was checked.")
        return [{"rule": "", "lines": [], "text": text, "holds": True}]
    found: dict[tuple[bool, str], dict[str, Any]] = {}
    for gap in row.run.report.get("not_checked") or []:
        text = saying.said(gap.get("message")) or gap["reason"]
        entry = found.setdefault(
            (gap["holds"], text), {"rules": [], "lines": [], "text": text, "holds": gap["holds"]}
        )
        entry["rules"] = sorted({*entry["rules"], gap["rule"]})
        entry["lines"] = sorted({*entry["lines"], *gap["lines"]})
    return sorted(found.values(), key=lambda g: not g["holds"])


def lines(row: Waiting, document: dict[str, Any], shown: list[Card]) -> list[dict[str, Any]]:
    """The prescription's lines, each with the worst level of the findings that touch it."""
    worst: dict[int, str] = {}
    for card in reversed(shown):  # the worst comes last and stays
        worst.update(dict.fromkeys(card.lines, card.level))
    unmapped = set(row.summary.get("unmapped") or [])
    routes, frequencies = catalogue.current().routes, catalogue.current().frequencies
    made = []
    for item in document["items"]:
        name = item["drug"].get("name") or item["drug"].get("code") or ""
        route = routes.get(plain(item.get("route") or ""))
        frequency = frequencies.get(plain(item.get("frequency") or ""))
        made.append(
            {
                "line": item["line"],
                "name": name,
                "unknown": name in unmapped,
                "level": worst.get(item["line"], ""),
                "level_text": LEVELS[worst[item["line"]]].label if item["line"] in worst else "",
                "strength": quantity(item.get("strength")),
                "dose": quantity(item.get("dose")),
                "route": (route.zh if saying.chinese() else route.en) if route else item.get("route"),
                "frequency": frequency.code if frequency else item.get("frequency"),
                "days": number(item.get("days")),
                "quantity": quantity(item.get("quantity")),
                "notes": " · ".join(
                    str(item[k]) for k in ("skin_test", "purpose", "instructions", "group") if item.get(k)
                ),
            }
        )
    return made


def number(value: Any) -> str:
    """A number without a tail of zeros."""
    return "" if value is None else f"{float(value):g}"


def quantity(value: dict[str, Any] | str | None) -> str:
    """A value with its unit as written."""
    if not isinstance(value, dict):
        return value or ""
    return f"{number(value.get('value'))} {value.get('unit') or ''}".strip()


def patient(document: dict[str, Any], row: Waiting) -> dict[str, Any]:
    """The patient's facts, each with its date where the document gives one."""
    person = document["patient"]
    weeks = (person.get("pregnancy") or {}).get("weeks")
    status = (person.get("pregnancy") or {}).get("status") or "unknown"
    return {
        "name": person.get("name") or "—",
        "phone": person.get("phone") or "",
        "age": row.summary.get("patient", {}).get("age") or "",
        "birth_date": person["birth_date"],
        "sex": {"female": _("female"), "male": _("male")}.get(person["sex"], _("sex unknown")),
        "weight": quantity({"value": person["weight_kg"], "unit": "kg"}) if person.get("weight_kg") else "",
        "height": quantity({"value": person["height_cm"], "unit": "cm"}) if person.get("height_cm") else "",
        "pregnancy": {"yes": _("pregnant"), "no": _("not pregnant")}.get(status, _("pregnancy unknown")),
        "pregnant": status == "yes",
        "weeks": weeks,
        "may_be_pregnant": person["sex"] != "male",
        "lactating": person.get("lactating"),
        "allergies": person.get("allergies") or [],
        "conditions": person.get("conditions") or [],
        "diagnoses": document.get("diagnoses") or [],
        "observations": [
            {
                "name": str(saying.OBSERVATIONS.get(o["code"], o["code"])),
                "value": quantity({**o, "unit": "" if o.get("unit") == "1" else o.get("unit")}),
                "at": saying.moment(o.get("at")),
            }
            for o in person.get("observations") or []
        ],
        "medications": [
            {
                "name": m["drug"].get("name") or m["drug"].get("code"),
                "how": " ".join(filter(None, [quantity(m.get("dose")), m.get("route"), m.get("frequency")])),
            }
            for m in person.get("current_medications") or []
        ],
    }


def earlier(prescription: Prescription, at: datetime) -> list[dict[str, Any]]:
    """The person's other prescriptions of the last 90 days from every institution, newest first."""
    if prescription.person_id is None:
        return []
    merged = prescription.person.merged_into_id if prescription.person else None
    rows = (
        Prescription.objects.filter(
            person__in=persons_as_one(merged or prescription.person_id),
            current=True,
            issued_at__gte=min(at, prescription.issued_at) - timedelta(days=EARLIER_DAYS),
        )
        .exclude(institution=prescription.institution_id, number=prescription.number)
        .select_related("institution")
        .only("id", "number", "issued_at", "state", "document", "institution__name")
        .order_by("-issued_at")[:EARLIER_MOST]
    )
    return [
        {
            "id": row.pk,
            "institution": row.institution.name,
            "number": row.number,
            "issued_at": row.issued_at,
            "state": State(row.state).label,
            "ended": row.state in (State.REJECTED, State.CANCELLED, State.NOT_DISPENSED),
            "drugs": [
                {
                    "name": i["drug"].get("name") or i["drug"].get("code"),
                    "how": " ".join(filter(None, [quantity(i.get("dose")), i.get("frequency")])),
                    "days": number(i.get("days")),
                }
                for i in row.document["items"]
            ],
        }
        for row in rows
    ]


def events(prescription: Prescription) -> list[dict[str, Any]]:
    """What happened to it, oldest first."""
    found = []
    for event in Event.objects.filter(subject=prescription.pk, primary=True).order_by("subject_seq"):
        body = json.loads(event.body) if isinstance(event.body, str) else event.body
        reason = body.get("reason") or ""
        found.append(
            {
                "at": event.at,
                "what": saying.event(event.type),
                "who": event.actor,
                "why": saying.said(reasons.words(reason)) if reason else "",
            }
        )
    return found


def decisions(row: Waiting, reader: Any) -> list[Decision]:
    """Decisions so far. While a second pharmacist is awaited the first one is seen by its maker only."""
    made = list(Decision.objects.filter(prescription=row.prescription_id).select_related("by").order_by("at"))
    waiting = row.open and row.prescription.state == State.IN_REVIEW
    hidden = {
        d.pk for d in made if waiting and not d.final and d.run_id == row.run_id and d.by_id != reader.pk
    }
    return [d for d in made if d.pk not in hidden]


def proposal(shown: list[Card]) -> str:
    """The counter-proposal to the prescriber: what the serious findings advise, once each."""
    serious = [c.action for c in shown if c.level in ("critical", "major") and c.action]
    return "\n".join(dict.fromkeys(serious))


__all__ = ["GAPS", "Card", "cards", "decisions", "earlier", "events", "gaps", "lines", "patient", "proposal"]
