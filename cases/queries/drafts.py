"""Unfinished calls as their operator sees them again."""

import json
import uuid
from typing import Any, Final

from django.db.models import Q

from cases.actors import Staff
from cases.disclosure import reveal
from cases.enums import SPOKEN, Why
from cases.models import Call, Case, Draft, Idempotency, Written
from cases.queries import work

SHOWN: Final = 6


def fields(draft: Draft | None, *, by: Staff) -> dict[str, Any]:
    """What was typed, by field, opened for its own operator; empty for a page nobody has typed on."""
    if draft is None:
        return {}
    said: dict[str, Any] = {}
    if draft.__dict__.get("body") is not None:
        reveal([draft], by=by, why=Why.DRAFT, fields=["body"])
        said = json.loads(str(draft.body))["fields"]
    if not said and draft.contact is not None:
        reveal([draft.contact], by=by, why=Why.LIVE_CALL, fields=["address"])
        said = {"number": [str(draft.contact.address)]}
    if not said and draft.call is not None and draft.call.anonymous:
        said = {"anonymous": ["on"]}
    return said


def unfinished(by: Staff, *, apart_from: Draft | None) -> list[Draft]:
    """One's other open calls, and those that were left for whoever comes."""
    rows = work.drafts(Q(operator=by.user_id) | Q(operator__isnull=True))
    return [row for row in rows if apart_from is None or row.pk != apart_from.pk][:SHOWN]


def conversation(draft: Draft | None, *, by: Staff) -> list[Written]:
    """The lines of the written conversation this draft is about."""
    if draft is None or draft.call is None or draft.call.channel in SPOKEN or draft.call.contact_id is None:
        return []
    return work.conversation(draft.call, by=by)


def recorded(key: str, by: Staff) -> str:
    """The reference of the case that a call recorded under this key is about; empty when it is about none."""
    try:
        made = Idempotency.objects.filter(client=by.code, key=key, result__isnull=False).first()
        call = Call.objects.get(uid=made.result) if made and made.result else None
    except (Call.DoesNotExist, ValueError):
        return ""
    case: Case | None = call.cases.order_by("pk").last() if call else None
    return case.ref if case is not None and case.is_open else ""


def by_uid(key: str) -> uuid.UUID | None:
    """The uid a page sends as its key; None for what is none."""
    try:
        return uuid.UUID(key)
    except ValueError:
        return None
