"""Group commit: requests that wait at the same moment share one commit; each is answered only after it.

One waiting thread leads: it takes everything that queued up meanwhile, stores it in one statement, hands out the
receipts and passes the lead on. Without contention a request leads a group of one at no extra cost.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Any

from django.db import DataError, IntegrityError

from rxcenter.prescriptions.receiving import Receipt

log = logging.getLogger(__name__)
Row = dict[str, Any]
MOST = 64


class _Ticket:
    __slots__ = ("error", "receipt", "row", "turn")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.turn = Event()
        self.receipt: Receipt | None = None
        self.error: BaseException | None = None


class GroupCommit:
    """`submit(row)` blocks until the row is stored (or refused) and returns its receipt."""

    def __init__(self, store: Callable[[Sequence[Row]], list[Receipt]]) -> None:
        self._store = store
        self._lock = Lock()
        self._waiting: deque[_Ticket] = deque()
        self._led = False

    def submit(self, row: Row) -> Receipt:
        ticket = _Ticket(row)
        with self._lock:
            self._waiting.append(ticket)
            lead, self._led = not self._led, True
        if not lead:
            ticket.turn.wait()
        if ticket.receipt is None and ticket.error is None:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        assert ticket.receipt is not None
        return ticket.receipt

    def _lead(self) -> None:
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        try:
            self._serve(group)
        finally:
            with self._lock:
                successor = self._waiting[0] if self._waiting else None
                self._led = successor is not None
            for ticket in group:
                ticket.turn.set()
            if successor:
                successor.turn.set()

    def _serve(self, group: list[_Ticket]) -> None:
        try:
            for ticket, receipt in zip(group, self._store([t.row for t in group]), strict=True):
                ticket.receipt = receipt
        except (DataError, IntegrityError) as error:
            if len(group) == 1:
                group[0].error = error
                return
            log.warning("a group of %d could not be stored together; storing them one by one", len(group))
            for ticket in group:
                self._serve([ticket])
        except BaseException as error:  # noqa: BLE001 - whatever it was, every waiting request must hear of it
            for ticket in group:
                ticket.error = error
