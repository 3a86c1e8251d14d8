"""The patient as a rule sees them on the day of issue."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from audit_rules import kidney
from audit_rules.icd import Coded, code_of, coded
from audit_rules.knowledge.lab_rows import LabUnit
from audit_rules.memo import lazily
from audit_rules.names import plain
from audit_rules.rx1 import Allergy, Prescription

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

CHILDBEARING = range(10, 60)  # years; outside it a female patient without a record counts as not pregnant
# ICD-10: pregnant state and its supervision, and what only an ongoing pregnancy has (O10-O16, O20-O48, preterm labour)
PREGNANT = (
    "Z33", "Z34", "Z35", "Z36", "O09", "O1", "O2", "O30", "O31", "O32", "O33", "O34", "O35", "O36", "O4", "O60",
)  # fmt: skip
NURSING = ("Z391", "O91", "O92")  # care of a nursing mother, disorders of the breast and of lactation


class Lab(NamedTuple):
    """A laboratory value in the unit of its code; `formula` names how it was computed, None = measured."""

    value: Decimal
    unit: str
    at: datetime
    formula: str | None = None

    def evidence(self, name: str) -> dict[str, str]:
        """The value with unit and date, as a finding shows it."""
        said = f"{self.value} {self.unit} ({self.at.date().isoformat()})"
        return {name: f"{said}, {self.formula}" if self.formula else said}


class Patient:
    """Immutable; everything but the document is worked out on first use."""

    def __init__(self, document: Prescription, catalogue: "Catalogue", today: date) -> None:
        self._document = document
        self._raw = raw = document.patient
        self._lab_units: dict[tuple[str, str], LabUnit] = catalogue.lab_units
        self._diagnosis_names = catalogue.diagnosis_names
        self._today = today
        self.sex: str = raw.sex
        self.birth_date: date = raw.birth_date

    @lazily
    def weight_kg(self) -> Decimal | None:
        """Body weight; None where it is not sent."""
        return _positive(self._raw.weight_kg)

    @lazily
    def height_cm(self) -> Decimal | None:
        """Height; None where it is not sent."""
        return _positive(self._raw.height_cm)

    @property
    def allergies(self) -> tuple[Allergy, ...]:
        """As recorded in this document."""
        return self._raw.allergies or ()

    @lazily
    def age_days(self) -> int:
        """Days since birth."""
        return (self._today - self.birth_date).days

    @lazily
    def age_years(self) -> int:
        """Completed years."""
        today, born = self._today, self.birth_date
        months = today.month - born.month
        return today.year - born.year - (months < 0 or (months == 0 and today.day < born.day))

    @lazily
    def bsa(self) -> Decimal | None:
        """Body surface in m2 by Mosteller; None without weight or height."""
        if self.weight_kg is None or self.height_cm is None:
            return None
        return round((self.weight_kg * self.height_cm / 3600).sqrt(), 2)

    @lazily
    def pregnant(self) -> bool | None:
        """None where nobody recorded it. A pregnancy code counts where the record is silent."""
        record = self._raw.pregnancy
        if self.sex == "male":
            return False
        if record is not None and record.status in ("yes", "no"):
            return record.status == "yes"
        if any(code.startswith(PREGNANT) for code in self.codes):
            return True
        return None if self.age_years in CHILDBEARING else False

    @lazily
    def lactating(self) -> bool | None:
        """None where nobody recorded it. A code of nursing counts where the record is silent."""
        if self._raw.lactating is None and self.sex != "male":
            return True if any(code.startswith(NURSING) for code in self.codes) else None
        return self._raw.lactating

    @lazily
    def pregnancy_weeks(self) -> int | None:
        """Completed weeks, while pregnant and recorded."""
        record = self._raw.pregnancy
        return record.weeks if self.pregnant and record is not None else None

    @lazily
    def trimester(self) -> int | None:
        """1 up to week 13, 2 up to week 27, then 3; None where the weeks are not known."""
        weeks = self.pregnancy_weeks
        return None if weeks is None else 1 if weeks < 14 else 2 if weeks < 28 else 3

    @lazily
    def coded(self) -> Coded:
        """All codes of conditions and diagnoses, sorted out."""
        said, diagnosed = self._raw.conditions, self._document.diagnoses or ()
        posted = (*said, *diagnosed) if said else diagnosed
        names = self._diagnosis_names
        return coded(tuple([code for each in posted if (code := each.code or code_of(each, names))]))

    @property
    def conditions(self) -> tuple[str, ...]:
        """All ICD-10 codes of conditions and diagnoses, as written in capitals, each once."""
        return self.coded.written

    @lazily
    def codes(self) -> tuple[str, ...]:
        """`conditions` that are present, without dots: no family history, no past disease."""
        return self.coded.present

    @lazily
    def heads(self) -> frozenset[str]:
        """What `codes` may start with, up to three characters: a quick no before they are compared."""
        return self.coded.heads

    @property
    def past_codes(self) -> tuple[str, ...]:
        """Family history and past disease, without dots."""
        return self.coded.past

    @property
    def lab_codes(self) -> Collection[str]:
        """The codes that `lab` has a value of."""
        return self._labs.keys()

    def lab(self, code: str, max_age_days: int | None = None) -> Lab | None:
        """The newest value of this code up to the moment of issue, in the unit of the code; None without one.

        A value whose unit is not known for its code is no value. `max_age_days` leaves older values out.
        """
        found = self._labs.get(code)
        if found is None or max_age_days is None:
            return found
        return found if self._document.issued_at - found.at <= timedelta(days=max_age_days) else None

    @lazily
    def _labs(self) -> dict[str, Lab]:
        newest: dict[str, Lab] = {}
        if not self._raw.observations:
            return newest
        issued_at = self._document.issued_at
        for seen in self._raw.observations:
            if seen.value is None or seen.at is None or seen.at > issued_at:
                continue
            code = plain(seen.code)
            unit = self._lab_units.get((code, plain(seen.unit or "")))
            if unit is not None and (code not in newest or newest[code].at < seen.at):
                factor = unit.factor
                newest[code] = Lab(seen.value if factor == 1 else seen.value * factor, unit.unit, seen.at)
        return newest

    def egfr(self, max_age_days: int | None = None) -> Lab | None:
        """eGFR in mL/min/1.73m2: measured, else from creatinine (see kidney.py)."""
        creatinine = self.lab("creatinine", max_age_days)
        found = self.lab("egfr", max_age_days)
        if found is not None and (creatinine is None or creatinine.at <= found.at):
            return found
        computed = (
            kidney.egfr(creatinine.value, self.age_years, self.sex, self.height_cm) if creatinine else None
        )
        if creatinine is None or computed is None:
            return found
        return Lab(computed[0], "mL/min/1.73m2", creatinine.at, computed[1])

    def crcl(self, max_age_days: int | None = None) -> Lab | None:
        """Creatinine clearance in mL/min: measured, else Cockcroft-Gault from creatinine, age and weight
        (adults).
        """
        found, creatinine = self.lab("crcl", max_age_days), self.lab("creatinine", max_age_days)
        if found is not None and (creatinine is None or creatinine.at <= found.at):
            return found
        if creatinine is None or self.weight_kg is None:
            return found
        computed = kidney.crcl(creatinine.value, self.age_years, self.sex, self.weight_kg)
        return Lab(computed, "mL/min", creatinine.at, "Cockcroft-Gault") if computed is not None else found


def _positive(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value > 0 else None
