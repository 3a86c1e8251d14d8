"""One run: post, wait for the audits, let people work, count."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from tqdm import tqdm

from rxcenter.demo import centre, counting, dispensers, pharmacists
from rxcenter.demo.findings import Found, compare
from rxcenter.demo.plan import Plan
from rxcenter.demo.posting import Answer, Poster
from rxcenter.demo.staff import Login
from rxcenter.review.models import Waiting

SECONDS_PER_JOB, SECONDS_AT_LEAST = 0.25, 90.0
DECIDED_SHARE = 0.7  # of what waits for a pharmacist; the rest is left to look at


@dataclass(frozen=True, slots=True)
class Result:
    """What a run ends with: the numbers, (same answer, asked) of the double posts, planted faults, remarks."""

    numbers: dict[str, Any]
    replayed: tuple[int, int]
    planted: list[Found]
    remarks: list[str]


def work(
    url: str, plan: Plan, keys: Mapping[str, str], people: list[Login], password: str, *, seed: int
) -> Result:
    """Do everything that a day holds, against the centre at `url`."""
    began = time.monotonic()
    poster = Poster(url, keys)
    answers, remarks = _posted(poster, plan)
    ids = {(a.post.institution, a.post.number): a.id for a in answers if a.id and not a.post.amends}
    replays = _with_bar("double posts", len(plan.replays), lambda tick: poster.post(plan.replays, tick))
    same = sum(a.status == 200 and a.id == ids.get((a.post.institution, a.post.number)) for a in replays)
    _drained(len(answers), remarks)
    by_number = {number: id_ for (_, number), id_ in ids.items()}
    amendments = [p for p in plan.amendments if p.amends in by_number]
    if amendments:
        answers += poster.amend(amendments, by_number, lambda: None)
        _drained(len(amendments), remarks)
    desk = [p for p in people if p.username in ("pharmacist", "pharmacist2", "chief")]
    most = round(_waiting() * DECIDED_SHARE)
    remarks += _with_bar(
        "pharmacists",
        most,
        lambda tick: pharmacists.work(url, desk, password, seed=seed, most=most, done=tick),
    )
    _drained(len(answers), remarks)
    remarks += _dispense(url, plan, answers, keys, seed)
    numbers = counting.tally(
        posted=len(plan.posts),
        refused=sum(a.refused for a in answers),
        ids=[a.id for a in answers if a.id],
        seconds=time.monotonic() - began,
    )
    remarks += counting.broken(numbers) + _unexpected(answers)
    return Result(numbers, (same, len(replays)), compare(plan.planted, ids), remarks)


def _posted(poster: Poster, plan: Plan) -> tuple[list[Answer], list[str]]:
    posts = plan.first_posts
    answers = _with_bar("posting", len(posts), lambda tick: poster.post(posts, tick))
    return answers, []


def _with_bar(name: str, total: int | None, do: Callable[[Callable[[], object]], list[Any]]) -> list[Any]:
    if total == 0:
        return []
    with tqdm(total=total, desc=name, unit="", disable=None) as bar:
        return do(lambda: bar.update())


def _drained(count: int, remarks: list[str]) -> None:
    """Wait for audits and routing; a bound, so that a demo never hangs."""
    seconds = max(SECONDS_AT_LEAST, count * SECONDS_PER_JOB)
    if not centre.wait_for_jobs(("audit", "route"), seconds):
        remarks.append(f"audits or routing were not done within {seconds:.0f} s")


def _waiting() -> int:
    return Waiting.objects.filter(open=True, with_prescriber=False).count()


def _dispense(url: str, plan: Plan, answers: list[Answer], keys: Mapping[str, str], seed: int) -> list[str]:
    """Every dispenser works through its offers; patients of the open pool come with their codes."""
    people = dispensers.Dispensers(url, keys, seed, timezone.now)
    shops = [p.code for p in plan.pharmacies]
    pool = [a for a in answers if a.id and _for_pool(a.post.body)]
    with tqdm(total=len(keys) + len(pool), desc="dispensers", unit="", disable=None) as bar:
        for code in sorted(keys):
            people.serve(code)
            bar.update()
        for answer in pool:
            people.serve_patient(answer.post.institution, answer.id or "", shops)
            bar.update()
    people.close()
    return people.refusals


def _for_pool(body: bytes) -> bool:
    routing = json.loads(body).get("routing")
    return bool(routing) and not routing.get("nominated") and bool(routing.get("consent"))


def _unexpected(answers: list[Answer]) -> list[str]:
    """Refusals of documents that were meant to be good, and silence."""
    odd = [a for a in answers if a.status == 0 or (a.refused and not a.post.malformed)]
    return [
        f"{a.post.number}: answered {a.status} {a.body.get('type', '')} {a.body.get('detail', '')}"
        for a in odd
    ]
