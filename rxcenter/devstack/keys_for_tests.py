"""Keys and settings of a test run. They are public, so `RXCENTER_MODE=test` is the only mode that takes them."""

import hashlib

WORDS = ("RXCENTER_SECRET_KEY", "RXCENTER_INDEX_KEY", "RXCENTER_LEDGER_KEY")


def environment() -> dict[str, str]:
    """Environment variables with which rxcenter.settings loads; the servers' addresses are not among them."""

    def key(name: str) -> str:
        return hashlib.sha256(f"{name} of the tests".encode()).hexdigest()

    return {
        "RXCENTER_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "rxcenter.settings",
        "RXCENTER_KEK": f"1:{key('RXCENTER_KEK')}",
        **{name: key(name) for name in WORDS},
    }
