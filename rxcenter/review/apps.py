from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "rxcenter.review"
    label = "review"
    verbose_name = _("Review")

    def ready(self) -> None:
        from rxcenter.jobs.working import Handler, register
        from rxcenter.review import auditing, expiring

        register("audit", Handler(auditing.audit_batch, auditing.give_up, batch=100))
        register(
            "expire_unanswered",
            Handler(expiring.expire_unanswered, expiring.stays_with_prescriber, batch=100),
        )
