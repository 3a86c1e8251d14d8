"""PostgreSQL is the queue of record: a job exists from the commit that makes it necessary until it is done."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """Work to be done at or after `due_at`. Attempts are counted and committed before the work."""

    class State(models.TextChoices):
        DUE = "due", _("due")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        QUARANTINED = "quarantined", _("quarantined")

    kind = models.CharField(_("kind"), max_length=24)
    subject = models.UUIDField(_("subject"))  # what it is about: a prescription, an order, a claim
    payload = models.JSONField(null=True)  # ids and codes only
    state = models.CharField(_("state"), max_length=12, choices=State, db_default=State.DUE)
    attempts = models.SmallIntegerField(_("attempts"), db_default=0)
    due_at = models.DateTimeField(_("due"), db_default=Now())
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)  # fencing: a worker that lost its lease writes nothing
    last_error = models.TextField(_("last error"), db_default="")
    created_at = models.DateTimeField(_("created"), db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["kind", "due_at"], condition=Q(state="due"), name="job_due"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_leased"),
            models.Index(fields=["subject", "kind"], name="job_subject"),
            models.Index(fields=["finished_at"], condition=Q(state="done"), name="job_finished"),
        ]
        constraints = [
            # One waiting job of a kind for a subject; a second request for the same work joins it.
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state="due"), name="job_waits_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.state})"
