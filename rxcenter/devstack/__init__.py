"""Finds and runs PostgreSQL and Redis or Valkey privately; standard library only, runs before any install."""
