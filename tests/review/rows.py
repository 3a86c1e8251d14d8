"""Makes what the desk's tests need: institutions, staff, and prescriptions waiting with chosen findings and gaps."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from uuid import UUID

from django.contrib.auth.hashers import make_password

from audit_rules import document as rx
from rxcenter.accounts.keys import Client
from rxcenter.accounts.models import Institution, StaffRole, User
from rxcenter.accounts.roles import SYSTEM, Role
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.importing import attach_persons
from rxcenter.prescriptions.lifecycle import Step, move
from rxcenter.prescriptions.models import Prescription, PrescriptionItem
from rxcenter.prescriptions.receiving import Posted, receive
from rxcenter.review.models import AuditRun, Finding, Gap, Severity, Waiting

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 10:00 in the region
PASSWORD = "quiet-harbour-lantern-42"
_numbers = count(1)


@cache
def _hashed() -> str:
    """Hashing is slow on purpose: once for all people of the tests."""
    return make_password(PASSWORD)


@dataclass(frozen=True)
class F:
    """A finding as a test wants it."""

    severity: Severity = Severity.MAJOR
    release: str | None = "pharmacist"
    rule: str = "INT001"
    lines: tuple[int, ...] = (1,)
    zh: str = "华法林与布洛芬同用:出血风险升高"
    en: str = "warfarin with ibuprofen: higher risk of bleeding"
    act_zh: str = "停布洛芬,改对乙酰氨基酚 0.5 g q6h"
    act_en: str = "stop ibuprofen; paracetamol 0.5 g q6h instead"
    category: str = "interaction"
    drugs: tuple[str, ...] = ("warfarin", "ibuprofen")
    evidence: dict[str, str] = field(default_factory=lambda: {"inr": "3.1 (2026-11-18)"})

    def report(self) -> dict:
        return {
            "rule": self.rule, "version": 1, "category": self.category, "severity": self.severity.name.lower(),
            "release": self.release, "lines": list(self.lines), "drugs": list(self.drugs), "history": [], "refs": [],
            "message": {"zh": self.zh, "en": self.en}, "action": {"zh": self.act_zh, "en": self.act_en},
            "evidence": self.evidence, "sources": ["who-model-formulary"],
        }  # fmt: skip


def institution(code: str = "H0007", kind: str = "hospital") -> Institution:
    name = {"H0007": "西夏区人民医院", "C0014": "西夏区社区卫生服务中心"}.get(code, f"机构 {code}")
    row, _ = Institution.objects.get_or_create(
        code=code, defaults={"name": name, "kind": kind, "type": "hospital", "level": "3A"}
    )
    return row


def staff(name: str, role: Role = Role.PHARMACIST, at: str | None = None, **fields: str) -> User:
    """A member of staff; `at` = an institution's code, None = the whole region."""
    user = User.objects.create(username=name, password=_hashed(), is_staff=True, **fields)
    StaffRole.objects.create(user=user, role=role, institution=institution(at) if at else None)
    return user


def document(code: str, items: list[dict], **changes: object) -> dict:
    patient = {
        "id": {"system": "health_card", "value": changes.pop("card", None) or f"HC{next(_numbers):06d}"},
        "name": "张建国", "sex": "male", "birth_date": "1947-03-02", "phone": "13912345678", "weight_kg": 61,
        "allergies": [{"substance": "penicillin", "reaction": "anaphylaxis", "severity": "severe"}],
        "conditions": [{"code": "N18.3", "name": "慢性肾脏病 3 期"}],
        "observations": [
            {"code": "egfr", "value": 38, "unit": "mL/min/1.73m2", "at": "2026-11-18T08:00:00+08:00"},
            {"code": "inr", "value": 3.1, "unit": "1", "at": "2026-11-18T08:00:00+08:00"},
        ],
        "current_medications": [
            {"drug": {"name": "阿托伐他汀钙片"}, "dose": {"value": 20, "unit": "mg"}, "route": "oral", "frequency": "qn"}
        ],
        "pregnancy": {"status": "no", "weeks": None},
    }  # fmt: skip
    patient.update(changes.pop("patient", {}))
    made = {
        "format": "rx/1", "number": f"{code}-20261121-{next(_numbers):05d}", "revision": 1, "kind": "western",
        "setting": "outpatient", "issued_at": "2026-11-21T09:30:00+08:00",
        "institution": {"code": code, "kind": "hospital", "type": "hospital", "level": "3A"},
        "department": {"code": "0302", "name": "心内科"},
        "prescriber": {"id": "D0815", "name": "李医生", "title": "attending"},
        "patient": patient, "diagnoses": [{"code": "I48.9", "name": "心房颤动"}], "items": items,
    }  # fmt: skip
    return {**made, **changes}


def item(line: int, name: str, dose: float, unit: str = "mg", **changes: object) -> dict:
    made = {
        "line": line, "drug": {"name": name}, "form": "tablet", "dose": {"value": dose, "unit": unit},
        "route": "oral", "frequency": "tid", "days": 7, "quantity": {"value": 21, "unit": "tablet"},
    }  # fmt: skip
    return {**made, **changes}


TWO_DRUGS = [item(1, "布洛芬片", 400), item(2, "华法林钠片", 3, frequency="qd", days=28)]


def posted(
    code: str = "H0007", items: list[dict] | None = None, at: datetime = AT, **changes: object
) -> UUID:
    """A prescription received through the front verb and linked to its person."""
    place = institution(code)
    client = Client("test", code, place.kind, place.type, place.level, frozenset())
    raw = json.dumps(document(code, items or TWO_DRUGS, **changes)).encode()
    [receipt] = receive([Posted(rx.parse(raw), raw, client)], at=at)
    row = Prescription.objects.get(pk=receipt.id)
    with transaction():
        attach_persons({row.pk: row.patient_keys}, at=at)
    return row.pk


def waiting(
    *findings: F, gaps: tuple[str, ...] = (), why: Waiting.Why | None = None, minutes: int = 15, code: str = "H0007",
    unknown: tuple[str, ...] = (), stopped: bool = False, at: datetime = AT, chips: list[str] | None = None,
    **changes: object,
) -> Waiting:  # fmt: skip
    """A prescription in the queue with these findings and gaps, due `minutes` after `at`."""
    items = changes.pop("items", None) or [
        *TWO_DRUGS,
        *(item(3 + n, name, 1) for n, name in enumerate(unknown)),
    ]
    pk = posted(code, items, at, **changes)
    row = Prescription.objects.get(pk=pk)
    run = _run(row, findings, gaps, unknown, at)
    _items(row, items, unknown)
    worst = max(findings, key=lambda f: f.severity, default=None)
    patient = row.document["patient"]
    kind = why or (Waiting.Why.FINDINGS if findings else Waiting.Why.GAPS)
    with transaction():
        move(Step(pk, "audit_stopped" if stopped else "audit_held"), by=SYSTEM, at=at)
        return Waiting.objects.create(
            prescription=row, institution_id=code, run=run, why=kind, since=at, due_at=at + timedelta(minutes=minutes),
            severity=worst.severity if worst else None, with_prescriber=stopped,
            gap_key=" + ".join(sorted(unknown) or sorted(gaps)),
            summary={
                "worst": {"zh": worst.zh, "en": worst.en} if worst else None, "count": len(findings),
                "chips": chips or ["aged", "egfr:38", "allergy"], "drugs": [i["drug"]["name"] for i in items],
                "patient": {"name": patient["name"], "sex": patient["sex"], "age": "79", "birth_date": "1947-03-02"},
                "unmapped": sorted(unknown),
            },
        )  # fmt: skip


def _run(
    row: Prescription, findings: tuple[F, ...], gaps: tuple[str, ...], unknown: tuple[str, ...], at: datetime
):
    entries = [{"rule": "GAP001", "lines": [3 + n], "reason": "unknown_drug", "holds": True,
                "message": {"zh": f"“{name}”不在目录中,未能审核", "en": f"“{name}” is not in the catalogue: not checked"}}
               for n, name in enumerate(unknown)]  # fmt: skip
    entries += [{"rule": "DOS001", "lines": [1], "reason": reason, "holds": True,
                 "message": {"zh": "缺少体重,未能核对剂量", "en": "weight is missing: the dose was not checked"}}
                for reason in gaps]  # fmt: skip
    run = AuditRun.objects.create(
        prescription=row, at=at, first=True, outcome="review", auto_passed=False, catalogue="abc", profile="regional",
        history_linked=0, drug_groups=[],
        report={"findings": [f.report() for f in findings], "not_checked": entries,
                "history": {"linked": 0, "status": "complete"}},
    )  # fmt: skip
    Finding.objects.bulk_create(
        Finding(run=run, position=n, rule=f.rule, category=f.category, severity=f.severity, release=f.release or "",
                lines=list(f.lines), drugs=list(f.drugs))
        for n, f in enumerate(findings)
    )  # fmt: skip
    Gap.objects.bulk_create(
        Gap(run=run, rule=e["rule"], reason=e["reason"], lines=e["lines"], holds=e["holds"]) for e in entries
    )
    return run


def _items(row: Prescription, items: list[dict], unknown: tuple[str, ...]) -> None:
    PrescriptionItem.objects.bulk_create(
        PrescriptionItem(
            prescription=row, line=i["line"], name=i["drug"]["name"], days=i["days"],
            ingredients=[] if i["drug"]["name"] in unknown else ["warfarin"],
        )
        for i in items
    )  # fmt: skip
