"""Measures the centre on this machine: `python -m bench intake|audit|road [--json] [--rounds N]`."""
