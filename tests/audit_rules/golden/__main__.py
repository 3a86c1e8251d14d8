"""`python -m tests.audit_rules.golden [--write]`: the reach of a change over the golden prescriptions."""

import sys

from tests.audit_rules.golden import changes, prescriptions, write


def main() -> int:
    """Print the changes by prescription; exit 1 where there are any, unless they are recorded."""
    touched = 0
    for path, listed in prescriptions():
        for golden in listed:
            if lines := changes(golden):
                touched += 1
                print(f"{path.stem}: {golden['title']}", *(f"    {line}" for line in lines), sep="\n")
    print(f"{touched} prescriptions changed")
    if "--write" in sys.argv[1:]:
        write()
        return 0
    return 1 if touched else 0


if __name__ == "__main__":
    sys.exit(main())
