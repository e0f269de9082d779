"""What waits for a second person stands where coordinators and dispatchers look, for who may confirm it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from cases.domain import evacuation
from cases.enums import RESUME_WITHIN, SECOND_WITHIN, Role
from cases.models import BestInterests, Corridor, User
from cases.queries import second
from cast import hire
from factories import a_place
from ways_out import a_corridor, a_family, a_slot, people_of, planners, said_yes

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE, BOARD = reverse("admin:cases_case_changelist"), reverse("evacuation")
TITLE = "Waiting for a second person"


@pytest.fixture
def both():
    return planners()


def page(who, address=QUEUE):
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id))
    return client.get(address).content.decode()


def propose(by, family=None):
    family = family or a_family()
    return evacuation.propose_interests(family, person=people_of(family)[0], goes=True, reason="asleep", by=by)


def stopped(by):
    return evacuation.propose_resume(evacuation.suspend(a_corridor(by), reason="unsafe", by=by), by=by)


def wanted(by, publicity="public"):
    return evacuation.propose_publicity(a_slot(by, a_corridor(by)), publicity=publicity, by=by)


def refs(who):
    return [line.about for line in second.waiting_for(who)]


def test_the_queue_says_what_waits_since_when_and_until_when_and_links_to_it(cast):
    row = propose(cast.taras)
    said = page(cast.protection)
    assert TITLE in said and row.request.case.spoken in said and "proposed by Taras" in said
    assert reverse("admin:cases_case_change", args=[row.request.case_id]) in said
    (line,) = second.waiting_for(cast.protection)
    assert (line.since, line.until, line.soon) == (row.created_at, row.created_at + SECOND_WITHIN, False)
    assert "asleep" not in said


def test_nobody_finds_their_own_proposal_or_what_another_post_confirms(cast):
    row = propose(cast.taras)
    assert [refs(who) for who in (cast.taras, cast.iryna, cast.olena, cast.auditor)] == [[], [], [], []]
    assert TITLE not in page(cast.taras)
    evacuation.refuse_interests(row, by=cast.taras)
    row = propose(cast.protection)
    about = row.request.case.spoken
    assert [refs(who) for who in (cast.taras, cast.iryna, cast.protection)] == [[about], [about], []]


def test_what_lies_in_another_area_waits_for_others(cast):
    kursk = hire("ostap", Role.PROTECTION, area=a_place("Sudzha").parent)
    sumy = hire("halyna", Role.PROTECTION, area=a_place("Sumy").parent)
    hire_reads = hire("petro", Role.OPERATOR)
    row = propose(cast.taras)
    assert [refs(who) for who in (kursk, sumy, hire_reads)] == [[row.request.case.spoken], [], []]


def test_what_was_overtaken_settled_or_lapsed_waits_no_more(cast):
    overtaken, settled, late = (propose(cast.taras) for _ in range(3))
    said_yes(overtaken.request, overtaken.person, cast.olena)
    evacuation.agree_interests(settled, by=cast.protection)
    assert refs(cast.protection) == [late.request.case.spoken]
    with time_machine.travel(late.created_at + SECOND_WITHIN - timedelta(minutes=1), tick=False):
        (line,) = second.waiting_for(cast.protection)
        assert line.soon
    with time_machine.travel(late.created_at + SECOND_WITHIN, tick=False):
        assert refs(cast.protection) == []


def test_what_the_page_lists_is_what_may_be_confirmed(cast):
    rows = [propose(by) for by in (cast.taras, cast.protection, cast.supervisor, cast.olena)]
    for who in (cast.taras, cast.iryna, cast.protection, cast.supervisor, cast.olena, cast.medic):
        mine = {row.request.case.spoken for row in rows if row.second_may_be(who)}
        assert set(refs(who)) == mine
    assert BestInterests.objects.filter(outcome="").count() == len(rows)


def test_a_corridor_waits_for_another_planner_on_the_board_and_on_the_queue(cast, both):
    corridor = stopped(both.dmytro)
    assert refs(both.daria) == refs(cast.supervisor) == [corridor.name]
    assert refs(both.dmytro) == refs(cast.taras) == []
    for who, address in ((both.daria, BOARD), (cast.supervisor, QUEUE)):
        said = page(who, address)
        assert TITLE in said and reverse("evacuation-corridor", args=[corridor.pk]) in said
    assert TITLE not in page(both.dmytro, BOARD)
    with time_machine.travel(corridor.resume_proposed_at + RESUME_WITHIN, tick=False):
        assert refs(both.daria) == []
    evacuation.resume(corridor, by=both.daria)
    assert refs(cast.supervisor) == []
    assert Corridor.objects.get().status == "open"


def test_it_costs_the_same_for_one_and_for_three(cast, both, django_assert_num_queries):
    for _ in range(3):
        propose(cast.protection)
        stopped(both.dmytro)
        wanted(both.dmytro)
        with django_assert_num_queries(3):
            assert second.waiting_for(both.daria)
    with django_assert_num_queries(0):
        assert second.waiting_for(cast.auditor) == []


def test_a_window_more_may_be_told_of_waits_on_the_board_for_the_other_dispatcher(cast, both):
    window = wanted(both.dmytro)
    assert window.corridor.name in page(both.daria, BOARD) and TITLE in page(both.daria, BOARD)
    assert TITLE not in page(both.dmytro, BOARD) and TITLE not in page(cast.taras)
    with time_machine.travel(window.publicity_until + timedelta(seconds=1), tick=False):
        assert refs(both.daria) == []


def test_a_window_of_a_closed_corridor_waits_for_nobody(both):
    window = wanted(both.dmytro)
    assert refs(both.daria) == [window.corridor.name]
    evacuation.close_corridor(window.corridor, by=both.dmytro)
    assert refs(both.daria) == []
