"""Who is who across institutions, without storing an identifier in clear."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Person(models.Model):
    """One human being as far as identifiers tell. Holds nothing but links."""

    created_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")


class Identity(models.Model):
    """One identifier of one person: system and HMAC of the normalised value (the blind index)."""

    key = models.CharField(max_length=80, primary_key=True)  # "<system>:<hex of 16 bytes>"
    person = models.ForeignKey(Person, models.PROTECT, related_name="identities")
    created_at = models.DateTimeField()


class MergeCandidate(models.Model):
    """A document named identifiers of two persons: an operator decides whether they are one."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        MERGED = "merged", _("merged: one person")
        DISTINCT = "distinct", _("kept apart: two persons")

    first = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("first person"))
    second = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("second person"))
    prescription = models.UUIDField(_("seen on prescription"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("created"))
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("identity conflict")
        verbose_name_plural = _("identity conflicts")
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="conflict_listed_once")]

    def __str__(self) -> str:
        return f"{self.first_id} ↔ {self.second_id}"


class DataKey(models.Model):
    """A data-encrypting key of one institution and month, wrapped by the key-encrypting key from the environment."""

    scope = models.CharField(max_length=32)  # institution code
    epoch = models.CharField(max_length=7)  # "2026-11"
    wrapped = models.BinaryField()
    kek_version = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "epoch"], name="data_key_once")]


class AccessLog(models.Model):
    """Who read whose personal data, and why. Written by reveal() and precheck before they answer, never changed."""

    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("actor"), max_length=150)
    role = models.CharField(_("role"), max_length=24)
    purpose = models.CharField(_("purpose"), max_length=200)
    prescription = models.UUIDField(_("prescription"), null=True)
    patient = models.CharField(
        _("patient"), max_length=80, default=""
    )  # blind index, where nothing is stored yet
    institution = models.CharField(_("institution"), max_length=32)
    fields = models.CharField(_("fields"), max_length=200)

    class Meta:
        verbose_name = _("access to personal data")
        verbose_name_plural = _("accesses to personal data")
        indexes = [
            models.Index(fields=["prescription"]),
            models.Index(fields=["patient"]),
            models.Index(fields=["actor", "at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(purpose=""), name="access_has_purpose"),
            models.CheckConstraint(condition=~Q(prescription=None, patient=""), name="access_names_whose"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.at:%Y-%m-%d %H:%M}"
