"""Who owns a case: the machine's choice, a coordinator's, or one's own."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import clocks, events, jobs, lifecycle, notifications, stream
from cases.domain.verbs import verb
from cases.enums import CaseStatus, ClockKind, JobLane, JobState, Role
from cases.errors import AlreadyTaken, Forbidden, NobodyFits
from cases.models import Assignment, Case, Job, Post, User

OWNERS = (Role.COORDINATOR, Role.PROTECTION, Role.MEDIC, Role.SUPERVISOR)
TRY_AGAIN = timedelta(seconds=10)


def enqueue_step(case: Case) -> None:
    """Ask for an owner, in the caller's transaction."""
    lane = JobLane.URGENT if case.priority == "P1" else JobLane.NORMAL
    jobs.enqueue("assign", f"assign:{case.uid}", subject=case.pk, lane=lane)


@jobs.inside("assign", verb="assignment.auto")
def auto(job: Job) -> timedelta | None:
    """Give a triaged case to the least loaded coordinator on duty who covers its place and has room.

    Locks the case, then every candidate's post, so that two jobs never fill one place. When nobody fits, the reason
    is kept on the case and the job comes again.
    """
    case = Case.objects.locked().select_related("household__settlement").filter(pk=job.subject).first()
    if case is None or case.status != CaseStatus.TRIAGED:
        return None
    choice, considered = choose(case)
    if choice is None:
        if case.unassigned_why != considered:
            case.unassigned_why = considered
            case.save(update_fields=["unassigned_why"])
            events.record(case, "assignment.nobody", case=case, **considered)
        return TRY_AGAIN
    give(case, choice, because=considered, by="system:assignment")
    return None


def choose(case: Case) -> tuple[User | None, dict[str, Any]]:
    """The owner for a case, and what was considered: codes and numbers that become words for people."""
    role = Role.PROTECTION if case.household.protected else Role.COORDINATOR
    posts = list(
        Post.objects.on_duty()
        .filter(role=role)
        .select_related("user", "area")
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    settlement = case.household.settlement
    path = settlement.path if settlement else ""
    covering = [post for post in posts if post.area is None or not path or path.startswith(post.area.path)]
    loads = dict(
        Assignment.objects.filter(owner__in=[post.user_id for post in covering], ended_at__isnull=True)
        .values_list("owner")
        .annotate(Count("pk"))
    )
    gave_back = set(case.assignments.filter(ended_because="handed_back").values_list("owner", flat=True))
    room = [post for post in covering if loads.get(post.user_id, 0) < post.capacity]
    free = [post for post in room if post.user_id not in gave_back] or room  # nobody else: better them than nobody
    considered: dict[str, Any] = {
        "on_duty": len(posts),
        "covering": len(covering),
        "full": [post.user_id for post in covering if post not in free],
    }
    if not free:
        return None, considered
    best = min(free, key=lambda post: (loads.get(post.user_id, 0) / post.capacity, post.pk))
    considered |= {"load": loads.get(best.user_id, 0), "capacity": best.capacity, "area": best.area_id}
    return best.user, considered


def give(case: Case, owner: User, *, because: dict[str, Any], by: str) -> Assignment:
    """Step: make `owner` the owner of a locked, triaged case, and tell them."""
    assignment = Assignment.objects.create(case=case, owner=owner, by=by, because=because)
    if case.unassigned_why:
        case.unassigned_why = {}
        case.save(update_fields=["unassigned_why"])
    lifecycle.move(case, CaseStatus.ASSIGNED)
    events.record(assignment, "assignment.given", case=case, owner=owner.pk, because=because)
    stream.tell(stream.ROOM, "case_taken", uid=case.uid)
    notifications.to_staff(
        "case_assigned",
        owner,
        key=f"assigned:{assignment.uid}",
        case=case,
        urgent=case.priority == "P1",
        ref=case.spoken,
        priority=case.priority,
        path=case_link(case),
    )
    return assignment


def case_link(case: Case) -> str:
    """The short address of a case, the same in every message whatever page shows it."""
    return f"{settings.HOTLINE_URL.rstrip('/')}/case/{case.ref}/"


def end_live(case: Case, because: str) -> None:
    """Step: the owner of a locked case leaves."""
    Assignment.objects.filter(case=case, ended_at__isnull=True).update(ended_at=timezone.now(), ended_because=because)


def _covered(case: Case, owner: User) -> bool:
    """Does somebody hold a post that works on cases and covers this one's place?"""
    settlement = case.household.settlement
    posts = Post.objects.held().filter(user=owner, role__in=OWNERS).values_list("area__path", flat=True)
    return any(not path or settlement is None or settlement.path.startswith(path) for path in posts)


@verb("assignment.assign")
def assign(case: Case, *, owner: User, by: Actor) -> Case:
    """Give a case to somebody by hand, over the machine's head. Raises NobodyFits when they hold no fitting post."""
    case = Case.objects.locked().select_related("household__settlement").get(pk=case.pk)
    if not _covered(case, owner):
        raise NobodyFits(_("They hold no post that covers this place."), field="owner")
    live = case.assignments.filter(ended_at__isnull=True).first()
    if live is not None and live.owner_id == owner.pk:
        return case
    if live is not None:
        end_live(case, "reassigned")
        lifecycle.move(case, CaseStatus.TRIAGED)
    give(case, owner, because={"by_hand": True}, by=by.code)
    return case


@verb("assignment.claim")
def claim(case: Case, *, by: Actor) -> Case:
    """Take a case oneself. Raises AlreadyTaken when somebody else owns it. Locks the case."""
    if not isinstance(by, Staff):
        raise Forbidden
    case = Case.objects.locked().get(pk=case.pk)
    live = case.assignments.filter(ended_at__isnull=True).first()
    if live is not None:
        if live.owner_id == by.user_id:
            return case
        raise AlreadyTaken
    give(case, User.objects.get(pk=by.user_id), because={"claimed": True}, by=by.code)
    clocks.met(case, ClockKind.ACKNOWLEDGE)
    return case


@verb("assignment.hand_back")
def hand_back(case: Case, *, by: Actor) -> Case:
    """Give one's case back to the queue; the machine looks for another owner. Locks the case."""
    case = Case.objects.locked().get(pk=case.pk)
    if case.status == CaseStatus.TRIAGED:
        return case
    lifecycle.move(case, CaseStatus.TRIAGED)
    end_live(case, "handed_back")
    enqueue_step(case)
    return case


@verb("assignment.set_duty")
def set_duty(*, on: bool, by: Actor) -> int:
    """Come on duty or leave it, for all posts one holds; coming on duty wakes the unassigned cases."""
    if not isinstance(by, Staff):
        raise Forbidden
    policy.require()
    posts = list(
        Post.objects.held().filter(user=by.user_id).select_for_update(no_key=True, of=("self",)).order_by("pk")
    )
    changed = [post for post in posts if post.on_duty != on]
    Post.objects.filter(pk__in=[post.pk for post in changed]).update(on_duty=on)
    events.record_many((post, None, {"on_duty": on}) for post in changed)
    if on and any(post.role == Role.COORDINATOR for post in changed):
        waiting = Job.objects.filter(kind="assign", state=JobState.WAITING).select_for_update(skip_locked=True)
        Job.objects.filter(pk__in=waiting.values("pk")).update(due_at=timezone.now())
    return len(changed)
