"""Addresses of dispensers, and the placer's pickup code."""

from django.urls import path

from rxcenter.api import claims
from rxcenter.api.pickup import PickupView

urlpatterns = [
    path("offers", claims.OffersView.as_view()),
    path("offers/<int:offer>/decline", claims.DeclineView.as_view()),
    path("claims", claims.ClaimsView.as_view()),
    path("claims/<uuid:claim>", claims.ClaimView.as_view()),
    path("claims/<uuid:claim>/return", claims.ReturnView.as_view()),
    path("claims/<uuid:claim>/dispenses", claims.DispensesView.as_view()),
    path("prescriptions/<uuid:prescription>/pickup", PickupView.as_view()),
]
