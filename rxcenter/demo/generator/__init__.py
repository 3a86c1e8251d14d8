"""A seeded day of a region's prescriptions. Pure: the same seed, count and moment give the same documents.

stream = generate(seed=1, count=600, until=datetime(…, tzinfo=…))
stream.history, stream.posts, stream.replays, stream.planted
"""

from rxcenter.demo.generator.stream import Post, Stream, generate

__all__ = ["Post", "Stream", "generate"]
