"""Makes what the custody tests need: dispensers, approved prescriptions, orders, claims."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from routing import expiring, lapsing, ordering
from routing.claiming import Claimed, claim
from routing.models import Dispenser, Offer, Order
from rxcenter.accounts.roles import SYSTEM, Actor, Role
from rxcenter.jobs.models import Job
from rxcenter.jobs.queue import Work
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction
from rxcenter.patients.sealing import unseal
from rxcenter.prescriptions.lifecycle import Step, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import receive
from tests import people
from tests.people import Place

NOON = people.NOON
TO_OAK = {"nominated": ["P0001"], "delivery": "pickup", "address": None}
POOL = {"nominated": [], "delivery": "pickup", "consent": True}


def dispenser(place: Place, **facts) -> Dispenser:
    defaults = {"phone": "0951-1234567", "address": "橡树路 1 号", "licences": []}
    return Dispenser.objects.create(institution=place.institution, **{**defaults, **facts})


def pharmacy(code: str, **facts) -> Place:
    made = people.place(code, f"药房{code}", "pharmacy", "pharmacy")
    dispenser(made, **facts)
    return made


def holder(place: Place) -> Actor:
    return Actor(Role.DISPENSER, "key", place.code)


def placer(place: Place) -> Actor:
    return Actor(Role.PLACER, "key", place.code)


def approved(place: Place, *, at: datetime = NOON, issued: datetime | None = None, **changes) -> UUID:
    """A prescription as the audit leaves it when nothing was found."""
    changes.setdefault("number", f"{place.code}-{uuid4().hex[:10]}")
    changes["issued_at"] = (issued or at - timedelta(hours=1)).isoformat()
    [receipt] = receive([people.posted(place, **changes)], at=at)
    assert receipt.id
    move(Step(receipt.id, "audit_passed"), by=SYSTEM, at=at)
    return receipt.id


def run(handler, subject: UUID, at: datetime, payload=None) -> None:
    """One job, as a worker runs it."""
    with transaction():
        handler([Work(1, "x", subject, payload, 1, uuid4())], at)


def route(prescription: UUID, groups=(), at: datetime = NOON) -> None:
    run(ordering.work, prescription, at, None if groups is None else {"groups": list(groups)})


def routed(place: Place, groups=(), at: datetime = NOON, **changes) -> Order:
    prescription = approved(place, at=at, **changes)
    route(prescription, groups, at)
    return Order.objects.get(prescription=prescription)


def claimed(order: Order, place: Place, at: datetime = NOON) -> Claimed:
    return claim(order.pk, by=holder(place), at=at)


def lapse(made: Claimed, at: datetime) -> None:
    run(lapsing.work, made.claim.pk, at)


def expire(order: Order, at: datetime) -> None:
    run(expiring.work, order.pk, at)


def code_of(order: Order) -> str:
    return str(
        unseal(order.code_sealed, table="order", row=order.pk, institution=order.institution_id)["code"]
    )


def wrong(code: str) -> str:
    """Another well-formed code: two digits changed so that the check digit fits again is not needed, one is enough."""
    return f"{(int(code[0]) + 1) % 10}{code[1:]}"


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def state(order: Order) -> str:
    return fresh(order).state


def prescription_state(order: Order) -> str:
    return Prescription.objects.values_list("state", flat=True).get(pk=order.prescription_id)


def told(order: Order, stream: str) -> list[str]:
    """Types of the order's events in one stream, oldest first."""
    rows = Event.objects.filter(subject=order.prescription_id, stream=stream, type__startswith="order.")
    return list(rows.order_by("seq").values_list("type", flat=True))


def asked(order: Order) -> list[tuple[str, str]]:
    return list(Offer.objects.filter(order=order).order_by("rank").values_list("dispenser_id", "state"))


def waiting(kind: str, subject: UUID) -> Job | None:
    return Job.objects.filter(kind=kind, subject=subject, state="due").first()
