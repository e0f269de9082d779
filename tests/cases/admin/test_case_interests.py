"""The page of a case for who cannot decide: one of the staff proposes, somebody from another post confirms."""

import pytest
from django.test import Client
from django.utils.html import escape

from cases.models import BestInterests, Decision, User
from ways_out import a_family, people_of

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "does not understand where she is"
WAITS, CONFIRM, TAKE_BACK = "Waits for a second person", "Confirm: it is best for them", "Take it back"


def door_of(who):
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id))
    return client


def press(who, request, step, **given):
    return door_of(who).post(f"/admin/cases/case/{request.case_id}/{step}/", given)


def propose(who, request, **more):
    given = {"wish": request.pk, "interests_of": request.pk, "person": people_of(request)[0].pk, "goes": "1"}
    ticks = {"could_speak_freely": "yes", "voluntary": "1", "own_direction": "1", "informed": "1"}
    return press(who, request, "propose_interests", **(given | ticks | {"reason": WHY} | more))


def page(who, request):
    return door_of(who).get(f"/admin/cases/case/{request.case_id}/change/").content.decode()


def opened(who, request):
    return press(who, request, "open", why="complaint").content.decode()


@pytest.fixture
def family(cast):
    return a_family()


def test_one_proposes_and_the_other_reads_why_and_confirms_from_their_own_log_in(cast, family):
    assert "They cannot decide themselves" in page(cast.taras, family)
    assert propose(cast.taras, family).status_code == 302
    assert "0 of 2 have decided to go." in page(cast.protection, family)

    masked, plain = page(cast.protection, family), opened(cast.protection, family)
    assert WAITS in masked and "proposed by Taras" in masked and WHY not in masked and CONFIRM not in masked
    assert WHY in plain and CONFIRM in plain and TAKE_BACK not in plain

    row = BestInterests.objects.get()
    assert press(cast.protection, family, "agree_interests", interests=row.pk).status_code == 302
    made = Decision.objects.get()
    assert (made.recorded_by, made.second_staff_id) == (cast.taras.code, cast.protection.user_id)
    said = page(cast.taras, family)
    assert "1 of 2 have decided to go." in said and WAITS not in said
    assert escape("A second person confirmed a decision in somebody's best interests") in said


def test_who_proposed_it_sees_that_it_waits_and_only_takes_it_back(cast, family):
    propose(cast.protection, family)
    said = opened(cast.protection, family)
    assert WAITS in said and TAKE_BACK in said and CONFIRM not in said
    row = BestInterests.objects.get()
    press(cast.protection, family, "agree_interests", interests=row.pk)
    assert not Decision.objects.exists()
    press(cast.protection, family, "refuse_interests", interests=row.pk)
    assert WAITS not in page(cast.protection, family)


def test_the_second_refuses_and_nothing_is_decided(cast, family):
    propose(cast.taras, family)
    press(cast.protection, family, "refuse_interests", interests=BestInterests.objects.get().pk)
    assert WAITS not in page(cast.protection, family)
    assert not Decision.objects.exists()


def test_a_colleague_of_the_same_post_sees_it_wait_and_has_no_button(cast, family):
    propose(cast.taras, family)
    said = opened(cast.iryna, family)
    assert WAITS in said and CONFIRM not in said and TAKE_BACK not in said and WHY not in said


@pytest.mark.parametrize("who", ["auditor", "medic", "outsider", "guest"])
def test_who_may_not_confirm_it_does_not(cast, family, who):
    propose(cast.protection, family)
    answer = press(getattr(cast, who), family, "agree_interests", interests=BestInterests.objects.get().pk)
    assert answer.status_code in (302, 403, 404)
    assert not Decision.objects.exists()


def test_nothing_of_another_case_is_confirmed_from_here(cast, family):
    propose(cast.taras, family)
    press(cast.protection, a_family(), "agree_interests", interests=BestInterests.objects.get().pk)
    assert not Decision.objects.exists()


def test_a_proposal_without_a_reason_comes_back_with_what_was_ticked(cast, family):
    answer = propose(cast.taras, family, reason="", goes="0")
    assert answer.status_code == 422
    assert "Say why it is in their best interests." in answer.content.decode()
    assert '<option value="0" selected>' in " ".join(answer.content.decode().split())
    assert not BestInterests.objects.exists()
