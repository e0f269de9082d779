"""A verb is its own transaction, checks its policy on what it locked, and tries again when rows fought."""

from threading import Barrier

import pytest
from django.db import transaction

from cases import policy
from cases.actors import Posting, Staff, System
from cases.domain import assignment, follow_up, triage, verbs
from cases.enums import CaseStatus, PriorityClass, Role
from cases.errors import Forbidden, IllegalMove
from cases.models import Case, Event, Place
from cast import hire
from factories import a_case, a_household
from together import together

pytestmark = pytest.mark.django_db


def test_a_verb_that_never_checked_raises_and_leaves_nothing(cast):
    @verbs.verb("intake.record")
    def careless(*, by):
        Case.objects.filter(pk=case.pk).update(points=7)

    case = a_case()
    with pytest.raises(policy.NeverChecked):
        careless(by=cast.operator)
    case.refresh_from_db()
    assert case.points == 0


def test_a_verb_does_not_call_a_verb(cast):
    @verbs.verb("assignment.claim")
    def outer(*, by):
        policy.require()
        assignment.claim(case, by=by)

    case = a_case()
    with pytest.raises(verbs.VerbInsideVerb):
        outer(by=cast.taras)


@pytest.mark.parametrize("who", ["operator", "auditor", "field_team", "guest", "administrator"])
def test_who_may_not_is_refused_and_leaves_no_trace(cast, who):
    case = a_case()
    before = Event.objects.count()
    with pytest.raises(Forbidden):
        assignment.claim(case, by=getattr(cast, who))
    case.refresh_from_db()
    assert (case.status, case.assignments.count(), Event.objects.count()) == ("triaged", 0, before)


def test_a_coordinator_of_another_area_is_refused(cast):
    case = a_case()
    with pytest.raises(Forbidden):
        assignment.claim(case, by=cast.outsider)
    assert case.assignments.count() == 0


@pytest.fixture
def two_posts(cast):
    """Coordinates Sumy oblast, and answers the line for everywhere."""
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    posts = (Posting(Role.COORDINATOR, sumy.path), Posting(Role.OPERATOR, ""))
    return Staff(cast.outsider.user_id, "Stranger", posts)


def test_a_verb_reaches_no_further_than_the_posts_that_allow_it(two_posts):
    case = a_case()
    assert Case.objects.visible_to(two_posts).filter(pk=case.pk).exists()
    with pytest.raises(Forbidden):
        triage.override(case, priority=PriorityClass.P1, note="x", by=two_posts)
    with pytest.raises(Forbidden):
        assignment.claim(case, by=two_posts)
    case.refresh_from_db()
    assert (case.priority, case.overridden, case.status) == ("P4", False, "triaged")


def test_in_the_area_of_the_post_the_verb_is_allowed(two_posts):
    case = a_case(a_household(settlement=Place.objects.get(kind="oblast", name_en="Sumy oblast")))
    assert assignment.claim(case, by=two_posts).status == "assigned"


def test_a_partner_key_opens_no_staff_verb(cast):
    with pytest.raises(Forbidden):
        assignment.claim(a_case(), by=cast.red)


def test_a_system_actor_uses_only_its_own_verbs(cast):
    with pytest.raises(Forbidden):
        follow_up.start(a_case(), by=System("somebody"))


def test_a_database_guard_becomes_a_refusal_that_names_it(cast):
    @verbs.verb("assignment.claim")
    def wrong(*, by):
        policy.require()
        Case.objects.filter(pk=case.pk).update(ref="1")

    case = a_case()
    with pytest.raises(verbs.GuardRefused) as refused:
        wrong(by=cast.taras)
    assert refused.value.guard == "case_ref_is_eight_digits"
    assert isinstance(refused.value, IllegalMove)


def cross(cast, first, second):
    """Two verbs that lock the same two cases in opposite orders, each waiting until the other has its first."""
    meet = Barrier(2)

    @verbs.verb("assignment.claim")
    def lock_both(order, *, by):
        list(Case.objects.locked().filter(pk=order[0]))
        if not meet.broken:
            try:
                meet.wait(5)
            except Exception:  # noqa: S110 - the retry comes here alone
                pass
            meet.abort()
        list(Case.objects.locked().filter(pk=order[1]))
        Case.objects.filter(pk__in=order).update(points=1)
        return True

    orders = [(first, second), (second, first)]
    return together(2, lambda n: lock_both(orders[n], by=cast.taras))


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again(cast):
    assert cross(cast, a_case().pk, a_case().pk) == [True, True]


@pytest.mark.django_db(transaction=True)
def test_without_retries_the_deadlock_would_be_seen(cast, monkeypatch):
    """Negative control of the test above."""
    monkeypatch.setattr(verbs, "TRIES", 1)
    assert cross(cast, a_case().pk, a_case().pk).count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_a_verb_stands_in_no_other_transaction(cast):
    case = a_case()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        assignment.claim(case, by=cast.taras)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_claim_one_has_it(cast):
    case, staff = a_case(), [hire(f"c{number}", "coordinator") for number in range(20)]
    results = together(20, lambda n: assignment.claim(case, by=staff[n]))
    assert sum(isinstance(result, Case) for result in results) == 1
    assert case.assignments.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_several_would_have_it(cast):
    """Negative control: checking before writing, without the guard, lets several through."""
    case, meet, winners = a_case(), Barrier(5), []

    def grab(number):
        seen = Case.objects.get(pk=case.pk)
        meet.wait(5)
        if seen.status == CaseStatus.TRIAGED:
            winners.append(number)

    together(5, grab)
    assert len(winners) == 5
