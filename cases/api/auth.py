"""Partners sign in with a key: `Authorization: Bearer hl_…`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from cases.actors import Partner
from cases.domain import partners


class ApiKeyAuthentication(BaseAuthentication):
    """The partner behind a key, as the request's user and actor."""

    def authenticate(self, request: Request) -> tuple[Partner, str] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = partners.key_of(token.strip())
        if key is None:
            raise AuthenticationFailed
        return Partner(key.partner_id, key.pk, frozenset(key.scopes)), key.prefix

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class IsPartner(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, Partner) and "cases" in request.user.scopes


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiKeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "hl_…"}
