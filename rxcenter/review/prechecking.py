"""An audit that stores nothing: what would happen if this were posted now."""

from datetime import datetime

import msgspec
from django.conf import settings

from audit_rules import document as rx
from audit_rules.case import Case
from audit_rules.engine import audit
from audit_rules.report import Report
from rxcenter.accounts.keys import Client
from rxcenter.accounts.roles import Role
from rxcenter.patients.masking import split
from rxcenter.patients.models import AccessLog
from rxcenter.prescriptions.history import around_unstored, until
from rxcenter.review import catalogue

PURPOSE = "precheck"


def precheck(document: rx.Prescription, client: Client, *, at: datetime) -> Report:
    """The Report of a document with its patient's history from all institutions.

    Writes one line into the access log when that history holds what other institutions prescribed, else nothing.
    """
    masked, _, keys = split(msgspec.json.decode(rx.encode(document)))
    masked["institution"] = {"code": client.institution, "kind": client.kind, "level": client.level or None}
    if client.type:
        masked["institution"]["type"] = client.type
    doc = rx.decode_stored(msgspec.json.encode(masked))
    history, unlinked = around_unstored(keys, issued_at=doc.issued_at)
    if any(other.institution.code != client.institution for other in history):
        _log(client, keys[0], at)
    case = Case.of(doc, history=history, catalogue=catalogue.current(), until=until(doc.issued_at))
    status = "identity_unlinked" if unlinked else "complete"
    return audit(case, profile=settings.AUDIT_PROFILE, history_status=status)


def _log(client: Client, patient: str, at: datetime) -> None:
    AccessLog.objects.create(
        at=at,
        actor=client.key_id,
        role=Role.PLACER.value,
        purpose=PURPOSE,
        patient=patient,
        institution=client.institution,
        fields="history",
    )
