"""What every page knows."""

import base64
import hashlib
import hmac
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cases import policy
from cases.models import User


def page(request: HttpRequest) -> dict[str, Any]:
    """The actor, what they may open, the languages to switch to, and the key of this browser's own safe."""
    actor = getattr(request, "actor", None)
    roles = actor.roles if actor else frozenset()
    may_desk = bool(roles & policy.VERBS["intake.record"])
    user = getattr(request, "user", None)
    return {
        "actor": actor,
        "languages": settings.LANGUAGES,
        "may_desk": may_desk,
        "may_queue": bool(roles & policy.MAY_READ_CASES),
        "may_evacuation": bool(roles & policy.VERBS["corridors.suspend"]),
        "may_field": bool(roles & policy.VERBS["field.take"]),
        "may_rooms": bool(roles & policy.MAY_READ_CASES or roles & policy.MAY_EDIT_STAFF),
        "may_duty": bool(roles & policy.VERBS["assignment.set_duty"]),
        "vault": vault_key(user.vault) if may_desk and isinstance(user, User) else "",
    }


def vault_key(salt: uuid.UUID) -> str:
    """The key under which a browser keeps what the server could not take: another one after each sign-out."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"vault:{salt}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
