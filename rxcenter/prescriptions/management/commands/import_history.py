"""Import earlier prescriptions, so that audits know what patients already take."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from rxcenter.prescriptions.history_files import documents, import_documents


class Command(BaseCommand):
    help = (
        "Import rx/1 documents as history: no audit, no routing, no events to placers. Takes .json or .jsonl, "
        "either gzipped. Institutions must be in the register. Importing twice imports once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path} is not a file")
        with tqdm(unit=" documents", disable=None) as bar:
            result = import_documents(documents(path), at=timezone.now(), done=bar.update)
        for sentence in result.refused:
            self.stderr.write(sentence)
        known = result.read - result.new - len(result.refused)
        self.stdout.write(
            f"{result.read} documents: {result.new} imported, {known} were known, {len(result.refused)} refused"
        )
        if result.refused:
            raise CommandError(f"{len(result.refused)} documents were refused; the others are imported")
