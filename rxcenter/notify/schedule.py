"""How long to wait after a failure. Numbers follow Standard Webhooks' example schedule; a test adds them up."""

import random
from datetime import timedelta

MINUTE, HOUR = 60.0, 3600.0
# After the 1st, 2nd, … failed attempt of one event; after the last of eight attempts it is given up.
DELAYS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR)
MOST_ATTEMPTS = len(DELAYS) + 1
JITTER = 0.2
DOWN_AFTER = 3  # failures in a row: the receiver counts as out of reach, one probe at a time
FIRST_PROBE, LATEST_PROBE = 10.0, 15 * MINUTE
PAUSE_AFTER = timedelta(days=7)
RETRY_AFTER_AT_MOST = HOUR
_dice = random.SystemRandom()


def after_attempt(attempts: int) -> timedelta | None:
    """How long an event waits after its n-th failed attempt; None: give it up."""
    return _jittered(DELAYS[attempts - 1]) if attempts < MOST_ATTEMPTS else None


def before_probe(failures: int, asked: float | None = None) -> timedelta:
    """How long a receiver that failed `failures` times in a row is left alone; `asked`: its Retry-After in seconds."""
    steps = max(0, min(failures - DOWN_AFTER, 10))
    wait = min(FIRST_PROBE * 2**steps, LATEST_PROBE)
    return max(_jittered(wait), timedelta(seconds=min(asked or 0.0, RETRY_AFTER_AT_MOST)))


def _jittered(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * _dice.uniform(1 - JITTER, 1 + JITTER))
