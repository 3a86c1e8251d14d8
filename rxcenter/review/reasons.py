"""The coded reasons of pharmacists, in the order of their keys (1…9). Texts in both languages: they are data."""

from typing import NamedTuple

from rxcenter.errors import Words


class Reason(NamedTuple):
    """One coded reason. `needs_note`: the code alone says too little, a note is asked for."""

    code: str
    words: Words
    needs_note: bool = False


# Why a finding does not stand in the way of this prescription. None of them is "no reason".
RELEASES = (
    Reason("benefit", Words("获益大于风险,已安排监测", "benefit outweighs the risk, monitoring arranged")),
    Reason("tolerated", Words("长期同用,耐受良好", "long used together and well tolerated")),
    Reason("prescriber_confirmed", Words("已与医师沟通确认", "confirmed with the prescriber")),
    Reason(
        "checked_patient",
        Words("已核对检验值与剂量,适合本患者", "values and dose checked, right for this patient"),
    ),
    Reason("no_alternative", Words("无更合适的替代药", "no better alternative")),
    Reason("short_use", Words("单次或短期使用", "single or short use")),
    Reason("specialist", Words("专科方案或指南支持", "specialist regimen or guideline")),
    Reason("data_outdated", Words("依据的数据已过期或有误", "the data behind it are outdated or wrong")),
    Reason("not_applicable", Words("规则不适用于该患者", "the rule does not apply to this patient")),
)
# How a pharmacist made good what the engine could not check.
GAPS = (
    Reason(
        "checked_by_hand",
        Words("已人工核对药品、剂量与相互作用", "drug, dose and interactions checked by hand"),
    ),
    Reason(
        "prescriber_told", Words("已向医师询问缺失的信息", "the missing facts were asked of the prescriber")
    ),
    Reason("not_a_medicine", Words("非药品(耗材、敷料等)", "not a medicine (supplies, dressings)")),
)
RETURNS = (
    Reason("interaction", Words("相互作用:请调整联合用药", "interaction: change the combination")),
    Reason("dose", Words("剂量、频次或疗程不当", "dose, frequency or duration is wrong")),
    Reason("contraindicated", Words("禁忌或过敏:请换药", "contraindicated or allergic: change the drug")),
    Reason("duplicate", Words("重复用药", "duplicate treatment")),
    Reason("indication", Words("适应证与诊断不符", "the diagnosis does not support it")),
    Reason("route", Words("给药途径、剂型或配伍不当", "route, form or mixture is wrong")),
    Reason(
        "missing_facts",
        Words("请补充信息(体重、检验、过敏史等)", "facts are missing (weight, labs, allergies)"),
    ),
    Reason(
        "unknown_drug",
        Words("药品名称无法识别,请更正", "the drug's name is not understood, please correct it"),
    ),
    Reason("other", Words("其他(请说明)", "other (say what)"), needs_note=True),
)
REJECTIONS = (
    Reason("unsafe", Words("用药不安全且无法修改", "unsafe and cannot be made safe by a change")),
    Reason("unlawful", Words("违反法规", "against the law")),
    Reason("wrong_patient", Words("患者信息错误", "wrong patient")),
    Reason("posted_twice", Words("重复提交的处方", "the same prescription was posted before")),
    Reason("withdrawn", Words("医师要求作废", "withdrawn by the prescriber")),
    Reason("other", Words("其他(请说明)", "other (say what)"), needs_note=True),
)


def find(reasons: tuple[Reason, ...], code: str) -> Reason | None:
    """The reason with this code, or None."""
    return next((r for r in reasons if r.code == code), None)


def words(code: str) -> Words:
    """What a stored code says; an unknown one says itself."""
    for reason in (*RELEASES, *GAPS, *RETURNS, *REJECTIONS):
        if reason.code == code:
            return reason.words
    return Words(code, code)
