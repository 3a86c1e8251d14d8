"""Reads the register of dispensers as the facts that eligible.py judges."""

from collections.abc import Iterable

from routing.eligible import Candidate
from routing.models import Dispenser


def candidates(codes: Iterable[str]) -> dict[str, Candidate]:
    """The named dispensers by code; those the register does not know are absent."""
    rows = Dispenser.objects.filter(pk__in=set(codes)).select_related("institution")
    return {row.pk: _as_candidate(row) for row in rows}


def pool() -> list[Candidate]:
    """Dispensers that take orders of the open pool."""
    rows = Dispenser.objects.filter(in_pool=True, active=True, institution__active=True)
    return [_as_candidate(row) for row in rows.select_related("institution")]


def contact(code: str) -> dict[str, str]:
    """Name, telephone and address of a dispenser, for whoever must talk to it."""
    row = Dispenser.objects.select_related("institution").get(pk=code)
    return {"code": code, "name": row.institution.name, "phone": row.phone, "address": row.address}


def _as_candidate(row: Dispenser) -> Candidate:
    return Candidate(
        code=row.pk,
        active=row.active and row.institution.active,
        in_pool=row.in_pool,
        delivers=row.delivers,
        regions=frozenset(row.delivery_regions),
        licences=frozenset(row.licences),
    )
