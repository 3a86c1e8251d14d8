"""What a machine client's key may be used for, and what a member of staff may see."""

from collections.abc import Iterable

from django.db.models import Q

from rxcenter.accounts.models import StaffRole, User
from rxcenter.accounts.roles import Actor, Role

SCOPES = {
    "prescriptions": "post, read, amend, cancel and double-sign one's own prescriptions",
    "precheck": "ask for an audit that stores nothing",
    "events": "read one's own event feed",
    "webhooks": "say where one's own systems are to be woken",
    "dispense": "claim, return and dispense orders offered to one's own pharmacy",
}
PLACER_SCOPES = (
    "prescriptions",
    "precheck",
    "events",
    "webhooks",
    "dispense",
)  # an institution's own pharmacy dispenses too
DISPENSER_SCOPES = ("events", "webhooks", "dispense")


class Staff:
    """A member of staff's roles, read once per request: `staff.may(Role.CHIEF)`, `staff.codes(Role.PHARMACIST)`."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._roles: list[tuple[str, str | None]] = (
            list(StaffRole.objects.filter(user=user).values_list("role", "institution_id")) if user.pk else []
        )

    def may(self, *roles: Role) -> bool:
        """Whether the person holds one of `roles` anywhere."""
        return any(role in {r.value for r in roles} for role, _ in self._roles)

    def codes(self, *roles: Role) -> set[str] | None:
        """Institution codes where the person holds one of `roles`; None = the whole region; empty = nowhere."""
        wanted = {r.value for r in roles}
        held = [code for role, code in self._roles if role in wanted]
        return None if None in held else {c for c in held if c}

    def within(self, *roles: Role, field: str = "institution_id") -> Q:
        """A filter to the rows this person may see in one of `roles`; nothing when the role is not held."""
        codes = self.codes(*roles)
        return Q() if codes is None else Q(**{f"{field}__in": codes})

    def actor(self, role: Role) -> Actor:
        codes = self.codes(role)
        only = next(iter(codes)) if codes and len(codes) == 1 else None
        return Actor(role, self.user.username, only)


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    return sorted(set(scopes) - set(SCOPES))
