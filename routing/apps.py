from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoutingConfig(AppConfig):
    name = "routing"
    label = "routing"
    verbose_name = _("Routing")

    def ready(self) -> None:
        from routing import expiring, lapsing, ordering
        from rxcenter.jobs.working import Handler, register

        register("route", Handler(ordering.work, ordering.give_up, batch=20))
        register("expire", Handler(expiring.work, expiring.give_up, batch=20))
        register("lapse", Handler(lapsing.work, lapsing.give_up, batch=20))
