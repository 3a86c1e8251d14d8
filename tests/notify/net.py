"""A resolver that says what a test wants, and networks as the judge takes them."""

import ipaddress
import socket

from rxcenter.notify.addresses import Approved


def answers(monkeypatch, *lists):
    """The resolver says one list after the other, then the last for ever; returns how often it was asked."""
    asked = []

    def getaddrinfo(host, port, *args, **how):
        said = lists[min(len(asked), len(lists) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in said]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def network(text, http=False):
    return Approved(ipaddress.ip_network(text), None, http)
