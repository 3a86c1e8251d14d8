"""Request and answer shapes of the placer's calls, for checking and for the OpenAPI document."""

from typing import Any

from rest_framework import serializers


class Strict(serializers.Serializer):
    """Unknown fields are refused: a misspelt field must not be silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if unknown := sorted(set(data) - set(self.fields)):
            text = f"未知字段,允许的有 / unknown field; allowed: {', '.join(self.fields)}"
            raise serializers.ValidationError({name: [text] for name in unknown})
        return value


class ReceiptShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    revision = serializers.IntegerField()
    state = serializers.CharField(
        help_text="received at first; GET it again or read the event feed for what follows"
    )
    created = serializers.BooleanField(help_text="false: the same content was stored before (a replay)")


class MessagesShape(serializers.Serializer):
    zh = serializers.CharField()
    en = serializers.CharField()


class DocumentProblemShape(serializers.Serializer):
    path = serializers.CharField(help_text="JSON path, e.g. $.items[0].dose.value")
    found = serializers.CharField()
    allowed = serializers.CharField()
    message = MessagesShape()


class ProblemShape(serializers.Serializer):
    type = serializers.CharField(help_text="/problems/<slug>; the catalogue is docs/problems.md")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    messages = MessagesShape()
    problems = DocumentProblemShape(many=True, required=False)


class DoubleSignShape(Strict):
    kind = serializers.ChoiceField(["double_sign", "cosign", "reason"], default="double_sign")
    revision = serializers.IntegerField(min_value=1)
    findings = serializers.ListField(
        child=serializers.CharField(max_length=20),
        min_length=1,
        max_length=50,
        help_text="rule ids, e.g. DOS002",
    )
    signer = serializers.CharField(max_length=64, help_text="prescriber id; for cosign another prescriber's")
    reason = serializers.CharField(max_length=1000)


class OutcomeShape(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.CharField()


class EventShape(serializers.Serializer):
    seq = serializers.IntegerField()
    type = serializers.CharField()
    prescription = serializers.UUIDField()
    prescription_seq = serializers.IntegerField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    body = serializers.DictField()
    hash = serializers.CharField()


class FeedShape(serializers.Serializer):
    events = EventShape(many=True)
    next = serializers.IntegerField(help_text="give it as `after` next time; unchanged when nothing is new")


class ReportShape(serializers.Serializer):
    number = serializers.CharField()
    outcome = serializers.ChoiceField(["pass", "review", "stopped"])
    findings = serializers.ListField(child=serializers.DictField())
    not_checked = serializers.ListField(child=serializers.DictField())
    history = serializers.DictField()
    catalogue = serializers.CharField()
