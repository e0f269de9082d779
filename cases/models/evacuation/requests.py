"""Who wants to leave, who decided what, who travels with whom, and to whom a minor may be handed over."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.enums import (
    LIVE_EVACUATION,
    SECOND_WITHIN,
    SEEKS_SEATS,
    DecisionBy,
    Direction,
    EvacuationStatus,
    InterestsOutcome,
    Role,
    SeatKind,
    YesNoUnknown,
)
from cases.models.base import AreaRows, Row, Sealing, one_of, text_choice
from cases.privacy.sealed import SealedTextField


class EvacuationRows(AreaRows):
    """Wishes to leave, seen where their case is."""


class EvacuationRequest(Sealing):
    """A wish to leave. `direction` is the people's own choice and stays empty until they made it.

    `verified_at`: the facts were checked. It stays when the status goes on, and says where the request goes back to.
    `offered_again_at`: who did not come was offered places once more, and is not a second time.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="evacuations")
    direction = text_choice(Direction, blank=True, default="")
    status = text_choice(EvacuationStatus, default=EvacuationStatus.REGISTERED)
    destination = SealedTextField(null=True, max_text=500)
    destination_place = models.ForeignKey("cases.Place", null=True, on_delete=models.PROTECT, related_name="+")
    earliest = models.DateField(null=True)
    latest = models.DateField(null=True)
    animals = models.PositiveSmallIntegerField(default=0)
    luggage = models.PositiveSmallIntegerField(default=0)
    own_vehicle = models.BooleanField(default=False)
    documents_missing = models.BooleanField(default=False)
    split_consent = models.ForeignKey("cases.Consent", null=True, on_delete=models.PROTECT, related_name="+")
    waiting_since = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    offered_again_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = EvacuationRows.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["direction", "waiting_since"], name="evacuation_waiting", condition=Q(status="waiting_list")
            )
        ]
        constraints = [
            one_of("direction", Direction, "evacuation_direction_known", blank=True),
            one_of("status", EvacuationStatus, "evacuation_status_known"),
            models.CheckConstraint(
                condition=Q(earliest__isnull=True) | Q(latest__isnull=True) | Q(latest__gte=F("earliest")),
                name="evacuation_latest_after_earliest",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["held", "confirmed", "boarded", "arrived"]) | ~Q(direction=""),
                name="evacuation_direction_before_places",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(status__in=LIVE_EVACUATION), name="evacuation_one_live_a_case"
            ),
        ]


class Decision(Row):
    """One adult's own decision, or a guardian's; append-only: a changed mind is a new row.

    It is about the `direction` the request had then: another direction asks for another decision. One in somebody's
    best interests was proposed by `recorded_by` and confirmed by `second_staff`; `interests` is what they agreed on.
    """

    request = models.ForeignKey(EvacuationRequest, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="decisions")
    by = text_choice(DecisionBy)
    goes = models.BooleanField()
    direction = text_choice(Direction, blank=True, default="", db_default="")
    could_speak_freely = text_choice(YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    voluntary = models.BooleanField(default=False)
    own_direction = models.BooleanField(default=False)
    informed = models.BooleanField(default=False)
    second_staff = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey("cases.Note", null=True, on_delete=models.PROTECT, related_name="+")
    interests = models.OneToOneField(
        "cases.BestInterests", null=True, on_delete=models.PROTECT, related_name="decision"
    )
    recorded_by = models.CharField(max_length=40)

    class Meta:
        constraints = [
            one_of("by", DecisionBy, "decision_by_known"),
            one_of("direction", Direction, "decision_direction_known", blank=True),
            models.CheckConstraint(
                condition=~Q(by="best_interests") | Q(note__isnull=False), name="decision_best_interests_with_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(by="best_interests") | Q(second_staff__isnull=False), name="decision_best_interests_by_two"
            ),
        ]


class BestInterestsRows(AreaRows):
    settlement = "request__case__household__settlement"

    def waiting(self) -> Self:
        """What waits for a second person still: nothing was decided, chosen or found since, and its time is not over.

        What the officer proposed waits for nobody where the household is protected by now: no other post may read why.
        The same for one row is `cases.queries.interests.stands`.
        """
        later = Decision.objects.filter(request=OuterRef("request"), person=OuterRef("person"))
        overtaken = Exists(later.filter(pk__gt=Coalesce(OuterRef("over"), 0)))
        unread = Q(proposed_as=Role.PROTECTION, request__case__household__protected=True)
        return self.filter(
            ~overtaken,
            ~unread,
            outcome="",
            created_at__gt=timezone.now() - SECOND_WITHIN,
            direction=F("request__direction"),
            request__status__in=SEEKS_SEATS,
            person__merged_into__isnull=True,
        )

    def for_second(self, actor: Actor) -> Self:
        """What this actor may confirm by their posts; the same for one row is `BestInterests.second_may_be`."""
        if not isinstance(actor, Staff):
            return self.none()
        roles = actor.roles & policy.VERBS["evacuation.agree_interests"]
        may = Q(pk__in=[])
        if Role.PROTECTION in roles:
            may |= ~Q(proposed_as=Role.PROTECTION)
        if roles - {Role.PROTECTION}:
            may |= Q(proposed_as=Role.PROTECTION, request__case__household__protected=False)
        return self.filter(may).exclude(proposed_by=actor.user_id)


class BestInterests(Row):
    """A decision for somebody who cannot decide, proposed by one of the staff. It counts once another one confirmed it.

    `over` is what the person had decided last when it was proposed: a later decision overtakes it. What is proposed is
    never changed, only settled, once. `proposed_as` and `settled_as` are the posts in which the two acted: posts end,
    and what was right at the time stays so. Before they were kept, empty means: not the protection officer's.
    """

    request = models.ForeignKey(EvacuationRequest, on_delete=models.PROTECT, related_name="interests")
    person = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="interests")
    goes = models.BooleanField()
    direction = text_choice(Direction, blank=True, default="")
    could_speak_freely = text_choice(YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    voluntary = models.BooleanField(default=False)
    own_direction = models.BooleanField(default=False)
    informed = models.BooleanField(default=False)
    over = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey("cases.Note", on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    proposed_as = text_choice(Role, blank=True, default="")
    outcome = text_choice(InterestsOutcome, blank=True, default="")
    settled_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    settled_as = text_choice(Role, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    objects = BestInterestsRows.as_manager()

    class Meta:
        constraints = [
            one_of("direction", Direction, "best_interests_direction_known", blank=True),
            one_of("outcome", InterestsOutcome, "best_interests_outcome_known", blank=True),
            models.CheckConstraint(
                condition=Q(outcome="", settled_at__isnull=True, settled_by__isnull=True)
                | Q(outcome="lapsed", settled_at__isnull=False, settled_by__isnull=True)
                | Q(outcome="overtaken", settled_at__isnull=False)
                | Q(outcome__in=["agreed", "refused"], settled_at__isnull=False, settled_by__isnull=False),
                name="best_interests_settled_whole",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="agreed") | ~Q(settled_by=F("proposed_by")), name="best_interests_by_two"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="agreed")
                | (Q(proposed_as="protection") & ~Q(settled_as="protection"))
                | (~Q(proposed_as="protection") & Q(settled_as="protection")),
                name="best_interests_two_posts",
            ),
            one_of("proposed_as", Role, "best_interests_proposed_as_known", blank=True),
            one_of("settled_as", Role, "best_interests_settled_as_known", blank=True),
            models.UniqueConstraint(fields=["request", "person"], condition=Q(outcome=""), name="best_interests_once"),
        ]

    @property
    def by_officer(self) -> bool:
        """The protection officer proposed it, so somebody from another post confirms."""
        return self.proposed_as == Role.PROTECTION

    @property
    def until(self) -> datetime:
        """Until when it can be confirmed."""
        return self.created_at + SECOND_WITHIN

    def second_may_be(self, actor: Actor) -> bool:
        """Another person from another post: the protection officer, or somebody else where the officer proposed it."""
        return self.second_post(actor) is not None

    def second_post(self, actor: Actor) -> Role | None:
        """The post in which this actor may confirm it; None where they may not.

        In a protected household that is the protection officer's alone: nobody confirms what they may not read.
        """
        if not isinstance(actor, Staff) or actor.user_id == self.proposed_by_id:
            return None
        roles = actor.roles & policy.VERBS["evacuation.agree_interests"]
        if not self.by_officer:
            return Role.PROTECTION if Role.PROTECTION in roles else None
        if self.request.case.household.protected:
            return None
        others = sorted(roles - {Role.PROTECTION})
        return Role(others[0]) if others else None


class Traveller(Row):
    """One person in a request, with the kind of place they need. Two live ones of a person are flagged, not refused.

    `unaccompanied` marks a lone child who may cross lines: only with what AP I art. 78 asks for.
    """

    request = models.ForeignKey(EvacuationRequest, on_delete=models.PROTECT, related_name="travellers")
    person = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="journeys")
    kind = text_choice(SeatKind, default=SeatKind.SEAT)
    unaccompanied = models.BooleanField(default=False)
    officer = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    carer_consent = models.ForeignKey("cases.Consent", null=True, on_delete=models.PROTECT, related_name="+")
    receiving_body = models.ForeignKey("cases.Partner", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            one_of("kind", SeatKind, "traveller_kind_known"),
            models.CheckConstraint(  # AP I art. 78: officer, written consent of the carer, a named receiving body
                condition=Q(unaccompanied=False)
                | Q(officer__isnull=False, carer_consent__isnull=False, receiving_body__isnull=False),
                name="traveller_lone_child_with_officer_consent_receiver",
            ),
            models.UniqueConstraint(fields=["request", "person"], name="traveller_once_a_request"),
        ]


class TravelTie(Row):
    """Two requests that travel on one convoy or not at all."""

    first = models.ForeignKey(EvacuationRequest, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(EvacuationRequest, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="travel_tie_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="travel_tie_in_one_order"),
        ]


class ReleaseRows(AreaRows):
    settlement = "minor__household__settlement"


class Release(Sealing):
    """To whom a minor may be handed over: named beforehand, a document seen, two members of staff."""

    minor = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="releases")
    receiver = SealedTextField(max_text=300)
    kinship = models.CharField(max_length=40)
    document_seen = models.BooleanField(default=False)
    first_staff = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    second_staff = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)

    objects = ReleaseRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(document_seen=True, second_staff__isnull=False),
                name="release_with_document_and_two_staff",
            ),
            models.CheckConstraint(
                condition=Q(second_staff__isnull=True) | ~Q(second_staff=F("first_staff")), name="release_staff_differ"
            ),
        ]
