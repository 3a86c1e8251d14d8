"""What the demo needs before settings are read: its own keys, its own database and broker, its own variables."""

import atexit
import contextlib
import json
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from rxcenter import devstack

ROOT = Path(__file__).resolve().parents[2]
OWN_DATABASE = "RXCENTER_DEMO_OWNS_DATABASE"  # set when the database is the demo's own and may be emptied

PASSWORD = "RXCENTER_DEMO_PASSWORD"  # of all the demo's logins


def state_dir(name: str = "demo") -> Path:
    """Where the demo keeps its keys and servers: RXCENTER_STATE_DIR or var/<name>."""
    return Path(os.environ.get("RXCENTER_STATE_DIR") or ROOT / "var" / name)


def prepare_environment(argv: Sequence[str], name: str = "demo", *, servers: bool = True) -> None:
    """Set every variable that settings.py asks for, starting PostgreSQL and Redis where none are given.

    Keys are made once and kept in a file only its owner reads; variables set by the caller win. The servers end with
    this process; `--help` and `servers=False` start none. Ends the program with one sentence when a server is missing.
    """
    place = state_dir(name)
    place.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("RXCENTER_MODE", "demo")
    os.environ.setdefault("RXCENTER_STATE_DIR", str(place))
    os.environ.setdefault("RXCENTER_STATIC_ROOT", str(place / "static"))
    os.environ.setdefault("RXCENTER_LOG_LEVEL", "WARNING")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rxcenter.settings")
    for variable, value in own_keys(place / "keys.json").items():
        os.environ.setdefault(variable, value)
    if not servers or {"-h", "--help"} & set(argv):
        os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
        return
    owned = not os.environ.get("DATABASE_URL")
    stack = contextlib.ExitStack()
    try:
        urls = stack.enter_context(devstack.running(place, durable=True))
    except devstack.DevstackError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    atexit.register(stack.close)
    os.environ.update(urls.environment())
    if owned:
        os.environ[OWN_DATABASE] = "1"


def own_keys(path: Path) -> dict[str, str]:
    """The keys in the file, made at first use. The file is created readable by its owner only."""
    if not path.exists():
        made = {
            "RXCENTER_SECRET_KEY": secrets.token_hex(32),
            "RXCENTER_KEK": f"1:{secrets.token_hex(32)}",
            "RXCENTER_INDEX_KEY": secrets.token_hex(32),
            "RXCENTER_LEDGER_KEY": secrets.token_hex(32),
            PASSWORD: f"demo-{secrets.token_hex(5)}",
        }
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(made, file, indent=1)
    keys: dict[str, str] = json.loads(path.read_text(encoding="ascii"))
    return keys
