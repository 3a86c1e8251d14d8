"""Give a member of staff a role: the first operator of a new centre gets theirs here, the others from that operator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rxcenter.accounts.models import Institution, StaffRole, User
from rxcenter.accounts.roles import NOT_STAFF, Role

HUMAN = [role.value for role in Role if role not in NOT_STAFF]


class Command(BaseCommand):
    help = (
        "Give a member of staff a role, for one institution or for the whole region. Make the first person with "
        "createsuperuser: without a role they see nothing. Granting twice grants once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the name they sign in with")
        parser.add_argument("role", help=", ".join(HUMAN))
        parser.add_argument("--institution", metavar="CODE", help="only there (default: the whole region)")

    def handle(self, *args: Any, **options: Any) -> None:
        role, code = options["role"], options["institution"]
        if role not in HUMAN:
            why = "is a role of machines" if role in Role.values else "is not a role"
            raise CommandError(f"{role!r} {why}; there are {', '.join(HUMAN)}")
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['user']!r}; make them with createsuperuser")
        if code is not None and not Institution.objects.filter(pk=code).exists():
            raise CommandError(f"institution {code!r} is not in the register")
        _held, made = StaffRole.objects.get_or_create(user=user, role=role, institution_id=code)
        if not user.is_staff:  # without it no page of the desk opens
            User.objects.filter(pk=user.pk).update(is_staff=True)
        where = code or "the whole region"
        self.stdout.write(f"{user.username} {'is now' if made else 'was already'} {role} for {where}")
