"""The day of a convoy, made the shortest legal way: a frozen list, a crew, phones and what they say."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from cases.actors import Staff
from cases.domain import evacuation
from cases.domain import field as ground
from cases.domain.evacuation import VehicleFacts
from cases.enums import CrewDuty, JoinedWhy, Role, VehicleKind
from cases.models import Convoy, EvacuationRequest, FieldDevice, Seat, User, Vehicle
from cast import hire
from ways_out import Planners, a_family, a_way, agreed, planners


@dataclass(slots=True)
class Day:
    """A convoy that boards, its planners and its field team."""

    convoy: Convoy
    plan: Planners
    roman: Staff
    order: int = 0
    begun: datetime = field(default_factory=lambda: timezone.now() - timedelta(seconds=30))

    def phone(self, by: Staff | None = None) -> FieldDevice:
        return ground.take(self.convoy, by=by or self.roman)

    def line(self, act: str, seat: Seat | None = None, *, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """One word as a phone sends it, a moment after the one before."""
        self.order += 1
        said = at or self.begun + timedelta(milliseconds=self.order)
        line = {"uid": str(uuid.uuid4()), "act": act, "at": said.isoformat(), "order": self.order, "data": {}}
        return line | {"seat": str(seat.uid) if seat else None} | more

    def send(self, phone: FieldDevice, *lines: Any, sent_at: datetime | None = None) -> dict[str, Any]:
        return ground.sync(phone, sent_at=sent_at or timezone.now(), entries=lines, by=self.roman)

    def status(self) -> str:
        return Convoy.objects.get(pk=self.convoy.pk).status


def a_day(
    *families: EvacuationRequest, stops: tuple[str, ...] = ("Sudzha", "Sumy"), like: Day | None = None, **places: int
) -> Day:
    """A convoy on which these families, made before, have confirmed places; it is cleared, frozen and has a crew.

    `like`: the same people plan and board as on another day.
    """
    plan = like.plan if like else planners()
    convoy = a_way(plan.dmytro, stops=stops, **places)
    for request in families:
        evacuation.hold(request, by=plan.dmytro)
        agreed(request, plan.dmytro)
        evacuation.confirm(request, by=plan.dmytro)
    evacuation.clear(convoy, by=plan.dmytro)
    roman = like.roman if like else hire("roman", Role.FIELD)
    user = User.objects.get(pk=roman.user_id)
    ground.appoint(convoy, user=user, duty=CrewDuty.BOARDING, by=plan.dmytro)
    ground.freeze(convoy, by=plan.dmytro)
    return Day(Convoy.objects.get(pk=convoy.pk), plan, roman)


def place_of(request: EvacuationRequest, nth: int = 0) -> Seat:
    return list(Seat.objects.filter(traveller__request=request).order_by("pk"))[nth]


def freely() -> dict[str, Any]:
    return {"could_speak_freely": "yes", "voluntary": True, "own_direction": True, "informed": True}


def walk_up(day: Day, *bands: str, **more: Any) -> dict[str, Any]:
    """A line that says that these people turned up at the first stop."""
    people = [
        {"band": band, "sex": "f", "mobility": "", "kind": "seat", "name": "Olena", "freely": "yes"} for band in bands
    ]
    return day.line("walk_up", data={"stop": 0, "people": people, "animals": 0, "luggage": 0} | more)


def joined(
    day: Day, *, kind: str = "van", reason: str = JoinedWhy.JOINED, key: str = "", way: tuple[int, int] = (0, 1),
    **places: int,
) -> Vehicle:  # fmt: skip
    """A vehicle joins the convoy under way."""
    facts = VehicleFacts(VehicleKind(kind), *way, **(places or {"seats": 4}))
    return ground.join(
        day.convoy, facts=facts, reason=JoinedWhy(reason), key=key or uuid.uuid4().hex, by=day.plan.dmytro
    )


def crowded(*, plan: Day | None = None, said: tuple[str, ...] = ()) -> tuple[Day, FieldDevice, EvacuationRequest]:
    """A bus of one place, and two people who were taken along and have none; it has left."""
    day = a_day(like=plan, seats=1)
    phone = day.phone()
    day.send(phone, walk_up(day, "18-59", "18-59"))
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), *[day.line(act) for act in said])
    return day, phone, EvacuationRequest.objects.latest("pk")


def freed_on_the_road() -> tuple[Day, FieldDevice, EvacuationRequest]:
    """A bus of one place left with two; who had the place is in hospital, the other one has none in the books."""
    family = a_family("18-59")
    day = a_day(family, seats=1)
    phone = day.phone()
    day.send(phone, day.line("boarded", place_of(family), data=freely()), walk_up(day, "18-59"))
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("hospitalised", place_of(family)))
    return day, phone, EvacuationRequest.objects.latest("pk")
