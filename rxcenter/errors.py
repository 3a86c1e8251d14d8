"""Refusals: one small family, raised where the reason is known, turned into HTTP in rxcenter/api/problems.py only."""

from typing import Any, ClassVar, NamedTuple


class Words(NamedTuple):
    """A sentence for people, in both languages."""

    zh: str
    en: str


class Refused(Exception):
    """A request that is understood and not carried out; nothing was changed.

    `slug` names the problem type (published at /problems/<slug>), `status` is the HTTP status,
    `words` say why in zh and en, `extra` are members of the problem document (never personal data).
    """

    slug: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, words: Words, **extra: Any) -> None:
        super().__init__(words.en)
        self.words = words
        self.extra = extra


class NotFound(Refused):
    """The object does not exist, or belongs to somebody else: the answer is the same."""

    slug, status = "not-found", 404

    def __init__(self) -> None:
        super().__init__(Words("没有这个对象,或不属于本机构", "no such object, or it is not yours"))


class Forbidden(Refused):
    slug, status = "forbidden", 403


class WrongState(Refused):
    """The move is not allowed from the present state."""

    slug, status = "wrong-state", 409


class ReasonNeeded(Refused):
    slug, status = "reason-needed", 422


class Conflict(Refused):
    slug, status = "conflict", 409


class Invalid(Refused):
    """The request body breaks the contract; `problems` list every fault by its JSON path."""

    slug, status = "invalid", 422
