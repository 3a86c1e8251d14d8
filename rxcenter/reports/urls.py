"""The regulator's pages."""

from django.urls import path

from rxcenter.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("institutions/<str:code>/", views.institution, name="institution"),
    path("<slug:table>.csv", views.export, name="export"),
]
