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

# About the prescription, never about the pharmacy: that is a return or a split
NOT_SUPPLIED = {
    "clinically_unsuitable": Words("用药不适宜", "clinically unsuitable"),
    "patient_refused": Words("患者拒绝", "the patient does not want it"),
    "patient_died": Words("患者死亡", "the patient has died"),
    "has_enough": Words("患者已有足够药品", "the patient has enough"),
    "prescription_error": Words("处方有误", "an error in the prescription"),
    "duplicate": Words("重复处方", "a duplicate"),
    "not_allowed": Words("不得调配", "may not be dispensed"),
    "no_longer_made": Words("药品已停产或退市", "no longer made"),
}
# Why the placer takes a prescription back
CANCEL = {
    "patient_request": Words("患者要求", "at the patient's request"),
    "prescribing_error": Words("开方错误", "prescribing error"),
    "clinical_change": Words("病情变化", "the clinical situation changed"),
    "medication_changed": Words("改用其他药品", "another medicine was chosen"),
    "duplicate": Words("重复处方", "a duplicate"),
    "admitted": Words("患者住院", "the patient was admitted"),
    "patient_died": Words("患者死亡", "the patient has died"),
    "other": Words("其他", "other"),
}
WITHDRAW = {
    "wrong_patient": Words("患者错误", "wrong patient"),
    "wrong_quantity": Words("数量错误", "wrong quantity"),
    "wrong_item": Words("药品错误", "wrong item"),
    "not_collected": Words("未实际交付", "it was not collected after all"),
    "recorded_twice": Words("重复记录", "recorded twice"),
    "other": Words("其他", "other"),
}
# What proved who received it, where no pickup code was shown
OVERRIDE = {
    "identity_checked": Words("已核对身份证件", "identity document checked"),
    "representative": Words("代取人身份已核对", "a representative, identity checked"),
    "known_patient": Words("熟识患者", "the patient is known here"),
    "signed_receipt": Words("签收单", "a signed receipt"),
}

# Why a courier brought it back
DELIVERY_FAILED = {
    "nobody_there": Words("无人签收", "nobody there"),
    "patient_refused": Words("患者拒收", "the patient refused it"),
    "wrong_address": Words("地址有误", "the address is wrong"),
    "damaged": Words("包装破损", "damaged on the way"),
    "cold_chain_broken": Words("冷链中断", "the cold chain was broken"),
    "other": Words("其他", "other"),
}
# Why a supervisor takes an order from its holder
FORCE_RELEASE = {
    "holder_unreachable": Words("无法联系调配机构", "the dispenser cannot be reached"),
    "holder_closed": Words("调配机构停业", "the dispenser has closed"),
    "system_down": Words("调配机构系统故障", "the dispenser's system is down"),
    "stale": Words("长时间未处理", "nothing has happened for too long"),
    "patient_waiting": Words("患者急需", "the patient cannot wait"),
    "recall": Words("药品召回", "the medicine was recalled"),
    "other": Words("其他", "other"),
}
# What the receiving institution's own pharmacist asks
QUERY = {
    "dose": Words("剂量疑问", "the dose"),
    "interaction": Words("相互作用", "an interaction"),
    "allergy": Words("过敏", "an allergy"),
    "contraindication": Words("禁忌", "a contraindication"),
    "indication": Words("适应证不明", "the indication"),
    "quantity": Words("数量疑问", "the quantity"),
    "illegible": Words("内容不清", "something is unclear"),
    "other": Words("其他", "other"),
}


def checked(code: str, allowed: dict[str, Words], path: str = "$.reason") -> str:
    """The code itself; Invalid naming the allowed ones otherwise."""
    if code not in allowed:
        problem = {
            "path": path,
            "found": code[:60],
            "allowed": ", ".join(allowed),
            "message": {"zh": "理由代码不在列表中", "en": "not one of the reason codes"},
        }
        raise Invalid(Words("理由代码不在列表中", "not one of the reason codes"), problems=[problem])
    return code
