"""Who is to be called back: once a contact, within safe hours, by one at a time; never who must not be called."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from cases.domain import callbacks, calls
from cases.domain.callbacks import NeedsTheWord, NotSafeNow, TooEarly
from cases.enums import CallbackOutcome, CallbackReason, ContactMode
from cases.errors import AlreadyTaken, Forbidden, IllegalMove
from cases.models import Call, Callback, Reach, SpecificNeed, SpecificNeedCode
from chaos.waiting import end_heartbeat
from factories import a_household, a_person
from rawsql import refused
from telephone import NUMBER, a_contact, a_reach, a_tie, hung_up, in_verb, ringing
from together import together

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = datetime(2026, 8, 20, 0, 30, tzinfo=UTC)  # 03:30 in Sudzha


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


def promise(who, **how):
    """A step that opens a callback, in some verb of the desk."""
    reason = how.pop("reason", CallbackReason.PROMISED)
    return in_verb("calls.call_back", who, lambda: callbacks.open_step(a_contact(), reason, **how))


def lease(row, who):
    fresh = Callback.objects.select_related("contact", "case", "call").get(pk=row.pk)
    return in_verb("calls.call_back", who, lambda: callbacks.lease_step(fresh, by=who))


def give_back(row, who, outcome=CallbackOutcome.NO_ANSWER):
    return calls.not_reached(row, outcome=outcome, by=who)


# --- once a contact --------------------------------------------------------------------------------------------------


def test_who_hung_up_three_times_is_on_the_list_once():
    for number in range(3):
        hung_up(NUMBER, f"c-{number}")
    row = Callback.objects.get()
    assert (row.reason, row.way, row.state) == ("abandoned", "call", "open")
    assert set(Call.objects.values_list("status", flat=True)) == {"callback_due"}


def test_many_at_once_put_them_on_the_list_once(cast):
    a_contact()
    answers = together(8, lambda number: promise(cast.olena))
    assert len({answer.pk for answer in answers}) == 1
    assert Callback.objects.count() == 1


def test_a_later_reason_brings_it_nearer_and_never_softens_it(cast):
    with time_machine.travel(NIGHT, tick=False):
        promise(cast.olena, due_at=NIGHT + timedelta(hours=9))
        promise(cast.olena, due_at=NIGHT + timedelta(hours=1), needs_word=True)
        promise(cast.olena, due_at=NIGHT + timedelta(hours=20))
    row = Callback.objects.get()
    assert (row.due_at, row.needs_word) == (NIGHT + timedelta(hours=1), True)


# --- never a call for who must not be called -------------------------------------------------------------------------


def test_a_promise_to_who_is_on_the_list_already_stays_when_they_call_again(cast):
    hung_up()
    promise(cast.olena, promised_by=cast.olena.user_id)
    calls.claim(ringing(call_id="c-2"), by=cast.olena)
    row = Callback.objects.get()
    assert (row.state, row.reason, row.promised_by_id) == ("open", "promised", cast.olena.user_id)


def test_whom_we_owe_a_text_leaves_the_list_when_somebody_wrote(cast):
    a_reach(mode=ContactMode.TEXT_ONLY)
    hung_up()
    row = Callback.objects.get(way="write")
    callbacks.written(row, by=cast.olena)
    assert Callback.objects.get().state == "done"
    assert Call.objects.get().status == "callback_done"


def test_whom_we_owe_a_call_does_not_leave_it_for_a_text(cast):
    hung_up()
    with pytest.raises(IllegalMove):
        callbacks.written(Callback.objects.get(), by=cast.olena)
    assert Callback.objects.get().state == "open"


def deaf(household=None):
    person = a_person(household)
    code = SpecificNeedCode.objects.get(code="DS-DF")
    SpecificNeed.objects.create(person=person, code=code, data_key=person.data_key)
    return person


def is_deaf():
    a_reach(person=deaf())


def lives_alone_and_is_deaf():
    household = a_household(headcount_low=1, headcount_high=1)
    deaf(household)
    a_tie(household=household)


def may_only_be_written_to():
    a_reach(mode="text_only")


def shares_the_phone_with_who_may_only_be_written_to():
    a_reach()
    a_reach(mode="text_only")


WRITERS = [is_deaf, lives_alone_and_is_deaf, may_only_be_written_to, shares_the_phone_with_who_may_only_be_written_to]


@pytest.mark.parametrize("somebody", WRITERS)
def test_to_somebody_who_cannot_be_called_we_write(cast, somebody):
    somebody()
    hung_up()
    row = Callback.objects.get()
    assert row.way == "write"
    with pytest.raises(IllegalMove):
        lease(row, cast.olena)


def test_a_hearing_person_in_a_household_with_a_deaf_one_is_called():
    household = a_household(headcount_low=2, headcount_high=2)
    deaf(household)
    a_tie(household=household)
    hung_up()
    assert Callback.objects.get().way == "call"


def test_who_asked_not_to_be_contacted_is_on_no_list(cast):
    a_reach(mode="none")
    assert hung_up().status == "callback_due"
    assert not Callback.objects.exists()


def test_who_asks_only_to_be_written_to_while_on_the_list_is_not_called(cast):
    hung_up()
    row = Callback.objects.get()
    a_reach(mode="text_only")
    with pytest.raises(IllegalMove):
        lease(row, cast.olena)
    hung_up(NUMBER, "c-2")
    assert Callback.objects.get().way == "write"


@pytest.mark.parametrize(("mode", "way", "state"), [("text_only", "write", "open"), ("none", "call", "cancelled")])
def test_who_asked_for_it_during_the_try_is_not_called_again(cast, mode, way, state):
    hung_up()
    row = lease(Callback.objects.get(), cast.olena)
    a_reach(mode=mode)
    row = give_back(row, cast.olena)
    assert (row.way, row.state) == (way, state)


@pytest.mark.parametrize("mode", ["text_only", "none"])
def test_the_database_makes_no_call_of_who_must_not_be_called(cast, mode):
    a_reach(mode=mode)
    contact = a_contact()
    sql = (
        "INSERT INTO cases_callback (uid, version, created_at, contact_id, reason, way, state, due_at, needs_word,"
        " tries, outcome) VALUES (gen_random_uuid(), 0, now(), %s, 'promised', %s, 'open', now(), false, 0, '')"
    )
    assert refused(sql, contact.pk, "call") == "callback_not_to_writers"
    Reach.objects.update(mode="voice")
    row = promise(cast.olena)
    Reach.objects.update(mode=mode)
    assert refused("UPDATE cases_callback SET state = 'open', tries = 1 WHERE id = %s", row.pk) == (
        "callback_not_to_writers"
    )
    leased = (
        "UPDATE cases_callback SET state = 'leased', leased_by_id = %s, leased_until = now(), way = %s WHERE id = %s"
    )
    assert refused(leased, cast.olena.user_id, "call", row.pk) == "callback_not_to_writers"
    assert refused(leased, cast.olena.user_id, "write", row.pk) == "callback_writers_are_not_called"


# --- safe hours ------------------------------------------------------------------------------------------------------


def test_nobody_is_called_outside_their_safe_hours(cast):
    a_reach(safe_from=time(9), safe_to=time(11))
    with time_machine.travel(NIGHT, tick=False) as clock:
        hung_up()
        row = Callback.objects.get()
        assert row.due_at == datetime(2026, 8, 20, 6, 0, tzinfo=UTC)  # nine in Kyiv, where nothing else is known
        with pytest.raises(NotSafeNow):
            lease(row, cast.olena)
        clock.move_to(row.due_at)
        assert lease(row, cast.olena).leased_by_id == cast.olena.user_id


def test_of_several_on_one_phone_the_latest_safe_hour_counts():
    a_reach(safe_from=time(9), safe_to=time(11))
    a_reach(safe_from=time(10), safe_to=time(12))
    with time_machine.travel(NIGHT, tick=False):
        hung_up()
        assert Callback.objects.get().due_at == datetime(2026, 8, 20, 7, 0, tzinfo=UTC)


# --- one at a time ---------------------------------------------------------------------------------------------------


def test_of_many_who_want_to_call_back_one_does(cast):
    hung_up()
    row, many = Callback.objects.get(), [cast.olena, cast.oleh, cast.taras, cast.supervisor]
    answers = together(4, lambda number: lease(row, many[number]))
    assert Counter(type(answer) for answer in answers) == {Callback: 1, AlreadyTaken: 3}


def test_a_lease_ends_after_a_quarter_of_an_hour(cast):
    with time_machine.travel(NIGHT, tick=False) as clock:
        hung_up()
        row = lease(Callback.objects.get(), cast.olena)
        clock.shift(timedelta(minutes=15))
        with pytest.raises(AlreadyTaken):
            lease(row, cast.oleh)
        clock.shift(timedelta(seconds=1))
        assert lease(row, cast.oleh).leased_by_id == cast.oleh.user_id
        with pytest.raises(AlreadyTaken):
            give_back(row, cast.olena)


def test_who_called_and_reached_nobody_puts_it_back_for_later(cast):
    with time_machine.travel(NIGHT, tick=False) as clock:
        hung_up()
        row, pauses = Callback.objects.get(), []
        for _ in range(5):
            row = give_back(lease(row, cast.olena), cast.olena, CallbackOutcome.BUSY)
            pauses.append(row.due_at - datetime.now(UTC))
            clock.move_to(row.due_at)
    assert pauses == [timedelta(minutes=15), *(timedelta(hours=hours) for hours in (1, 4, 24, 24))]
    assert (row.state, row.tries, row.outcome) == ("open", 5, "busy")


# --- where ringing may betray ----------------------------------------------------------------------------------------


def test_who_hides_is_called_only_on_a_supervisors_word(cast):
    row = promise(cast.olena, needs_word=True)
    with pytest.raises(NeedsTheWord):
        lease(row, cast.olena)
    with pytest.raises(Forbidden):
        callbacks.allow(row, yes=True, by=cast.olena)
    callbacks.allow(row, yes=True, by=cast.supervisor)
    assert lease(row, cast.olena).state == "leased"


def test_a_supervisor_may_decide_that_nobody_calls(cast):
    row = promise(cast.olena, needs_word=True)
    assert callbacks.allow(row, yes=False, by=cast.supervisor).state == "cancelled"
    assert callbacks.allow(row, yes=True, by=cast.supervisor).state == "cancelled"


# --- not reached -----------------------------------------------------------------------------------------------------


def tried(row, who, clock, *pauses):
    for pause in pauses:
        row = give_back(lease(row, who), who)
        clock.shift(pause)
    return row


def test_not_reached_means_five_tries_over_72_hours(cast):
    day, hour = timedelta(days=1), timedelta(hours=1)
    with time_machine.travel(NIGHT, tick=False) as clock:
        call = hung_up()
        row = tried(Callback.objects.get(), cast.olena, clock, *[hour] * 5)
        with pytest.raises(TooEarly):
            callbacks.give_up(row, by=cast.supervisor)
        clock.move_to(NIGHT + 3 * day)
        with pytest.raises(Forbidden):
            callbacks.give_up(row, by=cast.olena)
        assert callbacks.give_up(row, by=cast.supervisor).state == "failed"
    call.refresh_from_db()
    assert call.status == "callback_failed"


def test_four_tries_over_a_week_are_too_few(cast):
    with time_machine.travel(NIGHT, tick=False) as clock:
        hung_up()
        row = tried(Callback.objects.get(), cast.olena, clock, *[timedelta(days=2)] * 4)
        with pytest.raises(TooEarly):
            callbacks.give_up(row, by=cast.supervisor)
        assert Callback.objects.get().state == "open"
