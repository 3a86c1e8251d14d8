"""Simulated pharmacists: they log in and use the desk's own forms, like anybody at a browser."""

from collections.abc import Callable

from rxcenter.demo.staff import Login


def work(url: str, people: list[Login], password: str, seed: int, done: Callable[[], object]) -> list[str]:
    return []
