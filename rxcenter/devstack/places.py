"""Where the private servers keep their data, sockets and, when needed, copies of their programs."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from rxcenter.devstack.launching import DevstackError, Person

LONGEST_SOCKET_DIRECTORY = 85  # a socket's whole path may have 107 bytes
PORTS = range(20000, 32000)  # below the range from which the kernel hands out client ports


def base_directory(state_dir: Path, person: Person | None) -> Path:
    """The stack's own directory. As root it lies in /var/tmp, because `state_dir` may be closed to `person`."""
    if person is None:
        base = state_dir.resolve() / "devstack"
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        return base
    name = hashlib.sha256(str(state_dir.resolve()).encode()).hexdigest()[:10]
    base = Path(f"/var/tmp/rxcenter-0-{name}")  # noqa: S108  ownership is checked below
    base.mkdir(mode=0o711, exist_ok=True)
    found = base.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise DevstackError(
            f"{base} belongs to somebody else: remove it or choose another RXCENTER_STATE_DIR."
        )
    base.chmod(0o711)
    return base


def owned_directory(path: Path, person: Person | None) -> Path:
    """Make a directory that only the servers' user enters."""
    path.mkdir(mode=0o700, exist_ok=True)
    if person:
        os.chown(path, person.uid, person.gid, follow_symlinks=False)
    return path


def socket_directory(base: Path, person: Person | None) -> Path:
    """Where the sockets of the stack in `base` lie: there, or below /tmp when that name would be too long."""
    path = base / "sockets"
    if len(os.fsencode(path)) > LONGEST_SOCKET_DIRECTORY:
        path = Path("/tmp", f"rxc-{os.geteuid()}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:10]}")  # noqa: S108  ownership is checked below
    owned_directory(path, person)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != (person.uid if person else os.geteuid()):
        raise DevstackError(
            f"{path} belongs to somebody else: remove it or choose another RXCENTER_STATE_DIR."
        )
    return path


def reachable_copy(programs: Path, base: Path) -> Path:
    """Copy a tree of programs to where any user can execute it; returns the copy. Repeating it is cheap.

    Everything becomes executable: a wheel unpacked under a strict umask may have lost the bits, and nothing else
    is in these trees that could be harmed by them.
    """
    target = base / f"programs-{hashlib.sha256(str(programs).encode()).hexdigest()[:10]}"
    if target.is_dir():
        return target
    half = Path(tempfile.mkdtemp(prefix="copy-", dir=base))
    shutil.copytree(programs, half, symlinks=True, dirs_exist_ok=True)
    for path in [half, *half.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)
    half.rename(target)
    return target


def free_port() -> int:
    """A TCP port on the loopback interface that nobody listens on now."""
    for port in random.sample(PORTS, 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DevstackError(f"no free TCP port between {PORTS.start} and {PORTS.stop}")
