"""The people and places of the tests: hospital North, clinic South, internet hospital Cloud, pharmacy Oak, …"""

import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from django.utils import timezone

from audit_rules import document as rx
from rxcenter.accounts.keys import Client, check, issue
from rxcenter.accounts.models import Institution, StaffRole, User
from rxcenter.accounts.roles import Role
from rxcenter.accounts.scopes import DISPENSER_SCOPES, PLACER_SCOPES
from rxcenter.api.examples import PRESCRIPTION
from rxcenter.prescriptions.receiving import Posted
from rxcenter.review.models import PassPolicy

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Place:
    """An institution with a working key."""

    institution: Institution
    key: str

    @property
    def code(self) -> str:
        return self.institution.code

    @property
    def client(self) -> Client:
        found = check(self.key, at=timezone.now())
        assert found
        return found

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def place(code: str, name: str, kind: str, type_: str, level: str = "") -> Place:
    institution = Institution.objects.create(code=code, name=name, kind=kind, type=type_, level=level)
    scopes = DISPENSER_SCOPES if kind == "pharmacy" else PLACER_SCOPES
    return Place(institution, issue(institution, list(scopes), at=timezone.now()))


def north() -> Place:
    return place("H0001", "北方医院", "hospital", "hospital", "3A")


def south() -> Place:
    return place("C0002", "南街社区卫生服务中心", "primary_care", "community_centre")


def cloud() -> Place:
    return place("N0003", "云端互联网医院", "internet_hospital", "hospital")


def oak() -> Place:
    return place("P0001", "橡树药房", "pharmacy", "pharmacy")


def staff(name: str, role: Role, at: Place | None = None) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    StaffRole.objects.create(user=user, role=role, institution=at.institution if at else None)
    return user


def automatic_pass(setting: str = "outpatient", kind: str = "hospital") -> PassPolicy:
    return PassPolicy.objects.create(
        setting=setting,
        institution_kind=kind,
        automatic=True,
        in_force_from=date(2026, 1, 1),
        decided_by="test",
    )


def document(place: Place | None = None, **changes: Any) -> dict[str, Any]:
    """The OpenAPI example as a dict; `changes` replace top-level fields, `item__x` a field of the only item."""
    found = copy.deepcopy(PRESCRIPTION)
    if place:
        found["institution"] = {"code": place.code}
    for name, value in changes.items():
        if name.startswith("item__"):
            found["items"][0][name.removeprefix("item__")] = value
        elif name.startswith("patient__"):
            found["patient"][name.removeprefix("patient__")] = value
        else:
            found[name] = value
    return found


def posted(place: Place, **changes: Any) -> Posted:
    raw = msgspec.json.encode(document(place, **changes))
    return Posted(rx.parse(raw), raw, place.client)
