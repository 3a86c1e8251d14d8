"""Who sees which line of the sidebar, the queue's badge, and the marks of region and mode."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.accounts.roles import Role
from rxcenter.review.waiting import REVIEWERS, free


def anyone(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def reviewers(request: HttpRequest) -> bool:
    return staff_of(request).may(*REVIEWERS)


def policy(request: HttpRequest) -> bool:
    return staff_of(request).codes(Role.CHIEF, Role.REGULATOR) is None


def settlers(request: HttpRequest) -> bool:
    return staff_of(request).codes(Role.CHIEF, Role.OPERATOR) is None


def watchers(request: HttpRequest) -> bool:
    return staff_of(request).codes(Role.REGULATOR, Role.OPERATOR) is None


def operators(request: HttpRequest) -> bool:
    return staff_of(request).codes(Role.OPERATOR) is None


MOST = 999


def queue(request: HttpRequest) -> str:
    """How many prescriptions this person may take, counted up to MOST."""
    if not reviewers(request):
        return ""
    if not hasattr(request, "rx_free"):
        request.rx_free = free(staff_of(request), timezone.now()).values("pk")[: MOST + 1].count()
    return f"{MOST}+" if request.rx_free > MOST else str(request.rx_free)


def region(request: HttpRequest) -> str:
    return settings.REGION_NAME


def environment(request: HttpRequest) -> list[str] | None:
    """A mark on every page where the data are not real."""
    return [_("Demo data"), "warning"] if settings.MODE == "demo" else None
