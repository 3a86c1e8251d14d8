"""An operator settles an identity conflict: one person, or two."""

from datetime import datetime

from django.db import transaction

from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Forbidden, ReasonNeeded, Words, WrongState
from rxcenter.jobs import queue
from rxcenter.patients.models import MergeCandidate, Person

MERGED = "persons_merged"  # the kind of job that a merge leaves: what waits is audited with the whole history


def settle(candidate_id: int, *, same: bool, by: Actor, at: datetime, reason: str) -> MergeCandidate:
    """Merge the two persons (the older keeps its number) or keep them apart.

    Each stands for whoever it was merged into before. A merge has what waits for review of the person audited
    again. Raises Forbidden unless `by` is an operator or chief pharmacist, ReasonNeeded without a reason,
    WrongState when it was settled before, or when those to be kept apart are one person by another decision.
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
        keep, gone = _locked_roots(candidate.first_id, candidate.second_id)
        if same:
            _merge(candidate, keep, gone)
        elif keep == gone:
            raise WrongState(
                Words("两人已因其他冲突合并为一人", "another decision has made them one person already")
            )
        candidate.state = MergeCandidate.State.MERGED if same else MergeCandidate.State.DISTINCT
        candidate.decided_by, candidate.decided_at, candidate.reason = by.id, at, reason[:500]
        candidate.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    return candidate


def persons_as_one(person_id: int) -> list[int]:
    """All numbers under which a person's prescriptions may lie: the one kept, first, and those merged into it."""
    kept = _root(person_id)
    return [kept, *Person.objects.filter(merged_into=kept).values_list("pk", flat=True)]


def _merge(candidate: MergeCandidate, keep: int, gone: int) -> None:
    if keep != gone:
        Person.objects.filter(merged_into=gone).update(merged_into=keep)
        Person.objects.filter(pk=gone).update(merged_into=keep)
    queue.add([queue.NewJob(MERGED, candidate.prescription, payload={"person": keep})])


def _locked_roots(first: int, second: int) -> tuple[int, int]:
    """The persons kept for both, the older first, locked: no merge and no audit of theirs runs beside this one."""
    while True:
        keep, gone = sorted((_root(first), _root(second)))
        rows = Person.objects.filter(pk__in=(keep, gone)).order_by("pk").select_for_update(no_key=True)
        if all(into is None for into in rows.values_list("merged_into", flat=True)):
            return keep, gone


def _root(person_id: int) -> int:
    into = Person.objects.values_list("merged_into", flat=True).get(pk=person_id)
    return person_id if into is None else _root(into)
