#!/usr/bin/env python
"""Django's command line for rxcenter; `manage.py demo` needs no settings, every other command reads the environment."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rxcenter.settings")
    if len(sys.argv) > 1 and sys.argv[1] == "demo":
        # The demo starts its own database and makes its own keys, so it must run before settings are read.
        from rxcenter.demo.bootstrap import prepare_environment

        prepare_environment(sys.argv[2:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
