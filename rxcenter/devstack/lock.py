"""Write the requirements files anew: ``scripts/lock``.

The part of each file above the dividing line is written by people: one comment that says why, then the pinned
package. Everything else (packages those bring in, and the hash of every published file) is worked out here.
The resolver is uv, put into a throw-away environment, so nothing has to be installed beforehand.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-embedded.txt")
LINE = "# ---- brought in by the packages above; written by scripts/lock ----"
RESOLVER = "uv==0.13.9"
OLDEST_PYTHON = "3.11"
_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)")


def canonical(requirement: str) -> str:
    """The package's name as indexes spell it (PEP 503)."""
    found = _PACKAGE.match(requirement)
    if not found:
        raise ValueError(f"not a requirement: {requirement!r}")
    return re.sub(r"[-_.]+", "-", found["name"]).lower()


def chosen_part(text: str) -> list[str]:
    """The lines written by people: all above the dividing line, without hashes."""
    lines = text.split(LINE)[0].rstrip().splitlines()
    return [line.removesuffix("\\").rstrip() for line in lines if not line.lstrip().startswith("--hash")]


def is_requirement(line: str) -> bool:
    """Whether the line names a package (not a comment, a blank or an option)."""
    return bool(line.strip()) and line[0] not in "#-"


def blocks(resolved: str) -> dict[str, str]:
    """Resolver output -> {canonical name: the requirement with its hashes}."""
    found: dict[str, str] = {}
    current = ""
    for line in resolved.splitlines():
        if line.startswith("    --hash"):
            found[current] += "\n" + line
        elif is_requirement(line):
            current = canonical(line)
            found[current] = line
    return found


def merge(chosen: list[str], resolved: dict[str, str], elsewhere: set[str]) -> str:
    """The new file: people's lines with their hashes, then the rest, less what another file already pins."""
    rest = dict(resolved)
    lines = [rest.pop(canonical(line)) if is_requirement(line) else line for line in chosen]
    brought = [rest[name] for name in sorted(rest) if name not in elsewhere]
    return "\n".join([*lines, "", LINE, *brought]) + "\n"


def resolve(python: Path, chosen: list[str], constraints: Path | None) -> str:
    """Ask the resolver; returns its text. Raises CalledProcessError with the resolver's own words on stderr."""
    command = [str(python), "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--python-version", OLDEST_PYTHON, "--no-header", "--no-annotate", "--no-emit-index-url"]
    if constraints:
        command += ["--constraint", str(constraints)]
    wanted = "\n".join(line for line in chosen if is_requirement(line))
    done = subprocess.run([*command, "-"], input=wanted, text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout


def main() -> int:
    """Rewrite the three files in place."""
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python = Path(place, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", RESOLVER], check=True)
        runtime: set[str] = set()
        for name in FILES:
            path = ROOT / name
            chosen = chosen_part(path.read_text(encoding="utf-8"))
            builds_on = ROOT / FILES[0] if f"-r {FILES[0]}" in chosen else None
            resolved = blocks(resolve(python, chosen, builds_on))
            path.write_text(merge(chosen, resolved, runtime if builds_on else set()), encoding="utf-8")
            runtime = runtime or set(resolved)
            print(f"{name}: {len(resolved)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
