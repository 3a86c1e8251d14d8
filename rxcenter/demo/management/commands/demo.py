"""The whole centre on one machine, with a day's prescriptions and simulated people."""

import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from rxcenter.demo import bootstrap, centre, plan, register, showing, staff, working
from rxcenter.prescriptions.history_files import import_documents


class Command(BaseCommand):
    help = (
        "Start the centre with an own database, post a day of prescriptions from 40 institutions over HTTP, let "
        "simulated pharmacists and dispensers work, print what became of it, and keep serving until Ctrl-C."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--exit", action="store_true", help="end after the run; the last line is JSON; 0 = nothing lost"
        )
        parser.add_argument("--count", type=int, default=600, help="documents to generate (default 600)")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same seed makes the same day (default 1)"
        )
        parser.add_argument("--port", type=int, help="default: 8000, or the next free one")
        parser.add_argument(
            "--input", type=Path, metavar="FILE", help="post this .jsonl[.gz] or .json file instead"
        )
        parser.add_argument(
            "--last", type=int, metavar="N", help="with --input: post the newest N, import the others"
        )
        parser.add_argument(
            "--keep-dates", action="store_true", help="with --input: leave all times as they are"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MODE != "demo":
            raise CommandError(f"the demo runs in demo mode only; RXCENTER_MODE is {settings.MODE}")
        if options["input"] is None and (options["last"] is not None or options["keep_dates"]):
            raise CommandError("--last and --keep-dates go with --input")
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: nothing is left running
        try:
            port = centre.free_port(options["port"])
            day = self._plan(options)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(day.remark)
        keys, people = self._prepare(day)
        try:
            self._run(port, day, keys, people, options)
        except centre.NotReady as error:
            raise CommandError(str(error)) from error

    def _run(
        self,
        port: int,
        day: plan.Plan,
        keys: dict[str, str],
        people: list[staff.Login],
        options: dict[str, Any],
    ) -> None:
        password, place = os.environ[bootstrap.PASSWORD], bootstrap.state_dir()
        with centre.running(port, place / "demo.log") as url:
            result = working.work(url, day, keys, people, password, seed=options["seed"])
            self._show(result)
            if not options["exit"]:
                self.stdout.write("\n" + showing.addresses(url, people, password, keys))
                self.stdout.write(f"\nServing on {url} until Ctrl-C. Log: {place / 'demo.log'}")
                self._serve()
        if options["exit"]:
            self.stdout.write(json.dumps(result.numbers))
            self.stdout.flush()
            sys.exit(0 if result.numbers["lost"] == 0 else 1)

    def _serve(self) -> None:
        self.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        self.stdout.write("stopping: work in hand is finished first")
        self.stdout.flush()

    def _plan(self, options: dict[str, Any]) -> plan.Plan:
        now = timezone.localtime()
        if options["input"] is None:
            return plan.generated(options["seed"], options["count"], now)
        return plan.from_file(
            options["input"], last=options["last"], keep_dates=options["keep_dates"], now=now
        )

    def _prepare(self, day: plan.Plan) -> tuple[dict[str, str], list[staff.Login]]:
        """Schema, static files, register, logins, history. Returns the keys by institution and the logins."""
        centre.prepare_database(empty=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        at = timezone.now()
        try:
            keys = register.load([*day.placers, *day.pharmacies], at)
        except register.NotADemo as error:
            raise CommandError(str(error)) from error
        hospitals = [p.code for p in day.placers if p.kind == "hospital"] or [p.code for p in day.placers]
        people = staff.logins(hospitals, [p.code for p in day.pharmacies])
        staff.hire(people, os.environ[bootstrap.PASSWORD])
        with tqdm(total=len(day.history), desc="history", unit="", disable=None) as bar:
            done = import_documents(day.history, at=at, done=bar.update)
        for sentence in done.refused[:20]:
            self.stderr.write(f"history: {sentence}")
        return keys, people

    def _show(self, result: working.Result) -> None:
        self.stdout.write(showing.outcomes(result.numbers, result.replayed))
        if result.planted:
            self.stdout.write("\n" + showing.planted(result.planted))
        for remark in result.remarks[:40]:
            self.stdout.write(f"! {remark}")
        self.stdout.flush()
