"""Prove that the event log is whole."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone

from rxcenter.ledger.models import Checkpoint, Event
from rxcenter.ledger.verifying import (
    as_dict,
    checkpoint_chain_faults,
    checkpoint_faults,
    faults,
    sign_checkpoint,
)


class Command(BaseCommand):
    help = "Check every chain, number and signed checkpoint of the ledger; exit status 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--checkpoint", metavar="FILE", help="also check against a checkpoint exported earlier"
        )
        parser.add_argument(
            "--export", metavar="FILE", help="sign a checkpoint now and write it to FILE ('-': stdout)"
        )
        parser.add_argument(
            "--key", metavar="HEX", help="public key you trust for --checkpoint (default: the one in it)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found: list[str] = []
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            )  # one moment of a live system
            found += faults()
            found += checkpoint_chain_faults()
            if options["checkpoint"]:
                key = bytes.fromhex(options["key"]) if options["key"] else None
                found += checkpoint_faults(
                    json.loads(Path(options["checkpoint"]).read_text()), trusted_key=key
                )
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError(f"the ledger is NOT whole: {len(found)} faults")
        if options["export"]:
            text = json.dumps(as_dict(sign_checkpoint(at=timezone.now())), indent=1)
            self.stdout.write(text) if options["export"] == "-" else Path(options["export"]).write_text(text)
        self.stderr.write(
            f"the ledger is whole: {Event.objects.count()} events, {Checkpoint.objects.count()} checkpoints"
        )
