"""What a line alone tells about its doses, before anything is known of the patient: whether a dose rule could speak.

Each question is answered for the worst patient there could be, so `False` is certain and `True` is not.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from audit_rules.items import Reading, Use
from audit_rules.knowledge.dose_rows import DoseLimit
from audit_rules.limits import by_route
from audit_rules.quantities import Amount
from audit_rules.slips import FEW_IU, LITTLE, MUCH, THOUSAND

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue


def _rows(reading: Reading, catalogue: "Catalogue") -> Iterator[tuple[Use, DoseLimit]]:
    """Each use with each row of its drug and route, whoever it is for."""
    table: dict[str, tuple[DoseLimit, ...]] = catalogue.table("doses")
    for use in reading.uses:
        for row in table.get(use.ingredient, ()):
            if by_route(row.routes, use.item):
                yield use, row


def _exceeds(given: Amount | None, limit: Decimal | None, unit: str) -> bool:
    return given is not None and limit is not None and given.unit == unit and given.value > limit


def single_above(reading: Reading, catalogue: "Catalogue") -> bool:
    """Whether a single dose exceeds some limit of its drug that is a plain amount."""
    return any(
        row.basis == "total" and _exceeds(use.single, row.single_max, row.unit)
        for use, row in _rows(reading, catalogue)
    )


def daily_above(reading: Reading, catalogue: "Catalogue") -> bool:
    """The same for what the line gives in a day."""
    return any(
        row.basis == "total" and _exceeds(use.daily, row.daily_max, row.unit)
        for use, row in _rows(reading, catalogue)
    )


def daily_below(reading: Reading, catalogue: "Catalogue") -> bool:
    """Whether what the line gives in a day is less than some amount that works."""
    for use, row in _rows(reading, catalogue):
        given, least = use.daily, row.daily_min
        if given is None or least is None or given.unit != row.unit:
            continue
        if row.basis != "total" or given.value < least:
            return True
    return False


def slips(reading: Reading, catalogue: "Catalogue") -> bool:
    """Whether a single dose is so far from some limit that its unit may be wrong."""
    return any(_may_slip(use.single, row) for use, row in _rows(reading, catalogue))


def _may_slip(given: Amount | None, row: DoseLimit) -> bool:
    limit = row.single_max if row.basis == "total" else row.single_cap
    if given is None or limit is None or not limit or given.unit not in ("mg", "IU"):
        return False
    if row.unit != given.unit:
        return row.unit in ("mg", "IU")
    if row.basis != "total":
        return given.value > limit  # a child's slip exceeds what any child may have
    share = given.value / limit
    if given.unit == "IU":
        return share < FEW_IU
    return MUCH <= share <= THOUSAND or LITTLE <= share <= 1 / THOUSAND


def in_another_unit(reading: Reading, catalogue: "Catalogue") -> bool:
    """Whether some limit of the drug is in another unit than the dose."""
    return any(
        use.single is not None and row.basis != "none" and row.unit != use.single.unit
        for use, row in _rows(reading, catalogue)
    )
