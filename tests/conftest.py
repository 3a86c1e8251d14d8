"""What all tests share. This part brings the servers; fixtures of single rooms stand beside their tests."""

import os
from urllib.parse import urlsplit, urlunsplit

import django
import pytest

from rxcenter.devstack import keeper, keys_for_tests

# Django reads its settings when pytest has loaded this file, so the environment is made here and now.
# The servers named in it start only when a test asks for the database.
os.environ.update(keys_for_tests.environment())
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ.pop(keeper.MEETING_PLACE, None)
keeper.plan()
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
os.environ["REDIS_URL"] = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{_worker}"))
django.setup()  # here, not by pytest-django: it looks for settings before this file has made their environment


def pytest_collection_modifyitems(config, items):
    """`scripts/test --no-browser` leaves the browser tests out, openly: pytest counts them as deselected."""
    if os.environ.get("RXCENTER_NO_BROWSER"):
        left_out = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def devstack():
    """The running PostgreSQL and Redis of this test run."""
    keeper.ensure_started()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(devstack, django_db_modify_db_settings_parallel_suffix):
    """pytest-django makes its test database only when the servers run; each worker process has its own."""


def ours() -> dict[str, str]:
    """The environment without what the browser tests set for this process alone."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}


@pytest.fixture
def process_environment(transactional_db):
    """Environment for a real web, relay or worker process that must see this test's database and Redis."""
    from django.db import connection

    address = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    return {**ours(), "DATABASE_URL": database}


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Keys that a process remembers belong to one test's database."""
    yield
    from rxcenter.accounts import keys
    from rxcenter.patients import sealing

    sealing.forget_keys()
    keys.forget()
