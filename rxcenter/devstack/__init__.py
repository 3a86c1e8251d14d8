"""Finds and runs PostgreSQL and Redis or Valkey privately; standard library only, runs before any install.

with devstack.running(state_dir, durable=True) as urls:
    urls.database_url, urls.redis_url
"""

from rxcenter.devstack.launching import DevstackError
from rxcenter.devstack.stack import Stack, Urls, running

__all__ = ["DevstackError", "Stack", "Urls", "running"]
