"""django-unfold's look of the review desk and its sidebar. Only names here: settings import this file."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _item(title: object, icon: str, view: str, roles: str, badge: str | None = None) -> dict[str, object]:
    item: dict[str, object] = {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(view),
        "permission": f"rxcenter.review.admin_sidebar.{roles}",
    }
    return {**item, "badge": f"rxcenter.review.admin_sidebar.{badge}"} if badge else item


UNFOLD: dict[str, object] = {
    "SITE_TITLE": _("Prescription audit and circulation centre"),
    "SITE_HEADER": _("Prescription audit centre"),
    "SITE_SUBHEADER": "rxcenter.review.admin_sidebar.region",
    "SITE_SYMBOL": "prescriptions",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("rxcenter/icon.svg")}
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": False,  # the desk shows a prescription's own events
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "rxcenter.review.admin_sidebar.environment",
    "DASHBOARD_CALLBACK": "rxcenter.review.admin_dashboard.dashboard",
    "LOGIN": {"form": "rxcenter.accounts.signing_in.SignInForm"},
    "STYLES": [lambda request: static("rxcenter/desk.css")],
    "SCRIPTS": [
        lambda request: static("rxcenter/alpine-shim.js"),
        lambda request: static("rxcenter/desk.js"),
    ],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": {
            "50": "oklch(98.5% .002 247.8)",
            "100": "oklch(96.7% .003 264.5)",
            "200": "oklch(92.8% .006 264.5)",
            "300": "oklch(87.2% .01 258.3)",
            "400": "oklch(70.7% .022 261.3)",
            "500": "oklch(50% .027 264.4)",
            "600": "oklch(42% .03 256.8)",
            "700": "oklch(37.3% .034 259.7)",
            "800": "oklch(27.8% .033 256.8)",
            "900": "oklch(21% .034 264.7)",
            "950": "oklch(13% .028 261.7)",
        },
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(66% .17 255)",
            "600": "oklch(48.8% .2 262)",
            "700": "oklch(45% .2 263)",
            "800": "oklch(42.4% .199 265.6)",
            "900": "oklch(37.9% .146 265.5)",
            "950": "oklch(28.2% .091 267.9)",
        },
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Review"),
                "items": [
                    _item(_("Workbench"), "dashboard", "admin:index", "anyone"),
                    _item(
                        _("Review queue"),
                        "fact_check",
                        "admin:review_waiting_changelist",
                        "reviewers",
                        "queue",
                    ),
                    _item(_("Unmapped names"), "label_off", "admin:review_localname_unmapped", "reviewers"),
                    _item(_("Mapped names"), "label", "admin:review_localname_changelist", "reviewers")
                    | {
                        "active": lambda request: (
                            "/localname/" in request.path and "/unmapped/" not in request.path
                        )
                    },
                ],
            },
            {
                "title": _("Dispensing"),
                "items": [
                    _item(_("Counter"), "point_of_sale", "admin:routing_claim_changelist", "anyone")
                    | {
                        "permission": "routing.counter.sidebar.dispensers",
                        "badge": "routing.counter.sidebar.offers",
                    },
                ],
            },
            {
                "title": _("Rules of the house"),
                "separator": True,
                "items": [
                    _item(_("Pass policy"), "rule", "admin:review_passpolicy_changelist", "policy"),
                    _item(
                        _("Identity conflicts"),
                        "merge",
                        "admin:patients_mergecandidate_changelist",
                        "settlers",
                    ),
                    _item(
                        _("Accesses to personal data"),
                        "visibility",
                        "admin:patients_accesslog_changelist",
                        "watchers",
                    ),
                ],
            },
            {
                "title": _("Register"),
                "separator": True,
                "items": [
                    _item(
                        _("Institutions"), "apartment", "admin:accounts_institution_changelist", "watchers"
                    ),
                    _item(
                        _("Dispensers"), "local_pharmacy", "admin:routing_dispenser_changelist", "watchers"
                    ),
                    _item(_("Orders"), "local_shipping", "admin:routing_order_changelist", "watchers"),
                    _item(_("Staff"), "badge", "admin:accounts_user_changelist", "operators"),
                    _item(
                        _("Second factors"),
                        "phonelink_lock",
                        "admin:otp_totp_totpdevice_changelist",
                        "operators",
                    ),
                    _item(_("Client keys"), "key", "admin:accounts_clientkey_changelist", "operators"),
                    _item(_("Jobs"), "work_history", "admin:jobs_job_changelist", "operators"),
                ],
            },
            {
                "title": _("Connections"),
                "separator": True,
                "items": [
                    _item(_("Webhooks"), "webhook", "admin:notify_endpoint_changelist", "operators"),
                    _item(_("Undelivered"), "unsubscribe", "admin:notify_delivery_changelist", "operators")
                    | {"badge": "rxcenter.notify.admin_sidebar.dead"},
                    _item(
                        _("Approved networks"),
                        "lan",
                        "admin:notify_approvednetwork_changelist",
                        "watchers",
                    ),
                ],
            },
        ],
    },
}
