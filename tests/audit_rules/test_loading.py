"""What the whole catalogue costs in memory. How long it takes to load, `python -m bench audit` says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_MEGABYTES = 200
# VmHWM and not ru_maxrss: that one is inherited from the process that started this one
LOADING = """
import re
from audit_rules.catalogue import Catalogue
Catalogue.load()
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def test_the_catalogue_stays_small():
    done = subprocess.run([sys.executable, "-c", LOADING], cwd=ROOT, capture_output=True, check=True)
    assert int(done.stdout) / 1024 < MOST_MEGABYTES
