"""What a placer reads of the custody of its prescription."""

from rest_framework import serializers

from routing.models import CancelRequest
from routing.states import OrderState
from routing.tracking import Status
from rxcenter.api.claims_shapes import OrderLineAnswer
from rxcenter.api.custody import REASONS
from rxcenter.api.shapes import MessagesShape


class WhyNotShape(serializers.Serializer):
    code = serializers.ChoiceField(list(REASONS))
    message = MessagesShape()


class DispensabilityShape(serializers.Serializer):
    """Whether something can be handed over now; if not, every reason."""

    value = serializers.BooleanField()
    reasons = WhyNotShape(many=True)


class TrackingShape(serializers.Serializer):
    """What the patient reads; it never moves custody."""

    status = serializers.ChoiceField(Status.values)
    since = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)
    expected_at = serializers.DateTimeField(allow_null=True)


class CancelAskedShape(serializers.Serializer):
    """The newest request to cancel that a holder had to answer."""

    reason = serializers.CharField()
    asked_at = serializers.DateTimeField()
    decide_by = serializers.DateTimeField()
    outcome = serializers.ChoiceField(CancelRequest.Outcome.values)
    decided_at = serializers.DateTimeField(allow_null=True)
    refusal = serializers.CharField(allow_blank=True)


class DispenseShape(serializers.Serializer):
    dispense_id = serializers.UUIDField()
    dispenser = serializers.CharField()
    pharmacist = serializers.CharField()
    lines = serializers.ListField(child=serializers.DictField(), help_text="as recorded")
    handed_over_at = serializers.DateTimeField()
    replaces = serializers.UUIDField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_reason = serializers.CharField(allow_blank=True)


class OrderShape(serializers.Serializer):
    id = serializers.UUIDField()
    issue = serializers.IntegerField()
    parent = serializers.UUIDField(allow_null=True, help_text="the order of which this one is a part")
    state = serializers.ChoiceField(OrderState.values)
    delivery = serializers.ChoiceField(["pickup", "delivery"])
    opens_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    holder = serializers.CharField(allow_null=True, help_text="code of the dispenser that holds it")
    why_not = serializers.DictField(help_text="dispensers passed over, with their reasons")
    lines = OrderLineAnswer(many=True)
    tracking = TrackingShape()
    dispensability = DispensabilityShape()
    cancel = CancelAskedShape(allow_null=True)
    dispenses = DispenseShape(many=True)


class PrescriptionShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    revision = serializers.IntegerField()
    current = serializers.BooleanField()
    state = serializers.CharField()
    state_since = serializers.DateTimeField()
    issued_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    fingerprint = serializers.CharField()
    audit = serializers.DictField(
        allow_null=True, help_text="the latest Report: outcome, findings, not_checked"
    )
    decisions = serializers.ListField(child=serializers.DictField())
    dispensability = DispensabilityShape()
    orders = OrderShape(many=True)
