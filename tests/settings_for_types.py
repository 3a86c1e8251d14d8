"""The centre's settings as the type checker reads them: keys of the tests, servers that nobody asks."""

import os

from rxcenter.devstack import keys_for_tests

NOBODY = {"DATABASE_URL": "postgresql://nobody@localhost/none", "REDIS_URL": "redis://localhost:6379/0"}
for _name, _value in {**NOBODY, **keys_for_tests.environment()}.items():
    if _name != "DJANGO_SETTINGS_MODULE":  # that one says where these words are read
        os.environ.setdefault(_name, _value)

from rxcenter.settings import *  # noqa: E402, F403
