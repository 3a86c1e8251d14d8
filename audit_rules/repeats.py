"""What a repeat must be beyond its types: whole, in order, of a long-term prescription with quantities to divide."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from audit_rules.problems import Problem, join, shown
from audit_rules.report import Text
from audit_rules.rx1 import Prescription

_ORDER = Text("各期须依次排列且不重叠", "the issues follow one another without overlap")


def consistent(document: Prescription) -> bool:
    """The quick twin of `problems` for a document whose types are right."""
    repeat = document.repeat
    if repeat is None:
        return True
    issues = repeat.issues
    return (
        document.long_term is True
        and [i.issue for i in issues] == list(range(1, repeat.total + 1))
        and all(i.start <= i.end for i in issues)
        and all(before.end < after.start for before, after in pairwise(issues))
        and all(item.quantity is not None and item.quantity.value is not None for item in document.items)
    )


def problems(value: dict[str, Any]) -> Iterator[Problem]:
    """What breaks the above, in a JSON value that may break the schema too."""
    repeat = value.get("repeat")
    if not isinstance(repeat, dict):
        return
    if value.get("long_term") is not True:
        words = Text("分期调配只用于长期处方", "only a long-term prescription is supplied in issues")
        yield Problem("$.long_term", shown(value.get("long_term")), "true", words)
    yield from _issues(repeat)
    items = value.get("items")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        quantity = item.get("quantity") if isinstance(item, dict) else None
        if not isinstance(quantity, dict) or quantity.get("value") is None:
            words = Text("分期调配须写明总量", "a quantity is needed to be divided among the issues")
            yield Problem(join(join("$.items", index), "quantity"), shown(quantity), "value and unit", words)


def _issues(repeat: dict[str, Any]) -> Iterator[Problem]:
    total, issues = repeat.get("total"), repeat.get("issues")
    if not isinstance(issues, list) or not isinstance(total, int):
        return
    numbers = [i.get("issue") if isinstance(i, dict) else None for i in issues]
    if numbers != list(range(1, total + 1)):
        words = Text(
            "期号须为1至总期数,依次各一次", "the issues are numbered 1 to total, each once, in order"
        )
        yield Problem("$.repeat.issues", shown(numbers), f"1 to {total}", words)
    last = ""
    for index, issue in enumerate(issues):
        if not isinstance(issue, dict):
            continue
        path = join("$.repeat.issues", index)
        start, end = issue.get("start"), issue.get("end")
        if not isinstance(start, str) or not isinstance(end, str):
            continue
        if end < start:
            words = Text("止期早于起期", "it ends before it starts")
            yield Problem(f"{path}.end", shown(end), f">= {start}", words)
        elif start <= last:
            yield Problem(f"{path}.start", shown(start), f"> {last}", _ORDER)
        last = max(last, end)
