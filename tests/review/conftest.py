"""Staff of the region for the desk's tests."""

import django
import pytest

django.setup()  # the tests here import models at their head; pytest collects them before any fixture runs


@pytest.fixture
def person(db):
    """Makes a member of staff: name, role, institution (None = the whole region)."""
    from tests.review import rows  # models may be imported only when Django is set up

    return rows.staff


@pytest.fixture
def pia(person):
    """A regional reviewing pharmacist."""
    return person("pia", first_name="皮亚")


@pytest.fixture
def wei(person):
    """Another regional reviewing pharmacist."""
    return person("wei", first_name="魏")


@pytest.fixture
def chief(person):
    """The region's chief pharmacist."""
    from rxcenter.accounts.roles import Role

    return person("chief", Role.CHIEF, first_name="主任")
