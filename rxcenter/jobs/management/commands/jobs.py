"""See what stands in the queue and requeue what was quarantined."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from rxcenter.jobs.models import Job
from rxcenter.jobs.requeueing import requeue


class Command(BaseCommand):
    help = (
        "List the jobs that are not done by kind and state, and each quarantined one with its error. With --requeue "
        "they become due again with five new attempts: remove the cause first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--requeue", nargs="+", metavar="ID", help="ids of quarantined jobs, or: all")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["requeue"]:
            self._requeue(options["requeue"])
        else:
            self._list()

    def _list(self) -> None:
        open_jobs = Job.objects.exclude(state=Job.State.DONE)
        counts = open_jobs.values_list("kind", "state").annotate(n=Count("pk")).order_by("kind", "state")
        for kind, state, count in counts:
            self.stdout.write(f"{kind:20} {state:12} {count}")
        for job in open_jobs.filter(state=Job.State.QUARANTINED).order_by("pk"):
            self.stdout.write(
                f"{job.pk}  {job.kind}  {job.subject}  {job.attempts} attempts  {job.last_error}"
            )

    def _requeue(self, words: list[str]) -> None:
        quarantined = set(Job.objects.filter(state=Job.State.QUARANTINED).values_list("pk", flat=True))
        if words == ["all"]:
            wanted = quarantined
        else:
            strange = [word for word in words if not (word.isascii() and word.isdigit())]
            if strange:
                raise CommandError(f"not an id: {', '.join(strange)}")
            wanted = {int(word) for word in words}
        if unknown := sorted(wanted - quarantined):
            raise CommandError(f"not in quarantine: {', '.join(map(str, unknown))}; nothing was requeued")
        self.stdout.write(f"{requeue(wanted)} jobs are due again")
