"""Shapes of the webhook calls."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from rxcenter.api.shapes import ProblemShape, Strict
from rxcenter.notify.models import Delivery

PROBLEM = OpenApiResponse(ProblemShape, description="application/problem+json")
EVENTS_HELP = "types (prescription.approved) or families (order.*); empty means all"


class SubscribeShape(Strict):
    url = serializers.CharField(max_length=500, help_text="https://host/path")
    events = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, default=list, help_text=EVENTS_HELP
    )
    note = serializers.CharField(max_length=100, allow_blank=True, default="")


class ChangeShape(Strict):
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, required=False, help_text=EVENTS_HELP
    )
    note = serializers.CharField(max_length=100, allow_blank=True, required=False)
    active = serializers.BooleanField(
        required=False, help_text="true: goes on where its cursor stands; nothing is left out"
    )


class RotateShape(Strict):
    hours = serializers.IntegerField(
        min_value=0, max_value=168, default=24, help_text="how long the present secret stays valid"
    )


class WebhookShape(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    active = serializers.BooleanField()
    condition = serializers.ChoiceField(
        ["ok", "down", "paused"], help_text="down: waiting for it to come back"
    )
    paused = serializers.CharField(allow_blank=True, help_text="owner, gone or down, when not active")
    created_at = serializers.DateTimeField()
    cursor = serializers.IntegerField(
        help_text="events of the feed up to this seq are delivered, or listed below"
    )
    failures = serializers.IntegerField(help_text="failed attempts in a row")
    down_since = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField(allow_blank=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class NewWebhookShape(WebhookShape):
    secret = serializers.CharField(help_text="whsec_…; shown this once")


class WebhooksShape(serializers.Serializer):
    webhooks = WebhookShape(many=True)


class SecretShape(serializers.Serializer):
    secret = serializers.CharField(help_text="whsec_…; shown this once")
    old_valid_until = serializers.DateTimeField()


class TestedShape(serializers.Serializer):
    delivery = serializers.IntegerField(help_text="see …/deliveries for what came of it")


class ReplayedShape(serializers.Serializer):
    replayed = serializers.IntegerField()


class TryShape(serializers.Serializer):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="the receiver's HTTP status")
    reason = serializers.CharField(help_text="ok, http_500, timeout, tls, forbidden_address, …")
    ms = serializers.IntegerField(required=False)
    by = serializers.CharField(required=False, help_text="who replayed it")


class DeliveryShape(serializers.ModelSerializer):
    webhook_id = serializers.SerializerMethodField(help_text="the webhook-id header")
    prescription = serializers.UUIDField(source="subject")
    tries = TryShape(many=True)

    class Meta:
        model = Delivery
        fields = (
            "id", "webhook_id", "seq", "type", "prescription", "version", "at", "state", "attempts", "due_at",
            "tries", "delivered_at",
        )  # fmt: skip

    def get_webhook_id(self, row: Delivery) -> str:
        return row.message.id


class DeliveriesShape(serializers.Serializer):
    deliveries = DeliveryShape(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="give it as `before` for older ones")


class AckShape(Strict):
    after = serializers.IntegerField(
        min_value=0, max_value=10**15, help_text="the last seq you have dealt with"
    )


class AckedShape(serializers.Serializer):
    after = serializers.IntegerField(help_text="where the confirmations stand; they never move back")
