"""What keeps retries and guessing harmless."""

from django.db import models


class IdempotencyKey(models.Model):
    """The stored answer of a claim or dispense, written in the transaction of its effect (kept 7 days)."""

    # Institution code: the same organisation may retry with a rotated key
    client = models.CharField(max_length=40)
    route = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    prescription = models.UUIDField()  # for the access log: the stored answer may hold personal fields
    status = models.SmallIntegerField()
    body_sealed = models.BinaryField()  # claim tokens are secrets
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "route", "key"], name="idempotency_key_once")
        ]
        indexes = [models.Index(fields=["created_at"])]


class WrongCode(models.Model):
    """Wrong pickup codes of the last day: by dispenser and number (whether or not it exists), and by dispenser."""

    # Of a number the blind index, then @ and the dispenser's code; of a dispenser its code alone
    key = models.CharField(max_length=80, primary_key=True)
    count = models.IntegerField()
    since = models.DateTimeField()
