"""The REST surface."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from rxcenter.api import claims_urls
from rxcenter.api import prescriptions as p

v1 = [
    path("prescriptions", p.prescriptions),
    path("prescriptions/<uuid:pk>", p.OnePrescription.as_view()),
    path("prescriptions/<uuid:pk>/amend", p.Amend.as_view()),
    path("prescriptions/<uuid:pk>/cancel", p.Cancel.as_view()),
    path("prescriptions/<uuid:pk>/double-sign", p.DoubleSign.as_view()),
    path("precheck", p.Precheck.as_view()),
    path("events", p.Events.as_view()),
    *claims_urls.urlpatterns,
]
urlpatterns = [
    path("v1/", include(v1)),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
]
