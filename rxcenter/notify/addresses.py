"""Where a webhook may go. A receiver's address is looked up once, every answer is judged, and one of the judged
addresses is connected to: what a name says a moment later does not matter (DNS rebinding)."""

import ipaddress
import socket
import threading
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from rxcenter.notify.models import ApprovedNetwork

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PUBLIC_PORTS = (443, 8443)
LOOK_UP_SECONDS = 3.0
PORTS = {"https": 443, "http": 80}
# No operator can approve these: links without a router, addresses of nobody or of many, cloud metadata.
NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32",
        "192.0.0.192/32", "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128",
    )
)  # fmt: skip
# Look public to Python, but lead to IPv4 addresses inside them, or to nobody.
NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "2002::/16", "2001::/32", "fec0::/10", "192.88.99.0/24", "::/96")
)


class Approved(NamedTuple):
    """One approved network as the judge needs it."""

    network: Network
    institution: str | None  # None: for every institution's webhooks
    plain_http: bool


class Forbidden(Exception):
    """The address may not be reached; the text is a reason code."""


def approved_on(day: date) -> list[Approved]:
    """The networks approved on a day."""
    return [
        Approved(ipaddress.ip_network(row.network), row.institution_id, row.plain_http)
        for row in ApprovedNetwork.in_force(day)
    ]


def taken_apart(url: str) -> SplitResult:
    """A webhook address whose form is right. Raises Forbidden; looks nothing up."""
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in "\\ #") or len(url) > 500:
        raise Forbidden("malformed_url")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("malformed_url") from None
    if parts.scheme not in PORTS or not parts.hostname or port == 0 or parts.hostname.endswith("."):
        raise Forbidden("malformed_url")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("malformed_url")
    return parts


def literal(host: str) -> Address | None:
    """The address a host name spells out, or None when it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def checked(parts: SplitResult, institution: str, approved: Sequence[Approved]) -> list[str]:
    """Addresses to connect to, all judged. Raises Forbidden, or OSError when the name has none."""
    assert parts.hostname
    mine = [one for one in approved if one.institution in (None, institution)]
    port = parts.port or PORTS[parts.scheme]
    found = [plain(address) for address in look_up(parts.hostname, port)]
    for address in found:
        judge(address, port=port, https=parts.scheme == "https", approved=mine)
    return [str(address) for address in found]


def judge(address: Address, *, port: int, https: bool, approved: Iterable[Approved]) -> None:
    """Raises Forbidden unless this address may be connected to."""
    if _within(address, NEVER):
        raise Forbidden("forbidden_address")
    holding = [one for one in approved if _within(address, (one.network,))]
    if not https and not any(one.plain_http for one in holding):
        raise Forbidden("https_needed")
    if holding:
        return
    if not address.is_global or _within(address, NOT_PUBLIC):
        raise Forbidden("forbidden_address")
    if port not in PUBLIC_PORTS:
        raise Forbidden("forbidden_port")


def plain(address: Address) -> Address:
    """An IPv4 address written as IPv6 (::ffff:10.0.0.1) is that IPv4 address."""
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def look_up(host: str, port: int) -> list[Address]:
    """What the resolver answers, within LOOK_UP_SECONDS. Also reads 2130706433, 0x7f.1 and 0177.0.0.1 as it does."""
    answers: list[Address] = []
    errors: list[OSError] = []

    def ask() -> None:
        try:
            for *_rest, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                answers.append(ipaddress.ip_address(str(address[0]).partition("%")[0]))
        except (OSError, UnicodeError) as error:
            errors.append(OSError(str(error)))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(LOOK_UP_SECONDS)
    if errors or asking.is_alive() or not answers:
        raise OSError("no answer for this name")
    return list(dict.fromkeys(answers))


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
