from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoutingConfig(AppConfig):
    name = "routing"
    label = "routing"
    verbose_name = _("Routing")

    def ready(self) -> None:
        from routing import (
            cancel_deciding,
            expiring,
            lapsing,
            offer_timing,
            ordering,
            settling,
            staleness,
            tracking,
            transferring,
        )
        from rxcenter.jobs.working import Handler, register

        register("cancel_decision", Handler(cancel_deciding.work, cancel_deciding.give_up, batch=20))
        register("settle", Handler(settling.work, settling.give_up, batch=20))
        register("route", Handler(ordering.work, ordering.give_up, batch=20))
        register("offer_timeout", Handler(offer_timing.time_out, offer_timing.give_up, batch=20))
        register("open_window", Handler(offer_timing.open_window, offer_timing.give_up, batch=20))
        register("expire", Handler(expiring.work, expiring.give_up, batch=20))
        register("lapse", Handler(lapsing.work, lapsing.give_up, batch=20))
        register("stale", Handler(staleness.work, staleness.give_up, batch=20))
        register("mature_tracking", Handler(tracking.mature, tracking.give_up, batch=20))
        register("transfer_timeout", Handler(transferring.work, transferring.give_up, batch=20))
