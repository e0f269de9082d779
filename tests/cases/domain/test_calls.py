"""A call that rings for many is one operator's; how it is passed on, called back and ended."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Event

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from cases import policy
from cases.domain import callbacks, calls, drafts, jobs, lifecycle, presence, verbs
from cases.domain.calls import OneCallAtATime
from cases.enums import CallbackOutcome, CallStatus
from cases.errors import AlreadyTaken, Forbidden, IllegalMove
from cases.models import Alarm, Call, Callback, Draft, Job, Presence, Tie, User
from cast import hire
from chaos.waiting import end_heartbeat, until
from factories import a_place
from telephone import (
    EXCHANGE,
    NUMBER,
    a_contact,
    a_tie,
    an_event,
    hung_up,
    in_verb,
    later,
    pages_hear,
    ringing,
    tell,
)
from together import together

pytestmark = pytest.mark.django_db(transaction=True)

WANT_IT = 50


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


def state_of(who):
    return Presence.objects.get(user=who.user_id).state


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


# --- one of many has it ----------------------------------------------------------------------------------------------


def test_of_fifty_who_want_a_call_exactly_one_has_it():
    call, many = ringing(), [hire(f"operator{number}", "operator") for number in range(WANT_IT)]
    answers = together(WANT_IT, lambda number: calls.claim(call, by=many[number]))
    assert Counter(type(answer) for answer in answers) == {Draft: 1, AlreadyTaken: WANT_IT - 1}
    (has_it,) = (answer.operator_id for answer in answers if isinstance(answer, Draft))
    call.refresh_from_db()
    assert (call.status, call.operator_id) == ("in_progress", has_it)
    assert Draft.objects.count() == 1
    assert list(Presence.objects.filter(state="on_call").values_list("user", flat=True)) == [has_it]


def test_reading_first_and_writing_then_gives_it_to_several():
    """The negative control: the same fifty without the condition in the UPDATE."""
    call, many = ringing(), [hire(f"operator{number}", "operator") for number in range(WANT_IT)]
    all_have_read = Barrier(WANT_IT)

    def careless(number):
        free = Call.objects.get(pk=call.pk).status == CallStatus.RINGING
        all_have_read.wait(20)
        return free and Call.objects.filter(pk=call.pk).update(status="in_progress", operator=many[number].user_id)

    assert sum(together(WANT_IT, careless)) > 1


def test_claiming_twice_is_the_same_page(cast):
    call = ringing()
    first = calls.claim(call, by=cast.olena)
    assert calls.claim(Call.objects.get(pk=call.pk), by=cast.olena) == first


def test_who_has_no_post_at_the_desk_claims_nothing(cast):
    call = ringing()
    with pytest.raises(Forbidden):
        calls.claim(call, by=cast.field_team)
    assert Call.objects.get().status == "ringing"


# --- one call at a time ----------------------------------------------------------------------------------------------


def test_one_call_at_a_time_and_the_other_rings_on(cast):
    calls.claim(ringing(), by=cast.olena)
    other = ringing("+79155550102", "c-2")
    with pytest.raises(OneCallAtATime):
        calls.claim(other, by=cast.olena)
    assert calls.claim(other, by=cast.oleh).operator_id == cast.oleh.user_id


def test_who_claims_two_calls_at_once_has_one(cast):
    both = [ringing(), ringing("+79155550102", "c-2")]
    answers = together(2, lambda number: calls.claim(both[number], by=cast.olena))
    assert Counter(type(answer) for answer in answers) == {Draft: 1, OneCallAtATime: 1}


def test_asking_without_the_lock_gives_both_to_who_claims_two_at_once(cast):
    """The negative control: both ask, and then both take."""
    both = [ringing(), ringing("+79155550102", "c-2")]
    both_have_asked = Barrier(2)

    def careless(number):
        def work():
            policy.require()
            busy = Call.objects.filter(operator=cast.olena.user_id, status="in_progress").exists()
            both_have_asked.wait(10)
            if not busy:
                lifecycle.claim(both[number], CallStatus.IN_PROGRESS, operator=cast.olena.user_id)

        verbs.in_transaction(work, "calls.claim", cast.olena)

    together(2, careless)
    assert Call.objects.filter(operator=cast.olena.user_id, status="in_progress").count() == 2


def test_in_wrap_up_the_next_call_may_be_taken(cast):
    calls.hang_up(calls.claim(ringing(), by=cast.olena).call, by=cast.olena)
    assert calls.claim(ringing("+79155550102", "c-2"), by=cast.olena).operator_id == cast.olena.user_id


# --- stepping back ---------------------------------------------------------------------------------------------------


def test_a_call_somebody_recuses_from_rings_again_with_what_was_typed(cast):
    draft = calls.claim(ringing(), by=cast.olena)
    with pages_hear() as told:
        calls.recuse(draft, by=cast.olena)
        assert ("desk", "ring") in told()
    call = Call.objects.get()
    assert (call.status, call.operator, state_of(cast.olena)) == ("ringing", None, "free")
    assert calls.claim(call, by=cast.oleh) == draft


def test_the_exchange_does_not_bring_a_call_back_to_who_recused(cast):
    call = tell("answered", agent="olena")
    assert call.operator_id == cast.olena.user_id
    calls.recuse(Draft.objects.get(), by=cast.olena)
    assert tell("held").status == "ringing"
    assert tell("transferred", agent="oleh").operator_id == cast.oleh.user_id


def test_who_hangs_up_on_the_second_ring_is_called_back(cast):
    tell("answered", agent="olena")
    calls.recuse(Draft.objects.get(), by=cast.olena)
    tell("ended")
    assert later("call") == 1
    assert (Call.objects.get().status, Callback.objects.get().reason) == ("callback_due", "unrecorded")


def test_only_ones_own_call_can_be_stepped_back_from(cast):
    draft = calls.claim(ringing(), by=cast.olena)
    with pytest.raises(Forbidden):
        calls.recuse(draft, by=cast.oleh)


def test_a_place_can_be_stepped_back_from_without_a_call(cast):
    draft = drafts.save(
        "00000000-0000-4000-8000-000000000001",
        serial=1,
        typed=drafts.Typed(fields={}, facts={}, settlement=a_place().pk),
        by=cast.olena,
    )
    calls.recuse(draft, by=cast.olena)
    assert User.objects.get(pk=cast.olena.user_id).recusals.get().place == a_place()


# --- its end ---------------------------------------------------------------------------------------------------------


def test_hanging_up_leaves_the_record_to_be_written(cast):
    call = calls.hang_up(calls.claim(ringing(), by=cast.olena).call, by=cast.olena)
    assert (call.status, state_of(cast.olena)) == ("wrap_up", "wrap_up")
    ended = call.ended_at
    assert calls.hang_up(call, by=cast.olena).ended_at == ended is not None
    with pytest.raises(Forbidden):
        calls.hang_up(call, by=cast.oleh)


def test_a_call_claimed_as_the_caller_hung_up_is_not_left_on_the_line(cast):
    call = ringing()
    tell("ended")
    calls.claim(call, by=cast.olena)
    assert later("call") == 1
    assert (Call.objects.get().status, state_of(cast.olena)) == ("wrap_up", "wrap_up")


def finish(call, who, **how):
    in_verb("calls.hang_up", who, lambda: calls.finish_step(Call.objects.locked().get(pk=call.pk), **how))


def test_a_recorded_call_frees_its_operator(cast):
    call = calls.claim(ringing(), by=cast.olena).call
    with pytest.raises(presence.WrapUpFirst):
        presence.choose("free", by=cast.olena)
    finish(call, cast.olena, heavy=False)
    assert (Call.objects.get().status, state_of(cast.olena)) == ("completed", "free")
    presence.choose("break", by=cast.olena)


def test_a_call_that_still_rings_is_no_record(cast):
    call = ringing()
    with pytest.raises(IllegalMove):
        finish(call, cast.olena, heavy=False)


def test_a_heavy_call_gives_fifteen_minutes_off_the_line_that_end_by_themselves(cast):
    call = calls.claim(ringing(), by=cast.olena).call
    begun = timezone.now()
    with time_machine.travel(begun, tick=False) as clock:
        finish(call, cast.olena, heavy=True)
        assert Alarm.objects.get().kind == "heavy"
        row = Presence.objects.get(user=cast.olena.user_id)
        assert (row.state, row.until) == ("cool_down", begun + timedelta(minutes=15))
        clock.shift(timedelta(minutes=14, seconds=59))
        jobs.sweep()
        assert state_of(cast.olena) == "cool_down"
        clock.shift(timedelta(seconds=1))
        jobs.sweep()
        assert state_of(cast.olena) == "break"
        assert not Job.objects.filter(kind="presence", state="waiting").exists()


# --- calling back ----------------------------------------------------------------------------------------------------


def test_a_callback_to_a_registered_number_confirms_them_once_the_operator_hears_that_it_is_them(cast):
    tie = a_tie(a_contact())
    hung_up()
    draft = calls.call_back(Callback.objects.get(), by=cast.olena)
    assert (draft.identity, draft.call.direction, draft.call.status) == ("unknown", "out", "in_progress")
    known = calls.reached(draft, tie=tie, by=cast.olena)
    assert (known.identity, known.confirmed_household_id) == ("confirmed", tie.household_id)
    for stranger in (a_tie(a_contact("+79155550177")), a_tie(a_contact())):
        Tie.objects.filter(pk=stranger.pk).update(verified_how="")
        with pytest.raises(IllegalMove):
            calls.reached(draft, tie=stranger, by=cast.olena)
    assert state_of(cast.olena) == "on_call"
    assert calls.call_back(Callback.objects.get(), by=cast.olena) == draft
    assert Call.objects.filter(direction="out").count() == 1


def test_nobody_is_called_back_by_two(cast):
    hung_up()
    row, both = Callback.objects.get(), (cast.olena, cast.oleh)
    answers = together(2, lambda number: calls.call_back(row, by=both[number]))
    assert Counter(type(answer) for answer in answers) == {Draft: 1, AlreadyTaken: 1}
    assert Call.objects.filter(direction="out").count() == 1


def test_on_a_call_nobody_else_is_called_back(cast):
    hung_up("+79155550102", "c-2")
    calls.claim(ringing(), by=cast.olena)
    with pytest.raises(OneCallAtATime):
        calls.call_back(Callback.objects.get(), by=cast.olena)


def test_who_calls_again_by_themselves_need_not_be_called(cast):
    first = hung_up()
    calls.claim(ringing(NUMBER, "c-2"), by=cast.olena)
    first.refresh_from_db()
    assert (first.status, Callback.objects.get().state) == ("callback_done", "done")


def test_reaching_somebody_settles_every_call_they_gave_up(cast):
    hung_up()
    hung_up(NUMBER, "c-2")
    row = Callback.objects.get()
    calls.call_back(row, by=cast.olena)
    row = Callback.objects.get()
    in_verb("callbacks.release", cast.olena, lambda: callbacks.tried_step(row, CallbackOutcome.REACHED, by=cast.olena))
    assert set(Call.objects.filter(direction="in").values_list("status", flat=True)) == {"callback_done"}


def test_an_answer_that_is_told_late_takes_the_callback_away_again(cast):
    tell("ended", agent="")
    later("call")
    hung_up("+79155550102", "c-2")
    tell("answered", agent="olena")
    assert sorted(Callback.objects.values_list("state", flat=True)) == ["cancelled", "open"]
    assert Call.objects.order_by("pk")[0].status == "callback_done"


def test_a_number_that_comes_while_another_event_makes_the_call_is_kept(cast):
    """An exchange's events race each other: whoever waits for the other one's call still says who rings."""
    made = Event()

    def answered_first():
        calls.heard.__wrapped__(an_event("answered", agent="olena", caller=""), by=EXCHANGE)
        made.set()
        until(somebody_waits, seconds=10, what="the other event")

    def ringing_then():
        assert made.wait(10)
        return tell("ringing")

    events = [lambda: verbs.in_transaction(answered_first, "calls.heard", EXCHANGE), ringing_then]
    assert not [answer for answer in together(2, lambda number: events[number]()) if isinstance(answer, Exception)]
    call = Call.objects.get()
    assert (call.status, call.contact, call.anonymous) == ("in_progress", a_contact(), False)
    assert Draft.objects.get().contact == a_contact()


def test_another_call_they_gave_up_keeps_its_callback(cast):
    tell("ended")
    later("call")
    second = hung_up(NUMBER, "c-2")
    tell("answered", agent="olena")
    row = Callback.objects.get()
    assert (row.state, row.call_id) == ("open", second.pk)
