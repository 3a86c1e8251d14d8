"""Subscriptions of one institution: made, changed, ended, tried out. Nothing here talks to a receiver."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from rxcenter.errors import Conflict, Invalid, NotFound, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.ledger.models import StreamHead
from rxcenter.notify import addresses, rotating
from rxcenter.notify.addresses import Forbidden
from rxcenter.notify.messages import TEST
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.waking import KIND

MOST_ENDPOINTS = 10
FAMILIES = ("prescription", "order", "offer", "claim", "dispense", "tracking")
TYPE = re.compile(rf"({'|'.join(FAMILIES)})\.(\*|[a-z][a-z_]*)")
URL_WORDS = {
    "malformed_url": Words(
        "地址须为 https://主机/路径,不含用户名、空格和片段",
        "https://host/path, without user name, spaces and fragment",
    ),
    "https_needed": Words(
        "须为 https;http 仅限管理员批准的网络", "https; http only into a network that an operator approved"
    ),
    "forbidden_address": Words(
        "该地址不对外;内网地址须由管理员批准",
        "not a public address; an operator can approve a private network",
    ),
    "forbidden_port": Words(
        "公网地址只用端口 443 或 8443", "ports 443 and 8443 only, outside approved networks"
    ),
}


def subscribe(
    institution: str, url: str, *, events: Sequence[str] = (), note: str = "", at: datetime
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret in clear, which cannot be read again. It is told what happens from now on.

    Raises Invalid for an address or event type that cannot work, Conflict for an address that is subscribed already.
    """
    check(institution, url=url, events=events, at=at)
    with transaction.atomic():
        _room_for(institution, url)
        head = StreamHead.objects.filter(stream=institution).values_list("seq", flat=True).first()
        endpoint = Endpoint.objects.create(
            institution_id=institution, url=url, events=list(events), note=note, cursor=head or 0
        )
        secret = rotating.make(endpoint, at=at)
    return endpoint, secret


def own(institution: str, pk: UUID) -> Endpoint:
    """The institution's endpoint; another's does not exist for it. Raises NotFound."""
    found = Endpoint.objects.filter(institution=institution, pk=pk).first()
    if found is None:
        raise NotFound
    return found


def change(endpoint: Endpoint, *, at: datetime, **said: Any) -> Endpoint:
    """Change `url`, `events`, `note` or `active`. Switched on again, it goes on where its cursor stands."""
    check(
        endpoint.institution_id,
        url=said.get("url", endpoint.url),
        events=said.get("events", endpoint.events),
        at=at,
    )
    with transaction.atomic():
        if said.get("url", endpoint.url) != endpoint.url:
            _not_twice(endpoint.institution_id, said["url"])
        if "active" in said:
            said["paused"] = "" if said["active"] else endpoint.paused or Endpoint.Paused.OWNER
        if said.get("active") or "url" in said:
            said |= {"failures": 0, "down_since": None, "next_try_at": None}
        for name, value in said.items():
            setattr(endpoint, name, value)
        endpoint.save(update_fields=list(said))
    return endpoint


def try_out(endpoint: Endpoint, *, at: datetime) -> Delivery:
    """Queue a test message: one attempt, soon, even to a receiver that is being left alone. Its row tells what came of it."""
    made = Delivery.objects.create(
        endpoint=endpoint,
        subject=uuid4(),
        version=0,
        type=TEST,
        at=at,
        state=Delivery.State.PENDING,
        due_at=at,
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(next_try_at=None)
    queue.add([NewJob(KIND, endpoint.pk)])
    return made


def check(institution: str, *, url: str, events: Sequence[str], at: datetime) -> None:
    """Raises Invalid for every fault that can be seen without looking the name up; delivery judges the rest."""
    problems = []
    try:
        parts = addresses.taken_apart(url)
        _judge_form(parts, institution, at)
    except Forbidden as refusal:
        words = URL_WORDS[str(refusal)]
        problems.append(_problem("$.url", url[:200], words))
    wrong = [name for name in events if not TYPE.fullmatch(name)]
    if wrong:
        allowed = ", ".join(f"{family}.*" for family in FAMILIES)
        words = Words(f"事件类型只能是 {allowed} 或其中一种", f"one of {allowed}, or a type of these")
        problems.append(_problem("$.events", ", ".join(wrong)[:200], words))
    if problems:
        raise Invalid(Words("订阅内容不符合要求", "the subscription does not fit"), problems=problems)


def _judge_form(parts: Any, institution: str, at: datetime) -> None:
    approved = [
        a for a in addresses.approved_on(timezone.localdate(at)) if a.institution in (None, institution)
    ]
    https = parts.scheme == "https"
    if not https and not any(one.plain_http for one in approved):
        raise Forbidden("https_needed")
    address = addresses.literal(parts.hostname)
    if address is not None:
        port = parts.port or addresses.PORTS[parts.scheme]
        addresses.judge(addresses.plain(address), port=port, https=https, approved=approved)


def _room_for(institution: str, url: str) -> None:
    _not_twice(institution, url)
    if Endpoint.objects.filter(institution=institution).count() >= MOST_ENDPOINTS:
        words = Words(
            f"每个机构最多 {MOST_ENDPOINTS} 个", f"at most {MOST_ENDPOINTS} webhooks an institution"
        )
        raise Conflict(words)


def _not_twice(institution: str, url: str) -> None:
    same = Endpoint.objects.filter(institution=institution, url=url).first()
    if same is not None:
        raise Conflict(Words("该地址已订阅", "this address is subscribed already"), webhook=str(same.pk))


def _problem(path: str, found: str, words: Words) -> dict[str, Any]:
    return {"path": path, "found": found, "allowed": words.en, "message": words._asdict()}
