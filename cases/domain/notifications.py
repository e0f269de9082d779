"""Messages: put in by verbs, rendered at send, sent at least once under one key, expired rather than late."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from cases import channels
from cases.actors import System
from cases.disclosure import reveal
from cases.domain import jobs, lifecycle, verbs
from cases.enums import ContactKind, ContactMode, JobLane, MessageChannel, MessageStatus, SuppressedReason, Why
from cases.errors import Erased
from cases.models import Case, Job, Message, Reach, Template, User
from cases.planning import safe_hours

EXPIRES: dict[str, timedelta] = {"staff": timedelta(hours=12), "caller": timedelta(hours=24)}
# A telephone that rings about what was minutes ago wakes somebody for nothing.
RING_EXPIRES = timedelta(minutes=5)
CHANNEL_OF = {
    ContactKind.PHONE: MessageChannel.SMS,
    ContactKind.EMAIL: MessageChannel.EMAIL,
    ContactKind.TELEGRAM: MessageChannel.TELEGRAM,
}
SENDER = System("messages")


def template(code: str) -> Template:
    """The latest version of a template."""
    return Template.objects.filter(code=code).latest("number")


def to_staff(code: str, user: User, *, key: str, case: Case | None = None, urgent: bool = False, **params: Any) -> None:
    """Put in a message to a member of staff; once per `key`."""
    fields: dict[str, Any] = {"user": user, "channel": MessageChannel.EMAIL, "language": user.language}
    _put(code, key, urgent=urgent, case=case, params=params, **fields)


def ring(code: str, user: User, *, key: str, case: Case, **params: Any) -> None:
    """Let the telephone of a member of staff ring, once per `key`; nothing where no telephone server is set."""
    if channels.rings():
        fields: dict[str, Any] = {"user": user, "channel": MessageChannel.RING, "language": user.language}
        _put(code, key, urgent=True, case=case, params=params, expires_at=timezone.now() + RING_EXPIRES, **fields)


def to_caller(code: str, reach: Reach, *, key: str, order: str = "", case: Case | None = None, **params: Any) -> None:
    """Put in a message to a caller, if the way they may be reached allows one; otherwise it is kept as suppressed.

    Messages of one `order` go out one after the other: a later one waits until the earlier went, or is given up.
    """
    channel = CHANNEL_OF.get(ContactKind(reach.contact.kind), MessageChannel.SMS)
    suppressed = refused_by(reach)
    _put(
        code,
        key,
        reach=reach,
        channel=channel,
        language=reach.caller.language,
        case=case,
        params=params,
        suppressed=suppressed,
        order=order,
    )


def _put(code: str, key: str, *, urgent: bool = False, suppressed: str = "", order: str = "", **fields: Any) -> None:
    text = template(code)
    unknown = set(fields["params"]) - set(text.variables)
    assert not unknown, f"template {code} knows no {unknown}"
    if Message.objects.filter(key=key).exists():
        return
    message = Message.objects.create(
        key=key,
        template=text,
        status=MessageStatus.SUPPRESSED if suppressed else MessageStatus.QUEUED,
        suppressed_reason=suppressed,
        **{"expires_at": timezone.now() + EXPIRES[text.audience]} | fields,
    )
    if not suppressed:
        lane = JobLane.URGENT if urgent else JobLane.NORMAL
        jobs.enqueue("message", f"message:{message.uid}", subject=message.pk, lane=lane, order_key=order)


def rendered(message: Message) -> channels.Letter:
    """The text as it goes out, made now and kept nowhere."""
    text, language = message.template, message.language
    subject, body = getattr(text, f"subject_{language}"), getattr(text, f"body_{language}")
    return channels.Letter(
        key=str(message.uid),
        address=_address(message),
        subject=subject.format_map(message.params),
        body=body.format_map(message.params),
    )


def _address(message: Message) -> str:
    """Of staff their mail, or the name the telephone server knows them by."""
    if message.user is not None:
        return message.user.username if message.channel == MessageChannel.RING else message.user.email
    assert message.reach is not None
    contact = message.reach.contact
    reveal([contact], by=SENDER, why=Why.SEND)
    return str(contact.address)


def give_up(job: Job) -> None:
    """The job failed too often: the message is dead, and says so."""
    message = Message.objects.filter(pk=job.subject or 0).first()
    if message is not None and message.status in (MessageStatus.QUEUED, MessageStatus.SENDING):
        _settle(message, MessageStatus.DEAD, error_code=job.error_code or "failed")


@jobs.outside("message", given_up=give_up)
def deliver(job: Job) -> None:
    """Send one message: claimed and committed before, recorded after; one found `sending` goes again under its key."""
    message = (
        Message.objects.select_related("template", "user", "reach__contact__data_key", "case__household__settlement")
        .filter(pk=job.subject)
        .first()
    )
    if message is None or message.status not in (MessageStatus.QUEUED, MessageStatus.SENDING):
        return
    if message.expires_at <= timezone.now():
        _settle(message, MessageStatus.EXPIRED)
        return
    if message.reach is not None and _held_back(message, message.reach):
        return
    lifecycle.move(message, MessageStatus.SENDING, quietly=True)
    try:
        receipt = channels.send(message.channel, rendered(message))
    except Erased:
        _settle(message, MessageStatus.DEAD, error_code="erased")
    except channels.Undeliverable as failure:
        _settle(message, MessageStatus.DEAD, error_code=failure.code)
    except channels.TryLater as failure:
        lifecycle.move(message, MessageStatus.QUEUED, quietly=True, error_code=failure.code)
        raise jobs.NotNow(failure.code, jobs.backoff(job.attempts)) from None
    else:
        _settle(message, MessageStatus.SENT, receipt=receipt, sent_at=timezone.now(), error_code="")


def _held_back(message: Message, reach: Reach) -> bool:
    """The way a caller may be reached is asked again at send: it may have become stricter since. Raises NotNow."""
    reason = refused_by(reach)
    if reason:
        _settle(message, MessageStatus.SUPPRESSED, suppressed_reason=reason)
        return True
    wait = until_safe(reach, message.case, timezone.now())
    if wait:
        raise jobs.NotNow("not_a_safe_hour", wait)
    return False


def refused_by(reach: Reach) -> str:
    """Why no text may go to this caller; empty when one may."""
    if reach.mode == ContactMode.NONE:
        return SuppressedReason.NO_CONTACT
    if not reach.text_ok:
        return SuppressedReason.NO_TEXT
    return SuppressedReason.NO_ADDRESS if reach.contact.kind == ContactKind.SHORT_CODE else ""


def until_safe(reach: Reach, case: Case | None, now: datetime) -> timedelta:
    """How long until the caller's safe hours begin, in the zone of the place; nothing when it is safe now."""
    settlement = case.household.settlement if case else None
    return safe_hours.until_safe(reach.safe_from, reach.safe_to, settlement.time_zone if settlement else "", now)


def _settle(message: Message, to: MessageStatus, **changes: Any) -> None:
    def work() -> None:
        locked = Message.objects.locked().get(pk=message.pk)
        if locked.status != to:
            lifecycle.move(locked, to, **changes)

    verbs.in_transaction(work, "notifications.settle", SENDER)
