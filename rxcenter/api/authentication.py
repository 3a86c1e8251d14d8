"""Who is calling: the client a bearer key belongs to."""

from typing import cast

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from rxcenter.accounts.keys import Client, check
from rxcenter.accounts.roles import Actor, Role


def client_of(request: HttpRequest) -> Client | None:
    """The client of a plain Django request, or None without a valid key."""
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return check(key.strip(), at=timezone.now()) if scheme.lower() == "bearer" and key else None


def caller(request: Request) -> Client:
    """The client of an authenticated DRF request."""
    return cast(Client, request.auth)


def placer(client: Client) -> Actor:
    return Actor(Role.PLACER, client.key_id, client.institution)


def dispenser(client: Client) -> Actor:
    return Actor(Role.DISPENSER, client.key_id, client.institution)


class ClientKeyAuthentication(BaseAuthentication):
    """For DRF views: `request.auth` is the Client."""

    def authenticate(self, request: Request) -> tuple[None, Client]:
        client = client_of(request._request)
        if client is None:
            raise exceptions.AuthenticationFailed
        return None, client

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ClientKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ClientKeyAuthentication
    name = "clientKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "issued by `manage.py issue_key INSTITUTION`",
        }
