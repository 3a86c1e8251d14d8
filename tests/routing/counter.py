"""A person at a dispenser's counter: what is pressed and typed, and what the forms send."""

from uuid import uuid4

from routing.models import Claim
from tests.routing import road

COUNTER = "/admin/routing/claim/"
NAME = "李秀英"


class Counter:
    """What a person does on the pages; `sheet` reads a claim's page."""

    def __init__(self, client, user):
        self.client = client
        client.force_login(user)

    def page(self):
        return self.client.get(COUNTER).content.decode()

    def scan(self, text, code=""):
        return self.client.post(f"{COUNTER}scan/", {"scan": text, "code": code})

    def sheet(self, claim, query=""):
        return self.client.get(f"{COUNTER}{claim.pk}/change/{query}").content.decode()

    def act(self, claim, act, **fields):
        fields.setdefault("nonce", str(uuid4()))
        return self.client.post(f"{COUNTER}{claim.pk}/act/{act}/", fields)

    def offer(self, offer, act, reason=""):
        return self.client.post(f"{COUNTER}offer/{offer.pk}/{act}/", {"reason": reason})


def qr(order, code=None):
    return f"RX1;{order.prescription.number};{code or road.code_of(order)}"


def held():
    return Claim.objects.get(state="open")


def pack(i=0, line=1, qty="7", **more):
    return {f"line-{i}": line, f"qty-{i}": qty, **{f"{name}-{i}": value for name, value in more.items()}}


def give(counter, made, *packs, act="hand-over", **fields):
    sent = {"pharmacist": "YS1", "override": "identity_checked", **fields}
    for one in packs or (pack(),):
        sent |= one
    return counter.act(made, act, **sent)


def text_of(answer):
    return answer.content.decode()
