"""Say what a hospital's own drug list means to this centre, names mapped by its chief included. Stores nothing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit_rules.formulary.list_mapping import as_csv, as_dict, mapping, told
from audit_rules.formulary.list_reading import BadList, read
from rxcenter.review import catalogue


class Command(BaseCommand):
    help = (
        "Map a drug list (CSV or XLSX: code, name, strength, form) by exact name: mapped, ambiguous, unknown, bad. "
        "Nothing is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the list, .csv or .xlsx")
        shape = parser.add_mutually_exclusive_group()
        shape.add_argument("--json", action="store_true", help="the whole report as JSON")
        shape.add_argument("--csv", action="store_true", help="the whole report as a table")

    def handle(self, *args: Any, **options: Any) -> None:
        known = catalogue.current()
        try:
            report = mapping(read(options["file"].read_bytes(), options["file"].name), known)
        except OSError as error:
            raise CommandError(f"cannot read {options['file']}: {error.strerror}") from error
        except BadList as error:
            raise CommandError(f"{error.said.zh} / {error.said.en}") from error
        if options["json"]:
            self.stdout.write(json.dumps(as_dict(report), ensure_ascii=False, indent=1))
        elif options["csv"]:
            self.stdout.write(as_csv(report, known), ending="")
        else:
            self.stdout.write(told(report))
