"""What goes wrong in posting: documents that no parser may accept."""

import json
from random import Random
from typing import Any

from rxcenter.demo.generator.posts import Post

Document = dict[str, Any]


def post(document: Document, amends: str | None = None) -> Post:
    """The post of a document."""
    return Post(document["institution"]["code"], document["number"], _bytes(document), amends)


def malformed(rng: Random, live: list[Document], count: int) -> list[Post]:
    """`count` posts that must be refused, each a damaged copy under a number of its own."""
    posts = []
    for n in range(count):
        original = rng.choice(live)
        copy = json.loads(_bytes(original))
        copy["number"] = f"{original['number']}-X{n:03d}"
        body = _DAMAGES[n % len(_DAMAGES)](copy)
        posts.append(Post(original["institution"]["code"], copy["number"], body, malformed=True))
    return posts


def _bytes(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _no_birth_date(document: Document) -> bytes:
    del document["patient"]["birth_date"]
    return _bytes(document)


def _no_offset(document: Document) -> bytes:
    document["issued_at"] = document["issued_at"][:19]
    return _bytes(document)


def _unknown_field(document: Document) -> bytes:
    document["urgent"] = True
    return _bytes(document)


def _comma_in_dose(document: Document) -> bytes:
    document["items"][0]["dose"] = {"value": "0,5", "unit": "g"}
    return _bytes(document)


def _cut_off(document: Document) -> bytes:
    return _bytes(document)[:-40]


def _number_twice(document: Document) -> bytes:
    return b'{"number":"twice",' + _bytes(document)[1:]


def _no_items(document: Document) -> bytes:
    document["items"] = []
    return _bytes(document)


_DAMAGES = (_no_birth_date, _no_offset, _unknown_field, _comma_in_dose, _cut_off, _number_twice, _no_items)
