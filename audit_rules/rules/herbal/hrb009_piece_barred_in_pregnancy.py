"""HRB009."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

LEVELS = {
    "forbidden": (Text("妊娠禁用", "forbidden in pregnancy"), Severity.CRITICAL),
    "caution": (Text("妊娠慎用", "to be used with caution in pregnancy"), Severity.MAJOR),
}


@rule(
    id="HRB009",
    title=Text("饮片妊娠禁忌", "decoction piece barred in pregnancy"),
    category="herbal_pregnancy",
    severity=Severity.CRITICAL,
    release=Release.DOUBLE_SIGN,
    sources=("chp-2020", "cn-pieces-2007"),
    refs=("CN-TCM-003",),
    ingredients=lambda catalogue: (
        frozenset(catalogue.table("herb_pregnancy")) | frozenset(catalogue.table("oppositions").inside)
    ),
)
def piece_barred_in_pregnancy(case: Case) -> Iterator[Hit | Gap]:
    """A piece that the pharmacopoeia forbids (禁用) or restricts (慎用) in pregnancy, for a pregnant woman.

    Why it matters: these pieces move blood, purge or poison; abortion and malformation are described.
    What to do: choose another piece, or sign again. A patent medicine that holds a forbidden piece goes to a pharmacist,
    unless its own label speaks of pregnancy: then PRG001 says what the label says.
    """
    if case.patient.pregnant is False:
        return
    table = case.catalogue.table("herb_pregnancy")
    inside, labelled = (
        case.catalogue.table("oppositions").inside,
        case.catalogue.table("pregnancy").ingredients,
    )
    for item in case.items:
        for key in item.ingredients:
            pieces = [p for p in inside.get(key, (key,)) if p in table]
            strict = [p for p in pieces if table[p].level == "forbidden"]
            if not pieces or (key in inside and (not strict or key in labelled)):
                continue
            piece = (strict or pieces)[0]
            if case.patient.pregnant is None:
                if strict:
                    yield _gap(case, item.line, key)
                continue
            yield _hit(case, item.line, key, piece, table[piece].level)


def _gap(case: Case, line: int, key: str) -> Gap:
    name = named(case, (key,))
    return Gap(
        lines=(line,),
        reason="pregnancy_unknown",
        message=Text(
            f"妊娠状态未知，{name.zh}(妊娠禁用)未核对", f"pregnancy not recorded: {name.en} not checked"
        ),
        holds=False,
    )


def _hit(case: Case, line: int, key: str, piece: str, level: str) -> Hit:
    what, severity = LEVELS[level]
    name = named(case, (key,))
    held = Text("", "") if piece == key else Text(f"(含{named(case, (piece,)).zh})", f" (holds {piece})")
    weeks = case.patient.pregnancy_weeks
    return Hit(
        lines=(line,),
        drugs=(key,),
        message=Text(f"{name.zh}{held.zh}{what.zh}", f"{name.en}{held.en} is {what.en}"),
        action=Text("更换；确需使用者医师再次签名(双签字)。", "Choose another; if truly meant, sign again."),
        evidence={"pregnant": "yes" if weeks is None else f"week {weeks}", "level": level},
        severity=severity if piece == key else Severity.MAJOR,
    )
