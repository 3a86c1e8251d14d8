from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    name = "rxcenter.prescriptions"
    label = "prescriptions"
    verbose_name = _("Prescriptions")

    def ready(self) -> None:
        from rxcenter.jobs.working import Handler, register
        from rxcenter.patients.merging import MERGED
        from rxcenter.prescriptions import rejoining

        register(MERGED, Handler(rejoining.audit_again, rejoining.stays_waiting))
