"""Webhooks: what happened in an institution's stream is told to its own machine. The feed stays the truth."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotifyConfig(AppConfig):
    name = "rxcenter.notify"
    label = "notify"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        from rxcenter.jobs.working import Handler, register, register_waker
        from rxcenter.notify import delivering, waking

        handler = Handler(delivering.work, delivering.give_up, batch=16, lane="notify", commits=True)
        register(waking.KIND, handler)
        register_waker(waking.wake)
