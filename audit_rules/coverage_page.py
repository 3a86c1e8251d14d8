"""The coverage as a page, made from the tables: `docs/coverage.md`. Never written by hand."""

from audit_rules.catalogue import Catalogue
from audit_rules.coverage import Facts, facts, mark, summary
from audit_rules.knowledge.coverage_rows import EXPECTED, KINDS

HEAD = """# 审核覆盖 / Coverage

本页由 `python -m audit_rules coverage --page` 自动生成, 请勿手工修改。 / Generated; do not edit by hand.

哪些成分有哪一类审核事实; 类别上的事实计入其成员。 / Which ingredients have facts of which kind of check; a fact on a class is a
fact on its members. ● 依据已打开阅读 read · ○ 依据凭记忆, 待核 recalled, to be verified · – 不需要, 有理由 not needed, with
a reason · × 应有而无 expected and missing · 空白 blank: 说明书或名单未提及危险 no danger is named
"""
SIGNS = {"read": "●", "recalled": "○", "reason": "–"}


def page(catalogue: Catalogue) -> str:
    """The whole page as Markdown."""
    found = facts(catalogue)
    return "\n".join([HEAD, *_summary(found), *_matrix(catalogue, found), *_reasons(catalogue), ""])


def _summary(found: dict[str, dict[str, Facts]]) -> list[str]:
    lines = [
        f"## 汇总 / Summary of {len(found)} ingredients\n",
        "| 审核 check | ● | ○ | – | 无 none |",
        "|---|---|---|---|---|",
    ]
    for kind, (name, _) in KINDS.items():
        n = summary(found, kind)
        lines.append(
            f"| {name.zh} {name.en} | {n['read']} | {n['recalled']} | {n['reason']} | {n['missing']} |"
        )
    return [*lines, ""]


def _matrix(catalogue: Catalogue, found: dict[str, dict[str, Facts]]) -> list[str]:
    keys = catalogue.table("most_prescribed")
    lines = [
        f"## 最常用的 {len(keys)} 种成分 / The {len(keys)} most prescribed\n",
        "| | " + " | ".join(name.zh for name, _ in KINDS.values()) + " |",
        "|---|" + "---|" * len(KINDS),
    ]
    for key in keys:
        cells = (_cell(kind, found[key][kind]) for kind in KINDS)
        lines.append(f"| {catalogue.ingredients[key].zh} {key} | {' | '.join(cells)} |")
    return [*lines, ""]


def _cell(kind: str, fact: Facts) -> str:
    return SIGNS.get(mark(fact), "×" if kind in EXPECTED else "")


def _reasons(catalogue: Catalogue) -> list[str]:
    lines = ["## 不需要的理由 / Why not\n"]
    for kind, rows in sorted(catalogue.table("not_needed").items()):
        name = KINDS[kind][0]
        lines += [f"- {name.zh} {name.en}, `{row.scope}`: {row.zh} / {row.en}" for row in rows]
    lines.append(
        "- 成人剂量 adult dose: 各行自己的备注, `doses.csv` 中 basis = none / the note of the row whose basis is none"
    )
    return lines
