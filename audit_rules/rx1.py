"""The types of a prescription document, format `rx/1`: the one source of the parser and of the JSON Schema.

Absent and null mean the same. Doses are decimals; times carry an offset. A word for a unit, route or
frequency that no table knows is kept as written and comes out of the audit as not checked.

The bounds are here and nowhere else: the schema publishes them, `refusal.py` holds documents to them, and a test
compares them with the columns of the tables that keep what passed.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

FIRST_YEAR, LAST_YEAR = 1900, 2100
MOST_DAYS = 3650  # of one supply, and doses of one decoction: ten years
MOST_ISSUES = 4  # of a repeat
MOST_PER_DAY = 24  # portions a decoction is taken in

_YEARS = {"pattern": r"^(19\d\d|20\d\d|2100)-"}
Line = Annotated[int, Meta(ge=1, le=9999)]
Moment = Annotated[datetime, Meta(tz=True, extra_json_schema=_YEARS)]
Day = Annotated[date, Meta(extra_json_schema=_YEARS)]
Number = Annotated[str, Meta(min_length=1, max_length=64)]
Place = Annotated[str, Meta(min_length=1, max_length=32)]
System = Annotated[str, Meta(min_length=1, max_length=40)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Name = Annotated[str, Meta(max_length=300)]
Words = Annotated[str, Meta(max_length=2000)]
Amount = Annotated[Decimal, Meta(extra_json_schema={"exclusiveMinimum": 0})]
Span = Annotated[Decimal, Meta(extra_json_schema={"exclusiveMinimum": 0, "maximum": MOST_DAYS})]
PerDay = Annotated[Decimal, Meta(extra_json_schema={"exclusiveMinimum": 0, "maximum": MOST_PER_DAY})]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Immutable, no unknown field; null and absent are the same. A tree holds no cycle for a collector to look for."""


class Institution(_Part, frozen=True, kw_only=True):
    """Who posts. Everything but the code may come from the centre's register."""

    code: Place
    name: Words | None = None
    kind: Literal["hospital", "primary_care", "internet_hospital"] | None = None
    type: (
        Literal[
            "hospital", "community_centre", "community_station", "township_centre", "village_clinic", "clinic"
        ]
        | None
    ) = None
    level: Words | None = None


class Coded(_Part, frozen=True, kw_only=True):
    """A code with its text: department, diagnosis, condition."""

    code: Words | None = None
    name: Words | None = None


class Prescriber(_Part, frozen=True, kw_only=True):
    """Who prescribes, with the rights the institution granted."""

    id: Number
    name: Words | None = None
    title: Literal["assistant", "resident", "attending", "associate_chief", "chief", "village"] | None = None
    licence: Words | None = None
    registered: bool | None = None
    practice: Words | None = None
    rights: Annotated[tuple[Word, ...], Meta(max_length=50)] | None = None
    cosigned_by: Words | None = None


class Identifier(_Part, frozen=True, kw_only=True):
    """One identifier of a person in one numbering system."""

    system: System
    value: Word


class Pregnancy(_Part, frozen=True, kw_only=True):
    """Pregnancy as recorded; weeks of gestation completed."""

    status: Literal["yes", "no", "unknown"] | None = None
    weeks: Annotated[int, Meta(ge=0, le=45)] | None = None


class Allergy(_Part, frozen=True, kw_only=True):
    """A recorded allergy or intolerance."""

    substance: Words | None = None
    reaction: Words | None = None
    severity: Words | None = None


class Observation(_Part, frozen=True, kw_only=True):
    """A laboratory value or measurement."""

    code: Word
    value: Decimal | None = None
    unit: Words | None = None
    at: Moment | None = None


class Quantity(_Part, frozen=True, kw_only=True):
    """An amount with its unit, both as written; unknown is null, never nought."""

    value: Amount | None = None
    unit: Words | None = None


class Drug(_Part, frozen=True, kw_only=True):
    """What is prescribed: a generic name or a code, or both."""

    name: Name | None = None
    code: Name | None = None


class CurrentMedication(_Part, frozen=True, kw_only=True):
    """What the patient says or is known to take."""

    drug: Drug
    form: Words | None = None
    strength: Quantity | None = None
    dose: Quantity | None = None
    route: Words | None = None
    frequency: Words | None = None
    days: Span | None = None


class Guardian(_Part, frozen=True, kw_only=True):
    """Who answers for a child."""

    name: Words | None = None
    relation: Words | None = None
    phone: Words | None = None
    id: Identifier | None = None
    confirmed: bool | None = None


class Patient(_Part, frozen=True, kw_only=True):
    """The person treated."""

    id: Identifier
    other_ids: Annotated[tuple[Identifier, ...], Meta(max_length=20)] | None = None
    name: Words | None = None
    sex: Literal["female", "male", "unknown"]
    birth_date: Day
    phone: Words | None = None
    weight_kg: Amount | None = None
    height_cm: Amount | None = None
    pregnancy: Pregnancy | None = None
    lactating: bool | None = None
    allergies: Annotated[tuple[Allergy, ...], Meta(max_length=100)] | None = None
    conditions: Annotated[tuple[Coded, ...], Meta(max_length=200)] | None = None
    observations: Annotated[tuple[Observation, ...], Meta(max_length=500)] | None = None
    current_medications: Annotated[tuple[CurrentMedication, ...], Meta(max_length=100)] | None = None
    guardian: Guardian | None = None


class Component(_Part, frozen=True, kw_only=True):
    """What one dosage unit of a combination holds of one ingredient."""

    name: Word
    value: Amount | None = None
    unit: Words | None = None


class Item(_Part, frozen=True, kw_only=True):
    """One line of the prescription."""

    line: Line
    drug: Drug
    form: Words | None = None
    strength: Quantity | None = None
    components: Annotated[tuple[Component, ...], Meta(max_length=50)] | None = None
    concentration: Quantity | Words | None = None
    dose: Quantity | None = None
    per: Quantity | None = None
    max_per_day: Quantity | None = None
    route: Words | None = None
    frequency: Words | None = None
    as_needed: bool | None = None
    days: Span | None = None
    quantity: Quantity | None = None
    group: int | Words | None = None
    skin_test: Words | None = None
    purpose: Words | None = None
    instructions: Words | None = None


class Herbal(_Part, frozen=True, kw_only=True):
    """What holds for a whole decoction; the items then carry grams per dose."""

    doses: Span | None = None
    per_day: PerDay | None = None
    usage: Words | None = None
    disease: Words | None = None
    syndrome: Words | None = None


class Reasons(_Part, frozen=True, kw_only=True):
    """The prescriber's stated reasons and double signature."""

    over_supply: Words | None = None
    double_signed_by: Words | None = None


class Visit(_Part, frozen=True, kw_only=True):
    """Evidence of internet care."""

    revisit: bool | None = None
    offline_record: Words | None = None


class Programme(_Part, frozen=True, kw_only=True):
    """Programmes the prescription is written under."""

    cancer_pain_file: bool | None = None
    consent: bool | None = None
    long_term_evaluated: bool | None = None
    patient_confirmed: bool | None = None


class Address(_Part, frozen=True, kw_only=True):
    """Where to deliver."""

    text: Words | None = None
    region: Annotated[str, Meta(max_length=200)] | None = None
    contact: Words | None = None
    phone: Words | None = None


class Routing(_Part, frozen=True, kw_only=True):
    """Where the patient wants it dispensed."""

    nominated: Annotated[tuple[Word, ...], Meta(max_length=20)] | None = None
    delivery: Literal["pickup", "delivery"] | None = None
    address: Address | Words | None = None
    consent: bool | None = None


class Issue(_Part, frozen=True, kw_only=True):
    """One supply of a repeat, to be claimed from `start` to `end`, both days included."""

    issue: Annotated[int, Meta(ge=1, le=MOST_ISSUES)]
    start: Day
    end: Day


class Repeat(_Part, frozen=True, kw_only=True):
    """A long-term prescription that is supplied in parts: each issue hands out an equal part of what is written."""

    total: Annotated[int, Meta(ge=2, le=MOST_ISSUES)]
    issues: Annotated[tuple[Issue, ...], Meta(min_length=2, max_length=MOST_ISSUES)]


class Prescription(_Part, frozen=True, kw_only=True):
    """A prescription as posted."""

    format: Literal["rx/1"]
    number: Number
    revision: Annotated[int, Meta(ge=1, le=9999)]
    kind: Literal["western", "herbal"]
    setting: Literal["outpatient", "emergency", "inpatient", "internet", "home"]
    long_term: bool | None = None
    fee_type: Words | None = None
    visit_number: Words | None = None
    issued_at: Moment
    institution: Institution
    department: Coded | None = None
    prescriber: Prescriber
    patient: Patient
    diagnoses: Annotated[tuple[Coded, ...], Meta(max_length=100)] | None = None
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=50)]
    herbal: Herbal | None = None
    reasons: Reasons | None = None
    visit: Visit | None = None
    programme: Programme | None = None
    routing: Routing | None = None
    repeat: Repeat | None = None
    signature: Words | None = None
