"""A webhook is no way into a network: what may be reached, judged by address and not by spelling."""

import datetime as dt
import ipaddress
import socket

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from rxcenter.errors import Invalid
from rxcenter.notify import addresses
from rxcenter.notify.addresses import Forbidden
from rxcenter.notify.models import ApprovedNetwork, Delivery, Endpoint
from rxcenter.notify.subscribing import subscribe
from tests.notify.conftest import NOON, happens, relay_and_worker
from tests.notify.net import answers, network

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "192.88.99.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1", "2001:0:7f00:1::", "::127.0.0.1",
]  # fmt: skip
# Other spellings of 127.0.0.1 and 169.254.169.254, which the system's resolver reads as those.
SPELT = [
    "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "017700000001", "2852039166",
    "0xa9fea9fe", "0251.0376.0251.0376", "0", "localhost",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"]
MALFORMED = [
    "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "https://", "https:///x", "//example.org",
    "https://user:pw@example.org/", "https://user@example.org/", "https://example.org/#x", "https://example.org:0/",
    "https://example.org:99999/", "https://exa mple.org/", "https://example.org\\@evil.org/", "https://医院.cn/",
    "https://example.org/\r\nHost: x", "https://example.org./", "https://[::1", "https://example.org/" + "x" * 500,
]  # fmt: skip


def judged(text, approved=(), port=443, https=True):
    return addresses.judge(
        addresses.plain(ipaddress.ip_address(text)), port=port, https=https, approved=approved
    )


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_not_public_is_refused(text):
    with pytest.raises(Forbidden, match="forbidden_address"):
        judged(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public_is_reached_by_https_on_its_ports_only(text):
    judged(text)
    judged(text, port=8443)
    for port in (22, 80, 5432, 6379, 8080):
        with pytest.raises(Forbidden, match="forbidden_port"):
            judged(text, port=port)
    with pytest.raises(Forbidden, match="https_needed"):
        judged(text, https=False)


def test_an_approved_network_opens_itself_and_nothing_else():
    ours = [network("10.20.0.0/16"), network("192.168.0.0/16", http=True)]
    judged("10.20.3.4", ours, port=8080)
    judged("::ffff:10.20.3.4", ours, port=8080)
    judged("192.168.7.7", ours, https=False, port=80)
    for text, https in (("10.21.0.1", True), ("127.0.0.1", True), ("10.20.3.4", False)):
        with pytest.raises(Forbidden):
            judged(text, ours, https=https)


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "fe80::1", "100.100.100.200", "224.0.0.1", "0.0.0.0", "fd00:ec2::254"]
)
def test_no_operator_can_open_metadata_and_links(text):
    with pytest.raises(Forbidden, match="forbidden_address"):
        judged(text, [network("0.0.0.0/0", http=True), network("::/0", http=True)])


@pytest.mark.parametrize("host", SPELT)
def test_other_spellings_of_an_address_are_that_address(host):
    parts = addresses.taken_apart(f"https://{host}/")
    with pytest.raises((Forbidden, OSError)) as refused:
        addresses.checked(parts, "H0001", [])
    if isinstance(refused.value, Forbidden):
        assert str(refused.value) == "forbidden_address"


@pytest.mark.parametrize("url", MALFORMED)
def test_malformed_addresses_are_refused_without_looking_them_up(url, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("looked up"))
    with pytest.raises(Forbidden, match="malformed_url"):
        addresses.taken_apart(url)


def test_one_bad_answer_among_good_ones_refuses_the_name(monkeypatch):
    answers(monkeypatch, ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(Forbidden):
        addresses.checked(addresses.taken_apart("https://receiver.example/"), "H0001", [])


@pytest.mark.django_db(transaction=True)
class TestRows:
    """Networks are rows: dated, for one institution or all."""

    def reason(self, endpoint):
        Delivery.objects.all().delete()
        Endpoint.objects.update(next_try_at=None, failures=0)
        happens()
        relay_and_worker()
        row = Delivery.objects.filter(endpoint=endpoint).first()
        return row.tries[-1]["reason"] if row else "ok"

    def test_an_ended_or_foreign_approval_stops_deliveries(self, endpoint, loopback, receiver):
        from tests import people

        today = timezone.localdate()
        assert self.reason(endpoint) == "ok"
        loopback.in_force_to = today - dt.timedelta(days=1)
        loopback.save()
        assert self.reason(endpoint) == "https_needed"
        loopback.in_force_from, loopback.in_force_to = today + dt.timedelta(days=1), None
        loopback.save()
        assert self.reason(endpoint) == "https_needed"
        loopback.in_force_from, loopback.institution = today, people.south().institution
        loopback.save()
        assert self.reason(endpoint) == "https_needed"
        assert len(receiver.got) == 1

    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("http://example.org/", "$.url"), ("https://127.0.0.1/", "$.url"), ("https://[::1]/", "$.url"),
            ("https://169.254.169.254/latest", "$.url"), ("https://1.1.1.1:22/", "$.url"), ("ftp://example.org", "$.url"),
        ],
    )  # fmt: skip
    def test_what_can_be_seen_from_the_address_is_refused_at_once(self, north, url, path):
        with pytest.raises(Invalid) as refused:
            subscribe(north.code, url, at=NOON)
        assert [p["path"] for p in refused.value.extra["problems"]] == [path]
        assert not Endpoint.objects.exists()

    @pytest.mark.parametrize("text", ["10.0.0.1/8", "nonsense", "10.0.0.0/33", ""])
    def test_a_row_names_a_real_network(self, text):
        with pytest.raises(ValidationError):
            ApprovedNetwork(network=text).clean()
