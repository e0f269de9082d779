"""Requests and decisions; corridors, windows, convoys, legs and the seats on them.

Capacity is physics: statement triggers (see the migration of the guards) keep `*_taken` on each Leg from the rows in
Seat, and no leg can be filled over any of its capacities, against raw SQL too.
"""

from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from cases import policy
from cases.actors import Actor, Staff, System
from cases.enums import (
    LIVE_EVACUATION,
    SEAT_TAKES_PLACE,
    ConvoyStatus,
    CorridorStatus,
    DecisionBy,
    Direction,
    EvacuationStatus,
    Publicity,
    SeatKind,
    SeatStatus,
    SuspendedWhy,
    VehicleKind,
    YesNoUnknown,
)
from cases.models.base import AreaRows, Row, Rows, Sealing, one_of, text_choice
from cases.privacy.sealed import SealedTextField

PLACES = ("seats", "wheelchairs", "stretchers", "animals", "luggage")


class EvacuationRows(AreaRows):
    """Wishes to leave, seen where their case is."""


class ConvoyRows(Rows):
    """What carries people out of several areas at once is seen by all who read cases."""

    def visible_to(self, actor: Actor) -> Self:
        if isinstance(actor, System) or (isinstance(actor, Staff) and actor.roles & policy.MAY_READ_CASES):
            return self
        return self.none()


class EvacuationRequest(Sealing):
    """A wish to leave. `direction` is the people's own choice and stays empty until they made it.

    `verified_at`: the facts were checked. It stays when the status goes on, and says where the request goes back to.
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


class Release(Sealing):
    """To whom a minor may be handed over: named beforehand, a document seen, two members of staff."""

    minor = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="releases")
    receiver = SealedTextField(max_text=300)
    kinship = models.CharField(max_length=40)
    document_seen = models.BooleanField(default=False)
    first_staff = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    second_staff = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)

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


class Corridor(Row):
    """A way through, opened and suspended as one. Its stops are passed in one order: the way back is another corridor.

    Resuming needs two people: `resume_proposed_by` waits for another one to agree.
    """

    name = models.CharField(max_length=120, unique=True)
    status = text_choice(CorridorStatus, default=CorridorStatus.PLANNED)
    authority = models.CharField(max_length=120, blank=True, default="")
    suspended_why = text_choice(SuspendedWhy, blank=True, default="", db_default="")
    resume_proposed_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", CorridorStatus, "corridor_status_known"),
            one_of("suspended_why", SuspendedWhy, "corridor_suspended_why_known", blank=True),
            models.CheckConstraint(
                condition=Q(status="suspended") | Q(resume_proposed_by__isnull=True),
                name="corridor_resumed_from_suspended",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Stop(Row):
    """A collection point, in order along its corridor."""

    corridor = models.ForeignKey(Corridor, on_delete=models.PROTECT, related_name="stops")
    seq = models.PositiveSmallIntegerField()
    place = models.ForeignKey("cases.Place", on_delete=models.PROTECT, related_name="+")
    landmark = models.CharField(max_length=200, blank=True, default="")
    has_shelter = models.BooleanField(default=False)
    changes_vehicle = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["corridor", "seq"], name="stop_order_once")]


class Window(Row):
    """A time slot of a corridor in one direction, agreed with both sides.

    `publicity_wanted` is what somebody proposed to raise its publicity to, until another one agrees.
    """

    corridor = models.ForeignKey(Corridor, on_delete=models.PROTECT, related_name="windows")
    direction = text_choice(Direction)
    slot = DateTimeRangeField()
    publicity = text_choice(Publicity, default=Publicity.CONFIRMED_ONLY)
    publicity_raised_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    publicity_agreed_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    publicity_wanted = text_choice(Publicity, blank=True, default="", db_default="")
    agreed_with = models.CharField(max_length=120, blank=True, default="", db_default="")
    documents_required = models.BooleanField(default=False)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("direction", Direction, "window_direction_known"),
            one_of("publicity", Publicity, "window_publicity_known"),
            one_of("publicity_wanted", Publicity, "window_publicity_wanted_known", blank=True),
            models.CheckConstraint(condition=Q(slot__isempty=False), name="window_slot_not_empty"),
            models.CheckConstraint(
                condition=Q(publicity="confirmed_only")
                | (
                    Q(publicity_raised_by__isnull=False, publicity_agreed_by__isnull=False)
                    & ~Q(publicity_raised_by=F("publicity_agreed_by"))
                ),
                name="window_publicity_raised_by_two",
            ),
            ExclusionConstraint(
                name="window_slots_of_a_direction_apart",
                expressions=[
                    ("corridor", RangeOperators.EQUAL),
                    ("direction", RangeOperators.EQUAL),
                    ("slot", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Convoy(Row):
    window = models.ForeignKey(Window, on_delete=models.PROTECT, related_name="convoys")
    number = models.PositiveIntegerField()
    status = text_choice(ConvoyStatus, default=ConvoyStatus.PLANNED)
    departs_at = models.DateTimeField(null=True)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", ConvoyStatus, "convoy_status_known"),
            models.UniqueConstraint(fields=["window", "number"], name="convoy_number_once_a_window"),
        ]


class Vehicle(Row):
    """What rides between two points of a convoy. A private car carries its own people only until it is vetted."""

    convoy = models.ForeignKey(Convoy, on_delete=models.PROTECT, related_name="vehicles")
    kind = text_choice(VehicleKind, max_length=12)
    from_seq = models.PositiveSmallIntegerField()
    to_seq = models.PositiveSmallIntegerField()
    seats = models.PositiveSmallIntegerField(default=0)
    wheelchairs = models.PositiveSmallIntegerField(default=0)
    stretchers = models.PositiveSmallIntegerField(default=0)
    animals = models.PositiveSmallIntegerField(default=0)
    luggage = models.PositiveSmallIntegerField(default=0)
    offer = models.ForeignKey("cases.Offer", null=True, on_delete=models.PROTECT, related_name="+")
    out_since = models.DateTimeField(null=True)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", VehicleKind, "vehicle_kind_known"),
            models.CheckConstraint(condition=Q(to_seq__gt=F("from_seq")), name="vehicle_goes_forward"),
        ]


class Leg(models.Model):
    """One segment of a convoy, between stop `seq` and the next. `*_taken` belong to the triggers on Seat."""

    convoy = models.ForeignKey(Convoy, on_delete=models.PROTECT, related_name="legs")
    seq = models.PositiveSmallIntegerField()
    seats = models.PositiveIntegerField(default=0)
    seats_taken = models.IntegerField(default=0, db_default=0, editable=False)
    wheelchairs = models.PositiveIntegerField(default=0)
    wheelchairs_taken = models.IntegerField(default=0, db_default=0, editable=False)
    stretchers = models.PositiveIntegerField(default=0)
    stretchers_taken = models.IntegerField(default=0, db_default=0, editable=False)
    animals = models.PositiveIntegerField(default=0)
    animals_taken = models.IntegerField(default=0, db_default=0, editable=False)
    luggage = models.PositiveIntegerField(default=0)
    luggage_taken = models.IntegerField(default=0, db_default=0, editable=False)
    over_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["convoy", "seq"], name="leg_once"),
            *(
                models.CheckConstraint(condition=Q(**{f"{kind}_taken__gte": 0}), name=f"leg_{kind}_not_below_zero")
                for kind in PLACES
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{kind}_taken__lte": F(kind)}) | Q(over_since__isnull=False),
                    name=f"leg_{kind}_not_over",
                )
                for kind in PLACES
            ),
        ]


class Seat(Row):
    """A place on the legs from_seq ≤ seq < to_seq of a convoy, for one person, with what they bring."""

    convoy = models.ForeignKey(Convoy, on_delete=models.PROTECT, related_name="places")
    traveller = models.ForeignKey(Traveller, on_delete=models.PROTECT, related_name="places")
    person = models.ForeignKey("cases.Person", on_delete=models.PROTECT, related_name="places")
    kind = text_choice(SeatKind, default=SeatKind.SEAT)
    from_seq = models.PositiveSmallIntegerField()
    to_seq = models.PositiveSmallIntegerField()
    animals = models.PositiveSmallIntegerField(default=0)
    luggage = models.PositiveSmallIntegerField(default=0)
    status = text_choice(SeatStatus, default=SeatStatus.HELD)
    expires_at = models.DateTimeField(null=True)
    accounted_as = models.CharField(max_length=24, blank=True, default="")
    missing = models.BooleanField(default=False)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", SeatKind, "seat_kind_known"),
            one_of("status", SeatStatus, "seat_status_known"),
            models.CheckConstraint(condition=Q(to_seq__gt=F("from_seq")), name="seat_goes_forward"),
            models.CheckConstraint(condition=~Q(status="held") | Q(expires_at__isnull=False), name="seat_hold_expires"),
            models.CheckConstraint(
                condition=(~Q(status="accounted") & Q(accounted_as=""))
                | Q(
                    status="accounted",
                    accounted_as__in=[
                        "changed_vehicle",
                        "hospitalised",
                        "left_by_choice",
                        "died",
                        "taken_aside_at_check",
                        "released_to",
                    ],
                ),
                name="seat_accounted_for_as_something",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(status__in=SEAT_TAKES_PLACE), name="seat_one_live_a_person"
            ),
        ]
        indexes = [models.Index(fields=["convoy", "status"], name="seat_manifest")]


class Incident(Sealing):
    """Something that went wrong on a convoy."""

    convoy = models.ForeignKey(Convoy, on_delete=models.PROTECT, related_name="incidents")
    kind = models.CharField(max_length=24)
    at = models.DateTimeField()
    note = SealedTextField(null=True)
