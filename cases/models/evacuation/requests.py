"""Who wants to leave, who decided what, who travels with whom, and to whom a minor may be handed over."""

from django.db import models
from django.db.models import F, Q

from cases.enums import (
    LIVE_EVACUATION,
    DecisionBy,
    Direction,
    EvacuationStatus,
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

    It is about the `direction` the request had then: another direction asks for another decision.
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
