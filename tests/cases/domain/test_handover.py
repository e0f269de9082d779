"""The end of a shift: nothing stays with who leaves, and nobody is forgotten."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from cases.actors import System
from cases.disclosure import reveal
from cases.domain import callbacks, calls, drafts, handover, inbox, jobs
from cases.domain.verbs import GuardRefused
from cases.enums import CallbackReason, Why
from cases.errors import Forbidden, Invalid
from cases.models import Alarm, Call, Callback, Draft, Handover, Presence, User
from chaos.waiting import end_heartbeat
from telephone import NUMBER, a_contact, hung_up, in_verb, pages_hear, ringing, tell

pytestmark = pytest.mark.django_db(transaction=True)

EVENING = datetime(2026, 8, 20, 17, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


def user(who):
    return User.objects.get(pk=who.user_id)


def in_hand(who):
    """A live call with its page, and a promise to call somebody back."""
    draft = calls.claim(ringing(), by=who)
    contact = a_contact("+79155550102")
    in_verb(
        "calls.call_back",
        who,
        lambda: callbacks.open_step(contact, CallbackReason.PROMISED, promised_by=who.user_id),
    )
    return draft


def test_a_colleague_has_what_somebody_had_in_hand(cast):
    draft = in_hand(cast.olena)
    with pages_hear() as told:
        row = handover.leave(note="Дзвонить Оля", taker=user(cast.oleh), by=cast.olena)
        assert (f"user:{cast.oleh.user_id}", "handover") in told()
    assert (row.drafts, row.callbacks, row.calls) == (1, 1, 1)
    assert Draft.objects.get().operator_id == Call.objects.get().operator_id == cast.oleh.user_id
    assert (Call.objects.get().status, Callback.objects.get().promised_by_id) == ("in_progress", cast.oleh.user_id)
    states = dict(Presence.objects.values_list("user", "state"))
    assert states == {cast.olena.user_id: "off", cast.oleh.user_id: "on_call"}
    assert calls.claim(Call.objects.get(), by=cast.oleh) == draft


def test_without_a_colleague_the_line_rings_again_and_the_rest_waits(cast):
    draft = in_hand(cast.olena)
    with pages_hear() as told:
        row = handover.leave(by=cast.olena)
        assert ("desk", "ring") in told()
    call = Call.objects.get()
    assert (row.calls, call.status, call.operator_id, row.note) == (1, "ringing", None, None)
    assert (Draft.objects.get().operator, Callback.objects.get().promised_by) == (None, None)
    assert calls.claim(call, by=cast.oleh) == draft


@pytest.mark.parametrize("left_to", ["oleh", ""])
def test_a_written_talk_makes_nobody_busy_and_rings_nowhere(cast, left_to):
    said = inbox.receive(
        channel="email", sender="a@example.org", text="Немає води", message_id="m1", at=timezone.now(),
        by=System("telephony"),
    )  # fmt: skip
    calls.claim(said.call, by=cast.olena)
    with pages_hear() as told:
        handover.leave(taker=user(getattr(cast, left_to)) if left_to else None, by=cast.olena)
        assert "ring" not in [name for _topic, name in told()]
    assert not Presence.objects.filter(user=cast.oleh.user_id).exists()
    assert Call.objects.get().status == ("in_progress" if left_to else "ringing")


def test_a_call_that_we_made_rings_nowhere_but_is_to_be_made_again(cast):
    hung_up()
    draft = calls.call_back(Callback.objects.get(), by=cast.olena)
    handover.leave(by=cast.olena)
    assert Call.objects.get(pk=draft.call_id).status == "callback_due"
    assert Callback.objects.get().state == "open"


def test_the_exchange_does_not_bring_the_call_back_to_who_left(cast):
    tell("answered", agent="olena")
    handover.leave(by=cast.olena)
    assert tell("held").status == "ringing"


def test_a_record_that_is_not_written_yet_waits_for_whoever_takes_it(cast):
    draft = in_hand(cast.olena)
    calls.hang_up(draft.call, by=cast.olena)
    handover.leave(by=cast.olena)
    assert Call.objects.get().status == "wrap_up"
    calls.take_over(Draft.objects.get(), by=cast.oleh)
    assert Call.objects.get().operator_id == cast.oleh.user_id


def test_who_leaves_while_calling_back_gives_the_callback_back(cast):
    hung_up(NUMBER)
    calls.call_back(Callback.objects.get(), by=cast.olena)
    handover.leave(taker=user(cast.oleh), by=cast.olena)
    row = Callback.objects.get()
    assert (row.state, row.leased_by, row.leased_until) == ("open", None, None)


def test_what_others_have_in_hand_stays_theirs(cast):
    draft = in_hand(cast.oleh)
    row = handover.leave(by=cast.olena)
    assert (row.drafts, row.callbacks, row.calls) == (0, 0, 0)
    assert Draft.objects.get().operator_id == draft.operator_id == cast.oleh.user_id


def test_the_note_is_sealed_and_the_first_to_take_it_has_it(cast):
    row = handover.leave(note=" Ключ у шухляді ", by=cast.olena)
    row = Handover.objects.select_related("data_key").get(pk=row.pk)
    reveal([row], by=cast.oleh, why=Why.OWNER)
    assert row.note == "Ключ у шухляді"
    with pytest.raises(Forbidden):
        handover.take(row, by=cast.olena)
    taken = handover.take(row, by=cast.oleh)
    assert (taken.taker_id, taken.taken_at is not None) == (cast.oleh.user_id, True)
    assert handover.take(row, by=cast.taras).taker_id == cast.oleh.user_id


def test_what_is_left_for_somebody_is_theirs_to_take(cast):
    row = handover.leave(taker=user(cast.oleh), by=cast.olena)
    with pytest.raises(Forbidden):
        handover.take(row, by=cast.taras)
    assert handover.take(row, by=cast.oleh).taken_at


def test_nobody_hands_over_to_themselves_or_without_a_post(cast):
    draft = in_hand(cast.olena)
    with pytest.raises(GuardRefused):
        handover.leave(taker=user(cast.olena), by=cast.olena)
    with pytest.raises(Forbidden):
        handover.leave(by=cast.guest)
    for note in ("a\0b", "й" * 4_001):
        with pytest.raises(Invalid):
            handover.leave(note=note, by=cast.olena)
    assert Draft.objects.get().operator_id == draft.operator_id
    assert not Handover.objects.exists()


@pytest.mark.parametrize(("taken", "alarms"), [(False, ["left_behind"]), (True, [])])
def test_what_nobody_takes_within_ten_minutes_sounds_once(cast, taken, alarms):
    with time_machine.travel(EVENING, tick=False) as clock:
        calls.hang_up(in_hand(cast.olena).call, by=cast.olena)
        handover.leave(by=cast.olena)
        if taken:
            calls.take_over(Draft.objects.get(), by=cast.oleh)
        for _ in range(4):
            clock.shift(timedelta(minutes=2, seconds=29))
            drafts.touch(Draft.objects.get().uid, by=cast.oleh)
            jobs.sweep()
        clock.shift(timedelta(seconds=3))
        jobs.sweep()
        assert not Alarm.objects.exists()
        for _ in range(2):
            clock.shift(timedelta(seconds=1))
            jobs.sweep()
    assert list(Alarm.objects.values_list("kind", flat=True)) == alarms


def silent_for(minutes: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
        jobs.sweep()


def test_who_leaves_without_a_word_strands_nothing(cast):
    draft = drafts.save(uuid.uuid4(), serial=1, typed=drafts.Typed({"notes": ["алло"]}, {}), by=cast.olena)
    silent_for(10)
    draft.refresh_from_db()
    assert draft.operator_id == cast.olena.user_id
    silent_for(26)
    draft.refresh_from_db()
    assert draft.operator_id is None and draft.ended_at is None
    assert Alarm.objects.count() == 0, "nobody is on the line"
    assert calls.take_over(draft, by=cast.oleh).operator_id == cast.oleh.user_id


def test_a_live_call_whose_operator_is_gone_sounds_at_the_supervisor(cast):
    calls.claim(ringing(), by=cast.olena)
    silent_for(16)
    assert Alarm.objects.get().kind == "left_behind"
    assert Presence.objects.get(user=cast.olena.user_id).state == "off"
