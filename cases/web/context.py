"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cases import policy


def page(request: HttpRequest) -> dict[str, Any]:
    """The actor, what they may open, and the languages to switch to."""
    actor = getattr(request, "actor", None)
    roles = actor.roles if actor else frozenset()
    return {
        "actor": actor,
        "languages": settings.LANGUAGES,
        "may_desk": bool(roles & policy.VERBS["intake.record"]),
        "may_queue": bool(roles & policy.MAY_READ_CASES),
        "may_rooms": bool(roles & policy.MAY_READ_CASES or roles & policy.MAY_EDIT_STAFF),
        "may_duty": bool(roles & policy.VERBS["assignment.set_duty"]),
    }
