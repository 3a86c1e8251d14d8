"""Every check and every test in one command: ``scripts/test [--no-browser] [--static] [pytest arguments…]``.

What the machine lacks is found out first. Then style, import contracts, types, migrations and deployment checks,
then pytest on all cores, all against one private PostgreSQL and Redis. Exit status 0 only when all of it passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from rxcenter.devstack import browser, keys_for_tests, setting_up
from rxcenter.devstack.launching import DevstackError
from rxcenter.devstack.stack import running

ROOT = setting_up.ROOT


class Step(NamedTuple):
    """One check: its name, its command below the environment's bin directory, and variables of its own."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = {}


PRODUCTION = {"RXCENTER_MODE": "production", "RXCENTER_ALLOWED_HOSTS": "rx.example.org"}
STATIC = (
    Step("style", ("ruff", "check", ".")),
    Step("format", ("ruff", "format", "--check", ".")),
    Step("rooms", ("lint-imports", "--no-cache")),
    Step("types", ("mypy",)),
    Step("migrations", ("python", "manage.py", "makemigrations", "--check", "--dry-run")),
    Step("deployment", ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
)


def run(step: Step, bin_directory: Path) -> bool:
    """Run one step, showing its output only when it fails (pytest's as it comes); returns whether it passed."""
    began = time.monotonic()
    shown = step.name == "tests"
    done = subprocess.run(
        [str(bin_directory / step.command[0]), *step.command[1:]],
        cwd=ROOT,
        env={**os.environ, **step.environment},
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
        text=True,
    )
    passed = done.returncode == 0
    print(f"{'ok  ' if passed else 'FAIL'} {step.name} ({time.monotonic() - began:.1f} s)", flush=True)
    if not passed and not shown:
        print(done.stdout, flush=True)
    return passed


def tests(arguments: list[str]) -> Step:
    """The pytest step: all cores unless the caller says otherwise."""
    spread = any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments)
    workers = [] if spread else ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadgroup"]
    return Step("tests", ("python", "-m", "pytest", *workers, *arguments))


def prepare(with_browser: bool) -> Path:
    """Everything a run needs, or DevstackError before anything has run; returns the environment's bin directory."""
    if with_browser:
        os.environ[browser.VARIABLE] = browser.ensure()
    else:
        os.environ["RXCENTER_NO_BROWSER"] = "1"
    python = setting_up.set_up(setting_up.RUNTIME, setting_up.TESTS, servers=True)
    return python.parent


def check_all(bin_directory: Path, steps: list[Step]) -> list[str]:
    """Run the steps against one private stack; returns the names of those that failed."""
    os.environ.update(keys_for_tests.environment())
    with (
        tempfile.TemporaryDirectory(prefix="rxc-check-") as place,
        running(Path(place), durable=False) as urls,
    ):
        os.environ.update(urls.environment())
        os.environ["PATH"] = f"{bin_directory}{os.pathsep}{os.environ['PATH']}"
        return [step.name for step in steps if not run(step, bin_directory)]


def in_environment(python: Path) -> None:
    """Continue with the environment's interpreter, which sees servers that came as packages; never returns then."""
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), "-m", "rxcenter.devstack.checking", *sys.argv[1:]])


def main() -> int:
    """Exit status 0: all passed; 1: something failed or is missing."""
    arguments = sys.argv[1:]
    with_browser = "--no-browser" not in arguments
    only_static = "--static" in arguments
    arguments = [word for word in arguments if word not in ("--no-browser", "--static")]
    steps = [*STATIC] if only_static else [*STATIC, tests(arguments)]
    began = time.monotonic()
    try:
        bin_directory = prepare(with_browser and not only_static)
        in_environment(bin_directory / "python")
        failed = check_all(bin_directory, steps)
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'FAILED: ' + ', '.join(failed) if failed else 'all passed'} ({time.monotonic() - began:.0f} s)")
    if only_static or not with_browser:
        print(
            f"NOT COMPLETE: {'only the static checks ran' if only_static else 'the browser tests were left out'}"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
