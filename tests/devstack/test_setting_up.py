"""Setting up says what is missing before anything runs, and installs only what is pinned by hash."""

import subprocess
from itertools import pairwise
from types import SimpleNamespace

import pytest

from rxcenter.devstack import browser, checking, lock, setting_up, system_packages
from rxcenter.devstack.launching import DevstackError

FILES = [lock.ROOT / name for name in lock.FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_package_is_pinned_by_hash_and_no_index_is_named(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    for name, entry in lock.blocks(text).items():
        assert "==" in entry, name
        assert "--hash=sha256:" in entry, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_chosen_package_says_why(path):
    lines = lock.chosen_part(path.read_text(encoding="utf-8"))
    silent = [line for before, line in pairwise(lines)
              if lock.is_requirement(line) and not before.startswith("# ")]  # fmt: skip
    assert not silent


def test_locking_keeps_the_reasons_and_adds_what_packages_bring():
    chosen = ["# why", "Django==5", "", "# other", "-r requirements.txt"]
    resolved = lock.blocks(
        "asgiref==3 \\\n    --hash=sha256:aa\ndjango==5 \\\n    --hash=sha256:bb\nsix==1 \\\n    --hash=sha256:cc"
    )
    text = lock.merge(chosen, resolved, elsewhere={"six"})
    assert text.startswith("# why\ndjango==5 \\\n    --hash=sha256:bb\n\n# other\n-r requirements.txt\n")
    assert "asgiref==3" in text.split(lock.LINE)[1]
    assert "six" not in text
    assert lock.chosen_part(text) == ["# why", "django==5", "", "# other", "-r requirements.txt"]


def test_who_is_not_root_is_told_the_exact_line(monkeypatch):
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 1000)
    with pytest.raises(DevstackError) as caught:
        system_packages.need(["chromium", "fonts-noto-cjk"], "Missing.")
    assert "apt-get install -y --no-install-recommends chromium fonts-noto-cjk" in str(caught.value)


def test_nothing_missing_asks_for_nothing(monkeypatch):
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 1000)
    system_packages.need([], "Missing.")


def test_root_installs_and_a_failing_installation_still_tells_the_line(monkeypatch):
    ran = []

    def apt_get(command, **_):
        ran.append(command)
        return SimpleNamespace(returncode=100 if "install" in command else 0, stderr="no network")

    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system_packages.subprocess, "run", apt_get)
    with pytest.raises(DevstackError, match="apt-get install"):
        system_packages.need(["chromium"], "Missing.")
    assert [command[1] for command in ran] == ["update", "install"]


def test_a_stub_that_does_not_start_is_no_browser(tmp_path, monkeypatch):
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\necho 'install the snap' >&2\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    assert browser.find_chromium() is None
    stub.write_text("#!/bin/sh\necho Chromium 1\n")
    assert browser.find_chromium() == str(stub)


@pytest.fixture
def checks(monkeypatch):
    """`scripts/test` with its steps replaced by records of what would run."""
    ran = []
    monkeypatch.setattr(
        checking.setting_up, "set_up", lambda *names, servers: setting_up.ROOT / "bin" / "python"
    )
    monkeypatch.setattr(checking, "in_environment", lambda python: None)
    monkeypatch.setattr(checking, "check_all", lambda place, steps: ran.extend(steps) or [])
    monkeypatch.setenv("RXCENTER_NO_BROWSER", "")
    monkeypatch.setenv(browser.VARIABLE, "")
    return ran


def test_a_missing_browser_stops_everything_before_the_first_step(checks, monkeypatch, capsys):
    def missing():
        raise DevstackError("run this line")

    monkeypatch.setattr(checking.browser, "ensure", missing)
    monkeypatch.setattr(checking.sys, "argv", ["test"])
    assert checking.main() == 1
    assert checks == []
    assert "run this line" in capsys.readouterr().err


def test_without_the_browser_the_rest_runs_and_says_so(checks, monkeypatch, capsys):
    monkeypatch.setattr(checking.sys, "argv", ["test", "--no-browser", "-k", "jobs"])
    assert checking.main() == 0
    assert [step.name for step in checks][-1] == "tests"
    assert checks[-1].command[-2:] == ("-k", "jobs")
    assert "NOT COMPLETE" in capsys.readouterr().out


def test_a_failed_step_is_named_and_fails_the_run(checks, monkeypatch, capsys):
    monkeypatch.setattr(checking, "check_all", lambda place, steps: ["types"])
    monkeypatch.setattr(checking.browser, "ensure", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(checking.sys, "argv", ["test"])
    assert checking.main() == 1
    printed = capsys.readouterr().out
    assert "FAILED: types" in printed
    assert "NOT COMPLETE" not in printed


def test_packages_are_installed_once_and_again_when_a_file_changes(tmp_path, monkeypatch):
    ran = []
    monkeypatch.setenv("RXCENTER_VENV", str(tmp_path))
    monkeypatch.setattr(setting_up, "ROOT", tmp_path)
    monkeypatch.setattr(
        setting_up.subprocess,
        "run",
        lambda command, **_: ran.append(command) or subprocess.CompletedProcess(command, 0),
    )
    (tmp_path / "requirements.txt").write_text("one")
    for _ in range(2):
        setting_up.ensure_installed(tmp_path / "bin" / "python", "requirements.txt")
    assert len(ran) == 1
    assert "--require-hashes" in ran[0]
    (tmp_path / "requirements.txt").write_text("two")
    setting_up.ensure_installed(tmp_path / "bin" / "python", "requirements.txt")
    assert len(ran) == 2


def test_a_failing_installation_is_tried_again_next_time(tmp_path, monkeypatch):
    monkeypatch.setenv("RXCENTER_VENV", str(tmp_path))
    monkeypatch.setattr(
        setting_up.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1)
    )
    with pytest.raises(DevstackError):
        setting_up.ensure_installed(tmp_path / "bin" / "python", "requirements.txt")
    assert list(tmp_path.iterdir()) == []
