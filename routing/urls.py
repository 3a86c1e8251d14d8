"""The patient's pickup page."""

from django.urls import path

from routing.pickup import views

app_name = "pickup"
urlpatterns = [
    path("", views.enter, name="enter"),
    path("status", views.status, name="status"),
    path("confirm", views.confirm, name="confirm"),
    path("choose/<uuid:order>", views.choose, name="choose"),
    path("cancel", views.cancel, name="cancel"),
    path("leave", views.leave, name="leave"),
]
