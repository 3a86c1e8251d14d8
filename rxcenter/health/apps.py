"""Health pages: is the process alive, is it fit for work, how much is waiting."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "rxcenter.health"
    verbose_name = "Health"
