"""What cancelling asks and answers."""

from rest_framework import serializers

from routing import reasons
from routing.cancelling import Outcome, Scope
from rxcenter.api.claims_shapes import PickupDispenser
from rxcenter.api.dispenses_shapes import DispenseRequest
from rxcenter.api.shapes import Strict


class CancelShape(Strict):
    code = serializers.ChoiceField(list(reasons.CANCEL), default="other", help_text="shown in events")
    reason = serializers.CharField(
        max_length=1000, help_text="free text, kept beside the prescription, not in events"
    )
    scope = serializers.ChoiceField(
        [s.value for s in Scope], default=Scope.ALL.value, help_text="of a repeat: which issues"
    )
    issue = serializers.IntegerField(
        min_value=1,
        required=False,
        allow_null=True,
        help_text="the issue that `this` means; `future` from it on",
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if attrs["scope"] == Scope.THIS and not attrs.get("issue"):
            raise serializers.ValidationError({"issue": "scope this 须给出 issue / name the issue"})
        return attrs


class CancelByNumberShape(CancelShape):
    number = serializers.CharField(max_length=64)
    revision = serializers.IntegerField(
        min_value=1, required=False, allow_null=True, help_text="absent = whichever comes"
    )


class CancelAnswer(serializers.Serializer):
    id = serializers.UUIDField(
        allow_null=True, help_text="null: not arrived yet; it will be cancelled when it comes"
    )
    state = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField([o.value for o in Outcome])
    decide_by = serializers.DateTimeField(allow_null=True, help_text="the holder answers until then")
    holders = PickupDispenser(many=True, help_text="whom to call")
    orders = serializers.DictField(help_text="order ids by outcome")


class CancelDecision(Strict):
    """`accept`, or `refuse` with the record of the hand-over that came before the cancel."""

    decision = serializers.ChoiceField(["accept", "refuse"])
    dispense = DispenseRequest(required=False, allow_null=True)

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        if (attrs["decision"] == "refuse") != bool(attrs.get("dispense")):
            raise serializers.ValidationError(
                {"dispense": "拒绝撤销须附交付记录,同意时不附 / refuse with the hand-over, accept without"}
            )
        return attrs


class CancelDecided(serializers.Serializer):
    claim_id = serializers.UUIDField()
    order = serializers.UUIDField()
    state = serializers.CharField()
    outcome = serializers.ChoiceField(["cancelled", "refused"])
    dispense_id = serializers.UUIDField(allow_null=True)


SUSPEND = ("clinical_query", "safety_alert", "administrative", "other")


class SuspendShape(Strict):
    code = serializers.ChoiceField(SUSPEND, default="other", help_text="shown in events")
    reason = serializers.CharField(max_length=1000, help_text="free text, kept beside the prescription")
