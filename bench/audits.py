"""(b) The pure engine on one core: parsing apart, audits without and with the patient's history."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit_rules import document as rx
from audit_rules.case import Case
from audit_rules.catalogue import default_catalogue
from audit_rules.engine import audit
from bench import figures
from bench.documents import Material

LEAST = 2000  # audits a round: a short run would measure the clock


def measure(material: Material, *, rounds: int) -> dict[str, Any]:
    """Documents and audits per second of processor time, medians of the rounds."""
    catalogue = default_catalogue()
    bodies = material.bodies
    parsed = [rx.parse(body) for body in bodies]
    pairs = _with_history(parsed, [rx.parse(body) for body in material.earlier])
    times = -(-LEAST // len(bodies))
    speeds: dict[str, list[float]] = {"parsed_per_s": [], "audits_per_s": [], "audits_with_history_per_s": []}
    for _ in range(rounds + 1):
        speeds["parsed_per_s"].append(_speed(lambda: [rx.parse(body) for body in bodies], len(bodies), times))
        speeds["audits_per_s"].append(
            _speed(lambda: [audit(Case.of(d, (), catalogue)) for d in parsed], len(parsed), times)
        )
        speeds["audits_with_history_per_s"].append(
            _speed(lambda: [audit(Case.of(d, h, catalogue)) for d, h in pairs], len(pairs), times)
        )
    linked = [len(history) for _, history in pairs]
    return {
        "machine": figures.machine(),
        "load": loading(rounds),
        "documents": material.name,
        "items_per_document": sum(len(d.items) for d in parsed) / len(parsed),
        "earlier_documents_per_audit": sum(linked) / len(linked),
        # The first round warms caches that every long-lived worker has warm.
        **{
            name: {"rounds": found[1:], "median": figures.median(found[1:])} for name, found in speeds.items()
        },
    }


ROOT = Path(__file__).resolve().parents[1]
# VmHWM and not ru_maxrss: that one is inherited from the process that started this one
LOADING = """
import json, re, time
from audit_rules.catalogue import Catalogue
Catalogue.load()
most = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(json.dumps([time.process_time(), int(most[1]) / 1024]))
"""


def loading(rounds: int) -> dict[str, Any]:
    """Seconds of processor time and megabytes of a process that does nothing but load the catalogue."""
    runs = [
        subprocess.run([sys.executable, "-c", LOADING], cwd=ROOT, capture_output=True, check=True)
        for _ in range(rounds)
    ]
    found = [json.loads(run.stdout) for run in runs]
    seconds = [cost[0] for cost in found]
    return {
        "seconds": {"rounds": seconds, "median": figures.median(seconds)},
        "megabytes": max(c[1] for c in found),
    }


def _speed(run: Callable[[], object], count: int, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        run()
    return count * times / (time.process_time() - began)


def _with_history(
    live: list[rx.Prescription], earlier: list[rx.Prescription]
) -> list[tuple[rx.Prescription, list[rx.Prescription]]]:
    """Each document with those that share one of its patient's identifiers and were issued before it."""
    by_key: dict[tuple[str, str], list[rx.Prescription]] = {}
    for document in earlier:
        for key in _keys(document):
            by_key.setdefault(key, []).append(document)
    pairs = []
    for document in live:
        found = {
            id(d): d
            for key in _keys(document)
            for d in by_key.get(key, ())
            if d.issued_at < document.issued_at
        }
        days = [d for d in found.values() if (document.issued_at - d.issued_at).days <= HISTORY_DAYS]
        pairs.append((document, sorted(days, key=lambda d: d.issued_at)))
    return pairs


HISTORY_DAYS = 400  # as settings.HISTORY_DAYS: how far back the centre reads


def _keys(document: rx.Prescription) -> list[tuple[str, str]]:
    patient = document.patient
    return [(i.system, i.value) for i in (patient.id, *(patient.other_ids or ()))]
