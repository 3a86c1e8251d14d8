"""Offers and the answers to them; nominations; stock feeds."""

from typing import Any

from rest_framework import serializers

from routing import reasons
from routing.models import Offer as OfferRow
from routing.nominating import MOST
from routing.stocking import MOST_ITEMS
from rxcenter.api.claims_shapes import PAGING, OffsetTime, Paging, example
from rxcenter.api.shapes import Strict

__all__ = ["PAGING"]


class OfferPaging(Paging):
    unseen = serializers.BooleanField(default=False)


class Offer(serializers.Serializer):
    offer_id = serializers.IntegerField()
    order = serializers.UUIDField()
    prescription_no = serializers.CharField()
    placer = serializers.CharField()
    kind = serializers.CharField()
    delivery = serializers.ChoiceField(["pickup", "delivery"])
    made_at = serializers.DateTimeField()
    answer_until = serializers.DateTimeField(allow_null=True, help_text="then the next dispenser is asked")
    acked_at = serializers.DateTimeField(allow_null=True)
    stock = serializers.CharField(allow_null=True, help_text="my answer about stock")
    expires_at = serializers.DateTimeField()
    items = serializers.ListField(
        child=serializers.DictField(), help_text="drug, form, strength, quantity as in rx/1"
    )
    herbal_doses = serializers.FloatField(allow_null=True)


class Offers(serializers.Serializer):
    offers = Offer(many=True)
    next = serializers.IntegerField(allow_null=True)


class Decline(Strict):
    reason = serializers.ChoiceField(list(reasons.DECLINE))


class Declined(serializers.Serializer):
    offer_id = serializers.IntegerField()
    state = serializers.CharField()
    reason = serializers.CharField()


class Acknowledged(serializers.Serializer):
    offer_id = serializers.IntegerField()
    state = serializers.CharField()
    acked_at = serializers.DateTimeField()


class StockAnswer(Strict):
    answer = serializers.ChoiceField(list(OfferRow.Stock.values))


class StockAnswered(serializers.Serializer):
    offer_id = serializers.IntegerField()
    state = serializers.CharField()
    answer = serializers.CharField()


class Nomination(Strict):
    nominated = serializers.ListField(
        child=serializers.CharField(max_length=32),
        min_length=1,
        max_length=MOST,
        help_text="codes, asked in this order",
    )
    order = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="of several orders the one meant; needed when there is more than one",
    )


class Nominated(serializers.Serializer):
    prescription = serializers.UUIDField()
    order = serializers.UUIDField()
    state = serializers.CharField()
    nominated = serializers.ListField(child=serializers.CharField())


class StockLine(Strict):
    """One article: its national code, its generic name, or both. Without `quantity`: in stock, not counted; 0: none."""

    code = serializers.CharField(required=False, allow_null=True, max_length=60)
    name = serializers.CharField(required=False, allow_null=True, max_length=200)
    strength = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=60, help_text="0.5 g"
    )
    quantity = serializers.DecimalField(14, 4, required=False, allow_null=True, min_value=0)
    unit = serializers.CharField(required=False, default="", allow_blank=True, max_length=40)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not ((attrs.get("code") or "").strip() or (attrs.get("name") or "").strip()):
            raise serializers.ValidationError("须给出 code 或 name / give code or name")
        return attrs


class StockFeed(Strict):
    as_of = OffsetTime(help_text="when it was counted; older facts never replace newer ones")
    complete = serializers.BooleanField(default=False, help_text="what is not named is out of stock")
    items = StockLine(many=True, max_length=MOST_ITEMS)


class StockTaken(serializers.Serializer):
    items = serializers.IntegerField()
    written = serializers.IntegerField(help_text="rows that were newer than what stood there")


DECLINE_EXAMPLES = [example("out of stock", {"reason": "out_of_stock"})]
STOCK_EXAMPLES = [
    example(
        "two articles",
        {
            "as_of": "2026-11-21T08:00:00+08:00",
            "items": [
                {"name": "苯磺酸氨氯地平片", "strength": "5 mg", "quantity": "280", "unit": "tablet"},
                {"code": "XA02BC05", "quantity": "0"},
            ],
        },
    )
]
