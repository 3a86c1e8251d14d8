"""Receives prescriptions: document, job and event in one statement and one transaction. The 201 follows its commit."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from uuid_utils.compat import uuid7

from audit_rules import document as rx
from rxcenter.accounts.keys import Client
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Conflict, Forbidden, Invalid, Refused, Words
from rxcenter.jobs import queue
from rxcenter.ledger import recording
from rxcenter.patients.masking import split
from rxcenter.patients.sealing import seal
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

CLOCKS_DIFFER = timedelta(minutes=10)  # by which a placer's clock may be ahead of ours
IMPORTED_STREAM = "~imported"  # history is recorded, but is no news for the placers' feeds


@dataclass(frozen=True, slots=True)
class Posted:
    """One validated document, the bytes it came in (evidence), and the client whose key carried it."""

    document: rx.Prescription
    raw: bytes
    client: Client


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one posted document: stored now, stored before (replayed), or refused."""

    id: UUID | None
    number: str
    revision: int
    state: str | None
    created: bool
    refusal: Refused | None = None


class AlreadyStored(Conflict):
    """The number and revision exist with another content."""

    slug = "content-differs"


class RevisionExists(Conflict):
    """Another revision of this number is current: use amend."""

    slug = "amend-instead"


def receive(posted: Sequence[Posted], *, at: datetime) -> list[Receipt]:
    """Store documents; one transaction for all of them, one receipt each, in order.

    The natural key (institution, number, revision) makes posting twice posting once: the same content answers as
    before, other content is refused. Raises Forbidden when a document names another institution than the key's.
    """
    return store([prepare(p, at=at) for p in posted])


def store(rows: Sequence[dict[str, Any]]) -> list[Receipt]:
    """Insert rows made by `prepare`, possibly of several requests; one receipt each, in order."""
    stored = insert(rows)
    before = _stored_before([r for r in rows if r["id"] not in stored])
    return [_receipt(row, stored, before) for row in rows]


def prepare(
    posted: Posted, *, at: datetime, origin: str = "live", state: str = State.RECEIVED
) -> dict[str, Any]:
    """The row as the INSERT wants it: masked, sealed, fingerprinted. Raises Forbidden or Invalid (see the checks)."""
    doc, client = posted.document, posted.client
    check_placer(doc, client)
    check_issued(doc, at=at)
    row = uuid7()
    masked, personal, keys = split(msgspec.json.decode(rx.encode(doc)))
    # The register, not the document, says what kind of institution this is.
    masked["institution"] = {
        "code": client.institution,
        "kind": client.kind,
        "type": client.type or None,
        "level": client.level or None,
    }
    sealed = seal(
        personal, table="prescription", row=row, institution=client.institution, epoch=at.strftime("%Y-%m")
    )
    return {
        "id": str(row),
        "institution_id": client.institution,
        "number": doc.number,
        "revision": doc.revision,
        "origin": origin,
        "state": str(state),
        "at": at.isoformat(),
        "kind": doc.kind,
        "setting": doc.setting,
        "issued_at": doc.issued_at.isoformat(),
        "prescriber": doc.prescriber.id,
        "patient_keys": keys,
        "document": masked,
        "sealed": base64.b64encode(sealed).decode(),
        "fingerprint": rx.fingerprint(doc),
        "raw_hash": hashlib.sha256(posted.raw).hexdigest(),
        "client": client.key_id,
    }


def check_placer(doc: rx.Prescription, client: Client) -> None:
    """Raises Forbidden when the key's institution may not post this document."""
    if client.kind == "pharmacy":
        raise Forbidden(Words("药店不能开具处方", "a pharmacy cannot post prescriptions"))
    if doc.institution.code != client.institution:
        words = Words(
            f"institution.code 为 {doc.institution.code},但密钥属于 {client.institution}",
            f"institution.code is {doc.institution.code}, the key belongs to {client.institution}",
        )
        raise Forbidden(
            words, path="$.institution.code", found=doc.institution.code, allowed=client.institution
        )


def check_issued(doc: rx.Prescription, *, at: datetime) -> None:
    """Raises Invalid when the document is issued later than now: its supply, validity and history would be wrong."""
    if doc.issued_at <= at + CLOCKS_DIFFER:
        return
    words = Words(
        "开具时间晚于接收时间,请核对系统时钟", "it is issued in the future; check the clock of your system"
    )
    allowed = (at + CLOCKS_DIFFER).astimezone(doc.issued_at.tzinfo).isoformat(timespec="seconds")
    problem = {
        "path": "$.issued_at",
        "found": doc.issued_at.isoformat(),
        "allowed": f"<= {allowed}",
        "message": words._asdict(),
    }
    raise Invalid(words, number=doc.number, problems=[problem])


_INSERT = """
WITH input AS (
    SELECT * FROM json_to_recordset(%s::json) AS x(
        id uuid, institution_id text, number text, revision int, origin text, state text, at timestamptz, kind text,
        setting text, issued_at timestamptz, prescriber text, patient_keys json, document jsonb, sealed text,
        fingerprint text, raw_hash text, client text, event json)
), stored AS (
    INSERT INTO prescriptions_prescription (id, institution_id, number, revision, current, origin, state, state_since,
        kind, setting, issued_at, received_at, prescriber, patient_keys, document, sealed, fingerprint, raw_hash, client)
    SELECT id, institution_id, number, revision, true, origin, state, at, kind, setting, issued_at, at, prescriber,
        ARRAY(SELECT json_array_elements_text(patient_keys)), document, decode(sealed, 'base64'), fingerprint,
        raw_hash, client
    FROM input ON CONFLICT DO NOTHING RETURNING id
), job AS (
    INSERT INTO jobs_job (kind, subject) SELECT 'audit', id FROM stored JOIN input USING (id) WHERE origin = 'live'
), ring AS (
    SELECT CASE WHEN %s THEN pg_notify(%s, '') END
)
SELECT id, ledger_append((SELECT json_agg(event) FILTER (WHERE event IS NOT NULL) FROM input JOIN stored USING (id))),
    (SELECT count(*) FROM ring)
FROM (SELECT array_agg(id) AS id FROM stored) s
"""


def insert(rows: Sequence[dict[str, Any]]) -> set[str]:
    """Write rows with their jobs and events in one statement; returns the ids that were new.

    Alone, the statement is its own transaction. Inside ledger.recording.transaction() the events are appended
    at that transaction's end like all others, so that stream heads stay the last thing locked.
    """
    joined = recording.active()
    for ord_, row in enumerate(rows):
        row["event"] = None if joined else _event(ord_, row)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [msgspec.json.encode(rows).decode(), queue.ring_due(), queue.CHANNEL])
        [ids, *_] = cursor.fetchone()
    new = {str(i) for i in ids or ()}
    if joined:
        recording.adopt(_event(ord_, row) for ord_, row in enumerate(rows) if row["id"] in new)
    return new


def _event(ord_: int, row: dict[str, Any]) -> dict[str, Any]:
    facts, live = ("number", "revision", "fingerprint", "raw_hash"), row["origin"] == "live"
    return recording.entry(
        ord_,
        ord_,
        row["institution_id"] if live else IMPORTED_STREAM,
        "prescription.received" if live else "prescription.imported",
        subject=UUID(row["id"]),
        actor=str(Actor(Role.PLACER, row["client"], row["institution_id"])),
        at=datetime.fromisoformat(row["at"]),
        body={"to": row["state"], **{name: row[name] for name in facts}},
    )


def _stored_before(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], list[Prescription]]:
    if not rows:
        return {}
    wanted = {(r["institution_id"], r["number"]) for r in rows}
    found = Prescription.objects.filter(
        institution__in={i for i, _ in wanted}, number__in={n for _, n in wanted}
    ).only("id", "institution_id", "number", "revision", "state", "fingerprint", "current")
    before: dict[tuple[str, str], list[Prescription]] = {}
    for p in found:
        before.setdefault((p.institution_id, p.number), []).append(p)
    return before


def _receipt(
    row: dict[str, Any], stored: set[str], before: dict[tuple[str, str], list[Prescription]]
) -> Receipt:
    number, revision = row["number"], row["revision"]
    if row["id"] in stored:
        return Receipt(UUID(row["id"]), number, revision, row["state"], created=True)
    others = before.get((row["institution_id"], number), [])
    same = next((p for p in others if p.revision == revision), None)
    if same is None:
        current = next((p.revision for p in others if p.current), None)
        words = Words(
            f"处方号 {number} 的第 {current} 版已存在;修改请用 amend",
            f"revision {current} of {number} is already here; post the next one to …/amend",
        )
        return Receipt(None, number, revision, None, False, RevisionExists(words, current_revision=current))
    if same.fingerprint == row["fingerprint"]:
        return Receipt(same.pk, number, revision, same.state, created=False)
    words = Words(
        f"处方 {number} 第 {revision} 版已存在且内容不同",
        f"{number} revision {revision} is already here with other content",
    )
    refusal = AlreadyStored(words, id=str(same.pk), stored=same.fingerprint, posted=row["fingerprint"])
    return Receipt(same.pk, number, revision, same.state, False, refusal)
