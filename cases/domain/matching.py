"""Pairs that may be one person: the machine proposes, a coordinator decides, and the decision stands.

People who are sought are another matter: who was found decides alone whether anybody may know it.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor, Staff
from cases.domain import events, jobs, notifications
from cases.domain.verbs import verb
from cases.enums import ABSENT, JobLane, LinkState, MatchState, Role
from cases.errors import Forbidden, IllegalMove
from cases.models import Household, Job, Match, Person, PersonLink, Post
from cases.queries import matching as reading

LOOK_AFTER: Final = timedelta(seconds=2)  # a call is saved in steps: red key, then the rest


def enqueue_step(household: Household) -> None:
    """Look for others who may be these people, soon after they were written down; in the caller's transaction."""
    jobs.enqueue(
        "match",
        f"match:{household.uid}",
        subject=household.pk,
        lane=JobLane.BULK,
        due_at=timezone.now() + LOOK_AFTER,
    )


@jobs.inside("match", verb="matching.look")
def look(job: Job) -> None:
    """Compare the people of one household with those elsewhere who share names or a number. Locks the household.

    What is found is written down once: a pair that was decided stays decided, whatever is found again.
    """
    household = Household.objects.locked().filter(pk=job.subject, merged_into__isnull=True).first()
    if household is None:
        return
    for found in reading.candidates_of(household):
        if found.person.presence in ABSENT or found.other.presence in ABSENT:
            _propose_link(found)
        elif reading.worth_a_look(found.match):
            _propose(found)


def _propose(found: reading.Candidate) -> None:
    first, second = sorted((found.person, found.other), key=lambda person: person.pk)
    if _told_apart(first, second):
        return
    facts = {"verdict": str(found.match.verdict), "score": found.match.score, "evidence": found.match.evidence}
    row, made = Match.objects.get_or_create(first=first, second=second, defaults=facts)
    if made:
        events.record(row, "matching.proposed", verdict=facts["verdict"], score=found.match.score)
    elif row.state == MatchState.OPEN:
        Match.objects.filter(pk=row.pk, state=MatchState.OPEN).update(**facts)


def _told_apart(first: Person, second: Person) -> bool:
    """Somebody decided already that these are two people, or that records merged into them are."""
    one, other = (Q(pk=person.pk) | Q(merged_into=person) for person in (first, second))
    ones, others = Person.objects.filter(one), Person.objects.filter(other)
    pairs = Q(first__in=ones, second__in=others) | Q(first__in=others, second__in=ones)
    return Match.objects.filter(pairs, state=MatchState.APART).exists()


def _propose_link(found: reading.Candidate) -> None:
    """One is sought and the other stands in a household: for the protection officer's eyes alone."""
    sought, other = found.person, found.other
    if sought.presence not in ABSENT:
        sought, other = other, sought
    if other.presence in ABSENT:
        return  # both are sought: nobody was found
    facts = {"score": found.match.score, "evidence": found.match.evidence}
    row, made = PersonLink.objects.get_or_create(sought=sought, found=other, defaults=facts)
    if made:
        events.record(row, "matching.found", score=found.match.score)
        if reading.worth_a_look(found.match):
            _tell_officers(row)
    elif row.state == LinkState.PROPOSED:
        PersonLink.objects.filter(pk=row.pk, state=LinkState.PROPOSED).update(**facts)


def _tell_officers(link: PersonLink) -> None:
    """The protection officers on duty; the message says nothing but where to look."""
    posts = Post.objects.on_duty().filter(role=Role.PROTECTION).select_related("user").order_by("pk")
    path = f"{settings.HOTLINE_URL.rstrip('/')}/admin/cases/personlink/{link.pk}/change/"
    for user in {post.user_id: post.user for post in posts}.values():
        notifications.to_staff("person_found", user, key=f"found:{link.uid}:{user.pk}", urgent=True, path=path)


@verb("matching.keep_apart")
def keep_apart(match: Match, *, by: Actor) -> Match:
    """These are two people. It is remembered: the pair is never proposed again. Locks the pair.

    Raises IllegalMove where their households were merged meanwhile.
    """
    match = Match.objects.locked().get(pk=match.pk)
    if not Match.objects.visible_to(by).filter(pk=match.pk).exists():
        raise Forbidden
    if match.state == MatchState.APART:
        return match
    if match.state != MatchState.OPEN:
        raise IllegalMove(_("These two were merged. Undo the merge if it was wrong."))
    match.state, match.decided_at = MatchState.APART, timezone.now()
    match.decided_by_id = by.user_id if isinstance(by, Staff) else None
    match.save(update_fields=["state", "decided_at", "decided_by"])
    events.record(match)
    return match


@verb("matching.answer")
def answer(link: PersonLink, *, found_consents: bool, by: Actor) -> PersonLink:
    """What the person who was found said when they were asked, alone: may those who seek them be told?

    Only a yes confirms the link; a no ends it, and may become a yes later. Locks the link.
    """
    link = PersonLink.objects.locked().get(pk=link.pk)
    state = LinkState.CONFIRMED if found_consents else LinkState.REFUSED
    if link.state == state:
        return link
    link.found_consents, link.state, link.decided_at = found_consents, state, timezone.now()
    link.decided_by_id = by.user_id if isinstance(by, Staff) else None
    link.save(update_fields=["found_consents", "state", "decided_at", "decided_by"])
    events.record(link)
    return link
