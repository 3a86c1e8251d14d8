"""How much, how often, how long: the limits of one ingredient as lines of its page."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.formulary.words import Words, amount, diseases, severity
from audit_rules.knowledge.dose_rows import Age, DoseLimit, RenalBand
from audit_rules.knowledge.herbal_rows import HerbLimit
from audit_rules.wording import number

POPULATION = {"adult": "成人 adult", "child": "儿童 child", "geriatric": "老年 old age"}
BASIS = {"total": "", "kg": "/kg", "m2": "/m²", "none": ""}
AGE = {"d": "日 d", "w": "周 w", "m": "月 mo", "y": "岁 y"}
STATES = {
    "cirrhosis": "肝硬化 cirrhosis",
    "child_b": "Child-Pugh B",
    "failure": "肝衰竭 liver failure",
    "active": "活动性肝病 active disease",
}
VERDICT = {"ok": "不需调整 no change", "max": "每日 daily ≤", "adjust": "调整 adjust", "avoid": "避免 avoid"}
METRIC = {"egfr": "eGFR", "crcl": "CrCl"}
TOXICITY = {"very_toxic": "大毒 very toxic", "toxic": "有毒 toxic", "slightly_toxic": "小毒 slightly toxic"}


def lines(key: str, words: Words) -> Iterator[str]:
    """Every limit of an ingredient."""
    table = words.catalogue.table
    for dose in table("doses").get(key, ()):
        yield f"- {_dose(dose, words)}"
    if limit := table("herb_limits").get(key):
        yield f"- {_herb(limit, words)}"
    if piece := table("toxic_pieces").get(key):
        use = f"每日 daily ≤ {number(piece.max_daily_g)} g" if piece.internal else "不可内服 not by mouth"
        yield f"- 毒性药品 toxic drug by law: {use} {words.source(piece.source)}"
    for row in table("frequency_limits").get(key, ()):
        least = f" {number(row.min_single)} {row.unit} 起 or more" if row.min_single else ""
        yield (
            f"- 频次 frequency {words.routes(row.routes)}{least}: {_times(row.times, row.days, '≤')} — "
            + _why(row.zh, row.en, row.source, words)
        )
    for row in table("frequency_floors").get(key, ()):
        yield f"- 频次 frequency {words.routes(row.routes)}: {_times(row.times, row.days, '≥')} — " + _why(
            row.zh, row.en, row.source, words
        )
    for row in table("durations").get(key, ()):
        yield f"- 疗程 duration {words.routes(row.routes)}: ≤ {number(row.max_days)} 日 d — " + _why(
            row.zh, row.en, row.source, words
        )
    for row in table("reductions").get(key, ()):
        yield f"- 减量标准 reduced dose: {_why(row.zh, row.en, row.source, words)}"


def organs(key: str, words: Words) -> Iterator[str]:
    """What kidney and liver ask."""
    for band in words.catalogue.table("renal").get(key, ()):
        yield f"- {_renal(band, words)}"
    for row in words.catalogue.table("hepatic").get(key, ()):
        states = "、".join(STATES.get(state, state) for state in row.states)
        most = f" {amount(row.daily_max, row.unit)}" if row.daily_max is not None else ""
        yield (
            f"- 肝 liver, {words.routes(row.routes)}, {states}: {VERDICT[row.verdict]}{most} "
            f"({severity(row.severity)}) — {_why(row.zh, row.en, row.source, words)}"
        )


def _dose(row: DoseLimit, words: Words) -> str:
    who = [POPULATION.get(row.population, row.population), _ages(row.age_from, row.age_to)]
    who += [words.routes(row.routes), diseases(row.icd)]
    if row.max_days is not None:
        who.append(f"疗程 course ≤ {number(row.max_days)} 日 d")
    unit = row.unit + BASIS[row.basis]
    shown = [
        f"{name} {amount(value, in_unit)}"
        for name, value, in_unit in (
            ("单次 single ≤", row.single_max, unit),
            ("每日 daily ≤", row.daily_max, unit),
            ("单次封顶 single cap", row.single_cap, row.unit),
            ("每日封顶 daily cap", row.daily_cap, row.unit),
            ("每日 daily ≥", row.daily_min, unit),
        )
        if value is not None
    ]
    said = "; ".join([*shown, *([row.note] if row.note else [])])
    return f"{', '.join(filter(None, who))}: {said} {words.source(row.source)}"


def _ages(low: Age | None, high: Age | None) -> str:
    parts = [f"≥ {low.value} {AGE[low.unit]}"] if low else []
    return " ".join([*parts, *([f"< {high.value} {AGE[high.unit]}"] if high else [])])


def _renal(row: RenalBand, words: Words) -> str:
    high = f"~{number(row.to)}" if row.to is not None else "+"
    most = f" {amount(row.daily_max, row.unit)}" if row.daily_max is not None else ""
    times = f", {number(row.times)} 次/日 a day" if row.times is not None else ""
    codes = f", {diseases(row.icd)}" if row.icd else ""
    said = f"{METRIC[row.metric]} {number(row.from_)}{high}: {VERDICT[row.verdict]}{most}{times}"
    if row.severity is None:
        return f"肾 kidney, {words.routes(row.routes)}{codes}, {said} {words.source(row.source)}"
    why = _why(row.zh, row.en, row.source, words)
    return f"肾 kidney, {words.routes(row.routes)}{codes}, {said} ({severity(row.severity)}) — {why}"


def _herb(row: HerbLimit, words: Words) -> str:
    poison = f", {TOXICITY.get(row.toxicity, row.toxicity)}" if row.toxicity else ""
    return f"药典用量 pharmacopoeia: {number(row.min_g)}~{number(row.max_g)} g 每日 a day{poison} {words.source(row.source)}"


def _times(times: Decimal, days: Decimal, sign: str) -> str:
    return f"{sign} {number(times)} 次 / {number(days)} 日 times in days"


def _why(zh: str, en: str, source: str, words: Words) -> str:
    return f"{zh} / {en} {words.source(source)}"
