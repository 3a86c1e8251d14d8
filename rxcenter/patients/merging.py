"""An operator settles an identity conflict: one person, or two."""

from datetime import datetime

from django.db import transaction

from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Forbidden, ReasonNeeded, Words, WrongState
from rxcenter.patients.models import MergeCandidate, Person


def settle(candidate_id: int, *, same: bool, by: Actor, at: datetime, reason: str) -> MergeCandidate:
    """Merge the two persons (the older keeps its number) or keep them apart.

    Raises Forbidden unless `by` is an operator or chief pharmacist, ReasonNeeded without a reason,
    WrongState when it was settled before.
    """
    if by.role not in (Role.OPERATOR, Role.CHIEF):
        raise Forbidden(
            Words("只有运营人员或主任药师可以处理", "only an operator or chief pharmacist may settle this")
        )
    if not reason.strip():
        raise ReasonNeeded(Words("请填写理由", "give a reason"))
    with transaction.atomic():
        candidate = MergeCandidate.objects.select_for_update().get(pk=candidate_id)
        if candidate.state != MergeCandidate.State.OPEN:
            raise WrongState(Words("该冲突已处理", "this conflict was settled before"))
        if same:
            keep, gone = sorted((candidate.first_id, candidate.second_id))
            Person.objects.filter(merged_into=gone).update(merged_into=keep)
            Person.objects.filter(pk=gone).update(merged_into=keep)
        candidate.state = MergeCandidate.State.MERGED if same else MergeCandidate.State.DISTINCT
        candidate.decided_by, candidate.decided_at, candidate.reason = by.id, at, reason[:500]
        candidate.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    return candidate


def persons_as_one(person_id: int) -> list[int]:
    """All numbers under which a person's prescriptions may lie: itself and those merged into it."""
    return [person_id, *Person.objects.filter(merged_into=person_id).values_list("pk", flat=True)]
