"""Calls as far as they are typed: saved every moment under the key they will be recorded by, so nothing is lost.

A draft is one operator's until it is left for the next. Its words are sealed under a key of its own, and gone once
they stand in the record.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events, jobs, keys, stream
from cases.domain.verbs import verb
from cases.enums import DraftMode, Identity
from cases.errors import AlreadyTaken, Forbidden, Invalid, Refusal
from cases.models import Call, Case, ContactPoint, Draft, Job, User
from cases.planning import reference
from cases.queries import clash

# A draft nobody has shown a sign of life of for so long has been dropped (the page says so every 15 s).
DROPPED_AFTER: Final = timedelta(seconds=60)
# Its operator has left without a word: the call is whoever comes next's, and sooner where somebody is on the line.
STRANDED_AFTER: Final = timedelta(minutes=15)
STRANDED_CALL_AFTER: Final = timedelta(minutes=3)
MAX_BODY: Final = 200_000


class Elsewhere(Refusal):
    code = "draft_elsewhere"
    sentence = _("A colleague has gone on with this call. What you typed is kept; open your own list of calls.")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the page holds: `fields` to show again, `facts` as the intake understands them so far.

    `wanted`: how many places of each kind the people it names would need.
    """

    fields: dict[str, Any] = field(repr=False)
    facts: dict[str, Any] = field(repr=False)
    mode: str = DraftMode.STANDARD
    settlement: int | None = None
    contact: tuple[str, str] | None = field(default=None, repr=False)
    continues: str = ""
    wants_case: bool = False
    wanted: dict[str, int] = field(default_factory=dict)

    def body(self) -> str:
        return json.dumps({"fields": self.fields, "facts": self.facts}, ensure_ascii=False)


def _staff(by: Actor) -> Staff:
    if not isinstance(by, Staff):
        raise Forbidden
    return by


@verb("drafts.save")
def save(key: uuid.UUID, *, serial: int, typed: Typed, refused: bool = False, by: Actor) -> Draft:
    """Keep what is typed so far. An older save that comes late changes nothing. Locks the draft.

    Raises Elsewhere when a colleague has gone on with it, Invalid for more than a call can be.
    """
    policy.require()
    who = _staff(by)
    body = typed.body()
    if len(body) > MAX_BODY or "\\u0000" in body or "\0" in body:
        raise Invalid(_("This is more than one call can hold. Shorten the note."), field="notes")
    draft = _locked(key) or _begin(key, who)
    if draft.operator_id != who.user_id:
        raise Elsewhere
    if draft.ended_at is not None or serial <= draft.serial:
        return draft
    watched = _is_watched(draft, typed)
    _keep(draft, serial, typed, body)
    draft.refused = refused
    draft.save(update_fields=[*KEPT, "refused"])
    if not watched:
        watch_step(draft)
    return draft


def _is_watched(draft: Draft, typed: Typed) -> bool:
    """Whether the jobs that look after a locked draft stand already: none of them ends while the page is alive."""
    alive = timezone.now() - draft.seen_at < DROPPED_AFTER
    return alive and draft.serial > 0 and draft.wants_case == typed.wants_case


def watch_step(draft: Draft) -> None:
    """Step: somebody looks after this page when its operator does not come back to it, and after who needs a case."""
    watched = [("stranded", stranded_after(draft)), *([("draft", DROPPED_AFTER)] if draft.wants_case else [])]
    jobs.enqueue_many(
        Job(kind=kind, key=f"{kind}:{draft.uid}", subject=draft.pk, due_at=draft.seen_at + after)
        for kind, after in watched
    )


def stranded_after(draft: Draft) -> timedelta:
    """How long a silent page stays its operator's."""
    return STRANDED_CALL_AFTER if draft.call_id else STRANDED_AFTER


KEPT: Final = (
    *("serial", "body", "mode", "settlement", "wants_case", "seen_at", "contact", "case", "base", "wanted"),
    *("identity", "confirmed_household"),
)


def _locked(key: uuid.UUID) -> Draft | None:
    return Draft.objects.locked().select_related("data_key").filter(uid=key).first()


def _begin(key: uuid.UUID, who: Staff) -> Draft:
    (data_key,) = keys.fresh()
    made = Draft(uid=key, data_key=data_key, operator_id=who.user_id)
    Draft.objects.bulk_create([made], ignore_conflicts=True)
    found = _locked(key)
    assert found is not None
    return found


def _keep(draft: Draft, serial: int, typed: Typed, body: str) -> None:
    draft.serial, draft.body, draft.mode = serial, body, typed.mode
    draft.settlement_id, draft.wants_case = typed.settlement, typed.wants_case
    draft.seen_at, draft.wanted = timezone.now(), typed.wanted
    before = draft.contact_id
    if typed.contact is not None:
        draft.contact_id = ContactPoint.objects.at(*typed.contact).values_list("pk", flat=True).first()
    elif draft.call_id is None:
        draft.contact = None
    if draft.contact_id != before and draft.identity == Identity.CONFIRMED:
        draft.identity, draft.confirmed_household = Identity.UNKNOWN, None
    _choose(draft, typed.continues)


def _choose(draft: Draft, said: str) -> None:
    """The open case the call goes on with; how it stood when it was chosen is what a clash is measured by."""
    ref = reference.heard(said) if said else None
    case = Case.objects.open().filter(ref=ref).first() if ref else None
    if (case.pk if case else None) == draft.case_id:
        return
    draft.case, draft.base = case, clash.stamps(case) if case else {}
    if case is not None:
        for other in colleagues(draft):
            stream.tell(stream.personal(other.pk), "same_case", ref=case.ref)


def colleagues(draft: Draft) -> list[User]:
    """Who else is at work on the same case just now."""
    if draft.case_id is None:
        return []
    since = timezone.now() - DROPPED_AFTER
    others = Draft.objects.open().filter(case=draft.case_id, seen_at__gt=since, operator__isnull=False)
    return list(User.objects.filter(pk__in=others.exclude(operator=draft.operator_id).values("operator")))


@verb("drafts.touch")
def touch(key: uuid.UUID, *, by: Actor) -> Draft | None:
    """The page is still there. None when there is nothing to keep under this key yet."""
    policy.require()
    mine = Draft.objects.open().filter(uid=key, operator=_staff(by).user_id)
    mine.update(seen_at=timezone.now())
    draft = mine.select_related("case").first()
    if draft is not None:
        watch_step(draft)
    return draft


def take_step(draft: Draft, who: Staff) -> Draft:
    """Step: a left draft is this operator's: one guarded UPDATE. Raises AlreadyTaken."""
    free = Draft.objects.open().filter(pk=draft.pk, operator__isnull=True)
    if not free.update(operator=who.user_id, seen_at=timezone.now()):
        raise AlreadyTaken
    draft.refresh_from_db()
    watch_step(draft)
    events.record(draft, case=draft.case_id)
    stream.tell(stream.DESK, "drafts")
    return draft


@verb("drafts.close")
def close(draft: Draft, *, by: Actor) -> Draft:
    """Put away a page on which nothing was said: no place, no need, no person, no note. Locks the draft."""
    locked = _locked(draft.uid)
    if locked is None or locked.operator_id != _staff(by).user_id:
        raise Elsewhere
    if locked.wants_case or locked.call_id is not None:
        raise Invalid(_("Something was said on this call. Say how it ended and save it."))
    if locked.ended_at is None:
        finish_step(locked)
    return locked


def start_step(call: Call, contact: ContactPoint | None, *, who: Staff) -> Draft:
    """Step: the page for a call that was just taken, or the one that is open for it already."""
    standing = Draft.objects.open().filter(call=call).first()
    if standing is not None:
        standing.operator_id, standing.seen_at = who.user_id, timezone.now()
        standing.save(update_fields=["operator", "seen_at"])
        watch_step(standing)
        return standing
    (key,) = keys.fresh()
    draft = Draft.objects.create(data_key=key, operator_id=who.user_id, call=call, contact=contact)
    watch_step(draft)
    return draft


def of_key(key: str) -> Draft | None:
    """Step: the draft that is recorded under this key, locked; None where nothing was kept under it."""
    try:
        uid = uuid.UUID(key)
    except ValueError:
        return None
    return _locked(uid)


def finish_step(draft: Draft, *, call: Call | None = None) -> None:
    """Step: a locked draft has become a record: its words stand there, and nowhere else."""
    draft.ended_at, draft.body, draft.base = timezone.now(), None, {}
    if call is not None:
        draft.call = call
    draft.save(update_fields=["ended_at", "body", "base", "call"])
    jobs.cancel([f"draft:{draft.uid}", f"stranded:{draft.uid}"])
