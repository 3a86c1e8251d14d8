"""The relay rings Celery when jobs are due. It alone talks to the broker; a broker that hangs hangs only it."""

import logging
import time
from collections.abc import Callable
from math import ceil

from django.db import connection
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import ChannelError

from rxcenter.celery import app
from rxcenter.jobs import queue, working
from rxcenter.ledger.verifying import sign_if_changed

log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0  # without a notification, look this often
BUSY_SECONDS = 0.1  # while something is due
WAKE_SECONDS = 1.0  # how often rooms look for work without a job
SWEEP_SECONDS = 3.0
FORGET_SECONDS = 3600.0
CHECKPOINT_SECONDS = 600.0
RINGERS = 4  # rings that may lie in the broker unheard; each is answered by a worker that drains until nothing is due


class Relay:
    """LISTENs on PostgreSQL, polls as a fallback. `stop()` ends the loop after the present round."""

    def __init__(self, ring: Callable[[str], None] | None = None) -> None:
        self._ring = ring or ring_celery
        self._stopped = False
        self._swept = self._forgot = self._signed = self._woke = 0.0

    def stop(self, *_: object) -> None:
        self._stopped = True

    def run(self) -> None:
        while not self._stopped:
            try:
                self._rounds()
            except Exception:
                log.exception("a round failed; trying again")
                connection.close()
                time.sleep(IDLE_SECONDS)

    def _rounds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {queue.CHANNEL}")
        while not self._stopped:
            busy = self.round()
            self._wait(BUSY_SECONDS if busy else IDLE_SECONDS)

    def round(self) -> bool:
        """Ring the lanes in which something is due; sweep now and then. True when something was due."""
        now = time.monotonic()
        due = queue.due_counts()
        for kind in due.keys() - working.HANDLERS.keys():
            log.error("%d jobs of the unknown kind %r wait", due[kind], kind)
        for lane in working.lanes():
            self._ring_lane(lane, due)
        self._chores(now)  # after ringing: a chore that fails keeps nobody's work waiting
        return bool(due)

    def _ring_lane(self, lane: str, due: dict[str, int]) -> None:
        handlers = {kind: h for kind, h in working.HANDLERS.items() if h.lane == lane}
        batches = sum(ceil(n / handlers[kind].batch) for kind, n in due.items() if kind in handlers)
        for _ in range(min(RINGERS, batches)):
            self._ring(lane)

    def _chores(self, now: float) -> None:
        if now - self._woke > WAKE_SECONDS:
            self._woke = now
            working.wake()
        if now - self._swept > SWEEP_SECONDS:
            self._swept = now
            working.sweep(timezone.now())
        if now - self._forgot > FORGET_SECONDS:
            self._forgot = now
            queue.forget_done()
        if now - self._signed > CHECKPOINT_SECONDS:
            self._signed = now
            sign_if_changed(at=timezone.now())

    def _wait(self, seconds: float) -> None:
        """Until a notification or the time is up; drains pending notifications."""
        for _ in connection.connection.notifies(timeout=seconds, stop_after=1):
            pass


def ring_celery(lane: str = working.LANE) -> None:
    """One doorbell of a lane; a broker that is away is tomorrow's problem, the sweep's and the next round's.

    Nothing is added while enough rings lie there unheard: a busy worker must not find a heap of stale ones first.
    """
    try:
        with app.pool.acquire(block=True) as broker:
            if _unheard(broker, lane) < RINGERS:
                app.send_task(
                    "jobs.drain",
                    kwargs={"lane": lane},
                    queue=lane,
                    connection=broker,
                    expires=10,
                    retry=False,
                    ignore_result=True,
                )
    except Exception as error:  # noqa: BLE001 - kombu and redis raise many kinds; the next round rings again
        log.warning("the broker did not take a ring: %s", error)


def _unheard(broker: Connection, lane: str) -> int:
    try:
        return int(broker.default_channel.queue_declare(lane, passive=True).message_count)
    except ChannelError:  # Redis has no key for an empty queue
        return 0
