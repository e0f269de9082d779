"""Requests that are signed rather than signed in: Standard Webhooks, and Twilio's own way."""

import base64
import binascii
import hashlib
import hmac
import json
import logging
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from cases.actors import System
from cases.errors import Invalid

log = logging.getLogger("hotline.signed")

MOST_BYTES: Final = 64 * 1024
HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
Signature = tuple[System, None]


class NotSigned(AuthenticationFailed):
    default_code = "not_signed"
    default_detail = "The signature is missing or wrong, or the time of sending is more than five minutes from ours."


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = "The body is larger than 64 kB."


class WhateverTheyAccept(BaseContentNegotiation):
    """An exchange is answered in JSON whatever it says it accepts: its event counts, not our answer."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class StandardWebhook(BaseAuthentication):
    """Signed as Standard Webhooks say, by any secret of HOTLINE_TELEPHONY_SECRETS. Without one nobody gets in."""

    def authenticate(self, request: Request) -> Signature:
        headers = {name: request.headers.get(name, "") for name in HEADERS}
        body = raw(request)
        if any(_verifies(key, body, headers) for key in _keys(tuple(settings.HOTLINE_TELEPHONY_SECRETS))):
            return System("telephony"), None
        raise NotSigned

    def authenticate_header(self, request: Request) -> str:
        return "StandardWebhooks"


class TwilioSignature(BaseAuthentication):
    """Signed by Twilio with HOTLINE_TWILIO_TOKEN over our own address and the sorted fields of the form."""

    def authenticate(self, request: Request) -> Signature:
        token, said = settings.HOTLINE_TWILIO_TOKEN, request.headers.get("X-Twilio-Signature", "")
        url = settings.HOTLINE_URL.rstrip("/") + request.get_full_path()
        if token and hmac.compare_digest(twilio_signature(token, url, form(request)).encode(), said.encode()):
            return System("telephony"), None
        raise NotSigned

    def authenticate_header(self, request: Request) -> str:
        return "X-Twilio-Signature"


class SignedView(APIView):
    """A door for machines: no session, no cookie, and not a part of the partners' API document."""

    authentication_classes = [StandardWebhook]
    permission_classes = []
    content_negotiation_class = WhateverTheyAccept
    schema = None


def raw(request: Request) -> bytes:
    """The body as it was sent, and signed. Raises TooLarge before it is read."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise TooLarge
    body: bytes = request._request.body
    if len(body) > MOST_BYTES:
        raise TooLarge
    return body


def fields(request: Request) -> dict[str, Any]:
    """The body as a JSON object. Raises Invalid."""
    try:
        found = json.loads(raw(request))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid("The body must be a JSON object.")
    return found


def form(request: Request) -> QueryDict:
    """The body as a form. Raises Invalid."""
    try:
        return QueryDict(raw(request))
    except (ValueError, SuspiciousOperation):
        raise Invalid("The body must be a form.") from None


def twilio_signature(token: str, url: str, sent: QueryDict) -> str:
    """HMAC-SHA1 of the address and of each field with its value, sorted, as Twilio makes it."""
    pairs = "".join(name + value for name in sorted(sent) for value in sorted(set(sent.getlist(name))))
    return base64.b64encode(hmac.new(token.encode(), (url + pairs).encode(), hashlib.sha1).digest()).decode()


def _verifies(key: Webhook, body: bytes, headers: dict[str, str]) -> bool:
    try:
        key.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


@lru_cache(maxsize=8)
def _keys(secrets: tuple[str, ...]) -> list[Webhook]:
    """The secrets that can be used; one that is no base64 lets nobody in, and says so."""
    found = []
    for place, secret in enumerate(secrets, start=1):
        try:
            found.append(Webhook(secret.strip()))
        except (EmptyWebhookSecretError, binascii.Error, ValueError):
            log.error("secret %s of HOTLINE_TELEPHONY_SECRETS is no base64 and opens nothing", place)
    return found
