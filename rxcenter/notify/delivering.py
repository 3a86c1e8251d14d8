"""The `notify` job: lease endpoints, read what they are to be sent, send it, write down what came of it.

No transaction is open while a receiver is waited for. A sender that dies between sending and writing leaves the
cursor where it was: the same messages go out again under the same webhook-ids.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.notify import addresses, planning, rotating, sending, settling, waking
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.planning import Plan
from rxcenter.notify.sending import Errand

KEPT = timedelta(days=7)  # how long a delivered row can be looked at
AFTER_TROUBLE = timedelta(minutes=15)


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Handler of `notify` jobs: one run of each endpoint, all at the same time."""
    endpoints = planning.lease([job.subject for job in jobs], at=at)
    if not endpoints:
        return
    try:
        _run(planning.plans(endpoints, at=at), at)
    finally:  # after our own failure nobody has to wait for the lease to run out
        planning.release(endpoints)
    _forget(endpoints, at)


def give_up(job: Work, at: datetime) -> None:
    """Our own failing, five times: the endpoint is left alone for a while; the job stays in quarantine for operators."""
    Endpoint.objects.filter(pk=job.subject).update(
        next_try_at=at + AFTER_TROUBLE, last_error="internal", lease_until=None, lease_token=None
    )


def _run(plans: Sequence[Plan], at: datetime) -> None:
    """Send to all at once; each is written down as it comes back. One that fails on our side fails alone."""
    errors = []
    with ThreadPoolExecutor(max_workers=len(plans), thread_name_prefix="webhook") as pool:
        sent = {
            pool.submit(sending.run, errand): plan
            for plan, errand in zip(plans, _errands(plans, at), strict=True)
        }
        for future in as_completed(sent):
            try:
                if settling.settle(sent[future], future.result(), at=at):
                    _next(sent[future], at)
            except Exception as error:  # noqa: BLE001 - raised again below, when the others are written down
                errors.append(error)
    if errors:
        raise errors[0]


def _errands(plans: Sequence[Plan], at: datetime) -> list[Errand]:
    keys = rotating.keys_of([plan.endpoint for plan in plans], at=at)
    approved = addresses.approved_on(timezone.localdate(at))
    return [
        Errand(
            url=plan.endpoint.url,
            institution=plan.endpoint.institution_id,
            keys=keys[plan.endpoint.pk],
            messages=plan.to_send,
            approved=approved,
            at=at,
            authorities=settings.WEBHOOK_CA_FILE,
        )
        for plan in plans
    ]


def _next(plan: Plan, at: datetime) -> None:
    """A job for what is still there: now when the run was full, else when the first delivery is due again."""
    endpoint = Endpoint.objects.filter(pk=plan.endpoint.pk, active=True).first()
    if endpoint is None:
        return
    due = (
        Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.PENDING)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    if plan.full:
        due = at
    if endpoint.next_try_at:
        due = max(due or endpoint.next_try_at, endpoint.next_try_at)
    if due is not None:
        queue.add([NewJob(waking.KIND, endpoint.pk, due_at=due)])


def _forget(endpoints: Sequence[Endpoint], at: datetime) -> None:
    """Delivered rows are kept a week; the ledger keeps the events."""
    Delivery.objects.filter(
        endpoint__in=[e.pk for e in endpoints], state=Delivery.State.DELIVERED, delivered_at__lt=at - KEPT
    ).delete()
