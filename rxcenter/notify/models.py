"""Subscriptions, their secrets, what could not be delivered at once, networks an operator approved, the feed's acks."""

import ipaddress
from datetime import date
from uuid import UUID

import uuid_utils.compat
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.models import Institution
from rxcenter.notify.messages import Message


def new_id() -> UUID:
    """A time-ordered UUID."""
    return uuid_utils.compat.uuid7()


class Endpoint(models.Model):
    """Where an institution wants to be woken.

    `cursor` is a seq of its stream: every event up to it was delivered, is not wanted, or stands in a Delivery.
    A receiver that is away only keeps the cursor where it is. `lease_token` fences a sender that was given up.
    """

    class Paused(models.TextChoices):
        OWNER = "owner", _("switched off")
        GONE = "gone", _("the receiver answered 410 Gone")
        DOWN = "down", _("out of reach for seven days")

    id = models.UUIDField(primary_key=True, default=new_id)
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="webhooks", verbose_name=_("institution")
    )
    url = models.CharField(_("address"), max_length=500)
    events = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("event types"),
        default=list,
        blank=True,
        help_text=_("for example prescription.approved or order.*, separated by commas; empty means all"),
    )
    note = models.CharField(_("note"), max_length=100, blank=True)
    active = models.BooleanField(_("active"), default=True)
    paused = models.CharField(_("why not active"), max_length=8, choices=Paused, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    cursor = models.BigIntegerField(_("position in the stream"), default=0)
    failures = models.IntegerField(_("failures in a row"), default=0)
    down_since = models.DateTimeField(_("out of reach since"), null=True)
    next_try_at = models.DateTimeField(_("next attempt"), null=True)
    last_error = models.CharField(_("last failure"), max_length=40, blank=True)
    delivered_at = models.DateTimeField(_("last delivery"), null=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["institution", "created_at"]
        constraints = [models.UniqueConstraint(fields=["institution", "url"], name="webhook_once")]

    def __str__(self) -> str:
        return f"{self.institution_id} → {self.url}"

    @property
    def condition(self) -> str:
        """`paused`, `down` (waiting for it to come back) or `ok`."""
        return "paused" if not self.active else "down" if self.down_since else "ok"


class Secret(models.Model):
    """A signing secret, sealed. While an old one is still valid, messages carry a signature of each."""

    id = models.UUIDField(primary_key=True, default=new_id)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)  # null: the current one


class Delivery(models.Model):
    """An event that could not be delivered at once, or one that waits behind such an event of its prescription.

    What goes through at the first attempt has no row; the endpoint's cursor says that it was delivered.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("to be tried again")
        WAITING = "waiting", _("behind another of its prescription")
        DEAD = "dead", _("given up")
        DELIVERED = "delivered", _("delivered")

    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    seq = models.BigIntegerField(_("position in the stream"), null=True)  # null: a test message
    subject = models.UUIDField(_("prescription"))
    version = models.IntegerField(_("number within its prescription"))
    type = models.CharField(_("event type"), max_length=40)
    at = models.DateTimeField(_("happened"))
    state = models.CharField(_("state"), max_length=9, choices=State)
    attempts = models.SmallIntegerField(_("attempts"), default=0)  # since the last replay
    due_at = models.DateTimeField(_("next attempt"), null=True)
    tries = models.JSONField(_("attempts"), default=list)  # [{at, status, reason, ms}], replays too
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        indexes = [
            models.Index(fields=["endpoint", "due_at"], condition=Q(state="pending"), name="delivery_due"),
            models.Index(fields=["endpoint", "subject", "seq"], condition=~Q(state="delivered"), name="delivery_open"),
            models.Index(
                fields=["endpoint", "delivered_at"], condition=Q(state="delivered"), name="delivery_done"
            ),
            models.Index(fields=["-id"], condition=Q(state="dead"), name="delivery_dead"),
        ]  # fmt: skip
        constraints = [models.UniqueConstraint(fields=["endpoint", "seq"], name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.type} #{self.seq if self.seq is not None else '–'}"

    @property
    def message(self) -> Message:
        """What is sent, at every attempt the same."""
        return Message(self.endpoint_id, self.seq, self.subject, self.version, self.type, self.at, self.pk)


class ApprovedNetwork(models.Model):
    """A private network that webhooks may reach, and who approved it. Dated; without a row only public https."""

    network = models.CharField(_("network"), max_length=43, help_text=_("for example 10.20.0.0/16"))
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("institution"),
        help_text=_("whose webhooks may reach it; empty means every institution's"),
    )  # fmt: skip
    plain_http = models.BooleanField(_("http allowed"), default=False)
    reason = models.CharField(_("reason"), max_length=200)
    approved_by = models.CharField(_("approved by"), max_length=150)
    in_force_from = models.DateField(_("in force from"))
    in_force_to = models.DateField(_("in force to"), null=True, blank=True)

    class Meta:
        verbose_name = _("approved network")
        verbose_name_plural = _("approved networks")
        ordering = ["network", "in_force_from"]

    def __str__(self) -> str:
        return self.network

    def clean(self) -> None:
        try:
            self.network = str(ipaddress.ip_network(self.network.strip()))
        except ValueError as error:
            raise ValidationError({"network": _("Not a network: %(said)s") % {"said": error}}) from error

    @classmethod
    def in_force(cls, on: date) -> "models.QuerySet[ApprovedNetwork]":
        """The rows of a day (both ends count)."""
        return cls.objects.filter(in_force_from__lte=on).exclude(in_force_to__lt=on)


class FeedPosition(models.Model):
    """Up to where an institution has confirmed its feed."""

    institution = models.OneToOneField(Institution, models.PROTECT, primary_key=True, related_name="+")
    acked = models.BigIntegerField()
    at = models.DateTimeField()
