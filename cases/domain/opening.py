"""Opening what is sealed on the page of a case; a stated reason tells the supervisors who are on duty."""

import uuid
from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Staff
from cases.domain import alarms, assignment, events, notifications
from cases.domain.verbs import verb
from cases.enums import STATED_REASONS, AlarmKind, Role, Why
from cases.errors import Forbidden
from cases.models import Alarm, Case, ContactPoint, Event, Match, PersonLink, Post
from cases.models.base import check_locked
from cases.queries import card, opened, pair_page


@verb("disclosure.open")
def open_names(case: Case, *, why: Why, by: Staff) -> opened.Opened:
    """Open the sealed data of a case fetched through `for_page`; its lines are committed before this returns.

    Locks nothing: it changes no row, and reading must not wait for those who work. Raises ReasonNeeded, Forbidden.
    """
    check_locked(Case, [case])
    plain = opened.open_names(case, by=by, why=why)
    if why in STATED_REASONS:
        _alarm(case)
    return plain


@verb("matching.compare")
def open_pair(row: Match | PersonLink, *, by: Staff) -> pair_page.Plain:
    """Open the names on both sides of a pair that the machine proposed, to decide on it; it is on record, and no alarm.

    Only while it is undecided, and only to whom the pair is shown at all. Locks nothing. Raises Forbidden.
    """
    policy.require()
    rows = type(row)._default_manager.visible_to(by)
    if not rows.open().filter(pk=row.pk).exists():
        raise Forbidden(_("This pair is decided. Open the case itself, and say why."))
    return pair_page.opened(row, by=by)


def _alarm(case: Case) -> None:
    """Step: each opening for a stated reason is a message of its own."""
    opening = uuid.uuid4().hex
    posts = Post.objects.on_duty().filter(role=Role.SUPERVISOR).select_related("user").order_by("pk")
    for user in {post.user_id: post.user for post in posts}.values():
        notifications.to_staff(
            "alarm_disclosure",
            user,
            key=f"opened:{opening}:{user.pk}",
            case=case,
            urgent=True,
            ref=case.spoken,
            path=assignment.case_link(case),
        )


# So many households opened by one person in an hour, by numbers they typed themselves, is told to the supervisor.
MANY: Final = 15


@verb("disclosure.open")
def open_card(contact: ContactPoint, household: str, *, by: Staff) -> list[card.Card]:
    """Open the card of a household that is registered with the number on one's own call; every opening is on record.

    Without a telephone a number is what somebody typed: who opens many is told to the supervisor, once an hour.
    Raises ReasonNeeded, Forbidden.
    """
    policy.require()
    cards = card.opened(contact, household, by=by)
    events.record(contact, "disclosure.card", household=household)
    since = timezone.now() - timedelta(hours=1)
    mine = Event.objects.filter(verb="disclosure.card", actor=by.code, at__gt=since)
    told = Alarm.objects.filter(kind=AlarmKind.PRYING, raised_by=by.user_id, created_at__gt=since)
    if mine.values("data__household").distinct().count() >= MANY and not told.exists():
        alarms.raise_step(AlarmKind.PRYING, raised_by_id=by.user_id)
    return cards
