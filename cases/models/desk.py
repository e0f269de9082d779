"""What an operator has in hand: drafts, presence, alarms, callbacks, hand-overs; and the words to say."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cases.actors import Actor, Staff, System
from cases.enums import (
    LIVE_CALLBACK,
    AlarmKind,
    CallbackOutcome,
    CallbackReason,
    CallbackState,
    CallbackWay,
    DraftMode,
    Identity,
    PresenceState,
    ScriptMoment,
)
from cases.models.base import AreaRows, Row, Rows, Sealing, in_language, one_of, text_choice
from cases.privacy.sealed import SealedTextField


class DeskRows(Rows):
    """Seen by staff: rows of the desk name nobody. What may be done with one is the verb's to ask."""

    def visible_to(self, actor: Actor) -> Self:
        return self if isinstance(actor, Staff | System) else self.none()


class DraftRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """One's own, and what was left for whoever comes next."""
        match actor:
            case System():
                return self
            case Staff():
                return self.filter(Q(operator=actor.user_id) | Q(operator__isnull=True))
        return self.none()

    def open(self) -> Self:
        return self.filter(ended_at__isnull=True)


class Draft(Sealing):
    """A call as far as it is typed. `uid` is the key under which it is recorded, so it becomes one call.

    `body` holds what was typed and what it means so far, sealed. `serial` rises with each save of the page: an older
    save that comes late changes nothing. Without an operator it waits for whoever takes it.
    """

    operator = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="drafts")
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="drafts")
    contact = models.ForeignKey("cases.ContactPoint", null=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="drafts")
    settlement = models.ForeignKey("cases.Place", null=True, on_delete=models.PROTECT, related_name="+")
    mode = text_choice(DraftMode, default=DraftMode.STANDARD)
    identity = text_choice(Identity, default=Identity.UNKNOWN)
    body = SealedTextField(null=True, max_text=200_000)
    base = models.JSONField(default=dict)
    serial = models.BigIntegerField(default=0)
    wants_case = models.BooleanField(default=False)
    refused = models.BooleanField(default=False)
    people = models.JSONField(default=list)
    confirmed_household = models.ForeignKey("cases.Household", null=True, on_delete=models.PROTECT, related_name="+")
    word_said = models.BooleanField(default=False, db_default=False)
    wanted = models.JSONField(default=dict)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = DraftRows.as_manager()

    class Meta:
        constraints = [
            one_of("mode", DraftMode, "draft_mode_known"),
            one_of("identity", Identity, "draft_identity_known"),
            models.UniqueConstraint(fields=["call"], condition=Q(ended_at__isnull=True), name="draft_one_open_a_call"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(body__isnull=True), name="draft_ended_holds_no_words"
            ),
        ]
        indexes = [
            models.Index(fields=["operator"], name="draft_open", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["case"], name="draft_on_case", condition=Q(ended_at__isnull=True)),
        ]


class Presence(Row):
    """Whether somebody is free to answer. `until`: when a break after a heavy call ends by itself."""

    user = models.OneToOneField("cases.User", on_delete=models.PROTECT, related_name="presence")
    state = text_choice(PresenceState, default=PresenceState.OFF)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="+")

    objects = DeskRows.as_manager()

    class Meta:
        constraints = [one_of("state", PresenceState, "presence_state_known")]


class AlarmRows(AreaRows):
    """Heard where their case is; one without a case by all whose screens it is for."""

    def live(self) -> Self:
        return self.filter(answered_at__isnull=True)


class Alarm(Row):
    """Something that sounds until a colleague answers it. `place` is where, never who."""

    kind = text_choice(AlarmKind)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="alarms")
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="alarms")
    draft = models.ForeignKey(Draft, null=True, on_delete=models.PROTECT, related_name="alarms")
    place = models.ForeignKey("cases.Place", null=True, on_delete=models.PROTECT, related_name="+")
    convoy = models.ForeignKey("cases.Convoy", null=True, on_delete=models.PROTECT, related_name="alarms")
    raised_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    answered_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = AlarmRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", AlarmKind, "alarm_kind_known"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_by__isnull=False), name="alarm_answered_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="alarm_live", condition=Q(answered_at__isnull=True))]


class CallbackRows(AreaRows):
    """Seen where their case is; one without a case by all at the desk."""

    def live(self) -> Self:
        return self.filter(state__in=LIVE_CALLBACK)

    def free(self, at: datetime) -> Self:
        """Those nobody is calling: open, or leased to somebody who let the time go by."""
        return self.filter(Q(state=CallbackState.OPEN) | Q(state=CallbackState.LEASED, leased_until__lt=at))


class Callback(Row):
    """Somebody is to be called back. Leased to one operator at a time; `tries` since `first_tried_at`.

    `needs_word`: ringing may betray somebody who hides, so a supervisor decides first.
    """

    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="callbacks")
    contact = models.ForeignKey("cases.ContactPoint", on_delete=models.PROTECT, related_name="callbacks")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="callbacks")
    reason = text_choice(CallbackReason)
    way = text_choice(CallbackWay, default=CallbackWay.CALL)
    state = text_choice(CallbackState, default=CallbackState.OPEN)
    due_at = models.DateTimeField(default=timezone.now)
    needs_word = models.BooleanField(default=False)
    leased_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    leased_until = models.DateTimeField(null=True)
    promised_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True)
    outcome = text_choice(CallbackOutcome, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    objects = CallbackRows.as_manager()

    class Meta:
        constraints = [
            one_of("reason", CallbackReason, "callback_reason_known"),
            one_of("way", CallbackWay, "callback_way_known"),
            one_of("state", CallbackState, "callback_state_known"),
            one_of("outcome", CallbackOutcome, "callback_outcome_known", blank=True),
            models.CheckConstraint(
                condition=~Q(state="leased") | Q(leased_by__isnull=False, leased_until__isnull=False),
                name="callback_leased_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="leased") | ~Q(needs_word=True), name="callback_not_before_the_word"
            ),
            models.CheckConstraint(
                condition=~Q(state="leased") | Q(way="call"), name="callback_writers_are_not_called"
            ),
            models.UniqueConstraint(
                fields=["contact"], condition=Q(state__in=["open", "leased"]), name="callback_one_live_a_contact"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="callback_due", condition=Q(state__in=["open", "leased"]))]


class Handover(Sealing):
    """What one shift leaves for the next, with a note."""

    leaver = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    note = SealedTextField(null=True, max_text=4_000)
    drafts = models.PositiveSmallIntegerField(default=0)
    callbacks = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)

    objects = DeskRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taker__isnull=True) | ~Q(taker=F("leaver")), name="handover_to_somebody_else"
            )
        ]


class Recusal(Row):
    """Somebody who steps back from a call or a place: their own village, somebody they know. No reason is asked."""

    user = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="recusals")
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey("cases.Place", null=True, on_delete=models.PROTECT, related_name="+")

    objects = DeskRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(call__isnull=False) | Q(place__isnull=False), name="recusal_from_something"
            )
        ]


class Listening(Row):
    """A supervisor who listens in. It is announced to the operator before it begins; nothing is recorded."""

    call = models.ForeignKey("cases.Call", on_delete=models.PROTECT, related_name="listenings")
    listener = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    announced_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = DeskRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "listener"], condition=Q(ended_at__isnull=True), name="listening_once"
            )
        ]


class Script(models.Model):
    """What to say at a moment, in the caller's language; a changed text is a new version."""

    moment = text_choice(ScriptMoment)
    number = models.PositiveIntegerField(default=1)
    text_en = models.TextField()
    text_uk = models.TextField()
    text_ru = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DeskRows.as_manager()

    class Meta:
        constraints = [
            one_of("moment", ScriptMoment, "script_moment_known"),
            models.UniqueConstraint(fields=["moment", "number"], name="script_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.moment} v{self.number}"

    def text(self, language: str | None = None) -> str:
        """The words in the language of the caller."""
        return in_language(self, "text", language)

    @property
    def texts(self) -> "list[tuple[str, list[tuple[bool, str]]]]":
        """Each language with its lines; a line in brackets is for the operator alone, not to be read aloud."""
        return [
            (code, [(line.startswith("["), line.strip("[]")) for line in self.text(code).splitlines() if line.strip()])
            for code in ("ru", "uk", "en")
        ]
