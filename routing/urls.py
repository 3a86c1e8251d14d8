"""The patient's pickup page."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
