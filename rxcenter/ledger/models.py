"""The event log: one row per transition, chained by hash in its stream, append-only (a trigger refuses the rest)."""

from django.db import models


class StreamHead(models.Model):
    """Where a stream ends. Locked last in every transaction, in sorted order, so numbers have no gaps."""

    stream = models.CharField(max_length=40, primary_key=True)  # an institution's code
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(max_length=32)


class Event(models.Model):
    """One fact. `body` is canonical JSON text with ids and codes only, never anything personal."""

    stream = models.CharField(max_length=40)
    seq = models.BigIntegerField()
    subject = models.UUIDField()  # the prescription
    subject_seq = models.IntegerField()
    primary = models.BooleanField()  # False: the copy in a dispenser's stream
    type = models.CharField(max_length=40)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()
    body = models.TextField()
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="event_once_in_stream"),
            models.UniqueConstraint(
                fields=["subject", "subject_seq"],
                condition=models.Q(primary=True),
                name="event_once_of_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream}#{self.seq} {self.type}"


class Checkpoint(models.Model):
    """A signed statement of where all streams stood; handed to the regulator, it makes truncation visible."""

    at = models.DateTimeField()
    events = models.BigIntegerField()
    root = models.BinaryField(max_length=32)  # RFC 6962 Merkle root over the sorted heads
    heads = models.JSONField()  # {stream: [seq, hash hex]}
    prev = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    public_key = models.BinaryField(max_length=32)
