"""`manage.py demo`: invented staff, partners and calls, so that every room has something in it.

Nothing of it can reach a real channel: staff addresses end in .invalid and no demo caller may be texted. Refused in
production, and harmless when it was run before.
"""

import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.actors import Staff
from cases.domain import evacuation, field, intake
from cases.enums import CrewDuty, Direction, VehicleKind
from cases.models import Convoy, EvacuationRequest, Partner, Post, User
from cases.planning import person_line
from cases.queries import places


class Command(BaseCommand):
    help = "Make demo staff, partners and cases in a development database."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "Demo data does not belong in production. Unset HOTLINE_ENV=production to try things out."
            )
        demo = json.loads((Path(settings.BASE_DIR) / "seeds" / "demo.json").read_text("utf-8"))
        logins = settings.HOTLINE_DATA_DIR / "demo-logins.txt"
        if User.objects.filter(username="olena").exists():
            self.stdout.write("Demo data is there already.")
            return
        password = secrets.token_urlsafe(9)
        for person in demo["staff"]:
            _hire(person, password)
        Partner.objects.bulk_create(Partner(**partner) for partner in demo["partners"])
        operator = User.objects.get(username="olena").as_actor()
        made = sum(_play(number, call, operator) for number, call in enumerate(demo["calls"], 1))
        planner = User.objects.get(username="petro").as_actor()
        for corridor in demo["corridors"]:
            _plan(corridor, planner)
        for request in EvacuationRequest.objects.exclude(direction="").order_by("pk"):
            evacuation.hold(request, by=operator)
        _board(planner)
        logins.parent.mkdir(parents=True, exist_ok=True)
        logins.touch(mode=0o600)
        logins.write_text(_told(demo["staff"], password))
        self.stdout.write(f"{made} demo calls; logins in {logins}")


def _hire(person: dict[str, Any], password: str) -> None:
    user = User.objects.create_user(
        username=person["username"],
        password=password,
        name=person["name"],
        email=f"{person['username']}@staff.invalid",
        language=person["language"],
    )
    for post in person["posts"]:
        Post.objects.create(user=user, **post)


def _play(number: int, call: dict[str, Any], operator: Staff) -> bool:
    """One call as the desk would hand it to the verb."""
    settlement = places.settlements(call["settlement"], limit=1)[0].pk if "settlement" in call else None
    people = tuple(person for line in call.get("people", ()) for person in person_line.parse(line))
    way = call.get("evacuation")
    if way is not None:
        way = intake.EvacuationFacts(**{**way, "staying": frozenset(way.get("staying", ()))})
    copied = (
        "channel language number anonymous relation on_site address group in_cellar cannot_reach_point notes".split()
    )
    facts = intake.Intake(
        **{name: call[name] for name in copied if name in call},
        settlement=settlement,
        people=people,
        headcount=person_line.parse_headcount(call["headcount"]) if "headcount" in call else None,
        missing=frozenset(range(len(people))) if call.get("missing") else frozenset(),
        needs=tuple(intake.NeedFacts(code, days) for code, days in call["needs"].items()),
        observations=call["seen"],
        evacuation=way,
        consents=frozenset((purpose, kind) for purpose, kind in call["consents"]),
        consent_basis="vital_interest" if call.get("emergency") else "consent",
        dispositions=(call.get("disposition", "case_opened"),),
    )
    intake.record(facts, key=f"demo-{number}", by=operator)
    return True


def _plan(corridor: dict[str, Any], planner: Staff) -> None:
    """A corridor that is open, with its windows and convoys in the days to come."""
    stops = [
        evacuation.StopFacts(**{**stop, "place": places.settlements(stop["place"], limit=1)[0]})
        for stop in corridor["stops"]
    ]
    way = evacuation.plan_corridor(name=corridor["name"], authority=corridor["authority"], stops=stops, by=planner)
    evacuation.open_corridor(way, by=planner)
    zone = ZoneInfo(stops[0].place.time_zone)
    for window in corridor["windows"]:
        day = timezone.now().astimezone(zone) + timedelta(days=window["in_days"])
        begins = day.replace(hour=window["from"], minute=0, second=0, microsecond=0)
        row = evacuation.add_window(
            way,
            direction=Direction(corridor["direction"]),
            begins=begins,
            ends=begins + timedelta(hours=window["hours"]),
            agreed_with=corridor["authority"],
            by=planner,
        )
        for number, convoy in enumerate(window["convoys"], 1):
            departs = begins + timedelta(minutes=convoy["minutes"])
            _drive(
                evacuation.plan_convoy(row, number=number, departs_at=departs, by=planner), convoy, len(stops), planner
            )


def _drive(convoy: Convoy, planned: dict[str, Any], stops: int, planner: Staff) -> None:
    for number, vehicle in enumerate(planned["vehicles"]):
        facts = evacuation.VehicleFacts(
            **{**vehicle, "kind": VehicleKind(vehicle["kind"])}, from_seq=0, to_seq=stops - 1
        )
        evacuation.add_vehicle(convoy, facts=facts, key=f"demo-{convoy.pk}-{number}", by=planner)


def _board(planner: Staff) -> None:
    """The first convoy boards: its list is frozen, and the field team may take it onto a phone."""
    convoy = Convoy.objects.order_by("departs_at").first()
    if convoy is not None:
        evacuation.clear(convoy, by=planner)
        team = User.objects.get(username="vira")
        for duty in (CrewDuty.BOARDING, CrewDuty.ARRIVAL):
            field.appoint(convoy, user=team, duty=duty, by=planner)
        field.freeze(convoy, by=planner)


def _told(staff: list[dict[str, Any]], password: str) -> str:
    lines = [f"  {person['username']:10} {person['posts'][0]['role']}" for person in staff]
    return "\n".join([f"Demo logins, password for all: {password}", *lines, ""])
