"""What the events of a call mean together is the same in whatever order they came."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import TelephonyKind
from cases.planning.telephony import Heard, told

BEGAN = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)


def at(second):
    return BEGAN + timedelta(seconds=second)


def event(kind, second=0, agent=""):
    return kind, at(second), agent


some_events = st.lists(
    st.builds(event, st.sampled_from(TelephonyKind.values), st.integers(0, 3), st.sampled_from(["", "olena", "oleh"])),
    min_size=1,
    max_size=8,
)


@given(some_events, st.randoms())
def test_any_order_tells_the_same(events, chance):
    shuffled = list(events)
    chance.shuffle(shuffled)
    assert told(shuffled) == told(events)


@given(some_events)
def test_telling_twice_tells_nothing_more(events):
    assert told(events + events) == told(events)


CALL = (event("ringing"), event("answered", 5, "olena"), event("held", 9), event("resumed", 20), event("ended", 60))


def test_a_whole_call_reads_the_same_in_each_of_its_orders():
    (one,) = {told(order) for order in permutations(CALL)}
    assert (one.answered, one.ended, one.abandoned, one.over, one.agent) == (True, True, False, True, "olena")
    assert (one.began_at, one.ended_at, one.held_since) == (at(0), at(60), None)


def test_the_reading_that_goes_by_arrival_differs():
    """The negative control: without the sorting the last that came would be believed."""
    last = {order[-1][0] for order in permutations(CALL)}
    assert len(last) == len(CALL)


@pytest.mark.parametrize(
    ("events", "held_since"),
    [
        ([event("held", 9)], at(9)),
        ([event("held", 9), event("resumed", 20)], None),
        ([event("resumed", 9), event("held", 20)], at(20)),
        ([event("held", 9), event("ended", 10)], None),
    ],
)
def test_who_is_on_hold_waits_since_then(events, held_since):
    assert told([event("answered"), *events]).held_since == held_since


def test_an_answered_call_was_not_abandoned():
    so_far = told([event("abandoned", 5), event("answered", 5, "olena")])
    assert (so_far.abandoned, so_far.ended, so_far.over) == (False, True, True)


def test_a_transfer_answers_for_whom_it_goes_to():
    assert told([event("transferred", 9, "oleh"), event("answered", 5, "olena")]).agent == "oleh"


def test_an_event_shows_no_number():
    heard = Heard("exchange", "1", "c", TelephonyKind.RINGING, BEGAN, caller="+79155550101")
    assert "79155550101" not in repr(heard)
