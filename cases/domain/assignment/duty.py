"""Who is here: duty, shifts, absence; and where the cases of somebody who leaves go."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events, jobs
from cases.domain.assignment import giving, machine
from cases.domain.assignment.hands import OWNERS
from cases.domain.verbs import verb
from cases.enums import OWNED_CASE, AbsenceReason, CaseStatus, JobLane
from cases.errors import Forbidden, Invalid
from cases.models import Absence, Assignment, Case, Clock, Job, Post, Shift, User
from cases.planning import assignment as plan

# Somebody who leaves by mistake, or to let a colleague in, is back before their cases have gone.
GRACE: Final = timedelta(minutes=5)
URGENT: Final = ("P1", "P2")
LIVE_CLOCK: Final = ("running", "fired")
LONGEST_SHIFT: Final = timedelta(hours=16)


@verb("assignment.set_duty")
def set_duty(*, on: bool, by: Actor) -> int:
    """Come on duty or leave it, for all posts one holds. Locks the posts.

    Coming ends an absence and wakes the cases that wait for an owner; what somebody leaves is looked at by `rehome`.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    policy.require()
    changed = _set_posts(by.user_id, on=on)
    if not changed:
        return 0
    if on:
        _end_absences(by.user_id)
        if any(post.role in OWNERS for post in changed):
            giving.wake_step()
    else:
        leave_step(by.user_id)
    return len(changed)


def _set_posts(user: int, *, on: bool) -> list[Post]:
    posts = list(Post.objects.held().filter(user=user).select_for_update(no_key=True, of=("self",)).order_by("pk"))
    changed = [post for post in posts if post.on_duty != on]
    Post.objects.filter(pk__in=[post.pk for post in changed]).update(
        on_duty=on, on_since=timezone.now() if on else None
    )
    events.record_many((post, None, {"on_duty": on}) for post in changed)
    return changed


def leave_step(user: int, *, at_once: bool = False) -> None:
    """Step: somebody is off duty. Each of their cases is looked at: the urgent now, the others after a grace."""
    now = timezone.now()
    live = Assignment.objects.filter(owner=user, ended_at__isnull=True, case__status__in=OWNED_CASE)
    jobs.enqueue_many(
        Job(
            kind="orphan",
            key=f"orphan:{uid}",
            subject=pk,
            lane=JobLane.URGENT if priority in URGENT else JobLane.NORMAL,
            due_at=now if at_once or priority in URGENT else now + GRACE,
        )
        for pk, uid, priority in live.values_list("pk", "uid", "case__priority")
    )


def edited_step(users: Iterable[int]) -> None:
    """Step of the administrator's own form: posts of these users were changed there, and with them who is here."""
    for user in users:
        if _is_here(user):
            giving.wake_step()
        else:
            leave_step(user)


@jobs.inside("orphan", verb="assignment.rehome")
def rehome(job: Job) -> timedelta | None:
    """The owner of a case has left. Locks the case.

    Back meanwhile: nothing. A case in work that is not urgent stays with an owner who is back before its next clock
    is due, and is looked at again then. Any other goes on to a colleague, or into the queue.
    """
    rows = Case.objects.locked().select_related("household__settlement")
    case = rows.filter(assignments=job.subject or 0).first()
    live = Assignment.objects.filter(pk=job.subject or 0, ended_at__isnull=True).first()
    if case is None or live is None or case.status not in OWNED_CASE or _is_here(live.owner_id):
        return None
    now = timezone.now()
    back_at = _back_at(live.owner_id, now)
    due = Clock.objects.filter(case=case, state__in=LIVE_CLOCK).aggregate(due=Min("due_at"))["due"]
    in_work, urgent = case.status != CaseStatus.ASSIGNED, case.priority in URGENT
    if plan.stays(in_work, urgent, back_at, due) and back_at is not None:
        return back_at + GRACE - now
    away = Absence.objects.at(now).filter(user=live.owner_id).exists()
    machine.pass_on_step(case, "absent" if away else "off_duty")
    return None


def _is_here(user: int) -> bool:
    return Post.objects.on_duty().filter(user=user).exists()


def _back_at(user: int, now: datetime) -> datetime | None:
    """When their next planned shift begins that no known absence covers."""
    away = list(Absence.objects.filter(user=user).exclude(until__lte=now).values_list("since", "until"))
    for start in Shift.objects.planned().filter(user=user, starts_at__gt=now).values_list("starts_at", flat=True)[:20]:
        if not any(since <= start and (until is None or until > start) for since, until in away):
            return start
    return None


# --- the roster -------------------------------------------------------------------------------------------------------


@verb("assignment.plan_shift")
def plan_shift(user: User, *, starts_at: datetime, ends_at: datetime, by: Actor) -> Shift:
    """Plan somebody's hours; at their end they go off duty by themselves. Raises Invalid for hours that cannot be.

    Locks nobody: that two shifts of one person never overlap is the database's rule.
    """
    policy.require()
    now = timezone.now()
    if ends_at <= starts_at or ends_at - starts_at > LONGEST_SHIFT:
        raise Invalid(_("A shift ends after it begins, within 16 hours."), field="ends_at")
    if ends_at <= now:
        raise Invalid(_("This shift is over already."), field="ends_at")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    overlap = Shift.objects.planned().filter(user=user, starts_at__lt=ends_at, ends_at__gt=starts_at)
    same = overlap.filter(starts_at=starts_at, ends_at=ends_at).first()
    if same is not None:
        return same
    if overlap.exists():
        raise Invalid(_("These hours overlap another shift of theirs."), field="starts_at")
    shift = Shift.objects.create(user=user, starts_at=starts_at, ends_at=ends_at)
    jobs.enqueue("shift_end", f"shift_end:{shift.uid}", subject=shift.pk, due_at=ends_at)
    events.record(shift, user=user.pk)
    return shift


@verb("assignment.cancel_shift")
def cancel_shift(shift: Shift, *, by: Actor) -> Shift:
    """Take a planned shift out of the roster. Locks it."""
    shift = Shift.objects.locked().get(pk=shift.pk)
    if shift.cancelled_at is None:
        shift.cancelled_at = timezone.now()
        shift.save(update_fields=["cancelled_at"])
        jobs.cancel([f"shift_end:{shift.uid}"])
        events.record(shift, user=shift.user_id)
    return shift


@jobs.inside("shift_end", verb="assignment.off_at_end")
def off_at_end(job: Job) -> None:
    """A shift is over: who is still on duty goes off, unless their next one has begun. Locks the posts."""
    policy.require()
    now = timezone.now()
    shift = Shift.objects.planned().filter(pk=job.subject or 0).first()
    if shift is None or Shift.objects.at(now).filter(user=shift.user_id).exists():
        return
    if _set_posts(shift.user_id, on=False):
        leave_step(shift.user_id)


@verb("assignment.report_absence")
def report_absence(user: User, *, reason: AbsenceReason, until: datetime | None = None, by: Actor) -> Absence:
    """Somebody is ill or away from now on: off duty, and their cases go to others at once. Locks their posts.

    One's own absence anybody may report; a colleague's, who plans the roster. Twice is the same absence.
    """
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if by.user_id != user.pk and not policy.allows("assignment.plan_shift", by):
        raise Forbidden
    now = timezone.now()
    if reason not in AbsenceReason.values or (until is not None and until <= now):
        raise Invalid(_("Say why, and until a time that is still to come, or leave the time empty."), field="until")
    changed = _set_posts(user.pk, on=False)
    standing = Absence.objects.at(now).filter(user=user).first()
    absence = standing or Absence.objects.create(user=user, since=now, until=until, reason=reason)
    if standing is None:
        events.record(absence, user=user.pk, reason=str(reason))
    if changed or standing is None:
        leave_step(user.pk, at_once=True)
    return absence


def _end_absences(user: int) -> None:
    now = timezone.now()
    Absence.objects.at(now).filter(user=user).update(until=now)
