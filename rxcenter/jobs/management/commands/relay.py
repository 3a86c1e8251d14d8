"""Ring Celery whenever jobs are due."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from rxcenter.jobs.relay import Relay


class Command(BaseCommand):
    help = (
        "The relay: LISTENs on PostgreSQL and rings Celery for due jobs; run one or two beside the workers."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        relay = Relay()
        signal.signal(signal.SIGTERM, relay.stop)
        signal.signal(signal.SIGINT, relay.stop)
        self.stderr.write("relay: ready")
        relay.run()
