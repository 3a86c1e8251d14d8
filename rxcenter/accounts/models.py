"""Institutions and their register data, staff and their roles, machine clients and their keys."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.roles import Role


class Institution(models.Model):
    """A body that prescribes or dispenses. The API trusts this register, not the posted document."""

    class Kind(models.TextChoices):
        HOSPITAL = "hospital", _("hospital")
        PRIMARY_CARE = "primary_care", _("primary-care institution")
        INTERNET_HOSPITAL = "internet_hospital", _("internet hospital")
        PHARMACY = "pharmacy", _("pharmacy")

    class Type(models.TextChoices):
        HOSPITAL = "hospital", _("hospital")
        COMMUNITY_CENTRE = "community_centre", _("community health centre")
        COMMUNITY_STATION = "community_station", _("community health station")
        TOWNSHIP_CENTRE = "township_centre", _("township health centre")
        VILLAGE_CLINIC = "village_clinic", _("village clinic")
        CLINIC = "clinic", _("clinic")
        PHARMACY = "pharmacy", _("pharmacy")

    code = models.CharField(_("code"), max_length=32, primary_key=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    type = models.CharField(_("type"), max_length=20, choices=Type)
    level = models.CharField(_("level"), max_length=4, blank=True)
    district = models.CharField(_("district"), max_length=100, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class User(AbstractUser):
    """A member of staff. What they may do stands in StaffRole, never in is_superuser."""

    # The prescriber's id in documents, where this pharmacist also prescribes: nobody reviews their own prescription.
    prescriber_id = models.CharField(_("prescriber id"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class StaffRole(models.Model):
    """One role of one person, for one institution or (institution empty) for the whole region."""

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("staff role")
        verbose_name_plural = _("staff roles")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "institution"], name="one_role_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.institution_id or '*'}"


class ClientKey(models.Model):
    """A machine client's bearer key. Only the SHA-256 of its 256-bit secret is kept."""

    id = models.CharField(max_length=16, primary_key=True)  # the public part, in the key itself
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="client_keys")
    label = models.CharField(_("label"), max_length=100, blank=True)
    secret_hash = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("client key")
        verbose_name_plural = _("client keys")

    def __str__(self) -> str:
        return f"rxk_{self.id}_…"
