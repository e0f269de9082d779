"""The case: one household's story until it is closed; its owner, clocks, scores and notes."""

from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from cases import policy
from cases.actors import Actor, Partner, Staff, System
from cases.enums import (
    NOT_ACTED_ON,
    OPEN_CASE,
    PROMISED,
    WAITING_CASE,
    CaseStatus,
    ClockKind,
    ClockState,
    CloseReason,
    DeclineReason,
    PriorityClass,
)
from cases.models.base import AreaRows, Row, Rows, Sealing, one_of, text_choice
from cases.models.partners import Referral
from cases.privacy.sealed import SealedTextField

SCORE_CEILING = 10_000


class CaseRows(AreaRows):
    settlement = "household__settlement"

    def visible_to(self, actor: Actor) -> Self:
        """The only place that says which cases an actor may see: staff by area, a partner what was referred to it."""
        if isinstance(actor, Partner):
            return self.filter(Exists(Referral.objects.live_for(actor).filter(case=OuterRef("pk"))))
        return super().visible_to(actor)

    def open(self) -> Self:
        return self.filter(status__in=OPEN_CASE)


class Case(Row):
    """`ref` is seven random digits and a check digit, speakable: 4821 0937. At most one open case a household."""

    ref = models.CharField(max_length=8, unique=True, validators=[RegexValidator(r"^\d{8}$")], editable=False)
    household = models.ForeignKey("cases.Household", on_delete=models.PROTECT, related_name="cases")
    status = text_choice(CaseStatus, default=CaseStatus.NEW, editable=False)
    priority = text_choice(PriorityClass, max_length=2, default=PriorityClass.P4, editable=False)
    points = models.PositiveIntegerField(default=0, editable=False)
    red_key = models.BooleanField(default=False, editable=False)
    overridden = models.BooleanField(default=False, editable=False)
    unassigned_why = models.JSONField(default=dict, blank=True, editable=False)
    close_reason = text_choice(CloseReason, blank=True, default="", editable=False)
    opened_at = models.DateTimeField(editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    master = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates", editable=False)

    objects = CaseRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", CaseStatus, "case_status_known"),
            one_of("priority", PriorityClass, "case_priority_known"),
            one_of("close_reason", CloseReason, "case_close_reason_known", blank=True),
            models.CheckConstraint(condition=Q(ref__regex=r"^\d{8}$"), name="case_ref_is_eight_digits"),
            models.UniqueConstraint(
                fields=["household"], condition=Q(status__in=OPEN_CASE), name="case_one_open_a_household"
            ),
            models.CheckConstraint(condition=Q(points__lte=SCORE_CEILING), name="case_points_bounded"),
            models.CheckConstraint(
                condition=~Q(status="closed") | ~Q(close_reason=""), name="case_closes_for_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(status="duplicate") | Q(master__isnull=False), name="case_duplicate_has_a_master"
            ),
            models.CheckConstraint(
                condition=Q(master__isnull=True) | ~Q(master=F("id")), name="case_not_its_own_master"
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "-points", "opened_at", "id"], name="case_queue", condition=Q(status__in=OPEN_CASE)
            ),
            models.Index(
                fields=["priority", "-points", "opened_at", "id"],
                name="case_unassigned",
                condition=Q(status__in=["new", "triaged", "reopened"]),
            ),
            models.Index(
                fields=["priority", "-points", "opened_at", "id"],
                name="case_waiting",
                condition=Q(status__in=WAITING_CASE),
            ),
            models.Index(
                fields=["priority", "-points", "opened_at", "id"],
                name="case_not_acted_on",
                condition=Q(priority="P1", status__in=NOT_ACTED_ON),
            ),
        ]

    def __str__(self) -> str:
        return self.spoken

    @property
    def spoken(self) -> str:
        return f"{self.ref[:4]} {self.ref[4:]}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_CASE


class Note(Sealing):
    """A note on a case. A protected one is for the protection officer, and its author until wrap-up."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField(max_text=20_000)
    protected = models.BooleanField(default=False)


class Score(Sealing):
    """One triage decision, replayable: the facts (sealed, some are protected), the rules' version, what came out."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="scores")
    rules = models.ForeignKey("cases.TriageRules", on_delete=models.PROTECT, related_name="+")
    facts = SealedTextField()
    priority = text_choice(PriorityClass, max_length=2)
    points = models.PositiveIntegerField()
    reasons = models.JSONField(default=list)
    overridden_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey(Note, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [one_of("priority", PriorityClass, "score_priority_known")]
        get_latest_by = "id"


class RulesRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """A published version is read by all staff who read cases or reference data; a draft by those who write it."""
        if isinstance(actor, Staff) and actor.roles & (policy.MAY_EDIT_REFERENCE | policy.MAY_READ_CASES):
            return self if policy.allows("rules.save_draft", actor) else self.filter(published_at__isnull=False)
        return self if isinstance(actor, System) else self.none()


class TriageRules(Row):
    """A version of the triage rules; published ones never change. One that is not published yet is the draft."""

    number = models.PositiveIntegerField(unique=True)
    body = models.JSONField()
    published_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=80, blank=True, default="", help_text="The doctor who signed the floors.")

    objects = RulesRows.as_manager()

    class Meta:
        verbose_name_plural = "triage rules"

    def __str__(self) -> str:
        return f"v{self.number}"


class ObservationCode(Row):
    """What an operator may observe on a call: a danger, a day count. Reference data."""

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8, choices=[("flag", "flag"), ("number", "number")])
    unit = models.CharField(max_length=12, blank=True, default="")
    group = models.CharField(max_length=16)
    protected = models.BooleanField(default=False)
    label_en = models.CharField(max_length=120)
    label_uk = models.CharField(max_length=120)
    label_ru = models.CharField(max_length=120)
    sort = models.PositiveSmallIntegerField(default=100)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("sort", "code")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["flag", "number"]), name="observation_code_kind_known")
        ]

    def __str__(self) -> str:
        return self.code


class Observation(Sealing):
    """A fact heard on a call that triage weighs: "insulin for 2 days". The latest of a code stands.

    A protected one has the code "protected" and says which only in its sealed `detail`.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="observations")
    person = models.ForeignKey("cases.Person", null=True, on_delete=models.PROTECT, related_name="+")
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="+")
    code = models.ForeignKey(ObservationCode, to_field="code", on_delete=models.PROTECT, db_column="code")
    detail = SealedTextField(null=True, max_text=60)
    value = models.FloatField(default=1.0)
    observed_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gte=0, value__lte=100_000), name="observation_value_sane")
        ]
        indexes = [models.Index(fields=["case", "code"], name="observation_live", condition=Q(cleared_at__isnull=True))]


class Assignment(Row):
    """The owner of a case is its live assignment. `because` says why in codes that become words."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assignments")
    owner = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="assignments")
    by = models.CharField(max_length=40)
    because = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=24, blank=True, default="")
    decline_reason = text_choice(DeclineReason, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at__isnull=True), name="assignment_one_live_a_case"
            ),
            one_of("decline_reason", DeclineReason, "assignment_decline_reason_known", blank=True),
        ]
        indexes = [models.Index(fields=["owner"], name="assignment_live", condition=Q(ended_at__isnull=True))]


class Clock(Row):
    """A promise with a due time. Every open case has at least one running or late; none stops for lack of access.

    `level`: how far up it has been told since it fired: 1 the owner, 2 the coordinators, 3 the supervisors.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks")
    kind = text_choice(ClockKind)
    state = text_choice(ClockState, default=ClockState.RUNNING)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            one_of("kind", ClockKind, "clock_kind_known"),
            one_of("state", ClockState, "clock_state_known"),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(state__in=["running", "fired"]), name="clock_one_live_a_kind"
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("started_at")), name="clock_due_after_start"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="clock_running", condition=Q(state="running")),
            models.Index(fields=["case"], name="clock_late", condition=Q(state="fired")),
            models.Index(
                fields=["due_at", "case"],
                name="clock_promised",
                condition=Q(kind__in=PROMISED, state__in=["running", "fired"]),
            ),
        ]
