"""Encryption of personal fields at rest: AES-256-GCM under a data key per institution and month.

Sealed bytes: version 1 | data key id (4 bytes) | nonce (12) | ciphertext and tag. The associated data name table,
row and institution, so that a ciphertext moved to another row does not open.
"""

import os
import struct
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from rxcenter.patients.models import DataKey

VERSION = 1
_HEAD = struct.Struct(">BI")
_by_id: dict[int, AESGCM] = {}
_current: dict[tuple[str, str], int] = {}


class CannotOpen(Exception):
    """Sealed bytes that were altered, moved, or made under a key that is not loaded."""


def seal(personal: dict[str, object], *, table: str, row: UUID, institution: str, epoch: str) -> bytes:
    """Encrypt a JSON-able dict for one row; `epoch` is the month ("2026-11") whose data key is used."""
    key_id = _current.get((institution, epoch)) or _current_key(institution, epoch)
    nonce = os.urandom(12)
    text = _by_id[key_id].encrypt(nonce, msgspec.json.encode(personal), _bound_to(table, row, institution))
    return _HEAD.pack(VERSION, key_id) + nonce + text


def unseal(sealed: bytes, *, table: str, row: UUID, institution: str) -> dict[str, object]:
    """Decrypt. Only reveal() and re-encryption call this. Raises CannotOpen."""
    sealed = bytes(sealed)
    version, key_id = _HEAD.unpack_from(sealed)
    if version != VERSION:
        raise CannotOpen(f"sealed with format {version}")
    key = _by_id.get(key_id) or _load(DataKey.objects.get(pk=key_id))
    nonce, text = sealed[_HEAD.size : _HEAD.size + 12], sealed[_HEAD.size + 12 :]
    try:
        return msgspec.json.decode(
            key.decrypt(nonce, text, _bound_to(table, row, institution)), type=dict[str, object]
        )
    except InvalidTag as error:
        raise CannotOpen(f"{table} {row}: altered or moved") from error


def forget_keys() -> None:
    """Drop the unwrapped keys of this process (tests; after a change of keys)."""
    _by_id.clear()
    _current.clear()


def _bound_to(table: str, row: UUID, institution: str) -> bytes:
    return f"{table}|{row}|{institution}".encode()


def _current_key(institution: str, epoch: str) -> int:
    record = DataKey.objects.filter(scope=institution, epoch=epoch).first()
    if record is None:
        version = list(settings.KEKS)[-1]
        nonce = os.urandom(12)
        wrapped = nonce + AESGCM(settings.KEKS[version]).encrypt(
            nonce, os.urandom(32), f"{institution}|{epoch}".encode()
        )
        DataKey.objects.bulk_create(
            [DataKey(scope=institution, epoch=epoch, wrapped=wrapped, kek_version=version)],
            ignore_conflicts=True,
        )
        record = DataKey.objects.get(scope=institution, epoch=epoch)  # ours or the one that came first
    _load(record)
    # Remembered only once its row is committed: a key that a rollback took away must never seal anything later.
    transaction.on_commit(lambda: _current.__setitem__((institution, epoch), record.pk))
    return record.pk


def _load(record: DataKey) -> AESGCM:
    kek = settings.KEKS.get(record.kek_version)
    if kek is None:
        raise CannotOpen(
            f"data key {record.pk} is wrapped by RXCENTER_KEK version {record.kek_version}: not loaded"
        )
    wrapped = bytes(record.wrapped)
    key = AESGCM(AESGCM(kek).decrypt(wrapped[:12], wrapped[12:], f"{record.scope}|{record.epoch}".encode()))
    _by_id[record.pk] = key
    return key
