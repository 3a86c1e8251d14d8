"""An audit that stores nothing: what would happen if this were posted now."""

import msgspec
from django.conf import settings

from audit_rules import document as rx
from audit_rules.case import Case
from audit_rules.engine import audit
from audit_rules.report import Report
from rxcenter.accounts.keys import Client
from rxcenter.patients.masking import split
from rxcenter.prescriptions.history import earlier_of
from rxcenter.review import catalogue


def precheck(document: rx.Prescription, client: Client) -> Report:
    """The Report of a document with its patient's history from all institutions. Writes nothing."""
    masked, _, keys = split(msgspec.json.decode(rx.encode(document)))
    masked["institution"] = {"code": client.institution, "kind": client.kind, "level": client.level or None}
    if client.type:
        masked["institution"]["type"] = client.type
    doc = rx.decode_stored(msgspec.json.encode(masked))
    history, conflict = earlier_of(keys, before=doc.issued_at)
    case = Case.of(doc, history=history, catalogue=catalogue.current())
    status = "identity_unlinked" if conflict else "complete"
    return audit(case, profile=settings.AUDIT_PROFILE, history_status=status)
