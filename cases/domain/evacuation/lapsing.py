"""What nobody confirmed in time lapses: it counts for nothing, it is on record, and whoever proposed it is told."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from cases import policy
from cases.domain import events, jobs, notifications
from cases.domain.evacuation import consent
from cases.domain.evacuation.interests import LAPSES, lapsed_step, settled_step
from cases.domain.evacuation.locking import requests_step
from cases.enums import SECOND_WITHIN, InterestsOutcome
from cases.models import BestInterests, Corridor, Job, User, Window
from cases.queries import interests


@jobs.inside(LAPSES, verb="evacuation.lapse_interests")
def lapse_interests(job: Job) -> timedelta | None:
    """A decision in somebody's best interests lapses. What was decided since has overtaken it: nobody is told of that.

    Locks as `agree_interests` does, and so is the one or the other. Twice is harmless.
    """
    policy.require()
    proposed = BestInterests.objects.filter(pk=job.subject or 0).values_list("request", flat=True).first()
    found = requests_step([proposed] if proposed else [], together=False)
    rows = BestInterests.objects.select_related("person", "proposed_by", "request__case")
    row = rows.select_for_update(no_key=True, of=("self",)).filter(pk=job.subject or 0, outcome="").first()
    if row is None:
        return None
    if not interests.late(row):
        return row.until - timezone.now()
    request = found.requests[row.request_id]
    if interests.overtaken(row, request, consent.latest(request).get(row.person_id)):
        settled_step(row, InterestsOutcome.OVERTAKEN, by=None)
    else:
        lapsed_step(row)
    return None


@jobs.inside("resume_lapse", verb="corridors.lapse")
def lapse_resume(job: Job) -> timedelta | None:
    """Nobody agreed in time that a corridor goes on: it stays suspended. Locks the corridor. Twice is harmless."""
    corridor = Corridor.objects.locked().select_related("resume_proposed_by").filter(pk=job.subject or 0).first()
    if corridor is None or corridor.resume_until is None:
        return None
    if corridor.resume_waits:
        return corridor.resume_until - timezone.now()
    resume_lapsed_step(corridor)
    return None


def resume_lapsed_step(corridor: Corridor) -> None:
    """Step: what was proposed for a locked corridor lapses."""
    user, since = corridor.resume_proposed_by, corridor.resume_proposed_at
    assert user is not None
    assert since is not None
    corridor.resume_proposed_by = corridor.resume_proposed_at = None
    corridor.save(update_fields=["resume_proposed_by", "resume_proposed_at"])
    events.record(corridor, "corridors.resume_lapsed", proposed_by=user.pk)
    _told(user, f"lapsed:{corridor.uid}:{since:%Y%m%d%H%M%S%f}", corridor)


@jobs.inside("publicity_lapse", verb="corridors.lapse")
def lapse_publicity(job: Job) -> timedelta | None:
    """Nobody agreed in time that more people may be told of a window. Locks the window. Twice is harmless."""
    rows = Window.objects.locked().select_related("corridor", "publicity_raised_by")
    window = rows.filter(pk=job.subject or 0).first()
    since = window.publicity_wanted_at if window is not None else None
    if window is None or since is None:
        return None
    if window.publicity_waits:
        return since + SECOND_WITHIN - timezone.now()
    user, wanted = window.publicity_raised_by, window.publicity_wanted
    window.publicity_wanted, window.publicity_wanted_at = "", None
    window.save(update_fields=["publicity_wanted", "publicity_wanted_at"])
    events.record(window, "corridors.publicity_lapsed", wanted=wanted, proposed_by=user.pk)
    _told(user, f"lapsed:{window.uid}:{since:%Y%m%d%H%M%S%f}", window.corridor)
    return None


def _told(user: User, key: str, corridor: Corridor) -> None:
    path = f"{settings.HOTLINE_URL.rstrip('/')}/evacuation/corridor/{corridor.pk}/"
    notifications.to_staff("second_lapsed", user, key=key, path=path)
