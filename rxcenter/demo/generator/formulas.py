"""The Chinese-medicine formulas of the region, with grams of each piece per dose."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Formula:
    """One Chinese-medicine formula: pieces with grams per dose and footnotes."""

    name: str
    disease: str
    syndrome: str
    diagnosis: tuple[str, str]
    pieces: tuple[tuple[str, int, str], ...] = field(default=())


def _formula(name: str, disease: str, syndrome: str, diagnosis: str, pieces: str) -> Formula:
    found = []
    for piece in pieces.split():
        words, _, note = piece.partition("@")
        digits = "".join(c for c in words if c.isdigit())
        found.append((words.removesuffix(digits), int(digits), note))
    code, _, text = diagnosis.partition(" ")
    return Formula(name, disease, syndrome, (code, text), tuple(found))


FORMULAS = (
    _formula(
        "六君子汤", "胃痞", "脾胃气虚证", "K30 功能性消化不良", "党参9 白术9 茯苓12 炙甘草6 陈皮6 法半夏9"
    ),
    _formula(
        "逍遥散",
        "郁病",
        "肝郁脾虚证",
        "F45.3 躯体形式障碍",
        "柴胡9 当归9 白芍12 白术9 茯苓12 炙甘草6 薄荷6@后下",
    ),
    _formula(
        "银翘散",
        "感冒",
        "风热犯肺证",
        "J06.9 急性上呼吸道感染",
        "金银花12 连翘12 桔梗6 牛蒡子9 薄荷6@后下 淡竹叶6 荆芥9 甘草6",
    ),
    _formula("玉屏风散", "虚劳", "肺卫不固证", "R53 不适和疲劳", "黄芪15 白术9 防风6"),
    _formula("酸枣仁汤", "不寐", "心肝血虚证", "G47.0 失眠", "酸枣仁15 川芎6 知母9 茯苓12 甘草3"),
    _formula("二陈汤", "咳嗽", "痰湿蕴肺证", "J20.9 急性支气管炎", "法半夏9 陈皮9 茯苓12 炙甘草6 紫苏子9"),
    _formula(
        "独活寄生汤", "痹证", "肝肾亏虚证", "M54.5 腰痛", "独活9 桑寄生12 杜仲9 牛膝9 当归9 川芎6 白芍9 甘草3"
    ),
)
HERBAL_WEIGHT = 10
