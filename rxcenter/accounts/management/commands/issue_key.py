"""Issue, list or revoke machine clients' keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rxcenter.accounts.keys import issue, revoke
from rxcenter.accounts.models import ClientKey, Institution
from rxcenter.accounts.scopes import PLACER_SCOPES, SCOPES, unknown_scopes


class Command(BaseCommand):
    help = "Print a new bearer key for an institution's system. It is shown once; only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("institution", help="code of the institution, e.g. H0001")
        parser.add_argument(
            "--scopes", default=",".join(PLACER_SCOPES), help="comma-separated: " + ", ".join(SCOPES)
        )
        parser.add_argument("--label", default="", help="what the key is for, e.g. the system's name")
        parser.add_argument("--days", type=int, help="valid for so many days (default: until revoked)")
        parser.add_argument("--list", action="store_true", help="list the institution's keys instead")
        parser.add_argument(
            "--revoke", metavar="ID", help="end this key instead (rotate: issue, switch over, revoke)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        place = Institution.objects.filter(pk=options["institution"]).first()
        if place is None:
            raise CommandError(f"institution {options['institution']!r} is not in the register")
        if options["list"]:
            for key in ClientKey.objects.filter(institution=place).order_by("created_at"):
                state = "revoked" if key.revoked_at else f"until {key.expires_at or 'revoked'}"
                self.stdout.write(
                    f"{key.pk}  {key.created_at:%Y-%m-%d}  {state}  {','.join(key.scopes)}  {key.label}"
                )
        elif options["revoke"]:
            if not revoke(options["revoke"], at=timezone.now()):
                raise CommandError(f"no live key {options['revoke']!r}")
            self.stdout.write(f"revoked {options['revoke']}; it stops working within seconds")
        else:
            self._issue(place, options)

    def _issue(self, place: Institution, options: dict[str, Any]) -> None:
        scopes = [s for s in options["scopes"].split(",") if s]
        if unknown := unknown_scopes(scopes):
            raise CommandError(f"unknown scopes {', '.join(unknown)}; there are {', '.join(SCOPES)}")
        self.stdout.write(
            issue(place, scopes, at=timezone.now(), label=options["label"], days=options["days"])
        )
