"""Roles in plain language, and who acts: every verb takes an Actor."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    PLACER = "placer", _("placer")  # machine client of a prescribing institution
    PHARMACIST = "pharmacist", _("reviewing pharmacist")
    CHIEF = "chief_pharmacist", _("chief pharmacist")
    DISPENSER = "dispenser", _("dispenser")  # machine client or staff of a dispensing institution
    REGULATOR = "regulator", _("regulator")
    OPERATOR = "operator", _("operator")
    PATIENT = (
        "patient",
        _("patient"),
    )  # whoever shows number, pickup code and second factor on the pickup page
    SYSTEM = "system", _("the centre itself")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: `id` is a client key's public part, a username, or a job's name."""

    role: Role
    id: str
    institution: str | None = None  # code; None = the whole region or the centre itself

    def __str__(self) -> str:
        """How the ledger names the actor, e.g. `pharmacist:pia`, `placer:H0001/3f2a…`."""
        return (
            f"{self.role.value}:{self.institution}/{self.id}"
            if self.institution
            else f"{self.role.value}:{self.id}"
        )


NOT_STAFF = (Role.PLACER, Role.PATIENT, Role.SYSTEM)  # never granted to a person's account
SYSTEM = Actor(Role.SYSTEM, "rxcenter")
