"""What a hand-over, its draft and its corrections look like."""

from typing import Any

from rest_framework import serializers

from routing import reasons
from routing.dispensing import Handover
from routing.supplying import Supplied
from rxcenter.api.claims_shapes import OffsetTime, OrderLineAnswer, example
from rxcenter.api.shapes import Strict


class DispenseLine(Strict):
    """One pack or part of a line; a line may come several times. Without `quantity`: all that is left."""

    line = serializers.IntegerField(min_value=1)
    quantity = serializers.DecimalField(14, 4, required=False, allow_null=True, min_value=0)
    unit = serializers.CharField(
        required=False, allow_null=True, max_length=40, help_text="that of the prescribed quantity"
    )
    batch = serializers.CharField(required=False, allow_null=True, max_length=60)
    trace_code = serializers.CharField(required=False, allow_null=True, max_length=60, help_text="药品追溯码")
    owed = serializers.BooleanField(required=False, default=False, help_text="the rest follows")
    owed_until = OffsetTime(required=False, allow_null=True, help_text="by default 14 days")
    not_supplied = serializers.ChoiceField(
        list(reasons.NOT_SUPPLIED), required=False, allow_null=True, help_text="this line ends without supply"
    )


class DispenseRequest(Strict):
    local_id = serializers.CharField(max_length=64, help_text="the dispenser's own number of this hand-over")
    pharmacist = serializers.CharField(max_length=64, help_text="who checked it at the dispensing side")
    handed_over_at = OffsetTime(help_text="with offset")
    lines = DispenseLine(many=True, required=False, allow_null=True, help_text="absent = all that is left")
    code = serializers.CharField(
        required=False, allow_null=True, max_length=20, help_text="as the patient showed it"
    )
    override = serializers.ChoiceField(
        list(reasons.OVERRIDE),
        required=False,
        allow_null=True,
        help_text="what proved it instead of the code",
    )
    checked_by = serializers.CharField(
        required=False, allow_null=True, max_length=64, help_text="who checked, with `override`"
    )


class DispenseAnswer(serializers.Serializer):
    dispense_id = serializers.UUIDField()
    claim_id = serializers.UUIDField()
    order = serializers.UUIDField()
    local_id = serializers.CharField()
    state = serializers.CharField(help_text="of the order: completed, or partly_supplied")
    lines = serializers.ListField(child=serializers.DictField(), help_text="as recorded")
    remaining = OrderLineAnswer(many=True, help_text="what is left of each line")
    replaces = serializers.UUIDField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    handed_over_at = serializers.DateTimeField()


class DraftRequest(Strict):
    lines = DispenseLine(many=True, required=False, allow_null=True)
    expected_at = OffsetTime(required=False, allow_null=True, help_text="when it will be ready")


class DraftAnswer(serializers.Serializer):
    claim_id = serializers.UUIDField()
    lines = serializers.ListField(child=serializers.DictField())
    expected_at = serializers.DateTimeField(allow_null=True)


class NotSupplied(Strict):
    reason = serializers.ChoiceField(list(reasons.NOT_SUPPLIED))


class NotSuppliedAnswer(serializers.Serializer):
    claim_id = serializers.UUIDField()
    order = serializers.UUIDField()
    state = serializers.CharField()


class Withdraw(Strict):
    reason = serializers.ChoiceField(list(reasons.WITHDRAW))


def supplied(lines: list[dict[str, Any]] | None) -> list[Supplied] | None:
    """The lines as the verb wants them."""
    return None if lines is None else [Supplied(**line) for line in lines]


def handover(body: dict[str, Any]) -> Handover:
    """The verb's words from a checked body."""
    return Handover(
        local_id=body["local_id"],
        pharmacist=body["pharmacist"],
        handed_over_at=body["handed_over_at"],
        lines=supplied(body.get("lines")),
        code=body.get("code"),
        override=body.get("override"),
        checked_by=body.get("checked_by"),
    )


DISPENSE_EXAMPLES = [
    example(
        "all lines in full",
        {"local_id": "P0012-000981", "pharmacist": "YS0331", "handed_over_at": "2026-11-21T10:05:00+08:00"},
    ),
    example(
        "with batches and code",
        {
            "local_id": "P0012-000982",
            "pharmacist": "YS0331",
            "handed_over_at": "2026-11-21T10:07:00+08:00",
            "lines": [{"line": 1, "quantity": "56", "unit": "capsule", "batch": "A240611"}],
            "code": "1234 5678 2",
        },
    ),
]
DISPENSE_EXAMPLES.append(
    example(
        "part of it, the rest is owed",
        {
            "local_id": "P0012-000983",
            "pharmacist": "YS0331",
            "handed_over_at": "2026-11-21T10:09:00+08:00",
            "lines": [{"line": 1, "quantity": "28", "owed": True}, {"line": 2}],
        },
    )
)
