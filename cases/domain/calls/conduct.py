"""On the line: is it really them, what if they threaten, and who listens in."""

from datetime import timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import alarms, events, stream
from cases.domain.calls.ending import own_step
from cases.domain.verbs import verb
from cases.enums import LIVE_CALL, AlarmKind, CallDirection, Identity
from cases.errors import Forbidden, IllegalMove, Refusal
from cases.models import Call, Draft, Household, Listening, Tie

CODE_TRIES: Final = 3
CODE_DAY: Final = timedelta(hours=24)
ABUSE_WARNINGS: Final = 2


class NotTheWord(Refusal):
    code = "not_the_code_word"
    sentence = _("This is not the code word. Tell nothing, and offer to call back on the registered number.")


def hash_word(word: str) -> str:
    """A slow hash of a code word, as it is said: case and spaces do not count."""
    return make_password(_plain(word))


def _plain(word: str) -> str:
    return "".join(word.casefold().replace("ё", "е").split())


@verb("calls.confirm")
def confirm(draft: Draft, *, tie: Tie, word: str, by: Actor) -> bool:
    """Check the code word of a household with who is on the line. Locks the draft, then the tie.

    Right: what concerns this one household may be told to them and changed by them. Returns whether it was right,
    since a wrong try must stay counted: after three in a day, whoever asked, no word opens anything, a callback does,
    and a supervisor is told. Raises NotTheWord, Forbidden.
    """
    draft = _own_page(draft, by)
    tie = Tie.objects.select_for_update(no_key=True).get(pk=tie.pk)
    now = timezone.now()
    if tie.word_tried_at is None or now - tie.word_tried_at > CODE_DAY:
        tie.word_tries = 0
    if tie.word_tries >= CODE_TRIES or not _is_about(draft, tie):
        raise NotTheWord
    right = bool(tie.code_word) and bool(tie.verified_how) and check_password(_plain(word), tie.code_word)
    tie.word_tries, tie.word_tried_at = (0, None) if right else (tie.word_tries + 1, now)
    tie.save(update_fields=["word_tries", "word_tried_at"])
    if not right and tie.word_tries == CODE_TRIES:
        alarms.raise_step(AlarmKind.CODE_WORD, draft=draft, case=draft.case, raised_by_id=draft.operator_id)
    _known(draft, tie if right else None)
    if right:
        draft.word_said = True
        draft.save(update_fields=["word_said"])
    events.record(draft, case=draft.case_id, right=right)
    return right


@verb("calls.reached")
def reached(draft: Draft, *, tie: Tie, by: Actor) -> Draft:
    """We rang the number this household is registered with, and the operator says that it is them who answered.

    Locks the draft. Raises IllegalMove for a call that we did not make, or another number.
    """
    draft = _own_page(draft, by)
    call = draft.call
    registered = Tie.objects.verified().filter(pk=tie.pk, caller__reaches__contact=draft.contact_id).exists()
    if call is None or call.direction != CallDirection.OUT or call.contact_id != draft.contact_id or not registered:
        raise IllegalMove
    _known(draft, tie)
    events.record(draft, case=draft.case_id)
    return draft


def _own_page(draft: Draft, by: Actor) -> Draft:
    draft = Draft.objects.locked().select_related("call", "case").get(pk=draft.pk)
    if not isinstance(by, Staff) or draft.operator_id != by.user_id:
        raise Forbidden
    return draft


def _is_about(draft: Draft, tie: Tie) -> bool:
    """A word is asked on a call from the household's number, or about its case."""
    if draft.case is not None and draft.case.household_id == tie.household_id:
        return True
    return Tie.objects.filter(pk=tie.pk, caller__reaches__contact=draft.contact_id or 0).exists()


def _known(draft: Draft, tie: Tie | None) -> None:
    """Who is on the line is of this household; or, after a wrong word, in doubt."""
    household = tie.household_id if tie else None
    if draft.confirmed_household_id != household:
        draft.word_said = False  # it was another household's
    draft.identity = Identity.CONFIRMED if tie else Identity.DOUBTFUL
    draft.confirmed_household_id = household
    draft.save(update_fields=["identity", "confirmed_household", "word_said"])


@verb("calls.warn")
def warn(call: Call, *, by: Actor) -> Call:
    """An abusive caller was warned; after two warnings the operator may end the call, and no trace is against them."""
    call = own_step(call, by)
    if call.abuse_warnings >= ABUSE_WARNINGS:
        return call
    Call.objects.filter(pk=call.pk).update(abuse_warnings=F("abuse_warnings") + 1)
    call.abuse_warnings += 1
    if call.abuse_warnings == ABUSE_WARNINGS:
        alarms.raise_step(AlarmKind.ABUSE, call=call, raised_by_id=call.operator_id)
    events.record(call, warnings=call.abuse_warnings)
    return call


@verb("calls.listen")
def listen(call: Call, *, by: Actor) -> Listening:
    """A supervisor listens in: announced on the operator's page first, and on record. Never on a protected call."""
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if call.status not in LIVE_CALL:
        raise IllegalMove
    if _is_protected(call):
        raise Forbidden
    row, made = Listening.objects.get_or_create(call=call, listener_id=by.user_id, ended_at=None)
    if made and call.operator_id is not None:
        stream.tell(stream.personal(call.operator_id), "listening", who=by.name, on=True)
        events.record(row)
    return row


def _is_protected(call: Call) -> bool:
    """Is the call about a protected household: by its cases, its page, or the number it comes from?"""
    guarded = Household.objects.filter(protected=True)
    by_number = Tie.objects.filter(household__in=guarded, caller__reaches__contact=call.contact_id or 0)
    by_page = Draft.objects.open().filter(call=call, case__household__in=guarded)
    return call.cases.filter(household__in=guarded).exists() or by_number.exists() or by_page.exists()


@verb("calls.stop_listening")
def stop_listening(listening: Listening, *, by: Actor) -> Listening:
    """The supervisor is off the line again, and the operator is told. Locks the row."""
    row = Listening.objects.locked().select_related("call").get(pk=listening.pk)
    if not isinstance(by, Staff) or row.listener_id != by.user_id:
        raise Forbidden
    if row.ended_at is None:
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        if row.call.operator_id is not None:
            stream.tell(stream.personal(row.call.operator_id), "listening", who=by.name, on=False)
        events.record(row)
    return row
