"""What the whole catalogue costs in memory. How long it takes to load, `python -m bench audit` says."""

from bench.audits import loading

MOST_MEGABYTES = 200


def test_the_catalogue_stays_small():
    assert loading(1)["megabytes"] < MOST_MEGABYTES
