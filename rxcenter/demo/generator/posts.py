"""What is sent: the bytes of a document and where they come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Post:
    """One document to post: `body` are the bytes, `amends` the number whose next revision it is."""

    institution: str
    number: str
    body: bytes
    amends: str | None = None
    malformed: bool = False
