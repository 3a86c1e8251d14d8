"""Debian and Ubuntu packages: installed when we are root, asked for in one exact line when we are not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from rxcenter.devstack.launching import DevstackError


def line(packages: list[str]) -> str:
    """The command a person has to run as root."""
    return f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"


def need(packages: list[str], why: str) -> None:
    """Install the packages as root; otherwise raise DevstackError with the line to run. Nothing to do for none."""
    if not packages:
        return
    request = f"{why}\nRun this as root, then try again:\n  {line(packages)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise DevstackError(request)
    print(f"{why} Installing {', '.join(packages)} …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=quiet, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr.strip(), file=sys.stderr)
            raise DevstackError(request)
