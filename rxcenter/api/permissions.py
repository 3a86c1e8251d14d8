"""What a key may be used for. Deny by default: a view without `scope` is closed."""

from typing import TYPE_CHECKING, cast

from rest_framework.permissions import BasePermission

from rxcenter.accounts.keys import Client
from rxcenter.errors import Forbidden, Words

if TYPE_CHECKING:  # rest_framework.views imports this module through its settings
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """The view's `scope` must be among the key's."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        require(cast(Client, request.auth), getattr(view, "scope", None))
        return True


def require(client: Client, scope: str | None) -> None:
    """Raises Forbidden naming the scope that is missing."""
    if scope is None or scope not in client.scopes:
        raise Forbidden(
            Words(f"该密钥没有 {scope} 权限", f"this key lacks the scope {scope}"),
            scope=scope,
            has=sorted(client.scopes),
        )
