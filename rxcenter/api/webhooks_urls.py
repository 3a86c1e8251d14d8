"""Addresses of the webhook calls."""

from django.urls import path

from rxcenter.api import webhooks

urlpatterns = [
    path("webhooks", webhooks.Webhooks.as_view()),
    path("webhooks/<uuid:pk>", webhooks.OneWebhook.as_view()),
    path("webhooks/<uuid:pk>/rotate", webhooks.Rotate.as_view()),
    path("webhooks/<uuid:pk>/test", webhooks.Test.as_view()),
    path("webhooks/<uuid:pk>/deliveries", webhooks.Deliveries.as_view()),
    path("webhooks/<uuid:pk>/replay", webhooks.Replay.as_view()),
]
