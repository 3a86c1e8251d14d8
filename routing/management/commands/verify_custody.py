"""Prove that nothing is lost on the way from approval to hand-over."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing.checking import orphans


class Command(BaseCommand):
    help = "List prescriptions and orders that nobody would ever look at again; exit status 1 when there are any."

    def handle(self, *args: Any, **options: Any) -> None:
        found = orphans()
        for orphan in found:
            what = f"order {orphan.order}" if orphan.order else "no order"
            self.stdout.write(f"prescription {orphan.prescription}, {what}: {orphan.why}")
        if found:
            raise CommandError(f"{len(found)} lost")
        self.stderr.write("nothing is lost: every prescription in force is somebody's or a timer's")
