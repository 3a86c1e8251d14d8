"""`python -m bench intake|audit|road|claim [--json] [--rounds N] [--seconds N] [--input FILE]`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench import figures


def main() -> int:
    """Measure, print, and keep the result under var/bench."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", choices=("intake", "audit", "road", "claim"))
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--rounds", type=int, default=5, help="rounds whose median counts (default 5)")
    parser.add_argument("--seconds", type=int, default=10, help="about how long each part of a round lasts")
    parser.add_argument("--connections", type=int, default=32, help="kept-open connections (default 32)")
    parser.add_argument(
        "--input", type=Path, help="a .json or .jsonl[.gz] file instead of generated documents"
    )
    words = parser.parse_args()
    result = _audit(words) if words.what == "audit" else _served(words)
    path = figures.keep(words.what, result)
    print(json.dumps(result, indent=1) if words.json else f"{figures.shown(result)}\n\nkept in {path}")
    return 0


def _audit(words: argparse.Namespace) -> dict[str, Any]:
    _set_up(servers=False)
    from bench import audits

    return audits.measure(_material(words), rounds=words.rounds)


def _served(words: argparse.Namespace) -> dict[str, Any]:
    _set_up(servers=True)
    from django.utils import timezone

    from bench import claims, documents, intake, road
    from rxcenter.demo import centre, register

    material = _material(words)
    centre.prepare_database(empty=True)
    pharmacies = documents.pharmacies() if words.what == "claim" else []
    keys = register.load([*material.places, *pharmacies], timezone.now())
    measures = {"intake": intake.measure, "road": road.measure, "claim": claims.measure}
    return measures[words.what](
        material, keys, rounds=words.rounds, seconds=words.seconds, connections=words.connections
    )


def _set_up(*, servers: bool) -> None:
    from rxcenter.demo.bootstrap import prepare_environment

    prepare_environment([], "bench", servers=servers)
    import django

    django.setup()


def _material(words: argparse.Namespace) -> Any:
    from bench import documents

    return documents.from_file(words.input) if words.input else documents.generated()


if __name__ == "__main__":
    sys.exit(main())
