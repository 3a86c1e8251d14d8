"""The manual of the rules, made from the rules: `docs/rules.md`. Never written by hand."""

from typing import Any

from audit_rules.catalogue import Catalogue, sources
from audit_rules.engine import BY_SEVERITY
from audit_rules.knowledge.index_rows import PLACES, CommentCode, with_comments
from audit_rules.knowledge.page_rows import RulePage
from audit_rules.report import Release, Severity
from audit_rules.rule import Rule

HEAD = """# 审方规则手册 / Manual of the audit rules

本手册由规则自动生成, 请勿手工修改。 / Generated from the rules by `python -m audit_rules docs`; do not edit by hand.

危急 critical: 阻断处方 / stops the prescription · 严重 major: 须药师决定 / a pharmacist must decide ·
中等 moderate: 显示, 不阻断 / shown, holds nothing · 提示 info: 折叠 / folded away.
A finding may be milder or graver than its rule's usual severity: the row of knowledge it rests on says so.
"""

SEVERITY = {
    Severity.CRITICAL: "危急 critical",
    Severity.MAJOR: "严重 major",
    Severity.MODERATE: "中等 moderate",
    Severity.INFO: "提示 info",
}
RELEASE = {
    Release.NOBODY: "任何人不得放行 nobody",
    Release.RESUBMIT: "修改后重新提交 a new revision",
    Release.COSIGN: "会签 a co-signature",
    Release.DOUBLE_SIGN: "医师双签字 the prescriber signs again",
    Release.REASON: "注明理由 a stated reason",
    Release.PHARMACIST: "药师 a pharmacist",
    Release.TWO_PHARMACISTS: "两名药师 two pharmacists",
}


CATEGORY = {
    "age": "年龄", "allergy": "过敏", "authority": "处方权限", "disease": "疾病禁忌", "dose": "剂量过大", "dose_low": "剂量过小",
    "duplicate": "重复用药", "duration": "疗程", "form": "处方格式", "frequency": "用药频次", "geriatric": "老年用药",
    "hepatic": "肝功能", "herbal_dose": "饮片用量", "herbal_incompatibility": "饮片配伍禁忌",
    "herbal_pregnancy": "饮片妊娠禁忌", "history": "用药史", "indication": "适应证", "insurance": "医保",
    "interaction": "相互作用", "internet": "互联网诊疗", "iv_incompatibility": "静脉配伍", "lab": "检验值",
    "lactation": "哺乳", "legality": "合法性", "pregnancy": "妊娠", "renal": "肾功能", "route": "给药途径", "sex": "性别",
    "skin_test": "皮试",
}  # fmt: skip


def manual(catalogue: Catalogue) -> str:
    """The whole manual as Markdown."""
    cited, pages = sources(), catalogue.table("rule_pages")
    parts = [HEAD]
    for category in sorted({rule.category for rule in catalogue.rules}):
        parts.append(f"\n## {CATEGORY[category]} {category}\n")
        parts += [_page(rule, cited, pages) for rule in catalogue.rules if rule.category == category]
    parts += _index(catalogue)
    return "\n".join(parts)


def listing(catalogue: Catalogue) -> str:
    """Every rule in a line."""
    return "\n".join(
        f"{rule.id} v{rule.version} {rule.category} {rule.severity.word}"
        f"{' retired' if rule.retired else ''}  {rule.title.zh} / {rule.title.en}"
        for rule in catalogue.rules
    )


def _page(rule: Rule, cited: dict[str, dict[str, Any]], pages: dict[str, RulePage]) -> str:
    lifted = rule.release or BY_SEVERITY.get(rule.severity)
    release = f" · 放行 released by: {RELEASE[lifted]}" if lifted else ""
    lines = [
        f"### {rule.id} {rule.title.zh} / {rule.title.en}\n",
        f"{SEVERITY[rule.severity]}{release} · version {rule.version}{' · retired' if rule.retired else ''}\n",
        _chinese(pages.get(rule.id)),
        rule.page.replace("\nWhat to do:", "\n\nWhat to do:") + "\n",
    ]
    if rule.refs:
        lines.append(f"依据条目 implements: {', '.join(with_comments(rule.refs))}\n")
    if rule.sources:
        lines.append("来源 sources:\n")
        lines += [_source(cited.get(key, {}), key) for key in rule.sources]
        lines.append("")
    return "\n".join(lines)


def _chinese(page: RulePage | None) -> str:
    return f"{page.what}\n\n为什么: {page.why}\n\n怎么办: {page.do}\n" if page else ""


def _index(catalogue: Catalogue) -> list[str]:
    """Every rule of law with its place, and the codes of the comment sheet."""
    codes = catalogue.table("comment_codes")
    lines = [
        "\n## 法规条目与所在 / Where every rule of law lives\n",
        "| id | 点评 | 所在 place | |",
        "|---|---|---|---|",
    ]
    for entry in catalogue.table("law_index").values():
        place = PLACES[entry.where]
        note = f"{entry.zh} / {entry.en}" if entry.zh else ""
        lines.append(f"| {entry.ref} | {', '.join(entry.comment)} | {place.zh} {place.en} | {note} |")
    lines += ["\n## 点评代码 / Codes of the comment sheet\n", "| | | |", "|---|---|---|"]
    lines += [f"| {code} | {row.zh} | {row.en} |" for code, row in sorted(codes.items(), key=_by_number)]
    return [*lines, ""]


def _by_number(pair: tuple[str, CommentCode]) -> list[int]:
    return [int(part) for part in pair[0].split("-")]


def _source(entry: dict[str, Any], key: str) -> str:
    where = " ".join(str(entry[name]) for name in ("edition", "article", "section") if entry.get(name))
    return f"- {entry.get('title', key)}{', ' + where if where else ''} (`{key}`)"
