"""Signing secrets: made, sealed at rest, rotated with an overlap, opened for signing."""

import base64
import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from rxcenter.notify.messages import PREFIX
from rxcenter.notify.models import Endpoint, Secret, new_id
from rxcenter.patients.sealing import seal, unseal

TABLE = "notify_secret"
KEY_BYTES = 32
OLD_VALID_HOURS = 24
MOST_OLD = 2  # a third rotation within the overlap ends the oldest


def make(endpoint: Endpoint, *, at: datetime) -> str:
    """A new current secret, returned once in clear: `whsec_` and 32 random bytes in base64."""
    key, row = os.urandom(KEY_BYTES), new_id()
    sealed = seal(
        {"key": key.hex()},
        table=TABLE,
        row=row,
        institution=endpoint.institution_id,
        epoch=f"{at:%Y-%m}",
    )
    Secret.objects.create(id=row, endpoint=endpoint, sealed=sealed, created_at=at)
    return PREFIX + base64.b64encode(key).decode()


def rotate(endpoint: Endpoint, *, at: datetime, hours: int = OLD_VALID_HOURS) -> tuple[str, datetime]:
    """Make a new secret, returned once in clear; the present one signs too until the time returned with it."""
    with transaction.atomic():
        Endpoint.objects.select_for_update().get(pk=endpoint.pk)
        until = at + timedelta(hours=hours)
        endpoint.secrets.filter(valid_until=None).update(valid_until=until)
        still = endpoint.secrets.filter(valid_until__gt=at).order_by("-created_at")
        endpoint.secrets.exclude(pk__in=list(still.values_list("pk", flat=True)[:MOST_OLD])).delete()
        return make(endpoint, at=at), until


def keys_of(endpoints: Iterable[Endpoint], *, at: datetime) -> dict[UUID, list[bytes]]:
    """The valid keys of each endpoint, the newest first. Raises CannotOpen when one was altered or moved."""
    institutions = {endpoint.pk: endpoint.institution_id for endpoint in endpoints}
    rows = Secret.objects.filter(endpoint__in=list(institutions)).filter(
        Q(valid_until=None) | Q(valid_until__gt=at)
    )
    found: dict[UUID, list[bytes]] = defaultdict(list)
    for row in rows.order_by("-created_at", "-id"):
        opened = unseal(bytes(row.sealed), table=TABLE, row=row.pk, institution=institutions[row.endpoint_id])
        found[row.endpoint_id].append(bytes.fromhex(str(opened["key"])))
    return found
