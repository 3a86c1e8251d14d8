"""Import the region's institutions and dispensers from a table."""

from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from routing.registering import DISPENSING, PLACE, NotRegistered, register


class Command(BaseCommand):
    help = (
        f"Import the register from a CSV file (UTF-8, with a heading): {','.join(PLACE)} and, for those that "
        f"dispense, {','.join(DISPENSING)}; lists with ; between. All lines or none; importing again brings up to date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text; save it as CSV UTF-8") from error
        try:
            places, dispensers = register(StringIO(text, newline=""))
        except NotRegistered as refused:
            for sentence in refused.faults:
                self.stderr.write(sentence)
            raise CommandError(f"nothing was imported: {refused}") from refused
        self.stdout.write(f"{places} institutions are in the register, {dispensers} of them as dispensers")
