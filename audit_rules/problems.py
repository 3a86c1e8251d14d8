"""Why a document is refused: every problem of it, with its place, what was found and what is allowed."""

from typing import Any, NamedTuple

from audit_rules.report import Text


class Problem(NamedTuple):
    """One reason. `path` is a JSON path (`$.items[0].dose.value`); `found` is cut short and never a whole
    value.
    """

    path: str
    found: str
    allowed: str
    message: Text

    def to_dict(self) -> dict[str, Any]:
        """As it is written for people and machines."""
        return {
            "path": self.path,
            "found": self.found,
            "allowed": self.allowed,
            "message": self.message._asdict(),
        }


class Refused(ValueError):
    """The document is refused; `problems` holds all of them, `number` its number where one could be read."""

    def __init__(self, problems: list[Problem], number: str | None = None) -> None:
        super().__init__("; ".join(f"{p.path}: {p.message.en}" for p in problems[:5]))
        self.problems = problems
        self.number = number


MOST_PROBLEMS = 100


def shown(value: object) -> str:
    """A found value as one short printable line."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return f"list of {len(value)}"
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    text = text.encode("ascii", "backslashreplace").decode() if not text.isprintable() else text
    return text if len(text) <= 60 else text[:57] + "..."


def join(path: str, key: str | int) -> str:
    """The JSON path one step deeper."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if key.isidentifier() and key.isascii() else f"{path}[{shown(key)!r}]"
