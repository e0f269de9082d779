"""Opening what is sealed on the page of a case; a stated reason tells the supervisors who are on duty."""

import uuid

from cases.actors import Staff
from cases.domain import assignment, notifications
from cases.domain.verbs import verb
from cases.enums import STATED_REASONS, Role, Why
from cases.models import Case, Post
from cases.models.base import check_locked
from cases.queries import opened


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
