"""The demo's people: logins with roles in plain language, all with the one password of this demo."""

from typing import NamedTuple

from rxcenter.accounts.models import StaffRole, User
from rxcenter.accounts.roles import Role


class Login(NamedTuple):
    """One login to look around with."""

    username: str
    name: str
    role: Role
    institution: str | None  # None = the whole region


def logins(placers: list[str], dispensers: list[str]) -> list[Login]:
    """Who works here: regional staff, and one pharmacist and one dispenser of the first institutions."""
    return [
        Login("operator", "平台运维", Role.OPERATOR, None),
        Login("pharmacist", "审方药师甲", Role.PHARMACIST, None),
        Login("pharmacist2", "审方药师乙", Role.PHARMACIST, None),
        Login("chief", "主任药师", Role.CHIEF, None),
        Login("hospital", f"{placers[0]} 药师", Role.PHARMACIST, placers[0]),
        Login("dispenser", f"{dispensers[0]} 调剂", Role.DISPENSER, dispensers[0]),
        Login("regulator", "监管人员", Role.REGULATOR, None),
    ]


def hire(people: list[Login], password: str) -> None:
    """Make the logins (or give them this demo's password again) with their roles."""
    for person in people:
        user, _ = User.objects.get_or_create(username=person.username)
        user.first_name, user.is_staff = person.name, True
        user.set_password(password)
        user.save()
        StaffRole.objects.get_or_create(user=user, role=person.role.value, institution_id=person.institution)
