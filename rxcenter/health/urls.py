"""Addresses for load balancers and monitoring; none needs a login, none tells anything personal."""

from django.urls import path

from rxcenter.health import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
