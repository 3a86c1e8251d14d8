"""A drug that needs a kidney function, in a patient without one."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import RenalBand
from audit_rules.organs import STALE, Kidney, at_risk, bands_for, inside, kidney
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="REN004",
    title=Text("缺少肾功能", "Kidney function is not known"),
    category="renal",
    severity=Severity.MAJOR,
    refs=("CN-APP-012",),
    ingredients=lambda catalogue: frozenset(
        key for key, rows in catalogue.table("renal").items() if any(row.serious for row in rows)
    ),
    sources=("cn-audit-dose",),
)
def kidney_function_unknown(case: Case) -> Iterator[Hit | Gap]:
    """A drug with a serious renal limit where the kidney function is missing, older than a year, or only a stage.

    It holds only in patients whose kidneys may not be taken for healthy: from 75 years, or with a coded kidney
    disease. In others nothing is said.

    Why it matters: an old person's normal creatinine hides half the kidney function.
    What to do: send eGFR or creatinine with its date; measure it where it is older than a year.
    """
    if not at_risk(case):
        return
    for use in case.uses:
        rows = bands_for(case, use)
        if not any(row.serious for row in rows):
            continue
        reason = _why(kidney(case, rows[0].metric), rows)
        if reason:
            yield _gap(case, use, reason)


def _why(found: Kidney | None, rows: tuple[RenalBand, ...]) -> str | None:
    if found is None:
        return "lab_missing"
    if found.days_old > STALE:
        return "lab_stale"
    met = {band.verdict for band in rows if inside(band, found)}
    return "lab_missing" if "ok" in met and len(met) > 1 else None


def _gap(case: Case, use: Use, reason: str) -> Gap:
    drug = named(case, (use.ingredient,))
    zh, en = ("缺少", "is missing") if reason == "lab_missing" else ("已超过一年", "is older than a year")
    return Gap(
        lines=(use.line,),
        reason=reason,
        message=Text(
            f"{drug.zh}须按肾功能用药，肾功能{zh}，未能核对",
            f"{drug.en} is dosed by kidney function, which {en}; not checked",
        ),
        holds=True,
    )
