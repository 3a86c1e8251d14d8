"""One cause, one finding: the strongest speaks, the others stay as evidence."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from audit_rules.report import Finding

if TYPE_CHECKING:
    from audit_rules.items import Use


class Caused(NamedTuple):
    """A finding with the names of its cause, and those of greater ones that it is part of where they are found."""

    finding: Finding
    names: tuple[str, ...]
    part_of: tuple[str, ...]
    specific: bool


Group = list[Caused]
Rank = tuple[Any, ...]


def dose_cause(line: int, ingredient: str) -> str:
    """Too much in one line, however many limits it breaks."""
    return f"dose:{line}:{ingredient}"


def dose_causes(use: "Use") -> tuple[str, ...]:
    """The same for each line whose dose is in it."""
    return tuple([dose_cause(line, use.ingredient) for line in use.lines])


def daily_cause(line: int, ingredient: str) -> str:
    """Too much in a day because it is given too often."""
    return f"daily:{line}:{ingredient}"


def pair_cause(one: str, other: str) -> str:
    """Two drugs that harm each other."""
    return "interaction:" + "+".join(sorted((one, other)))


def danger_cause(danger: str, one: str, other: str) -> str:
    """One danger of two drugs, which a stack of several may hold too."""
    return f"{danger}:" + "+".join(sorted((one, other)))


def by_cause(caused: list[Caused]) -> Iterator[Finding]:
    """One finding for all that share a name of their cause. What then speaks for a cause may make it part of another:
    of the first in its list that is found, and never of two, so that two dangers do not become one through a third.
    """
    if _unrelated(caused):
        yield from [one.finding for one in caused]
        return
    groups = _named_alike(caused)
    hosts = {id(group): _host(group, groups) for group in groups.values()}
    merged: dict[int, list[tuple[Rank, Finding]]] = {}
    for group in {id(group): group for group in groups.values()}.values():
        root, seen = group, {id(group)}
        while (host := hosts[id(root)]) is not None and id(host) not in seen:
            root = host
            seen.add(id(root))
        guests = root is not group
        merged.setdefault(id(root), []).extend((_rank(one, guests), one.finding) for one in group)
    for whole in merged.values():
        yield _one(whole) if len(whole) > 1 else whole[0][1]


def _unrelated(caused: list[Caused]) -> bool:
    """The quick answer: no two share a name, and none is part of another."""
    if len(caused) == 1:
        return True
    names = [name for one in caused for name in one.names]
    found = frozenset(names)
    return len(found) == len(names) and all(found.isdisjoint(one.part_of) for one in caused)


def _named_alike(caused: Iterable[Caused]) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for one in caused:
        met = {id(groups[name]): groups[name] for name in one.names if name in groups}
        whole = [each for group in met.values() for each in group] + [one]
        old = [name for name, group in groups.items() if id(group) in met] if met else []
        for name in (*old, *one.names):
            groups[name] = whole
    return groups


def _host(group: Group, groups: dict[str, Group]) -> Group | None:
    speaker = min(group, key=lambda one: _rank(one, guest=False))
    others = (groups[name] for name in speaker.part_of if name in groups)
    return next((other for other in others if other is not group), None)


def _rank(one: Caused, guest: bool) -> Rank:
    """The least speaks: the strongest; of equals a specific one, then one of the cause itself."""
    return (-one.finding.severity, not one.specific, guest, order(one.finding))


def order(finding: Finding) -> tuple[Any, ...]:
    """The order of a report: the worst first."""
    return (
        -finding.severity,
        finding.rule,
        finding.lines,
        finding.drugs,
        finding.message,
        repr(finding.history) if finding.history else "",
    )


def _one(group: list[tuple[Rank, Finding]]) -> Finding:
    """The strongest; lines, drugs, references, sources and short facts of the others are added to it."""
    findings = [finding for _, finding in sorted(group, key=itemgetter(0))]
    strongest, *others = findings
    also = dict.fromkeys(f"{f.rule}: {f.message.en}" for f in others if f != strongest)
    history = {repr(h): h for f in findings for h in f.history}
    return strongest._replace(
        lines=tuple(sorted({line for f in findings for line in f.lines})),
        drugs=tuple(dict.fromkeys(drug for f in findings for drug in f.drugs)),
        history=tuple(history.values()),
        refs=tuple(dict.fromkeys(ref for f in findings for ref in f.refs)),
        evidence={**strongest.evidence, **({"also": "; ".join(also)} if also else {})},
        sources=tuple(dict.fromkeys(source for f in findings for source in f.sources)),
    )
