"""Audit runs and findings, what waits for a pharmacist, decisions, the pass policy, local drug names."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.models import Institution
from rxcenter.prescriptions.models import Prescription


class Severity(models.IntegerChoices):
    INFO = 10, _("info")
    MODERATE = 20, _("moderate")
    MAJOR = 30, _("major")
    CRITICAL = 40, _("critical")


class Outcome(models.TextChoices):
    PASS = "pass", _("pass")
    REVIEW = "review", _("review")
    STOPPED = "stopped", _("stopped")


class AuditRun(models.Model):
    """One audit of one revision: the whole Report, reproducible from document, history, profile and catalogue."""

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="audits")
    at = models.DateTimeField()
    first = models.BooleanField()  # the first audit of this revision: indicators count these
    outcome = models.CharField(max_length=8, choices=Outcome)
    auto_passed = models.BooleanField()  # approved without a pharmacist, by pass policy
    catalogue = models.CharField(max_length=64)
    profile = models.CharField(max_length=40)
    history_linked = models.IntegerField()
    report = models.JSONField()
    # narcotic, psychotropic_1, …, injection, herbal, unknown
    drug_groups = ArrayField(models.CharField(max_length=40))

    class Meta:
        indexes = [models.Index(fields=["prescription", "-id"]), models.Index(fields=["at"])]


class Finding(models.Model):
    """One finding of one run, as a row for the desk and for reports; the full text stands in the run's report."""

    run = models.ForeignKey(AuditRun, models.CASCADE, related_name="findings")
    position = models.SmallIntegerField()  # its place in report["findings"]
    rule = models.CharField(max_length=20)
    category = models.CharField(max_length=24)
    severity = models.SmallIntegerField(choices=Severity)
    release = models.CharField(max_length=20)
    lines = ArrayField(models.IntegerField())
    drugs = ArrayField(models.CharField(max_length=120))

    class Meta:
        indexes = [models.Index(fields=["rule", "run"]), models.Index(fields=["run", "position"])]


class Gap(models.Model):
    """Something that could not be checked in a run."""

    run = models.ForeignKey(AuditRun, models.CASCADE, related_name="gaps")
    rule = models.CharField(max_length=20)
    reason = models.CharField(max_length=40)
    lines = ArrayField(models.IntegerField())
    holds = models.BooleanField()


class Waiting(models.Model):
    """A prescription that needs a pharmacist (or, `with_prescriber`, its prescriber): the desk's queue."""

    class Why(models.IntegerChoices):
        FINDINGS = 1, _("findings")
        GAPS = 2, _("not checked")
        ENGINE = 3, _("the engine could not judge")
        POLICY = 4, _("policy")

    prescription = models.OneToOneField(
        Prescription, models.PROTECT, primary_key=True, related_name="waiting"
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="+", verbose_name=_("institution")
    )
    run = models.ForeignKey(AuditRun, models.PROTECT, null=True, related_name="+")
    why = models.SmallIntegerField(_("why it waits"), choices=Why)
    severity = models.SmallIntegerField(_("level"), choices=Severity, null=True)  # the worst open finding
    summary = models.JSONField(
        default=dict
    )  # {"worst": {zh, en}, "count": n, "chips": [...], "patient": {...}}
    gap_key = models.CharField(max_length=300, blank=True)  # equal gaps are grouped under it
    since = models.DateTimeField(_("since"))
    due_at = models.DateTimeField(_("due"))
    open = models.BooleanField(default=True)  # False once decided
    with_prescriber = models.BooleanField(default=False)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("taken by")
    )
    taken_at = models.DateTimeField(null=True)
    seconds_needed = models.BooleanField(_("second pharmacist"), default=False)

    class Meta:
        verbose_name = _("prescription in review")
        verbose_name_plural = _("review queue")
        indexes = [
            models.Index(
                F("why").asc(), F("severity").desc(nulls_last=True), F("due_at").asc(), name="queue_order",
                condition=Q(open=True),
            ),
            models.Index(fields=["institution", "open"], name="queue_of_institution"),
            models.Index(fields=["taken_by"], condition=Q(open=True), name="queue_taken"),
            models.Index(fields=["gap_key", "due_at"], condition=Q(open=True), name="queue_equal_gaps"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.prescription)


class Decision(models.Model):
    """What a pharmacist decided, with coded reasons per finding; two rows where a second pharmacist is asked."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("approve")
        RETURN = "return", _("return to the prescriber")
        REJECT = "reject", _("reject")

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="decisions")
    run = models.ForeignKey(AuditRun, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict)
    reasons = models.JSONField(
        default=dict
    )  # {"<position of finding>": code} for every critical and major finding
    code = models.CharField(max_length=40, blank=True)  # coded reason of a return or rejection
    note = models.CharField(max_length=2000, blank=True)
    monitoring = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    second_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="seconds")
    final = models.BooleanField()  # False: the first of two, waiting for the second pharmacist
    token = models.UUIDField(unique=True)  # of the form it was sent with: sending twice is deciding once

    class Meta:
        indexes = [models.Index(fields=["prescription", "at"]), models.Index(fields=["at"])]


class PassPolicy(models.Model):
    """Where the audit's `pass` may approve without a pharmacist. Dated; no row means: a pharmacist decides."""

    setting = models.CharField(_("setting"), max_length=16)  # outpatient | emergency | inpatient | home
    institution_kind = models.CharField(_("kind of institution"), max_length=20)
    # "*" or a group kept from automatic pass
    drug_group = models.CharField(_("drug group"), max_length=40, default="*")
    automatic = models.BooleanField(_("automatic pass"))
    in_force_from = models.DateField(_("in force from"))
    in_force_to = models.DateField(_("in force to"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200)

    class Meta:
        verbose_name = _("pass policy row")
        verbose_name_plural = _("pass policy")
        ordering = ["setting", "institution_kind", "drug_group", "in_force_from"]


class LocalName(models.Model):
    """A drug name mapped by a chief pharmacist to catalogue ingredients: exact, dated, signed."""

    name = models.CharField(_("name as posted"), max_length=300, unique=True)
    ingredients = ArrayField(models.CharField(max_length=120), verbose_name=_("ingredients"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("mapped drug name")
        verbose_name_plural = _("mapped drug names")
