"""What dispensers send and get: strict shapes with examples that run."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from routing import reasons
from rxcenter.api.shapes import Strict

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="A new UUID for each action, the same one for its retries: the stored answer comes back byte for byte.",
)
CLAIM_TOKEN = OpenApiParameter(
    "Claim-Token",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="`claim_token` of the claim's answer",
)
PAGING = [
    OpenApiParameter("after", int, description="`next` of the page before"),
    OpenApiParameter("limit", int, description="1 to 100, by default 50"),
]


class OffsetTime(serializers.DateTimeField):
    """A time with its offset; without one it would be a guess."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError("时间须带时区偏移 / a time needs its offset, e.g. +08:00")
        return value


class Paging(serializers.Serializer):
    after = serializers.IntegerField(min_value=0, max_value=2**62, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)


class ClaimRequest(Strict):
    """Either `order` (it was offered to you) or `prescription_no` and `code` (the patient stands before you)."""

    order = serializers.UUIDField(required=False)
    prescription_no = serializers.CharField(required=False, max_length=64)
    code = serializers.CharField(required=False, max_length=20, help_text="nine digits, spaces allowed")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) not in ({"order"}, {"prescription_no", "code"}):
            raise serializers.ValidationError(
                "须提供 order,或同时提供 prescription_no 与 code / send order, or prescription_no with code"
            )
        return attrs


class OrderLineAnswer(serializers.Serializer):
    line = serializers.IntegerField()
    remaining = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(["open", "part_dispensed", "owed", "dispensed", "not_supplied"])
    owed_until = serializers.DateTimeField(allow_null=True)


class OrderAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.CharField()
    delivery = serializers.ChoiceField(["pickup", "delivery"])
    expires_at = serializers.DateTimeField()
    lines = OrderLineAnswer(many=True)


class PatientAnswer(serializers.Serializer):
    name = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True)
    guardian = serializers.DictField(allow_null=True)
    address = serializers.JSONField(required=False, help_text="for deliveries only")


class ContentAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    revision = serializers.IntegerField()
    placer = serializers.CharField()
    document = serializers.DictField(help_text="rx/1, personal fields masked")
    patient = PatientAnswer(help_text="what dispensing needs; each reading is logged")


class ClaimAnswer(serializers.Serializer):
    claim_id = serializers.UUIDField()
    state = serializers.CharField()
    claimed_at = serializers.DateTimeField()
    lease_until = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    order = OrderAnswer()
    claim_token = serializers.CharField(allow_null=True, help_text="null once the claim has ended")
    prescription = ContentAnswer(allow_null=True, help_text="null once the claim has ended")


class Return(Strict):
    reason = serializers.ChoiceField(list(reasons.RETURN))
    lines = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        min_length=1,
        max_length=100,
        required=False,
        allow_null=True,
        help_text="these lines only: they become an order of their own; absent = the whole order",
    )


class Returned(serializers.Serializer):
    claim_id = serializers.UUIDField()
    state = serializers.ChoiceField(["returned", "open"], help_text="open: you still hold `kept`")
    order = serializers.UUIDField(help_text="what went back; of some lines the new order")
    kept = serializers.UUIDField(allow_null=True)


class PickupDispenser(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField()
    address = serializers.CharField()


class PickupBase(serializers.Serializer):
    prescription = serializers.UUIDField()
    order = serializers.UUIDField()
    state = serializers.CharField()
    code = serializers.CharField(help_text="nine digits; reading it is logged")
    delivery = serializers.ChoiceField(["pickup", "delivery"])
    expires_at = serializers.DateTimeField()
    pool = serializers.BooleanField(help_text="any dispenser of the open pool takes the code")
    dispensers = PickupDispenser(many=True)


class PickupPart(PickupBase):
    """One order that waits: its lines are at one dispenser."""

    issue = serializers.IntegerField(help_text="of a repeat; each issue has its own code")
    lines = serializers.ListField(child=serializers.IntegerField())


class PickupAnswer(PickupBase):
    """The part that comes next, and in `parts` every one that waits."""

    number = serializers.CharField()
    parts = PickupPart(many=True)


def example(name: str, value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


RETURN_EXAMPLES = [example("claimed by mistake", {"reason": "claimed_by_mistake"})]
CLAIM_EXAMPLES = [
    example("an offered order", {"order": "0193b1d2-7c4a-7000-8000-000000000001"}),
    example("the patient's code", {"prescription_no": "H0007-20261121-00042", "code": "1234 5678 2"}),
]
