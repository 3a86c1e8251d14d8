"""Where an audit's `pass` approves by itself. No row means: a pharmacist decides."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q

from rxcenter.review.models import PassPolicy

# By law and by design never approved without a pharmacist, whatever the rows say.
NEVER_AUTOMATIC_SETTINGS = frozenset({"internet"})
NEVER_AUTOMATIC_KINDS = frozenset({"internet_hospital"})  # by register, whatever setting was posted
NEVER_AUTOMATIC_GROUPS = frozenset({"narcotic", "psychotropic_1", "toxic"})


def rows_in_force(on: date) -> list[PassPolicy]:
    """The policy of a day, to be read once per batch."""
    return list(
        PassPolicy.objects.filter(
            Q(in_force_to=None) | Q(in_force_to__gte=on), in_force_from__lte=on
        ).order_by("pk")
    )


def automatic(
    rows: Sequence[PassPolicy], *, setting: str, institution_kind: str, groups: Iterable[str]
) -> bool:
    """Whether a clean prescription may pass without a pharmacist.

    A row for "*" opens a setting and kind of institution; a row for a drug group can only close it again.
    """
    here = set(groups)
    if (
        setting in NEVER_AUTOMATIC_SETTINGS
        or institution_kind in NEVER_AUTOMATIC_KINDS
        or here & NEVER_AUTOMATIC_GROUPS
    ):
        return False
    mine = [r for r in rows if r.setting == setting and r.institution_kind == institution_kind]
    opened = any(r.automatic for r in mine if r.drug_group == "*")
    closed = any(not r.automatic for r in mine if r.drug_group == "*" or r.drug_group in here)
    return opened and not closed
