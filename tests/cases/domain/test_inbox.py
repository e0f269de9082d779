"""Written messages: joined to the talk that is open, answered in time or sounding, and never betraying anybody."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_httpserver import HTTPServer

from cases.actors import System
from cases.disclosure import reveal
from cases.domain import calls, inbox, jobs
from cases.domain.inbox import Betrays
from cases.enums import Why
from cases.errors import Forbidden, Invalid, KeyReused, NoteNeeded
from cases.models import Alarm, Call, Job, Written
from chaos.waiting import end_heartbeat
from telephone import a_contact, a_reach, in_verb, later
from together import together

pytestmark = pytest.mark.django_db(transaction=True)

GATEWAY = System("telephony")
ADDRESS = "somebody.to.protect@example.org"
CALM = "Передзвоніть нам"


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


def receive(text="Привіт", *, key="m-1", sender=ADDRESS, channel="email"):
    return inbox.receive(channel=channel, sender=sender, text=text, message_id=key, at=timezone.now(), by=GATEWAY)


def said(row):
    row = Written.objects.select_related("data_key").get(pk=row.pk)
    reveal([row], by=GATEWAY, why=Why.SEND, fields=["text"])
    return row.text


def reply(call, text=CALM, *, by, key="r-1"):
    """Answer as who took the conversation does."""
    if Call.objects.get(pk=call.pk).status == "ringing":
        calls.claim(call, by=by)
    return inbox.reply(call, text=text, key=key, by=by)


# --- coming in -------------------------------------------------------------------------------------------------------


def test_a_message_waits_with_a_clock_and_is_kept_sealed():
    row = receive()
    call = row.call
    assert (call.status, call.channel, row.state, said(row)) == ("ringing", "email", "received", "Привіт")
    assert timedelta(minutes=14) < call.reply_by - timezone.now() <= timedelta(minutes=15)
    assert Job.objects.get(kind="first_answer").due_at == call.reply_by


def test_a_second_message_joins_the_talk_that_is_open(cast):
    first, second = receive(key="m-1"), receive(key="m-2")
    calls.claim(first.call, by=cast.olena)
    third = receive(key="m-3")
    assert {row.call_id for row in (first, second, third)} == {first.call_id}
    assert Job.objects.filter(kind="first_answer").count() == 1


def test_when_the_talk_is_over_another_begins(cast):
    first = receive(key="m-1")
    calls.claim(first.call, by=cast.olena)
    in_verb("calls.hang_up", cast.olena, lambda: calls.finish_step(Call.objects.locked().get(), heavy=False))
    assert receive(key="m-2").call_id != first.call_id


def test_the_same_address_on_another_channel_is_another_talk():
    assert (
        receive(sender="+79155550101", channel="sms").call_id
        != receive(sender="+79155550101", channel="whatsapp").call_id
    )


def test_a_message_told_twice_and_at_once_is_kept_once():
    answers = together(6, lambda number: receive())
    assert len({answer.pk for answer in answers}) == 1
    assert (Written.objects.count(), Call.objects.count()) == (1, 1)


def test_two_long_ids_that_begin_alike_are_two_messages():
    long = "x" * 400
    assert receive(key=long + "1").pk != receive(key=long + "2").pk
    assert receive(key=long + "1").pk == Written.objects.order_by("pk").first().pk


def test_a_text_that_is_too_long_is_cut_with_a_mark():
    text = said(receive("й" * 9_000))
    assert len(text) == 8_000 and text.endswith(" …")


@pytest.mark.parametrize(("channel", "sender"), [("phone", "+79155550101"), ("paper", "x"), ("email", "no address")])
def test_what_nobody_can_answer_is_refused(channel, sender):
    with pytest.raises(Invalid):
        receive(sender=sender, channel=channel)
    assert not Call.objects.exists()


def test_only_gateways_bring_messages(cast):
    with pytest.raises(Forbidden):
        inbox.receive(channel="email", sender=ADDRESS, text="a", message_id="1", at=timezone.now(), by=cast.olena)


# --- the first answer ------------------------------------------------------------------------------------------------


def test_a_message_nobody_answers_in_time_sounds_once():
    with time_machine.travel(datetime(2026, 8, 20, 3, 0, tzinfo=UTC), tick=False) as clock:
        call = receive().call
        clock.shift(timedelta(minutes=14, seconds=59))
        jobs.sweep()
        assert not Alarm.objects.exists()
        for _ in range(2):
            clock.shift(timedelta(seconds=1))
            jobs.sweep()
        receive(key="m-2")
        clock.shift(timedelta(hours=1))
        jobs.sweep()
    assert (Alarm.objects.get().kind, Alarm.objects.get().call_id) == ("unanswered", call.pk)


def test_an_answer_in_time_stops_the_clock(cast, mail_server):
    call = receive().call
    calls.claim(call, by=cast.olena)
    reply(call, by=cast.olena)
    assert later("first_answer") == 0
    assert Call.objects.get().reply_by is None and not Alarm.objects.exists()


def test_a_claim_alone_is_no_answer(cast):
    calls.claim(receive().call, by=cast.olena)
    assert later("first_answer") == 1
    assert Alarm.objects.get().kind == "unanswered"


# --- answering -------------------------------------------------------------------------------------------------------


def test_an_answer_goes_out_by_mail_once(cast, mail_server):
    call = receive().call
    row = reply(call, by=cast.olena)
    assert later("reply") == 1
    (letter,) = mail_server.letters
    assert letter["To"] == ADDRESS and CALM in letter.get_payload(decode=True).decode()
    assert (Written.objects.get(pk=row.pk).state, row.author_id) == ("sent", cast.olena.user_id)
    Job.objects.filter(kind="reply").update(state="waiting", due_at=timezone.now())
    jobs.sweep()
    assert len(mail_server.letters) == 1


@pytest.mark.parametrize(
    ("channel", "sender", "to"),
    [
        ("telegram", "@Hanna_K", "hanna_k"),
        ("telegram", "512345678", "id512345678"),
        ("sms", "8 915 555-01-01", "+79155550101"),
        ("whatsapp", "+79155550101", "+79155550101"),
    ],
)
def test_an_answer_goes_out_on_the_channel_it_came_by(cast, settings, channel, sender, to):
    with HTTPServer(host="127.0.0.1") as gateway:
        gateway.expect_request("/out", method="POST").respond_with_json({"id": "r"})
        settings.GATEWAYS = {channel: gateway.url_for("/out")}
        row = reply(receive(channel=channel, sender=sender).call, by=cast.olena)
        jobs.sweep()
        jobs.sweep()
    (sent,) = [request for request, _ in gateway.log]
    assert sent.json == {"to": to, "text": CALM, "key": str(row.uid)}
    assert sent.headers["Idempotency-Key"] == str(row.uid)
    row.refresh_from_db()
    assert row.state == "sent"


@pytest.mark.parametrize(("answer", "state"), [(403, "failed"), (500, "queued"), (429, "queued")])
def test_a_gateway_that_refuses_is_heard_and_one_that_is_tired_is_asked_again(cast, settings, answer, state):
    with HTTPServer(host="127.0.0.1") as gateway:
        gateway.expect_request("/out").respond_with_data("no", answer)
        settings.GATEWAYS = {"telegram": gateway.url_for("/out")}
        row = reply(receive(channel="telegram", sender="@hanna_k").call, by=cast.olena)
        jobs.sweep()
    row.refresh_from_db()
    assert row.state == state
    assert Alarm.objects.filter(kind="failed").exists() == (state == "failed")


def test_one_chat_is_one_sender_however_the_gateway_writes_its_number():
    receive(channel="telegram", sender="512345678")
    receive(channel="telegram", sender="id512345678", key="m-2")
    assert Call.objects.count() == 1


def test_an_answer_repeated_under_one_key_is_one_answer(cast, mail_server):
    call = receive().call
    rows = {reply(call, by=cast.olena).pk, reply(call, by=cast.olena).pk}
    with pytest.raises(KeyReused):
        reply(call, "Інше", by=cast.olena)
    later("reply")
    assert len(rows) == len(mail_server.letters) == Written.objects.filter(outgoing=True).count() == 1


def test_an_answer_that_is_refused_outside_says_so_and_sounds(cast, mail_server):
    mail_server.refuses.add(ADDRESS)
    row = reply(receive().call, by=cast.olena)
    later("reply")
    row.refresh_from_db()
    assert (row.state, row.error_code) == ("failed", "smtp_550")
    assert Alarm.objects.get().kind == "failed"


BETRAYING = ["Автобус у вівторок", "Завтра о 9:30", "Evacuation at 10", "Це гаряча лінія", "Буде коридор"]


@pytest.mark.parametrize("text", BETRAYING)
def test_a_text_that_could_betray_them_is_refused(cast, text):
    call = receive().call
    with pytest.raises(Betrays):
        reply(call, text, by=cast.olena)
    assert not Written.objects.filter(outgoing=True).exists()
    assert Call.objects.get().reply_by is not None


@pytest.mark.parametrize(
    ("mode", "text_ok", "allowed"), [("text_only", True, True), ("text_only", False, False), ("voice", True, False)]
)
def test_who_can_only_be_written_to_and_knows_the_risk_may_read_more(cast, mail_server, mode, text_ok, allowed):
    a_reach(a_contact(ADDRESS, "email"), mode=mode, text_ok=text_ok)
    call = receive().call
    if allowed:
        assert reply(call, BETRAYING[0], by=cast.olena).state == "queued"
    else:
        with pytest.raises(Betrays):
            reply(call, BETRAYING[0], by=cast.olena)


def test_who_asked_not_to_be_contacted_is_not_answered(cast):
    a_reach(a_contact(ADDRESS, "email"), mode="none")
    call = receive().call
    with pytest.raises(Invalid):
        reply(call, by=cast.olena)


@pytest.mark.parametrize(("text", "refusal"), [("  ", NoteNeeded), ("a\0b", Invalid), ("а" * 8_001, Invalid)])
def test_what_is_no_answer_is_refused(cast, text, refusal):
    call = receive().call
    with pytest.raises(refusal):
        reply(call, text, by=cast.olena)


def test_who_is_not_at_the_desk_answers_nobody(cast):
    call = receive().call
    for who in (cast.field_team, cast.auditor, GATEWAY):
        with pytest.raises(Forbidden):
            reply(call, by=who)
