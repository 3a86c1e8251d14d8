"""Common units, routes and frequencies in words that patients read. Exact words only; the rest stays as written."""

from collections.abc import Mapping

from django.utils.translation import get_language

Words = Mapping[str, tuple[str, str]]

HOW_OFTEN: Words = {
    "qd": ("每日1次", "once a day"), "bid": ("每日2次", "twice a day"), "tid": ("每日3次", "three times a day"),
    "qid": ("每日4次", "four times a day"), "qn": ("每晚1次", "once every night"), "hs": ("睡前", "at bedtime"),
    "qod": ("隔日1次", "every other day"), "qw": ("每周1次", "once a week"), "biw": ("每周2次", "twice a week"),
    "q4h": ("每4小时1次", "every 4 hours"), "q6h": ("每6小时1次", "every 6 hours"), "q8h": ("每8小时1次", "every 8 hours"),
    "q12h": ("每12小时1次", "every 12 hours"), "prn": ("需要时", "when needed"), "once": ("仅1次", "once only"),
    "st": ("立即", "at once"), "ac": ("饭前", "before meals"), "pc": ("饭后", "after meals"),
    "qm": ("每月1次", "once a month"), "qam": ("每日早晨", "every morning"),
}  # fmt: skip
ROUTES: Words = {
    "oral": ("口服", "by mouth"), "po": ("口服", "by mouth"), "sublingual": ("舌下含服", "under the tongue"),
    "inhalation": ("吸入", "inhale"), "nasal": ("喷鼻", "into the nose"), "ophthalmic": ("滴眼", "into the eye"),
    "otic": ("滴耳", "into the ear"), "topical": ("外用", "on the skin"), "transdermal": ("贴皮肤", "patch on the skin"),
    "rectal": ("直肠给药", "into the rectum"), "vaginal": ("阴道给药", "into the vagina"),
    "subcutaneous": ("皮下注射", "under the skin"), "intramuscular": ("肌内注射", "into a muscle"),
    "intravenous": ("静脉给药", "into a vein"),
}  # fmt: skip
UNITS: Words = {
    "tablet": ("片", "tablets"), "capsule": ("粒", "capsules"), "sachet": ("袋", "sachets"), "bottle": ("瓶", "bottles"),
    "box": ("盒", "boxes"), "vial": ("支", "vials"), "ampoule": ("支", "ampoules"), "drop": ("滴", "drops"),
    "puff": ("喷", "puffs"), "patch": ("贴", "patches"), "suppository": ("枚", "suppositories"), "unit": ("单位", "units"),
}  # fmt: skip


def word(table: Words, text: str) -> str:
    """The word for a code in the page's language."""
    found = table.get(text.strip().casefold())
    return text if found is None else found[get_language() == "en"]
