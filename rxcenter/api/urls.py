"""The REST surface."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from rxcenter.api import cancelling as c
from rxcenter.api import claims_urls, events, webhooks_urls
from rxcenter.api import prescriptions as p

v1 = [
    path("prescriptions", p.prescriptions),
    path("prescriptions/<uuid:pk>", p.OnePrescription.as_view()),
    path("prescriptions/<uuid:pk>/amend", p.Amend.as_view()),
    path("prescriptions/cancel", c.CancelByNumberView.as_view()),
    path("prescriptions/<uuid:pk>/cancel", c.CancelView.as_view()),
    path("prescriptions/<uuid:pk>/suspend", c.SuspendView.as_view()),
    path("prescriptions/<uuid:pk>/resume", c.ResumeView.as_view()),
    path("prescriptions/<uuid:pk>/double-sign", p.DoubleSign.as_view()),
    path("precheck", p.Precheck.as_view()),
    path("events", events.Events.as_view()),
    path("events/ack", events.Acknowledge.as_view()),
    *claims_urls.urlpatterns,
    *webhooks_urls.urlpatterns,
]
urlpatterns = [
    path("v1/", include(v1)),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
]
