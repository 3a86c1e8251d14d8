"""All addresses: the API, the review desk (admin), the regulator's and patients' pages, health."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("api/", include("rxcenter.api.urls")),
    path("admin/", admin.site.urls),
    path("reg/", include("rxcenter.reports.urls")),
    path("pickup/", include("routing.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("rxcenter.health.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
