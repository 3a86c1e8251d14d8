"""What a holder sends and gets between the claim and the hand-over."""

from typing import Any

from rest_framework import serializers

from routing import reasons
from routing.bulk_claiming import MOST
from routing.models import SecondReview
from rxcenter.api.claims_shapes import ClaimAnswer, example
from rxcenter.api.shapes import Strict

CODE = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"  # codes and numbers of machines: no names, no telephone numbers with spaces


class Lines(serializers.ListField):
    """Line numbers as in the document."""

    def __init__(self, **more: Any) -> None:
        super().__init__(child=serializers.IntegerField(min_value=1), min_length=1, max_length=100, **more)


class Nothing(Strict):
    """No members."""


class Acted(serializers.Serializer):
    claim_id = serializers.UUIDField()
    order = serializers.UUIDField()
    state = serializers.CharField(help_text="of the order")


class Heartbeat(serializers.Serializer):
    claim_id = serializers.UUIDField()
    lease_until = serializers.DateTimeField(allow_null=True, help_text="null once preparation has started")
    cap = serializers.DateTimeField(help_text="the lease is not extended beyond it")


class Ready(Acted):
    collect_by = serializers.DateTimeField(help_text="what the patient is told")


class DispatchRequest(Strict):
    courier = serializers.RegexField(CODE, max_length=40, help_text="the courier's code")
    consignment = serializers.RegexField(CODE, max_length=64, help_text="its consignment number")


class DeliveryFailed(Strict):
    reason = serializers.ChoiceField(list(reasons.DELIVERY_FAILED))


class SplitRequest(Strict):
    lines = Lines(help_text="these go to another dispenser; the rest stays with you")
    reason = serializers.ChoiceField(list(reasons.RETURN))
    offer_to_me = serializers.BooleanField(default=False, help_text="ask me for the new order too")


class SplitAnswer(serializers.Serializer):
    claim_id = serializers.UUIDField()
    order = serializers.UUIDField(help_text="still yours")
    part = serializers.UUIDField(help_text="the new order, under the same pickup code")
    part_state = serializers.CharField()


class RemainderRequest(Strict):
    reason = serializers.ChoiceField(list(reasons.RETURN))
    offer_to_me = serializers.BooleanField(default=False)


class RemainderAnswer(serializers.Serializer):
    claim_id = serializers.UUIDField()
    order = serializers.UUIDField()
    state = serializers.CharField(help_text="completed: with what was handed over")
    part = serializers.UUIDField(allow_null=True, help_text="the new order of what is left")
    part_state = serializers.CharField(allow_null=True)


class ReviewRequest(Strict):
    pharmacist = serializers.CharField(max_length=64, help_text="who reviewed it at the dispensing side")
    verdict = serializers.ChoiceField(SecondReview.Verdict.values)
    reason = serializers.ChoiceField(
        list(reasons.QUERY), required=False, allow_null=True, help_text="what is queried; required then"
    )


class ReviewAnswer(serializers.Serializer):
    claim_id = serializers.UUIDField()
    verdict = serializers.ChoiceField(SecondReview.Verdict.values)
    reason = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    may_hand_over = serializers.BooleanField(help_text="as far as the second review goes")


class RecoverRequest(Strict):
    prescription_no = serializers.CharField(max_length=64)
    code = serializers.CharField(max_length=20, help_text="nine digits, spaces allowed")


class BulkRequest(Strict):
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=MOST)


class BulkRefused(serializers.Serializer):
    order = serializers.UUIDField()
    problem = serializers.DictField(help_text="as this claim alone would have been refused")


class BulkAnswer(serializers.Serializer):
    claims = ClaimAnswer(many=True)
    refused = BulkRefused(many=True)
    no_more = serializers.BooleanField(help_text="no offer of yours was pending beyond these")


class TransferRequest(Strict):
    to = serializers.CharField(max_length=32, help_text="the dispenser's code; it must be eligible")
    reason = serializers.ChoiceField(list(reasons.RETURN))


class TransferAsked(serializers.Serializer):
    transfer_id = serializers.IntegerField()
    claim_id = serializers.UUIDField()
    to = serializers.CharField()
    state = serializers.CharField()
    answer_by = serializers.DateTimeField(help_text="then you hold it as if nobody had been asked")


class TransferItem(serializers.Serializer):
    transfer_id = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    answer_by = serializers.DateTimeField()
    reason = serializers.CharField()
    order = serializers.UUIDField()
    prescription_no = serializers.CharField()
    placer = serializers.CharField()
    kind = serializers.CharField()
    delivery = serializers.ChoiceField(["pickup", "delivery"])
    expires_at = serializers.DateTimeField()
    items = serializers.ListField(child=serializers.DictField())
    herbal_doses = serializers.FloatField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": serializers.CharField(help_text="who holds it now")}


class Transfers(serializers.Serializer):
    transfers = TransferItem(many=True)


class TransferDecline(Strict):
    reason = serializers.ChoiceField(list(reasons.DECLINE))


class TransferEnd(serializers.Serializer):
    transfer_id = serializers.IntegerField(required=False)
    claim_id = serializers.UUIDField(required=False)
    state = serializers.CharField()


DISPATCH_EXAMPLES = [example("handed to the courier", {"courier": "SF", "consignment": "SF1234567890"})]
FAILED_EXAMPLES = [example("nobody there", {"reason": "nobody_there"})]
SPLIT_EXAMPLES = [example("one line is out of stock", {"lines": [2], "reason": "out_of_stock"})]
REMAINDER_EXAMPLES = [example("the rest does not come", {"reason": "out_of_stock"})]
REVIEW_EXAMPLES = [
    example("agreed", {"pharmacist": "YS0042", "verdict": "agreed"}),
    example("a question", {"pharmacist": "YS0042", "verdict": "queried", "reason": "dose"}),
]
RECOVER_EXAMPLES = [
    example("the code again", {"prescription_no": "H0007-20261121-00042", "code": "1234 5678 2"})
]
BULK_EXAMPLES = [example("as many as there are", {"limit": 25})]
TRANSFER_EXAMPLES = [example("to a branch", {"to": "P0012", "reason": "patient_request"})]
