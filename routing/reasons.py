"""Coded reasons of dispensers, in both languages. No free text: it would carry personal data into the ledger."""

from rxcenter.errors import Invalid, Words

DECLINE = {
    "out_of_stock": Words("缺货", "out of stock"),
    "not_stocked": Words("不经营该药品", "not stocked here"),
    "closed": Words("暂停营业", "closed"),
    "cannot_deliver": Words("无法配送", "cannot deliver"),
    "clinical_query": Words("用药疑问", "clinical question"),
    "other": Words("其他", "other"),
}
RETURN = {
    **DECLINE,
    "claimed_by_mistake": Words("误接单", "claimed by mistake"),
    "patient_delayed": Words("患者改日取药", "the patient will come later"),
    "patient_request": Words("患者要求换机构", "the patient wants another dispenser"),
}


def checked(code: str, allowed: dict[str, Words]) -> str:
    """The code itself; Invalid naming the allowed ones otherwise."""
    if code not in allowed:
        problem = {
            "path": "$.reason",
            "found": code[:60],
            "allowed": ", ".join(allowed),
            "message": {"zh": "理由代码不在列表中", "en": "not one of the reason codes"},
        }
        raise Invalid(Words("理由代码不在列表中", "not one of the reason codes"), problems=[problem])
    return code
