"""The one writer of a prescription's state (its first state is written by receiving.py's INSERT)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from rxcenter.accounts.roles import Actor
from rxcenter.errors import Forbidden, ReasonNeeded, Words, WrongState
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.models import Prescription, StateNote
from rxcenter.prescriptions.states import MOVES, State


@dataclass(frozen=True, slots=True)
class Step:
    """One wanted move of one prescription.

    `reason` is a code and goes into the event with `body` (ids and codes only). `note` is free text, which may name
    somebody: it is kept beside the prescription, never in the ledger.
    """

    prescription: UUID
    move: str
    reason: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def move(step: Step, *, by: Actor, at: datetime, streams: Sequence[str] = ()) -> Prescription:
    """Take one step and write it down, in one transaction with the caller's other changes.

    `streams`: codes of dispensers that the event also concerns. Returns the prescription as it now is.
    Raises Forbidden (wrong role), ReasonNeeded, WrongState; then nothing has changed.
    """
    with transaction():
        [after] = move_all([step], by=by, at=at, streams=streams)
        return after


def move_all(
    steps: Sequence[Step], *, by: Actor, at: datetime, streams: Sequence[str] = ()
) -> list[Prescription]:
    """Many steps in a few statements; all or none. Rows are locked in order of their ids."""
    for step in steps:
        allowed = MOVES[step.move]
        if by.role not in allowed.who:
            raise Forbidden(Words("该角色无权执行此操作", f"a {by.role.value} may not do this: {step.move}"))
        if allowed.needs_reason and not step.reason.strip():
            raise ReasonNeeded(Words("请填写理由", f"a reason is needed: {step.move}"))
    rows = lock([s.prescription for s in steps])
    for step in steps:
        _take(step, rows[step.prescription], by, at, streams)
    notes = [
        StateNote(prescription_id=s.prescription, move=s.move, text=s.note, by=str(by), at=at)
        for s in steps
        if s.note
    ]
    StateNote.objects.bulk_create(notes)
    _write(rows.values())
    return [rows[s.prescription] for s in steps]


def lock(ids: Sequence[UUID], also: Sequence[str] = ()) -> dict[UUID, Prescription]:
    """Lock prescriptions in the order of their ids (first in the lock order: prescription, order, line, ledger).

    The document and the sealed fields are large and not read, unless the caller names them in `also`.
    """
    fields = (
        "id",
        "institution_id",
        "number",
        "revision",
        "current",
        "state",
        "state_since",
        "setting",
        "origin",
    )
    rows = (
        Prescription.objects.filter(pk__in=ids)
        .only(*fields, *also)
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    return {row.pk: row for row in rows}


def _take(step: Step, row: Prescription, by: Actor, at: datetime, streams: Sequence[str]) -> None:
    allowed = MOVES[step.move]
    if row.state not in allowed.before:
        state = State(row.state)
        words = Words(
            f"当前状态为“{state.label}”,不能执行此操作", f"cannot do {step.move}: it is {state.value}"
        )
        raise WrongState(words, state=state.value)
    body = {
        "from": row.state,
        "to": allowed.after.value,
        "number": row.number,
        "revision": row.revision,
        **step.body,
    }
    if step.reason:
        body["reason"] = step.reason
    record(
        f"prescription.{step.move}",
        subject=row.pk,
        streams=[row.institution_id, *streams],
        actor=str(by),
        at=at,
        body=body,
    )
    row.state, row.state_since = allowed.after, at


def _write(rows: Iterable[Prescription]) -> None:
    """All states in one statement (Django's bulk_update takes many times as long)."""
    states = [{"id": str(r.pk), "state": str(r.state), "at": r.state_since.isoformat()} for r in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE prescriptions_prescription p SET state = x.state, state_since = x.at
            FROM json_to_recordset(%s::json) AS x(id uuid, state text, at timestamptz) WHERE p.id = x.id""",
            [json.dumps(states)],
        )
