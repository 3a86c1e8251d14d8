"""Who may dispense: the register, opening hours, holidays, declared stock."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.models import Institution


class Dispenser(models.Model):
    """The dispensing side of an institution: a pharmacy, or a prescribing institution's own pharmacy."""

    institution = models.OneToOneField(
        Institution, models.PROTECT, primary_key=True, related_name="dispenser", verbose_name=_("institution")
    )
    active = models.BooleanField(_("active"), default=True)
    in_pool = models.BooleanField(_("takes orders of the open pool"), default=False)
    delivers = models.BooleanField(_("delivers"), default=False)
    # Names of regions as they stand in `routing.address.region`; none named = it delivers everywhere
    delivery_regions = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        verbose_name=_("delivers to these regions only"),
    )
    # Licences by drug group: narcotic, psychotropic_1, psychotropic_2, toxic, cold_chain, herbal, injection,
    # blood_product (routing/eligible.py says which are asked of whom)
    licences = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name=_("licences")
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    # {"mon": [["08:00", "12:00"], ["14:00", "20:30"]], ...} in the region's time; {} = not declared
    hours = models.JSONField(_("opening hours"), default=dict, blank=True)
    # 医保定点: the patient's basic medical insurance pays here
    insurance = models.BooleanField(_("designated by the medical insurance"), default=False)
    stock_reported_at = models.DateTimeField(_("stock reported"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("dispenser")
        verbose_name_plural = _("dispensers")

    def __str__(self) -> str:
        return str(self.institution)


class Closure(models.Model):
    """Days on which one dispenser, or with none named every dispenser, is closed: holidays of the region, stocktaking."""

    dispenser = models.ForeignKey(
        Dispenser,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="closures",
        verbose_name=_("dispenser"),
        help_text=_("Empty: a public holiday of the whole region"),
    )
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    note = models.CharField(_("note"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="closure_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first} - {self.last} {self.note}".strip()


class StockItem(models.Model):
    """What a dispenser says it has of one article. Declared, never promised: the claim decides."""

    dispenser = models.ForeignKey(Dispenser, models.PROTECT, related_name="stock")
    # What the feed names: the national drug code where it has one, else the generic name, normalised (stocking.py)
    article = models.CharField(max_length=200)
    strength = models.CharField(max_length=60, blank=True)  # as in rx/1, "0.5 g"; empty = any
    # Null: in stock, how much is not said. 0: out of stock.
    quantity = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    unit = models.CharField(max_length=40, blank=True)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispenser", "article", "strength", "unit"], name="stock_once_per_article"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0) | models.Q(quantity=None), name="stock_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["article", "dispenser"])]
