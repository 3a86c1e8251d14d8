"""The OpenAPI document's examples. A test posts each of them: they run."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

PRESCRIPTION: dict[str, Any] = {
    "format": "rx/1",
    "number": "H0001-20261121-00042",
    "revision": 1,
    "kind": "western",
    "setting": "outpatient",
    "issued_at": "2026-11-21T09:30:00+08:00",
    "institution": {"code": "H0001"},
    "department": {"code": "0302", "name": "心内科"},
    "prescriber": {"id": "D0815", "name": "王医生", "title": "attending", "licence": "110000000000815",
                   "registered": True, "practice": "western"},
    "patient": {
        "id": {"system": "health_card", "value": "640100195803020042"},
        "name": "李秀英",
        "sex": "female",
        "birth_date": "1958-03-02",
        "weight_kg": 61,
        "pregnancy": {"status": "no"},
        "allergies": [],
        "conditions": [],
    },
    "diagnoses": [{"code": "I10", "name": "高血压"}],
    "items": [
        {
            "line": 1,
            "drug": {"name": "苯磺酸氨氯地平片"},
            "form": "tablet",
            "strength": {"value": 5, "unit": "mg"},
            "dose": {"value": 5, "unit": "mg"},
            "route": "oral",
            "frequency": "qd",
            "days": 7,
            "quantity": {"value": 7, "unit": "tablet"},
        }
    ],
}  # fmt: skip

DOCUMENT = OpenApiExample("a prescription", value=PRESCRIPTION, request_only=True)
RECEIPT = OpenApiExample(
    "stored",
    value={
        "id": "0193a3c2-5a00-7000-8000-000000000001",
        "number": "H0001-20261121-00042",
        "revision": 1,
        "state": "received",
        "created": True,
    },
    response_only=True,
    status_codes=["201"],
)
REFUSAL = OpenApiExample(
    "refused: every problem at once",
    value={
        "type": "/problems/invalid-document",
        "title": "invalid document",
        "status": 422,
        "detail": "the document has 1 problems and was not stored",
        "messages": {
            "zh": "处方文档有 1 处问题,未存储",
            "en": "the document has 1 problems and was not stored",
        },
        "number": "H0001-20261121-00042",
        "problems": [
            {
                "path": "$.issued_at",
                "found": "2026-11-21T09:30:00",
                "allowed": "date-time with offset",
                "message": {"zh": "时间必须带时区", "en": "a time needs an offset"},
            }
        ],
    },
    response_only=True,
    status_codes=["422"],
)
CANCEL = OpenApiExample(
    "cancel", value={"code": "patient_request", "reason": "患者要求取消"}, request_only=True
)
DOUBLE_SIGN = OpenApiExample(
    "double signature",
    value={"revision": 1, "findings": ["HRB001"], "signer": "D0815", "reason": "经方配伍,已告知患者"},
    request_only=True,
)
