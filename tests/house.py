"""The house rules as functions: source text in, broken rules out. tests/test_house_rules.py runs them on everything."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("audit_rules", "rxcenter", "routing", "bench", "tests")
LONGEST_FILE = 300
LONGEST_FUNCTION = 39
FORBIDDEN_NAMES = {"services.py", "utils.py", "helpers.py"}
CLOCKS = {
    "timezone.now", "timezone.localtime", "timezone.localdate", "datetime.now", "datetime.utcnow", "datetime.today",
    "date.today", "time.time", "time.time_ns", "datetime.datetime.now", "datetime.date.today",
}  # fmt: skip
# Doors read the clock once and pass the time on; everything below them is told.
DOORS = re.compile(
    r"(^(rxcenter/(api|demo|devstack|health)/|bench/|tests/)|/management/commands/|(^|/)admin[^/]*(/|\.py$)"
    r"|(^|/)(tasks|views|sessions)\.py$|/views/|^rxcenter/jobs/relay[^/]*\.py$)"
)
PUBLISHERS = re.compile(r"^rxcenter/jobs/(relay[^/]*|tasks)\.py$")
PUBLISHING = {"delay", "apply_async", "send_task", "delay_on_commit", "apply_async_on_commit"}


class Writer(NamedTuple):
    """Who alone may write the state of a thing: words that name it in code, its table, and the files allowed."""

    thing: str
    words: re.Pattern[str]
    table: str
    files: tuple[str, ...]


WRITERS = (
    Writer(
        "prescription",
        re.compile(r"prescription|\brx\b", re.IGNORECASE),
        "prescriptions_prescription",
        ("rxcenter/prescriptions/lifecycle.py", "rxcenter/prescriptions/receiving.py"),
    ),
    Writer("order", re.compile(r"order(?!_by)", re.IGNORECASE), "routing_order", ("routing/custody.py",)),
)


def sources(*packages: str) -> Iterator[tuple[str, str]]:
    """(path from the root, text) of every Python file of ours, migrations excepted."""
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def too_long(path: str, text: str) -> list[str]:
    """Files over 300 lines, functions of 40 lines or more."""
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, {LONGEST_FILE} at most"] if lines > LONGEST_FILE else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{path}:{node.lineno} {node.name}: {length} lines, {LONGEST_FUNCTION} at most")
    return found


def ill_named(path: str, text: str = "") -> list[str]:
    """Files whose name says nothing about what they do."""
    return [f"{path}: name the verb or the thing"] if Path(path).name in FORBIDDEN_NAMES else []


def reads_clock(path: str, text: str) -> list[str]:
    """Calls of a clock below the doors. A conversion of a time that is passed in is none."""
    if DOORS.search(path):
        return []
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    found = []
    for call in calls:
        name = ast.unparse(call.func)
        converts = name.startswith("timezone.local") and (call.args or call.keywords)
        if name in CLOCKS and not converts:
            found.append(f"{path}:{call.lineno} {name}(): the door reads the clock and passes the time")
    return found


def publishes(path: str, text: str) -> list[str]:
    """Messages sent to Celery by anyone but the relay: that would hang a request when Redis hangs."""
    if PUBLISHERS.search(path) or path.startswith("tests/"):
        return []
    return [
        f"{path}:{node.lineno} .{node.func.attr}(): write a job, the relay rings"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in PUBLISHING
    ]


def writes_state(path: str, text: str) -> list[str]:
    """Writes of a prescription's or an order's state outside the one file that owns the moves."""
    found = []
    for line, subject in state_writes(ast.parse(text)):
        for writer in WRITERS:
            named = writer.words.search(subject) or writer.table in subject
            if named and path not in writer.files:
                found.append(
                    f"{path}:{line} writes the state of a {writer.thing}; {writer.files[0]} does that"
                )
    return found


def state_writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what it is written on) for assignments, ORM updates and creations, setattr, and SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    yield node.lineno, ast.unparse(target.value)
        elif isinstance(node, ast.Call):
            yield from _call_writes(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for table in re.findall(r"(?is)\b(?:UPDATE|INSERT\s+INTO)\s+\"?(\w+)\"?.*?\bstate\b", node.value):
                yield node.lineno, f"table {table}"


def _call_writes(call: ast.Call) -> Iterator[tuple[int, str]]:
    """`X.objects…update(state=…)`, `.create(state=…)`, `Model(state=…)`, `setattr(x, "state", …)`."""
    name = _chain(call.func)
    given = {keyword.arg for keyword in call.keywords}
    method = name.rsplit(".", 1)[-1]
    if "state" in given and (method in {"update", "create", "get_or_create"} or _is_model(call.func)):
        yield call.lineno, name
    if method == "bulk_update" and any("'state'" in ast.unparse(argument) for argument in call.args):
        yield call.lineno, name
    if name == "setattr" and len(call.args) > 1 and ast.unparse(call.args[1]) == "'state'":
        yield call.lineno, ast.unparse(call.args[0])


def _chain(expression: ast.expr) -> str:
    """`Offer.objects.filter.update` of `Offer.objects.filter(order=x).update`: what is written on, not for whom."""
    if isinstance(expression, ast.Call):
        return _chain(expression.func)
    if isinstance(expression, ast.Attribute):
        return f"{_chain(expression.value)}.{expression.attr}"
    return ast.unparse(expression)


def _is_model(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in {"Prescription", "Order"}


def one_sided(cases: dict) -> list[str]:
    """What a rule's cases lack: at least one that makes it speak and two near misses that leave it silent."""
    speaking = sum(bool(case.get("flags") or case.get("gaps")) for case in cases.values())
    silent = len(cases) - speaking
    missing = [] if speaking else ["no case makes it speak"]
    return missing if silent >= 2 else [*missing, f"{silent} silent cases, two at least"]
