"""Become another program that dies with its parent: ``tied.py PARENT SIGNAL [UID GID] -- COMMAND…``.

The kernel forgets a death signal when a process changes its user, so the user is changed first and the signal
set after. Run as a file with ``python -I -S``: it must start fast and must not depend on any path.
Exit status 126: the command cannot be executed by that user; 127: it does not exist.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Drop to the user if given, tie to the parent, and exec; returns only when that fails."""
    cut = arguments.index("--")
    parent, signal, *user = (int(word) for word in arguments[:cut])
    command = arguments[cut + 1 :]
    if user:
        os.setgroups([])
        os.setgid(user[1])
        os.setuid(user[0])
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the tie was made
        return 1
    try:
        os.execvp(command[0], command)
    except FileNotFoundError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 126


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
