"""The stored document and its index columns."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.models import Institution
from rxcenter.patients.models import Person
from rxcenter.prescriptions.states import State


class Prescription(models.Model):
    """One revision of one prescription.

    `document` is rx/1 as validated, with personal fields masked and identifiers replaced by blind indexes;
    `sealed` holds the personal fields encrypted (rxcenter/patients/sealing.py). Columns are for finding, not for truth.
    """

    class Origin(models.TextChoices):
        LIVE = "live", _("posted")
        HISTORY = "history", _("imported history")

    id = models.UUIDField(primary_key=True)
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="+", verbose_name=_("institution")
    )
    number = models.CharField(_("number"), max_length=64)
    revision = models.IntegerField(_("revision"))
    current = models.BooleanField(default=True)  # False once replaced by the next revision
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.LIVE)
    state = models.CharField(_("state"), max_length=20, choices=State)
    state_since = models.DateTimeField(_("since"))
    kind = models.CharField(max_length=16)
    setting = models.CharField(_("setting"), max_length=16)
    issued_at = models.DateTimeField(_("issued"))
    received_at = models.DateTimeField(_("received"))
    prescriber = models.CharField(_("prescriber"), max_length=64)
    patient_keys = ArrayField(
        models.CharField(max_length=80)
    )  # blind indexes of all identifiers, the first is primary
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="prescriptions")
    document = models.JSONField()
    sealed = models.BinaryField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the canonical validated document
    raw_hash = models.CharField(max_length=64)  # SHA-256 of the bytes as posted: evidence of what was sent
    client = models.CharField(max_length=16)  # public part of the key that posted it

    class Meta:
        verbose_name = _("prescription")
        verbose_name_plural = _("prescriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "number", "revision"], name="prescription_natural_key"
            ),
            models.UniqueConstraint(
                fields=["institution", "number"],
                condition=Q(current=True),
                name="prescription_one_current_revision",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="prescription_known_state"),
        ]
        indexes = [
            models.Index(fields=["person", "issued_at"], name="prescription_history"),
            models.Index(fields=["state", "state_since"], name="prescription_by_state"),
            models.Index(F("received_at").desc(), name="prescription_newest"),
            models.Index(fields=["number"], name="prescription_number"),  # a dispenser knows the number only
        ]

    def __str__(self) -> str:
        return f"{self.number}/{self.revision}"


class PrescriptionItem(models.Model):
    """A line as the audit understood it: for history, reports and the list of unmapped names."""

    prescription = models.ForeignKey(Prescription, models.CASCADE, related_name="items")
    line = models.IntegerField()
    name = models.CharField(max_length=300)
    ingredients = ArrayField(models.CharField(max_length=120))  # empty: the catalogue does not know the name
    days = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prescription", "line"], name="item_once")]
        indexes = [models.Index(fields=["name"], condition=Q(ingredients=[]), name="item_unmapped")]


class StateNote(models.Model):
    """Free text given with a move (a placer's reason to cancel): may name somebody, so it is not in the ledger."""

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="state_notes")
    move = models.CharField(max_length=24)
    text = models.CharField(max_length=1000)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()


class Countersignature(models.Model):
    """A double signature, co-signature or reason given after posting, for named findings of one revision."""

    class Kind(models.TextChoices):
        DOUBLE_SIGN = "double_sign", _("double signature")
        COSIGN = "cosign", _("co-signature")
        REASON = "reason", _("reason")

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="countersignatures")
    kind = models.CharField(max_length=12, choices=Kind)
    rules = ArrayField(models.CharField(max_length=20))  # rule ids of the findings it is about
    signer = models.CharField(max_length=64)
    reason = models.CharField(max_length=1000)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prescription", "kind", "signer", "rules"], name="countersigned_once"
            )
        ]


class Tombstone(models.Model):
    """A placer cancelled a prescription that has not arrived: when it comes, however late, it is cancelled, never routed."""

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    number = models.CharField(max_length=64)
    revision = models.IntegerField(null=True)  # null: every revision
    reason = models.CharField(max_length=40)  # coded
    by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    met_at = models.DateTimeField(null=True)  # when the late prescription came and was cancelled

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "number", "revision"],
                nulls_distinct=False,
                name="one_tombstone_per_prescription",
            )
        ]
