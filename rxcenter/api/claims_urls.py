"""Addresses of dispensers, and the placer's pickup code."""

from django.urls import path

from rxcenter.api import claim_acts, claims, claims_again, dispenses, nominating, offers, transfers
from rxcenter.api.cancelling import CancelDecisionView
from rxcenter.api.pickup import PickupView
from rxcenter.api.tracking import TrackingView

urlpatterns = [
    path("offers", offers.OffersView.as_view()),
    path("offers/<int:offer>/ack", offers.AcknowledgeView.as_view()),
    path("offers/<int:offer>/decline", offers.DeclineView.as_view()),
    path("offers/<int:offer>/stock-answer", offers.StockAnswerView.as_view()),
    path("stock", nominating.StockView.as_view()),
    path("prescriptions/<uuid:pk>/nomination", nominating.NominationView.as_view()),
    path("claims", claims.ClaimsView.as_view()),
    path("claims/<uuid:claim>", claims.ClaimView.as_view()),
    path("claims/<uuid:claim>/return", claims.ReturnView.as_view()),
    path("claims/bulk", claims_again.BulkClaimView.as_view()),
    path("claims/recover", claims_again.RecoverView.as_view()),
    path("claims/<uuid:claim>/cancel-decision", CancelDecisionView.as_view()),
    path("claims/<uuid:claim>/dispenses", dispenses.DispensesView.as_view()),
    path("claims/<uuid:claim>/draft", dispenses.DraftView.as_view()),
    path("claims/<uuid:claim>/delivery-failed", claim_acts.DeliveryFailedView.as_view()),
    path("claims/<uuid:claim>/dispatch", claim_acts.DispatchView.as_view()),
    path("claims/<uuid:claim>/heartbeat", claim_acts.HeartbeatView.as_view()),
    path("claims/<uuid:claim>/ready", claim_acts.ReadyView.as_view()),
    path("claims/<uuid:claim>/release-remainder", claim_acts.RemainderView.as_view()),
    path("claims/<uuid:claim>/review", claim_acts.ReviewView.as_view()),
    path("claims/<uuid:claim>/split", claim_acts.SplitView.as_view()),
    path("claims/<uuid:claim>/start", claim_acts.StartView.as_view()),
    path("claims/<uuid:claim>/transfer", transfers.TransferView.as_view()),
    path("claims/<uuid:claim>/transfer/withdraw", transfers.WithdrawTransferView.as_view()),
    path("claims/<uuid:claim>/not-supplied", dispenses.NotSuppliedView.as_view()),
    path("dispenses/<uuid:dispense>/amend", dispenses.AmendDispenseView.as_view()),
    path("dispenses/<uuid:dispense>/withdraw", dispenses.WithdrawDispenseView.as_view()),
    path("tracking-updates", TrackingView.as_view()),
    path("transfers", transfers.TransfersView.as_view()),
    path("transfers/<int:transfer>/accept", transfers.AcceptTransferView.as_view()),
    path("transfers/<int:transfer>/decline", transfers.DeclineTransferView.as_view()),
    path("prescriptions/<uuid:prescription>/pickup", PickupView.as_view()),
]
