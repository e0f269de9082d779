"""Accounts: one's own language, and the first administrator of a new installation."""

import uuid
from collections.abc import Iterable
from typing import Any

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events
from cases.domain.verbs import verb
from cases.enums import Language, Role
from cases.errors import Forbidden, Invalid, Refusal
from cases.models import Post, User


class AlreadyThere(Refusal):
    code = "already_there"


@verb("staff.set_language")
def set_language(language: str, *, by: Actor) -> None:
    """The language one reads from now on."""
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if language not in Language.values:
        raise Invalid(field="language")
    User.objects.filter(pk=by.user_id).update(language=language)


@verb("staff.close_vault")
def close_vault(*, by: Actor) -> None:
    """Signed out: what one's browser kept while the server was away opens for nobody from now on."""
    policy.require()
    if isinstance(by, Staff):
        User.objects.filter(pk=by.user_id).update(vault=uuid.uuid4())


@verb("staff.first_administrator")
def first_administrator(*, username: str, name: str, password: str, by: Actor) -> User:
    """The first administrator of a new installation. Raises AlreadyThere when one exists."""
    policy.require()
    if Post.objects.held().filter(role=Role.ADMINISTRATOR).exists():
        raise AlreadyThere
    user = User.objects.create_user(username=username, password=password, name=name)
    post = Post.objects.create(user=user, role=Role.ADMINISTRATOR)
    events.record(post, role=Role.ADMINISTRATOR)
    return user


def record_edit(row: User | Post, fields: Iterable[str], *, by: Actor) -> None:
    """Step of the administrator's own form and transaction: who changed whose account or post, and in which fields.

    Never a value, but of a post its role and area: what somebody was allowed is what an audit asks.
    """
    with policy.running("staff.edit", by):
        policy.require()
        events.record(row, fields=sorted(fields), **_post_codes(row))


def _post_codes(row: User | Post) -> dict[str, Any]:
    return {"user": row.user_id, "role": row.role, "area": row.area_id} if isinstance(row, Post) else {}
