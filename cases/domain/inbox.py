"""Written messages: they wait in an inbox with a clock for the first answer, and are answered from the case."""

import hashlib
import re
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import channels, policy
from cases.actors import Actor, Staff, System
from cases.disclosure import reveal
from cases.domain import alarms, callbacks, events, idempotency, identity, jobs, keys, stream, verbs
from cases.domain.verbs import verb
from cases.enums import AlarmKind, CallStatus, Channel, ContactMode, JobLane, Role, Why, WrittenState
from cases.errors import Erased, Forbidden, Invalid, NoteNeeded, Refusal
from cases.models import Alarm, Assignment, Call, Case, Job, PlaceKey, Reach, Written
from cases.planning import placenames
from cases.planning.plain_text import betrays
from cases.privacy import addresses

FIRST_ANSWER: Final = timedelta(minutes=15)
LIVE: Final = (CallStatus.RINGING, CallStatus.IN_PROGRESS, CallStatus.WRAP_UP)
MAX_TEXT: Final = 8_000
NAME: Final = re.compile(r"\b[^\W\d_a-zа-яёіїєґ][\w'’ʼ-]+")
SHORTEST_PLACE: Final = 4
# What a Telegram bot knows most people by: the number of their chat, which is no telephone number.
CHAT_NUMBER: Final = re.compile(r"[1-9][0-9]{3,19}")
LONGEST_ID: Final = 140
SENDER: Final = System("inbox")
WRITTEN_CHANNELS: Final = (Channel.SMS, Channel.EMAIL, Channel.TELEGRAM, Channel.WHATSAPP)


class Betrays(Refusal):
    """A phone is evidence at a checkpoint."""

    code = "text_betrays"
    status = 422
    sentence = _(
        "This text names a time, a day, or what the line is for: a searched phone would betray them. "
        "Write “Call us” instead, or only what can be read by anybody."
    )


@verb("inbox.receive")
def receive(*, channel: str, sender: str, text: str, message_id: str, at: datetime, by: Actor) -> Written:
    """One message from outside, kept once under the channel's own id. It joins what is still open with its sender.

    A text longer than we keep is cut with a mark, since a message cannot be asked to come again.
    """
    policy.require()
    if channel not in WRITTEN_CHANNELS:
        raise Invalid(field="channel")
    provider_id = _provider_id(channel, message_id)
    if channel == Channel.TELEGRAM and CHAT_NUMBER.fullmatch(sender.strip()):
        sender = f"id{sender.strip()}"
    contact = identity.contact_of(sender, channel)
    text = text.replace("\0", "")
    text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 2]} …"
    # The contact's row is the queue in which two messages of one sender wait for each other.
    type(contact).objects.select_for_update(no_key=True).get(pk=contact.pk)
    standing = Written.objects.filter(provider_id=provider_id).first()
    if standing is not None:
        return standing
    call = _conversation(contact.pk, channel) or _new(contact.pk, channel, contact.country, at)
    row = Written(
        data_key=contact.data_key,
        call=call,
        contact=contact,
        case=_case_of(call),
        text=text or " ",
        state=WrittenState.RECEIVED,
        provider_id=provider_id,
        at=at,
    )
    row.save()
    events.record(row, case=row.case_id, channel=channel)
    _start_clock(call)
    stream.tell(stream.DESK, "written")
    if call.operator_id is not None:
        stream.tell(stream.personal(call.operator_id), "written", call=call.uid)
    return row


def _provider_id(channel: str, message_id: str) -> str:
    """The channel's own id; a digest of one too long to keep, since its beginning may be that of another message."""
    short = message_id if len(message_id) <= LONGEST_ID else hashlib.sha256(message_id.encode()).hexdigest()
    return f"{channel}:{short}"


def _conversation(contact: int, channel: str) -> Call | None:
    live = Call.objects.filter(contact=contact, channel=channel, status__in=LIVE)
    return live.select_for_update(no_key=True).order_by("-pk").first()


def _new(contact: int, channel: str, country: str, at: datetime) -> Call:
    """Somebody writes who has no conversation open: it waits for the first who is free."""
    (key,) = keys.fresh()
    return Call.objects.create(
        data_key=key,
        channel=channel,
        status=CallStatus.RINGING,
        contact_id=contact,
        language=addresses.language_of(country),
        heard_at=at,
    )


def _start_clock(call: Call) -> None:
    """Their line waits for an answer from now on, unless an earlier one of theirs does already."""
    if call.reply_by is not None:
        return
    call.reply_by = timezone.now() + FIRST_ANSWER
    call.save(update_fields=["reply_by"])
    lane = JobLane.URGENT
    jobs.enqueue("first_answer", f"first_answer:{call.uid}", subject=call.pk, due_at=call.reply_by, lane=lane)


@jobs.inside("first_answer", verb="inbox.late")
def late(job: Job) -> None:
    """Nobody has answered a message in time: it sounds in the room, once. Locks the call."""
    policy.require()
    waiting = Call.objects.filter(pk=job.subject or 0, reply_by__isnull=False, status__in=LIVE)
    call = waiting.select_for_update(no_key=True).first()
    if call is not None:
        alarms.raise_step(AlarmKind.UNANSWERED, call=call, case=call.cases.first())


@verb("inbox.reply")
def reply(call: Call, *, text: str, key: str, by: Actor) -> Written:
    """Answer a written conversation on the channel it came by; once per `key`. Locks the call.

    Raises Betrays for a text that could betray them, unless they chose texts with more, knowing the risk.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    call = Call.objects.locked().select_related("contact__data_key").get(pk=call.pk)
    if not _may_answer(call, by):
        raise Forbidden
    text = text.strip()
    if not text:
        raise NoteNeeded(_("Write what to answer."), field="text")
    if "\0" in text or len(text) > MAX_TEXT:
        raise Invalid(_("This answer is too long. Keep it under 8,000 characters."), field="text")
    if call.contact is None or call.channel not in WRITTEN_CHANNELS:
        raise Invalid(_("There is nowhere to write to."), field="text")
    modes = set(Reach.objects.filter(contact=call.contact).values_list("mode", "text_ok"))
    if any(mode == ContactMode.NONE for mode, _ok in modes):
        raise Invalid(_("They asked not to be contacted."), field="text")
    if (betrays(text) or _places_in(text)) and (ContactMode.TEXT_ONLY.value, True) not in modes:
        raise Betrays(field="text")
    made = idempotency.claim(key, {"call": call.pk, "text": text}, by=by)
    if made is not None:
        return Written.objects.get(uid=made)
    row = Written.objects.create(
        uid=uuid.uuid4(),
        data_key=call.contact.data_key,
        call=call,
        contact=call.contact,
        case=_case_of(call),
        outgoing=True,
        author_id=by.user_id,
        text=text,
        state=WrittenState.QUEUED,
    )
    if call.reply_by is not None:
        call.reply_by = None
        call.save(update_fields=["reply_by"])
        jobs.cancel([f"first_answer:{call.uid}"])
    alarms.settled_step(Alarm.objects.filter(call=call, kind=AlarmKind.UNANSWERED), by=by.user_id)
    callbacks.written_step(call.contact)
    jobs.enqueue("reply", f"reply:{row.uid}", subject=row.pk, lane=JobLane.URGENT, order_key=f"reply:{call.contact.pk}")
    idempotency.finish(key, row.uid, by=by)
    events.record(row, case=row.case_id)
    return row


def _case_of(call: Call) -> Case | None:
    """The case a conversation is about, locked; one that was merged meanwhile leads to what stands for it."""
    pk = call.cases.values_list("pk", flat=True).first()
    case = Case.objects.select_for_update(no_key=True).get(pk=pk) if pk is not None else None
    return case.master if case is not None and case.master_id is not None else case


def _may_answer(call: Call, by: Staff) -> bool:
    """Who took the conversation, or owns its case; a protected household is the protection officer's."""
    cases = list(call.cases.select_related("household"))
    if any(case.household.protected for case in cases) and Role.PROTECTION not in by.roles:
        return False
    mine = Assignment.objects.filter(case__in=cases, owner=by.user_id, ended_at__isnull=True)
    return call.operator_id == by.user_id or mine.exists()


def _places_in(text: str) -> bool:
    """Does a text name a settlement that we know?"""
    words = [placenames.stem(placenames.fold(word)) for word in NAME.findall(text)]
    return PlaceKey.objects.filter(key__in=[word for word in words if len(word) >= SHORTEST_PLACE]).exists()


def give_up(job: Job) -> None:
    """The answer failed too often: it says so, and sounds."""
    row = Written.objects.filter(pk=job.subject or 0).first()
    if row is not None and row.state == WrittenState.QUEUED:
        _settle(row, WrittenState.FAILED, job.error_code or "failed")


@jobs.outside("reply", given_up=give_up)
def deliver(job: Job) -> None:
    """Send one answer on its channel; a repeat goes under the same key."""
    row = Written.objects.select_related("contact__data_key", "data_key", "call").filter(pk=job.subject).first()
    if row is None or row.state != WrittenState.QUEUED:
        return
    try:
        reveal([row], by=SENDER, why=Why.SEND, fields=["text"])
        reveal([row.contact], by=SENDER, why=Why.SEND)
        letter = channels.Letter(
            key=str(row.uid), address=str(row.contact.address), subject=str(_("Answer")), body=str(row.text)
        )
        channels.send(row.call.channel, letter)
    except Erased:
        _settle(row, WrittenState.FAILED, "erased")
    except channels.Undeliverable as failure:
        _settle(row, WrittenState.FAILED, failure.code)
    except channels.TryLater as failure:
        raise jobs.NotNow(failure.code, jobs.backoff(job.attempts)) from None
    else:
        _settle(row, WrittenState.SENT, "")


def _settle(row: Written, to: WrittenState, code: str) -> None:
    def work() -> None:
        policy.require()
        if Written.objects.filter(pk=row.pk, state=WrittenState.QUEUED).update(state=to, error_code=code[:40]):
            events.record(row, case=row.case_id, to=to, code=code)
            if to == WrittenState.FAILED:
                alarms.raise_step(AlarmKind.FAILED, call=row.call, case=row.case)

    verbs.in_transaction(work, "inbox.settle", SENDER)
