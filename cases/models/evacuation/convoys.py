"""Corridors, windows, convoys, legs and the seats on them.

Capacity is physics: statement triggers (see the migration of the guards) keep `*_taken` on each Leg from the rows in
Seat, and no leg can be filled over any of its capacities, against raw SQL too.
"""

from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff, System
from cases.enums import (
    RESUME_WITHIN,
    SEAT_TAKES_PLACE,
    SECOND_WITHIN,
    ConvoyStatus,
    CorridorStatus,
    Direction,
    IncidentKind,
    Publicity,
    Role,
    SeatKind,
    SeatStatus,
    SuspendedWhy,
    VehicleKind,
)
from cases.models.base import Row, Rows, Sealing, one_of, text_choice
from cases.privacy.sealed import SealedTextField

PLACES = ("seats", "wheelchairs", "stretchers", "animals", "luggage")


class ConvoyRows(Rows):
    """What carries people out of several areas at once is seen by all who read cases."""

    def visible_to(self, actor: Actor) -> Self:
        if isinstance(actor, System) or (isinstance(actor, Staff) and actor.roles & policy.MAY_READ_CASES):
            return self
        return self.none()


class OwnConvoyRows(ConvoyRows):
    """A team on the ground sees the convoys it is the crew of, and no others."""

    def visible_to(self, actor: Actor) -> Self:
        if isinstance(actor, Staff) and not actor.roles & policy.MAY_READ_CASES and Role.FIELD in actor.roles:
            stands = Q(crew__until__isnull=True) | Q(crew__until__gt=timezone.now())
            return self.filter(stands, crew__user=actor.user_id, crew__ended_at__isnull=True).distinct()
        return super().visible_to(actor)


class Corridor(Row):
    """A way through, opened and suspended as one. Its stops are passed in one order: the way back is another corridor.

    Resuming needs two people: `resume_proposed_by` waits for another one to agree, since `resume_proposed_at`.
    """

    name = models.CharField(max_length=120, unique=True)
    status = text_choice(CorridorStatus, default=CorridorStatus.PLANNED)
    authority = models.CharField(max_length=120, blank=True, default="")
    suspended_why = text_choice(SuspendedWhy, blank=True, default="", db_default="")
    resume_proposed_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    resume_proposed_at = models.DateTimeField(null=True)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", CorridorStatus, "corridor_status_known"),
            one_of("suspended_why", SuspendedWhy, "corridor_suspended_why_known", blank=True),
            models.CheckConstraint(
                condition=Q(status="suspended") | Q(resume_proposed_by__isnull=True),
                name="corridor_resumed_from_suspended",
            ),
            models.CheckConstraint(
                condition=Q(resume_proposed_by__isnull=True, resume_proposed_at__isnull=True)
                | Q(resume_proposed_by__isnull=False, resume_proposed_at__isnull=False),
                name="corridor_resume_proposed_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def resume_until(self) -> datetime | None:
        """Until when somebody else can agree that it goes on; None where nobody proposed it."""
        return self.resume_proposed_at + RESUME_WITHIN if self.resume_proposed_at else None

    @property
    def resume_waits(self) -> bool:
        """Somebody proposed that it goes on, and it is not too late to agree."""
        return self.resume_until is not None and self.resume_until > timezone.now()


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

    `publicity_wanted` is what somebody proposed to raise its publicity to at `publicity_wanted_at`, until another one
    agrees.
    """

    corridor = models.ForeignKey(Corridor, on_delete=models.PROTECT, related_name="windows")
    direction = text_choice(Direction)
    slot = DateTimeRangeField()
    publicity = text_choice(Publicity, default=Publicity.CONFIRMED_ONLY)
    publicity_raised_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    publicity_agreed_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    publicity_wanted = text_choice(Publicity, blank=True, default="", db_default="")
    publicity_wanted_at = models.DateTimeField(null=True)
    agreed_with = models.CharField(max_length=120, blank=True, default="", db_default="")
    documents_required = models.BooleanField(default=False)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("direction", Direction, "window_direction_known"),
            one_of("publicity", Publicity, "window_publicity_known"),
            one_of("publicity_wanted", Publicity, "window_publicity_wanted_known", blank=True),
            models.CheckConstraint(
                condition=Q(publicity_wanted="", publicity_wanted_at__isnull=True)
                | (~Q(publicity_wanted="") & Q(publicity_wanted_at__isnull=False)),
                name="window_publicity_wanted_whole",
            ),
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

    @property
    def publicity_until(self) -> datetime | None:
        """Until when somebody else can agree that more people are told; None where nobody proposed it."""
        return self.publicity_wanted_at + SECOND_WITHIN if self.publicity_wanted_at else None

    @property
    def publicity_waits(self) -> bool:
        """Somebody proposed that more people are told, and it is not too late to agree."""
        return self.publicity_until is not None and self.publicity_until > timezone.now()


class Convoy(Row):
    window = models.ForeignKey(Window, on_delete=models.PROTECT, related_name="convoys")
    number = models.PositiveIntegerField()
    status = text_choice(ConvoyStatus, default=ConvoyStatus.PLANNED)
    departs_at = models.DateTimeField(null=True)

    objects = OwnConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", ConvoyStatus, "convoy_status_known"),
            models.UniqueConstraint(fields=["window", "number"], name="convoy_number_once_a_window"),
        ]


class Vehicle(Row):
    """What rides between two points of a convoy. A private car carries its own people only until it is vetted.

    `own_of`: the request of those whose own car it is. It has as many places as they hold, and none for anybody else.
    """

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
    own_of = models.ForeignKey("cases.EvacuationRequest", null=True, on_delete=models.PROTECT, related_name="cars")
    out_since = models.DateTimeField(null=True)

    objects = ConvoyRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", VehicleKind, "vehicle_kind_known"),
            models.CheckConstraint(condition=Q(to_seq__gt=F("from_seq")), name="vehicle_goes_forward"),
            models.CheckConstraint(
                condition=Q(own_of__isnull=True) | Q(kind="private"), name="vehicle_of_their_own_is_private"
            ),
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
    """A place on the legs from_seq ≤ seq < to_seq of a convoy, for one person, with what they bring.

    `contested`: what was said of them on the ground does not fit together; somebody decides before it is closed.
    """

    convoy = models.ForeignKey(Convoy, on_delete=models.PROTECT, related_name="places")
    traveller = models.ForeignKey("cases.Traveller", on_delete=models.PROTECT, related_name="places")
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
    contested = models.BooleanField(default=False, db_default=False)

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
                        "returned",
                    ],
                ),
                name="seat_accounted_for_as_something",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(status__in=SEAT_TAKES_PLACE), name="seat_one_live_a_person"
            ),
        ]
        indexes = [models.Index(fields=["convoy", "status"], name="seat_manifest")]


class IncidentRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(convoy__in=Convoy.objects.visible_to(actor).values("pk"))


class Incident(Sealing):
    """Something that went wrong on a convoy. `rolled_at`: everybody aboard has answered the roll-call since.

    `uid` is that of the word that said so; where the word does not count, nobody answers a roll-call for it. What the
    dispatcher reported by mistake is taken back, once, with who and why; the incident stays on record.
    """

    convoy = models.ForeignKey(Convoy, on_delete=models.PROTECT, related_name="incidents")
    kind = text_choice(IncidentKind)
    at = models.DateTimeField()
    note = SealedTextField(null=True)
    rolled_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    taken_back_why = SealedTextField(null=True)

    objects = IncidentRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", IncidentKind, "incident_kind_known"),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True, taken_back_why__isnull=True)
                | Q(
                    taken_back_at__isnull=False,
                    taken_back_by__isnull=False,
                    taken_back_why__isnull=False,
                    rolled_at__isnull=False,
                ),
                name="incident_taken_back_whole",
            ),
        ]
