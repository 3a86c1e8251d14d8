"""``python -m rxcenter.devstack [STATE_DIR]``: run the private servers until Ctrl-C and print their addresses."""

import argparse
import signal
import sys
from pathlib import Path

from rxcenter import devstack


def main() -> int:
    """Start, print two lines of shell variables, wait for a signal, stop."""
    parser = argparse.ArgumentParser(prog="python -m rxcenter.devstack", description=__doc__)
    parser.add_argument("state_dir", nargs="?", type=Path, default=Path("var/devstack"))
    parser.add_argument("--not-durable", action="store_true", help="no fsync: for tests only")
    words = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    try:
        with devstack.running(words.state_dir, durable=not words.not_durable) as urls:
            signal.pthread_sigmask(signal.SIG_BLOCK, signals)
            for name, value in urls.environment().items():
                print(f"export {name}='{value}'", flush=True)
            signal.sigwait(signals)
    except devstack.DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
