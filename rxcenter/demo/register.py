"""Loads what a demo's region consists of: institutions, dispensers, the pass policy and machine clients' keys."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from routing.models import Dispenser
from rxcenter.accounts.keys import issue
from rxcenter.accounts.models import ClientKey, Institution, User
from rxcenter.accounts.scopes import DISPENSER_SCOPES, PLACER_SCOPES
from rxcenter.demo.generator.places import Place
from rxcenter.review.models import PassPolicy

LABEL = "demo"
MARK = "operator"  # the demo's first user: a database with institutions and without this user is not a demo's
_ALL = ["narcotic", "psychotropic_1", "psychotropic_2", "toxic", "injection", "cold_chain", "herbal"]
_LICENCES = {
    "hospital": _ALL,
    "community_centre": ["psychotropic_2", "injection", "cold_chain", "herbal"],
    "township_centre": ["psychotropic_2", "injection", "cold_chain", "herbal"],
    "community_station": ["injection", "herbal"],
    "village_clinic": ["injection", "herbal"],
    "clinic": ["herbal"],
    "pharmacy": ["psychotropic_2", "cold_chain", "herbal"],
}


class NotADemo(Exception):
    """The database holds institutions that no demo made: nothing is loaded into it."""


def load(places: Iterable[Place], at: datetime) -> dict[str, str]:
    """Put the places into the register and return a fresh bearer key for each, by code.

    Keys of earlier demos are revoked. Raises NotADemo before anything is written.
    """
    if Institution.objects.exists() and not User.objects.filter(username=MARK, is_staff=True).exists():
        raise NotADemo(
            "this database holds institutions that no demo made; give the demo a database of its own"
        )
    listed = sorted(places, key=lambda p: p.code)
    Institution.objects.bulk_create(
        [
            Institution(
                code=p.code, name=p.name, kind=p.kind, type=p.type, level=p.level, district=p.district
            )
            for p in listed
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "kind", "type", "level", "district"],
    )
    _dispensers(listed)
    _pass_policy(at)
    ClientKey.objects.filter(label=LABEL, revoked_at=None).update(revoked_at=at)
    return {p.code: _key(p, at) for p in listed}


def _key(place: Place, at: datetime) -> str:
    scopes = DISPENSER_SCOPES if place.kind == "pharmacy" else PLACER_SCOPES
    return issue(Institution.objects.get(pk=place.code), list(scopes), at=at, label=LABEL)


def _dispensers(places: Iterable[Place]) -> None:
    """Every place has its own pharmacy but the internet hospitals, which always send patients elsewhere."""
    Dispenser.objects.bulk_create(
        [
            Dispenser(
                institution_id=p.code,
                in_pool=p.kind == "pharmacy",
                delivers=p.kind == "pharmacy",
                licences=_LICENCES[p.type],
                phone="0950-0000000",
                address=f"{p.district}示范路1号",
            )
            for p in places
            if p.kind != "internet_hospital"
        ],
        ignore_conflicts=True,
    )


def _pass_policy(at: datetime) -> None:
    for setting in ("outpatient", "emergency"):
        for kind in ("hospital", "primary_care"):
            PassPolicy.objects.get_or_create(
                setting=setting,
                institution_kind=kind,
                drug_group="*",
                defaults={
                    "automatic": True,
                    "in_force_from": at.date() - timedelta(days=365),
                    "decided_by": "示范区药事管理与药物治疗学委员会",
                },
            )
