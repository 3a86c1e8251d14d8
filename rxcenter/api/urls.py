"""The REST surface."""

from importlib import import_module
from importlib.util import find_spec

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from rxcenter.api import prescriptions as p

v1 = [
    path("prescriptions", p.prescriptions),
    path("prescriptions/<uuid:pk>", p.OnePrescription.as_view()),
    path("prescriptions/<uuid:pk>/amend", p.Amend.as_view()),
    path("prescriptions/<uuid:pk>/cancel", p.Cancel.as_view()),
    path("prescriptions/<uuid:pk>/double-sign", p.DoubleSign.as_view()),
    path("precheck", p.Precheck.as_view()),
    path("events", p.Events.as_view()),
]
if find_spec("rxcenter.api.claims_urls"):
    v1 += import_module("rxcenter.api.claims_urls").urlpatterns
urlpatterns = [
    path("v1/", include(v1)),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
]
