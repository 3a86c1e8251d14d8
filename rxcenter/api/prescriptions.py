"""The placer's doors: post, read, amend, double-sign, precheck. Each calls one verb."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit_rules import document as rx
from rxcenter.api import intake, shapes
from rxcenter.api.authentication import caller
from rxcenter.api.composing import amend_prescription
from rxcenter.api.custody_shapes import PrescriptionShape
from rxcenter.api.events import whole_number
from rxcenter.api.examples import DOCUMENT, DOUBLE_SIGN, RECEIPT, REFUSAL
from rxcenter.api.problems import respond
from rxcenter.api.reading import mine, whole
from rxcenter.api.signing import Signature, double_sign
from rxcenter.errors import Invalid, NotFound, Words
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import Posted, check_issued, check_placer
from rxcenter.review.prechecking import precheck

PROBLEM = OpenApiResponse(shapes.ProblemShape, description="application/problem+json")
DOCUMENT_BODY = {"application/json": OpenApiTypes.OBJECT}


class Prescriptions(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="prescriptions_post",
        summary="Post one prescription or a list of up to 100",
        description="The answer follows the commit. Posting the same content again answers 200 with the same body, "
        "other content under the same number and revision 409. A list answers 200 with one result each.",
        request=DOCUMENT_BODY,
        responses={201: shapes.ReceiptShape, 200: shapes.ReceiptShape, 409: PROBLEM, 422: PROBLEM},
        examples=[DOCUMENT, RECEIPT, REFUSAL],
    )
    def post(self, request: Request) -> HttpResponse:
        return intake.post(request._request)

    @extend_schema(
        operation_id="prescriptions_by_number",
        summary="Find one's own prescriptions by number",
        parameters=[
            OpenApiParameter("number", str, required=True),
            OpenApiParameter("revision", int, description="default: the current one"),
        ],
        responses={200: PrescriptionShape, 404: PROBLEM},
    )
    def get(self, request: Request) -> Response:
        number, revision = request.query_params.get("number"), request.query_params.get("revision")
        if not number:
            problem = {"path": "number", "found": "-", "allowed": "?number=…[&revision=1]"}
            raise Invalid(Words("请给出处方号", "give the number to look for"), problems=[problem])
        which = {"revision": whole_number("revision", revision)} if revision else {"current": True}
        return Response(whole(mine(caller(request), number=number, **which), at=timezone.now()))


_listing = Prescriptions.as_view()


def prescriptions(request: HttpRequest) -> HttpResponse:
    """POST takes the short way past DRF; everything else is the DRF view's."""
    return intake.post(request) if request.method == "POST" else _listing(request)


# drf-spectacular reads the schema of a function view from these.
prescriptions.cls = Prescriptions  # type: ignore[attr-defined]
prescriptions.initkwargs = {}  # type: ignore[attr-defined]


class OnePrescription(APIView):
    scope = "prescriptions"

    @extend_schema(
        summary="One's own prescription: state, latest audit, decisions, orders",
        responses={200: PrescriptionShape, 404: PROBLEM},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(whole(mine(caller(request), pk=pk), at=timezone.now()))


class Amend(APIView):
    scope = "prescriptions"

    @extend_schema(
        summary="Replace it by its next revision",
        description="The body is the whole document with the same number and the next revision. "
        "The old revision and its unclaimed order end; the new one is audited from the start.",
        request=DOCUMENT_BODY,
        responses={
            201: shapes.ReceiptShape,
            200: shapes.ReceiptShape,
            404: PROBLEM,
            409: PROBLEM,
            422: PROBLEM,
        },
    )
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        raw = intake.json_body(request._request)
        posted = Posted(rx.parse(raw), raw, caller(request))
        if replayed := _amended_before(pk, posted):
            return respond(200, replayed)
        receipt = amend_prescription(pk, posted, at=timezone.now())
        return respond(201, intake.answer(receipt))


def _amended_before(pk: UUID, posted: Posted) -> dict[str, object] | None:
    """The same amendment posted again gives the same answer."""
    same = Prescription.objects.filter(
        institution=posted.client.institution,
        number=posted.document.number,
        revision=posted.document.revision,
        fingerprint=rx.fingerprint(posted.document),
    ).first()
    if same is None:
        return None
    if not Prescription.objects.filter(
        pk=pk, institution=posted.client.institution, number=same.number
    ).exists():
        raise NotFound
    return {
        "id": str(same.pk),
        "number": same.number,
        "revision": same.revision,
        "state": same.state,
        "created": False,
    }


class DoubleSign(APIView):
    scope = "prescriptions"

    @extend_schema(
        summary="Sign again, co-sign or give a reason for findings that ask for it",
        description="Lowers the named findings to a pharmacist's decision; never passes a prescription. "
        "Names revision, findings (rule ids), signer and reason.",
        request=shapes.DoubleSignShape,
        responses={200: shapes.OutcomeShape, 404: PROBLEM, 409: PROBLEM, 422: PROBLEM},
        examples=[DOUBLE_SIGN],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        body = shapes.DoubleSignShape(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        signature = Signature(
            data["kind"], data["revision"], data["findings"], data["signer"], data["reason"]
        )
        double_sign(pk, signature, client=caller(request), at=timezone.now())
        return Response({"id": str(pk), "state": mine(caller(request), pk=pk).state})


class Precheck(APIView):
    scope = "precheck"

    @extend_schema(
        summary="Audit a document now, with the patient's history, storing nothing",
        request=DOCUMENT_BODY,
        responses={200: shapes.ReportShape, 422: PROBLEM},
        examples=[DOCUMENT],
    )
    def post(self, request: Request) -> HttpResponse:
        raw = intake.json_body(request._request)
        document = rx.parse(raw)
        check_placer(document, caller(request))
        check_issued(document, at=timezone.now())
        report = precheck(document, caller(request), at=timezone.now())
        return HttpResponse(report.to_json(), content_type="application/json")
