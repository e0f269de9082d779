"""A half-typed call, saved as the desk's page saves it."""

import uuid
from typing import Any

from django.utils import timezone

from cases.actors import Staff
from cases.domain import drafts
from cases.domain.drafts import Typed
from cases.domain.intake import Intake
from cases.models import Draft
from telephone import NUMBER


def typed(facts: Intake, contact: tuple[str, str] | None = None, **more: Any) -> Typed:
    """What a page sends for these facts, typed from this contact."""
    return Typed(
        fields={"notes": [facts.notes], "people": [""]},
        facts=facts.to_json(),
        settlement=facts.settlement,
        continues=facts.continues,
        contact=contact,
        wants_case=facts.needs_a_case or facts.settlement is not None,
        **more,
    )


def save(
    facts: Intake,
    by: Staff,
    key: uuid.UUID | None = None,
    serial: int | None = None,
    contact: tuple[str, str] | None = ("phone", NUMBER),
) -> Draft:
    """Save them as the newest of their page, unless an older serial is given."""
    serial = serial or int(timezone.now().timestamp() * 1000)
    return drafts.save(key or uuid.uuid4(), serial=serial, typed=typed(facts, contact), by=by)
