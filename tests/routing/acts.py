"""What the tests of a holder's acts share: prescriptions of several lines, hand-overs, jobs, invariants as questions."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from routing import staleness, transferring
from routing.claiming import Claimed
from routing.dispensing import Handover, Supplied, dispense
from routing.models import Claim, Dispense, Order, OrderLine
from rxcenter.jobs.models import Job
from tests import people
from tests.people import Place
from tests.routing import road
from tests.routing.road import NOON, holder

BOTH = {"nominated": ["P0001", "P0002"], "delivery": "pickup"}


def items(*quantities: int | None) -> list[dict]:
    """Lines of a prescription with these quantities of tablets; None = not written."""
    [first] = people.document()["items"]
    return [
        {**first, "line": n, "quantity": None if q is None else {"value": q, "unit": "tablet"}}
        for n, q in enumerate(quantities, 1)
    ]


def give(
    made: Claimed, place: Place, *lines: Supplied, at: datetime = NOON, local_id: str = "L1"
) -> Dispense:
    said = Handover(local_id, "YS1", at, list(lines) or None, override="identity_checked", checked_by="YS1")
    return dispense(made.claim.pk, made.token, said, by=holder(place), at=at)


def watch(order: Order, at: datetime) -> None:
    """The stale job, as a worker runs it where it is due; a job that is done does not wait any more."""
    if Job.objects.filter(kind="stale", subject=order.pk, state="due", due_at__lte=at).delete()[0]:
        road.run(staleness.work, order.pk, at)


def answer_time_over(made: Claimed, at: datetime) -> None:
    road.run(transferring.work, made.claim.pk, at)


def fresh(made: Claimed) -> Claim:
    return Claim.objects.get(pk=made.claim.pk)


def lines_of(order: Order) -> list[int]:
    return list(order.lines.order_by("line").values_list("line", flat=True))


def parts(order: Order) -> list[Order]:
    return list(Order.objects.filter(parent=order).order_by("created_at"))


def authorised(order: Order) -> dict[int, Decimal | None]:
    """The sum over all orders of each line of one prescription."""
    rows = OrderLine.objects.filter(prescription=order.prescription_id).values("line")
    return {row["line"]: row["total"] for row in rows.annotate(total=Sum("authorised")).order_by("line")}


def live_lines(order: Order) -> Sequence[int]:
    """Line numbers in live orders, one for each place where the line stands."""
    rows = OrderLine.objects.filter(prescription=order.prescription_id, live=True)
    return list(rows.order_by("line").values_list("line", flat=True))


def handover(**more):
    said = {"local_id": "L1", "pharmacist": "YS1", "handed_over_at": timezone.now().isoformat()}
    return {**said, "override": "identity_checked", "checked_by": "YS1", **more}


def slug(answer):
    return answer.json()["type"].removeprefix("/problems/")


class Holding:
    """A claim over HTTP: its address and token."""

    def __init__(self, api, place, answer):
        assert answer.status_code == 201, answer.content
        said = answer.json()
        self.api, self.place = api, place
        self.path, self.token = f"/claims/{said['claim_id']}", said["claim_token"]

    def act(self, verb, body=None, token=None, place=None, key=None):
        token = self.token if token is None else token
        return self.api.post(place or self.place, f"{self.path}/{verb}", body or {}, token=token, key=key)

    def give(self, **more):
        return self.act("dispenses", handover(**more))
