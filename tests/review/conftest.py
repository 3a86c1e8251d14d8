"""Staff of the region for the desk's tests."""

import pytest

from rxcenter.accounts.roles import Role
from tests.review import rows


@pytest.fixture
def person(db):
    """Makes a member of staff: name, role, institution (None = the whole region)."""
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
    return person("chief", Role.CHIEF, first_name="主任")
