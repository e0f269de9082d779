"""What an exchange tells of a call ends the same, in whatever order it comes, with a number or without one."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from cases.domain import jobs
from cases.models import Call, Callback, ContactPoint, Job
from chaos.waiting import end_heartbeat
from signing import NEXT_SECRET, SECRET, tell

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "twilio-token"
NUMBER = "+79155550101"
AT = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.HOTLINE_TELEPHONY_SECRETS = [SECRET, NEXT_SECRET]
    settings.HOTLINE_TWILIO_TOKEN = TOKEN
    settings.HOTLINE_URL = "https://desk.example"


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


def event(kind, second=0, **changes):
    moment = (AT + timedelta(seconds=second)).isoformat()
    return {"call_id": "c-1", "kind": kind, "at": moment, "caller": NUMBER} | changes


def settled():
    """What is left to be done a little later is done now."""
    Job.objects.filter(kind="call").update(due_at=timezone.now())
    jobs.sweep()


ANSWERED = (event("ringing"), event("answered", 5, agent="olena"), event("ended", 60))
ORDERS = list(permutations(range(3)))


def told_in(order, events):
    for place in order:
        assert tell(events[place]).status_code == 202
    settled()
    call = Call.objects.get()
    return call, Callback.objects.filter(state__in=["open", "leased"])


@pytest.mark.parametrize("order", ORDERS)
def test_an_answered_call_ends_in_its_operators_wrap_up(cast, order):
    call, due = told_in(order, ANSWERED)
    assert (call.status, call.operator_id, call.heard_at) == ("wrap_up", cast.olena.user_id, AT)
    assert call.ended_at == AT + timedelta(seconds=60) and not due.exists()
    assert call.drafts.get(ended_at=None).operator_id == cast.olena.user_id


@pytest.mark.parametrize("order", ORDERS)
def test_an_answer_that_nobody_wrote_down_is_called_back(order):
    call, due = told_in(order, (event("ringing"), event("answered", 5, agent="nobody.here"), event("ended", 60)))
    assert call.status == "callback_due"
    assert due.get().reason == "unrecorded"


@pytest.mark.parametrize("order", list(permutations(range(2))))
@pytest.mark.parametrize("end", ["abandoned", "ended"])
def test_who_hung_up_is_called_back(order, end):
    call, due = told_in(order, (event("ringing"), event(end, 20)))
    assert (call.status, call.heard_at) == ("callback_due", AT)
    assert (due.get().reason, due.get().contact_id, due.get().way) == ("abandoned", call.contact_id, "call")


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_who_hung_up_is_called_back_though_only_the_ringing_had_the_number(order):
    call, due = told_in(order, (event("ringing"), event("abandoned", 20, caller="")))
    assert call.status == "callback_due" and not call.anonymous
    assert due.get().contact_id == call.contact_id is not None


def test_without_the_number_of_a_late_ringing_nobody_would_be_called_back():
    """The negative control: the end alone knows no number."""
    call, due = told_in([0], [event("abandoned", 20, caller="")])
    assert (call.status, call.contact, call.anonymous, due.count()) == ("callback_due", None, True, 0)


def test_holding_and_resuming_is_seen(cast):
    tell(event("answered", 5, agent="olena"))
    tell(event("held", 9))
    assert Call.objects.get().held_since == AT + timedelta(seconds=9)
    tell(event("resumed", 20))
    assert Call.objects.get().held_since is None


# --- numbers that are none -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "",
        None,
        "anonymous",
        "+266696687",
        "+1",
        "+000000000000000",
        "0" * 900,
        "call me",
        "' OR 1=1",
        "\ud800",
        [NUMBER],
    ],
)
def test_a_hidden_or_absurd_number_rings_all_the_same(number):
    assert tell(event("ringing", caller=number)).status_code == 202
    call = Call.objects.get()
    assert (call.status, call.contact, call.anonymous) == ("ringing", None, True)
    assert not ContactPoint.objects.exists()
