"""reveal(): the one way to read personal fields. It writes who read them and why before it shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from rxcenter.accounts.roles import Actor
from rxcenter.errors import ReasonNeeded, Words
from rxcenter.patients.models import AccessLog
from rxcenter.patients.sealing import unseal


def reveal(
    sealed: bytes,
    *,
    table: str,
    row: UUID,
    institution: str,
    by: Actor,
    purpose: str,
    at: datetime,
    prescription: UUID | None = None,
    fields: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Decrypt a row's personal fields (all, or only `fields`) and log the access.

    The caller has checked that `by` may see this prescription. Raises ReasonNeeded without a purpose,
    CannotOpen when the bytes were altered or moved.
    """
    if not purpose.strip():
        raise ReasonNeeded(Words("查看个人信息须说明目的", "reading personal data needs a purpose"))
    personal = unseal(sealed, table=table, row=row, institution=institution)
    shown = {k: v for k, v in personal.items() if not fields or k in fields}
    AccessLog.objects.create(
        at=at,
        actor=by.id,
        role=by.role.value,
        purpose=purpose[:200],
        prescription=prescription or row,
        institution=institution,
        fields=",".join(sorted(k for k, v in shown.items() if v)),
    )
    return shown
