"""A chief pharmacist says what an unknown drug name means; everything that waits for that name is audited again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from rxcenter.accounts.models import User
from rxcenter.accounts.roles import Actor, Role
from rxcenter.accounts.scopes import Staff
from rxcenter.errors import Conflict, Forbidden, Invalid, Words
from rxcenter.jobs import queue
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, lock, move_all
from rxcenter.prescriptions.models import PrescriptionItem
from rxcenter.prescriptions.states import State
from rxcenter.review import catalogue
from rxcenter.review.models import Gap, LocalName, Waiting


class AlreadyMapped(Conflict):
    """The name means something already."""

    slug = "name-is-mapped"


def map_name(name: str, ingredients: Sequence[str], *, by: User, at: datetime) -> list[UUID]:
    """Map a name exactly as posted to ingredient keys; returns the prescriptions that are audited again.

    The mapping holds for the whole region, so only a chief pharmacist of the region may make it. Raises Forbidden,
    Invalid (no such ingredient), AlreadyMapped (by the tables or by another chief).
    """
    if Staff(by).codes(Role.CHIEF) is not None:
        raise Forbidden(
            Words("只有区域主任药师可以映射药名", "only the region's chief pharmacist maps a name")
        )
    keys = list(dict.fromkeys(k.strip() for k in ingredients if k.strip()))
    known = catalogue.current()
    _check(name, keys, known.ingredients)
    if known.drugs.find(name):
        raise AlreadyMapped(Words(f"“{name}”已可识别", f"“{name}” is understood already"))
    with transaction():
        row, new = LocalName.objects.get_or_create(
            name=name, defaults={"ingredients": keys, "by": by, "at": at}
        )
        if not new and row.ingredients != keys:
            raise AlreadyMapped(Words(f"“{name}”已由{row.by}映射", f"{row.by} has mapped “{name}”"))
        ids = waiting_for(name)
        rows = lock(ids)
        again = [pk for pk in ids if rows[pk].state in (State.IN_REVIEW, State.WITH_PRESCRIBER)]
        move_all([Step(pk, "reaudit", body={"why": "name_mapped"}) for pk in again], by=_actor(by), at=at)
        queue.add([queue.NewJob("audit", pk) for pk in again])
    return again


def waiting_for(name: str) -> list[UUID]:
    """Prescriptions on the desk whose latest audit did not know exactly this name."""
    unknown = Gap.objects.filter(reason="unknown_drug").values("run")
    unmapped = PrescriptionItem.objects.filter(name=name, ingredients=[]).values("prescription")
    rows = Waiting.objects.filter(open=True, run__in=unknown, prescription__in=unmapped)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _check(name: str, keys: list[str], known: object) -> None:
    if not name.strip() or len(name) > 300:
        raise Invalid(Words("药名不能为空", "a name is needed"))
    unknown = [k for k in keys if k not in known]  # type: ignore[operator]
    if not keys or unknown:
        listed = "、".join(unknown)
        raise Invalid(
            Words(f"目录中没有这些成分:{listed}" if unknown else "请至少选择一个成分",
                  f"not in the catalogue: {', '.join(unknown)}" if unknown else "choose at least one ingredient"),
            unknown=unknown,
        )  # fmt: skip


def _actor(by: User) -> Actor:
    return Actor(Role.CHIEF, by.username)
