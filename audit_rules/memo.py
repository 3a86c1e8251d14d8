"""What several rules work out from one case is worked out once."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue
    from audit_rules.items import Use
    from audit_rules.lines import Lines

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def per_case(function: Callable[Concatenate["Case", P], T]) -> Callable[Concatenate["Case", P], T]:
    """Remember the answer on the case. Arguments must be hashable; the answer must not be changed by anybody."""

    def remembered(case: "Case", *args: P.args, **kwargs: P.kwargs) -> T:
        key = (function, args) if args else function
        try:
            return case.memory[key]  # type: ignore[no-any-return]
        except KeyError:
            found = case.memory[key] = function(case, *args, **kwargs)
            return found

    return wraps(function)(remembered)  # type: ignore[return-value]


def per_line(function: Callable[["Use", "Catalogue"], T]) -> Callable[["Use", "Catalogue"], T]:
    """Remember on the use what hangs on its line alone. Lines written alike share their uses, in every case."""

    def remembered(use: "Use", catalogue: "Catalogue") -> T:
        try:
            return use.memory[function]  # type: ignore[no-any-return]
        except KeyError:
            found = use.memory[function] = function(use, catalogue)
            return found

    return wraps(function)(remembered)


class _WithLines(Protocol):
    @property
    def lines(self) -> "Lines":
        """The lines to look at."""


def per_lines(function: Callable[["Lines"], T]) -> Callable[[_WithLines], T]:
    """Remember what hangs on the lines alone, for every case with the same lines. Takes a case or lines."""

    def remembered(case: _WithLines) -> T:
        memory = case.lines.memory
        try:
            return memory[function]  # type: ignore[no-any-return]
        except KeyError:
            found = memory[function] = function(case.lines)
            return found

    return wraps(function)(remembered)


def per_lines_or_case(function: Callable[["Case"], T]) -> Callable[["Case | Lines"], T]:
    """`per_lines` where every ingredient stands once; where one stands twice the patient decides whether the lines add
    up (turns.py), so that it is `per_case`. Lines by themselves may be passed only if nothing repeats.
    """

    def remembered(case: "Case | Lines") -> T:
        memory = case.memory if case.lines.repeats else case.lines.memory
        try:
            return memory[function]  # type: ignore[no-any-return]
        except KeyError:
            found = memory[function] = function(case)  # type: ignore[arg-type]
            return found

    return wraps(function)(remembered)


def listed(
    function: Callable[Concatenate["Case", P], Iterator[T]],
) -> Callable[Concatenate["Case", P], tuple[T, ...]]:
    """`per_case` for a generator: all it yields, as a tuple."""

    def whole(case: "Case", *args: P.args, **kwargs: P.kwargs) -> tuple[T, ...]:
        return tuple(function(case, *args, **kwargs))

    return per_case(wraps(function)(whole))  # type: ignore[arg-type]


class lazily(Generic[S, T]):  # noqa: N801 - it reads as a decorator
    """A property worked out on first use and kept in the instance: `functools.cached_property` without its lock."""

    def __init__(self, function: Callable[[S], T]) -> None:
        self._function = function
        self._name = function.__name__
        self.__doc__ = function.__doc__

    def __get__(self, instance: S, owner: type[S]) -> T:
        found = instance.__dict__[self._name] = self._function(instance)
        return found


Memory = dict[Any, Any]
