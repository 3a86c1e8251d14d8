"""House rules are tests, not reviews. Each guard is shown to go red on a bad piece of code, then runs on all of ours."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import house

RULES = sorted(
    path.relative_to(house.ROOT).as_posix()
    for path in (house.ROOT / "audit_rules" / "rules").glob("*/*.py")
    if path.name != "__init__.py"
)
GUARDS = {
    "length": (house.too_long, house.PACKAGES),
    "names": (house.ill_named, house.PACKAGES),
    "clock": (house.reads_clock, house.PACKAGES),
    "publishing": (house.publishes, house.PACKAGES),
    "one writer of state": (house.writes_state, ("rxcenter", "routing")),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_our_code_keeps_the_rule(guard):
    check, packages = GUARDS[guard]
    found = [line for path, text in house.sources(*packages) for line in check(path, text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", RULES)
def test_every_rule_has_cases_both_ways(path):
    danger, name = Path(path).parts[-2:]
    cases = house.ROOT / "tests" / "audit_rules" / "cases" / danger / f"{Path(name).stem}.yaml"
    assert cases.exists(), f"{path} has no cases: write {cases.relative_to(house.ROOT)}"
    assert not house.one_sided(yaml.safe_load(cases.read_text(encoding="utf-8")))


def test_there_are_rules_to_look_at():
    assert len(RULES) >= 30
    assert sum(1 for _ in house.sources()) > 100


def test_rooms_import_only_what_the_contracts_allow():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=house.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


BAD = [
    ("length", "rxcenter/api/x.py", "x = 1\n" * 301),
    ("length", "rxcenter/api/x.py", "def f():\n" + "    x = 1\n" * 39),
    ("names", "routing/utils.py", ""),
    ("names", "rxcenter/review/services.py", ""),
    ("clock", "rxcenter/review/deciding.py", "now = timezone.now()"),
    ("clock", "routing/claiming.py", "import time\nstarted = time.time()"),
    ("clock", "audit_rules/engine.py", "today = date.today()"),
    ("clock", "rxcenter/reports/queries.py", "day = timezone.localdate()"),
    ("publishing", "rxcenter/prescriptions/receiving.py", "drain.delay('audit')"),
    ("publishing", "rxcenter/api/intake.py", "app.send_task('jobs.drain')"),
    ("one writer of state", "rxcenter/review/deciding.py", "prescription.state = 'approved'"),
    (
        "one writer of state",
        "rxcenter/review/deciding.py",
        "Prescription.objects.filter(pk=1).update(state='x')",
    ),
    ("one writer of state", "rxcenter/api/cancelling.py", "setattr(prescription, 'state', 'cancelled')"),
    ("one writer of state", "rxcenter/demo/run.py", "Prescription.objects.bulk_update(rows, ['state'])"),
    ("one writer of state", "routing/claiming.py", "order.state = 'claimed'"),
    ("one writer of state", "routing/claiming.py", "cursor.execute('UPDATE routing_order SET state = %s')"),
    ("one writer of state", "rxcenter/jobs/x.py", "q = 'UPDATE prescriptions_prescription SET state = 1'"),
    ("one writer of state", "rxcenter/api/x.py", "Prescription(number='1', state='received')"),
]
GOOD = [
    ("length", "rxcenter/api/x.py", "def f():\n" + "    x = 1\n" * 38),
    ("clock", "rxcenter/api/intake.py", "now = timezone.now()"),
    ("clock", "rxcenter/review/admin_queue.py", "now = timezone.now()"),
    ("clock", "rxcenter/reports/queries.py", "day = timezone.localdate(now)"),
    ("clock", "routing/claiming.py", "started = time.monotonic()"),
    ("publishing", "rxcenter/jobs/relay.py", "drain.delay('audit')"),
    ("one writer of state", "rxcenter/prescriptions/lifecycle.py", "prescription.state = 'approved'"),
    ("one writer of state", "routing/custody.py", "Order.objects.filter(pk=1).update(state='open')"),
    ("one writer of state", "rxcenter/jobs/queue.py", "job.state = 'done'"),
    ("one writer of state", "rxcenter/reports/queries.py", "Prescription.objects.filter(state='approved')"),
    ("one writer of state", "routing/claiming.py", "Claim.objects.order_by('seq').update(state='released')"),
    (
        "one writer of state",
        "routing/claiming.py",
        "Offer.objects.filter(order=order).update(state='accepted')",
    ),
]


@pytest.mark.parametrize(("guard", "path", "text"), BAD)
def test_the_guard_goes_red(guard, path, text):
    assert GUARDS[guard][0](path, text)


@pytest.mark.parametrize(("guard", "path", "text"), GOOD)
def test_the_guard_stays_green(guard, path, text):
    assert not GUARDS[guard][0](path, text)


def test_cases_that_only_speak_or_only_stay_silent_are_noticed():
    speaks, silent, gap = {"flags": [[1]]}, {"flags": []}, {"gaps": ["weight_missing"]}
    assert house.one_sided({"a": speaks, "b": silent}) == ["1 silent cases, two at least"]
    assert house.one_sided({"a": silent, "b": silent}) == ["no case makes it speak"]
    assert not house.one_sided({"a": gap, "b": silent, "c": silent})


CONTRACT = """
[importlinter]
root_packages =
    {name}
include_external_packages = True
[importlinter:contract:1]
name = pure
type = forbidden
source_modules = {name}
forbidden_modules = django
"""


@pytest.mark.parametrize(("line", "status"), [("import django", 1), ("import json", 0)])
def test_the_import_guard_goes_red_on_django_in_a_pure_room(tmp_path, line, status):
    (tmp_path / "pureroom").mkdir()
    (tmp_path / "pureroom" / "__init__.py").write_text(line + "\n")
    (tmp_path / "contracts.ini").write_text(CONTRACT.format(name="pureroom"))
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache", "--config", "contracts.ini"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == status, done.stdout
