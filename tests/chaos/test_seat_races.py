"""Sixty-four people and machines at the same eight convoys: nobody over, nobody twice, nothing left empty.

The rounds are bounded by time. What they end in is counted from the seats themselves, not by the code under test.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from cases.domain import evacuation, follow_up, jobs, merging
from cases.domain.evacuation import locking, seats
from cases.domain.verbs import GuardRefused
from cases.enums import LIVE_SEAT, SEAT_TAKES_PLACE
from cases.errors import Refusal
from cases.models import Convoy, Corridor, Decision, EvacuationRequest, Job, Leg, Merge, Seat, Vehicle
from cases.queries.evacuation import propose
from cast import Cast
from owner import as_owner
from rounds import run, tasks
from together import together
from ways_out import Planners, a_column, a_corridor, a_family, a_slot, planners, rounds, tie

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]
assert tasks.HANDLERS

THREADS = 64
SECONDS = 30
SLOW = 5
JOBS = ("places", "waits", "hold")
Step = Callable[[Random], Any]


@dataclass(slots=True)
class World:
    """Four corridors with a window of two convoys each, and families who want to leave."""

    cast: Cast
    planners: Planners
    corridors: list[Corridor]
    convoys: list[Convoy]
    families: list[EvacuationRequest]

    def family(self, chance: Random) -> EvacuationRequest:
        return chance.choice(self.families)


def a_world(cast: Cast, *, places: int, families: int, seed: int = 7) -> World:
    chance, both = Random(seed), planners()
    corridors = [a_corridor(both.dmytro) for _ in range(4)]
    windows = [a_slot(both.dmytro, corridor, hours=20 + place) for place, corridor in enumerate(corridors)]
    convoys = [
        a_column(both.dmytro, window, number=n, minutes=30 * n, seats=places) for window in windows for n in (1, 2)
    ]
    made = [a_family(*["18-59"] * chance.randint(1, 4), checked=chance.random() < 0.8) for _ in range(families)]
    for one, other in zip(made[0:20:2], made[1:20:2], strict=True):
        tie(one, other)
    for one, other in zip(made[20:40:2], made[21:40:2], strict=True):  # a person with two live requests
        other.travellers.filter(pk=other.travellers.order_by("pk")[0].pk).update(
            person=one.travellers.order_by("pk")[0].person
        )
    Decision.objects.bulk_create(
        Decision(
            request=request, person=row.person, by="self", goes=True, direction="ukraine",
            voluntary=True, own_direction=True, informed=True, recorded_by="staff:1",
        )
        for request in made for row in request.travellers.select_related("person")
    )  # fmt: skip
    return World(cast, both, corridors, convoys, made)


def steps(world: World) -> dict[str, tuple[int, Step]]:
    """What anybody may press, and how often."""
    cast, both = world.cast, world.planners

    def stop_and_go(chance: Random) -> None:
        corridor = chance.choice(world.corridors)
        evacuation.suspend(corridor, reason="unsafe", by=both.dmytro)
        time.sleep(chance.random() / 5)
        evacuation.propose_resume(corridor, by=both.dmytro)
        evacuation.resume(corridor, by=both.daria)

    def breakdown(chance: Random) -> None:
        vehicle = Vehicle.objects.get(convoy=chance.choice(world.convoys))
        evacuation.drop_out(vehicle, by=both.dmytro)
        time.sleep(chance.random() / 5)
        evacuation.bring_back(vehicle, by=both.daria)

    def join(chance: Random) -> None:
        one, other = (EvacuationRequest.objects.get(pk=world.family(chance).pk).case.household for _ in range(2))
        merging.merge(one, other, by=cast.taras)

    def part_again(chance: Random) -> None:
        standing = list(Merge.objects.filter(undone_at__isnull=True))
        if not standing:
            raise Refusal
        merging.undo(chance.choice(standing), by=cast.taras)

    return {
        "hold": (6, lambda chance: evacuation.hold(world.family(chance), by=cast.olena)),
        "confirm": (3, lambda chance: evacuation.confirm(world.family(chance), by=cast.taras)),
        "release": (2, lambda chance: evacuation.release(world.family(chance), by=cast.taras)),
        "rebook": (2, lambda chance: evacuation.rebook(world.family(chance), by=cast.iryna)),
        "move": (
            2,
            lambda chance: evacuation.move(world.family(chance), to=chance.choice(world.convoys), by=both.daria),
        ),
        "plan": (1, lambda chance: evacuation.apply_plan(propose(both.daria).planned, by=both.daria)),
        "verify": (1, lambda chance: evacuation.verify(world.family(chance), by=cast.iryna)),
        "cancel": (1, lambda chance: follow_up.end_request(world.family(chance), to="cancelled", by=cast.taras)),
        "lapse": (1, lapse_some),
        "work": (1, lambda chance: work()),
        "merge": (1, join),
        "part": (1, part_again),
        "suspend": (1, stop_and_go),
        "breakdown": (1, breakdown),
    }


def lapse_some(chance: Random) -> None:
    """The hold of somebody has stood its two hours."""
    held = Seat.objects.filter(status="held").values_list("traveller__request", flat=True).distinct()[:50]
    if held:
        request = chance.choice(list(held))
        Seat.objects.filter(traveller__request=request, status="held").update(expires_at=timezone.now())
        Job.objects.filter(kind="hold", subject=request, state="waiting").update(due_at=timezone.now())


def work() -> None:
    """One worker takes what is due."""
    due = jobs.due().filter(kind__in=JOBS).order_by("?").values_list("key", flat=True)[:5]
    jobs.run(list(due))


def raced(world: World, *, threads: int = THREADS, seconds: float = SECONDS) -> Counter[str]:
    """What everybody's steps ended in: "done", a refusal's code, or an error's name.

    A slow machine gets more time, within bounds, until each step was done once.
    """
    begun, every = time.monotonic(), steps(world)
    never = set(every)
    names, weights = list(every), [often for often, _step in every.values()]

    def one(number: int) -> Counter[str]:
        chance, ended = Random(number), Counter[str]()
        while (spent := time.monotonic() - begun) < seconds or (never and spent < SLOW * seconds):
            name = chance.choices(names, weights)[0]
            how = _ended(every[name][1], chance)
            ended[f"{name}: {how}"] += 1
            if how == "done":
                never.discard(name)
        return ended

    total: Counter[str] = Counter()
    for found in together(threads, one):
        total += found if isinstance(found, Counter) else Counter([repr(found)])
    return total


def _ended(step: Step, chance: Random) -> str:
    try:
        step(chance)
    except GuardRefused as no:
        return f"guard {no.guard}"
    except Refusal as no:
        return no.code
    except Exception as error:
        return f"error {error!r}"
    return "done"


def to_the_end(world: World) -> None:
    """What stands still goes on, what broke down comes back, and every job has run."""
    for corridor in world.corridors:
        if Corridor.objects.get(pk=corridor.pk).status == "suspended":
            evacuation.propose_resume(corridor, by=world.planners.dmytro)
            corridor = Corridor.objects.get(pk=corridor.pk)
            second = world.planners.daria
            if corridor.resume_proposed_by_id == second.user_id:
                second = world.planners.dmytro
            evacuation.resume(corridor, by=second)
    for vehicle in Vehicle.objects.filter(out_since__isnull=False):
        evacuation.bring_back(vehicle, by=world.planners.dmytro)
    run("hold")
    rounds()


# --- counted from the seats ------------------------------------------------------------------------------------------


def over_capacity() -> int:
    """People beyond the places of a leg, over all legs."""
    live = Seat.objects.filter(status__in=LIVE_SEAT).values_list("convoy").annotate(people=Count("pk")).order_by()
    people = dict(live)
    return sum(max(0, people.get(convoy, 0) - places) for convoy, places in Leg.objects.values_list("convoy", "seats"))


def in_two_places() -> int:
    taking = Seat.objects.filter(status__in=SEAT_TAKES_PLACE)
    return taking.values("person").annotate(places=Count("pk")).filter(places__gt=1).order_by().count()


def miscounted() -> int:
    """Legs whose counter is another number than their seats."""
    live = Seat.objects.filter(status__in=LIVE_SEAT).values_list("convoy").annotate(people=Count("pk")).order_by()
    people = dict(live)
    return sum(people.get(convoy, 0) != taken for convoy, taken in Leg.objects.values_list("convoy", "seats_taken"))


def avoidably_empty() -> int:
    """Whole households on the waiting list for whom some convoy has room: checked, not tied, nobody of them seated."""
    live = Seat.objects.filter(status__in=LIVE_SEAT).values_list("convoy").annotate(people=Count("pk")).order_by()
    people = dict(live)
    most = max(places - people.get(convoy, 0) for convoy, places in Leg.objects.values_list("convoy", "seats"))
    sits = set(Seat.objects.filter(status__in=SEAT_TAKES_PLACE).values_list("person", flat=True))
    waiting = EvacuationRequest.objects.filter(status="waiting_list", verified_at__isnull=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT first_id FROM cases_traveltie UNION SELECT second_id FROM cases_traveltie")
        bound = {pk for (pk,) in cursor.fetchall()}
    left = 0
    for request in waiting.exclude(pk__in=bound):
        who = set(request.travellers.filter(person__merged_into=None).values_list("person", flat=True))
        left += bool(who) and not who & sits and len(who) <= most
    return left


def strangers() -> list[tuple[int, str]]:
    """Requests whose status says something else than their seats."""
    wrong = []
    for request in EvacuationRequest.objects.all():
        found = set(
            Seat.objects.filter(traveller__request=request, status__in=SEAT_TAKES_PLACE).values_list(
                "status", flat=True
            )
        )
        said = "held" if "held" in found else "confirmed" if found else ""
        stands = request.status if request.status in ("held", "confirmed") else ""
        if said != stands:
            wrong.append((request.pk, request.status))
    return wrong


def torn_apart() -> int:
    """Tied requests that both have places, on different convoys."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM cases_traveltie t"
            " JOIN cases_evacuationrequest a ON a.id = t.first_id AND a.status IN ('held', 'confirmed')"
            " JOIN cases_evacuationrequest b ON b.id = t.second_id AND b.status IN ('held', 'confirmed')"
            " JOIN cases_traveller ta ON ta.request_id = a.id JOIN cases_traveller tb ON tb.request_id = b.id"
            " JOIN cases_seat sa ON sa.traveller_id = ta.id AND sa.status IN ('held', 'confirmed')"
            " JOIN cases_seat sb ON sb.traveller_id = tb.id AND sb.status IN ('held', 'confirmed')"
            " WHERE sa.convoy_id <> sb.convoy_id"
        )
        return cursor.fetchone()[0]


def deadlocks() -> int:
    """How many PostgreSQL broke up since it was started: the verb that lost is tried again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_sixty_four_at_eight_convoys(cast):
    world = a_world(cast, places=14, families=110)

    before = deadlocks()
    ended = raced(world)
    to_the_end(world)

    print("steps", sum(ended.values()), dict(ended.most_common()))
    print("deadlocks that were tried again", deadlocks() - before)
    print("seats by status", dict(Seat.objects.values_list("status").annotate(n=Count("pk")).order_by()))
    allowed = {name for name in ended if ": " in name and not re.search(": (error|guard)", name)}
    assert set(ended) - allowed == set()
    assert all(ended[f"{name}: done"] for name in steps(world)), ended
    assert (over_capacity(), in_two_places(), miscounted(), avoidably_empty(), torn_apart()) == (0, 0, 0, 0, 0)
    assert strangers() == []
    assert Seat.objects.filter(status="parked").count() == 0


# --- the negative controls -------------------------------------------------------------------------------------------


def only_holds(world: World) -> Counter[str]:
    """Everybody holds at once, each for another family."""

    def one(number: int) -> str:
        mine = world.families[number::THREADS]
        return " ".join(
            _ended(lambda _c, f=family: evacuation.hold(f, by=world.cast.olena), Random(0)) for family in mine
        )

    return Counter(word for line in together(THREADS, one) for word in str(line).split())


@contextmanager
def guard_of_the_legs_off() -> Iterator[None]:
    """As the owner: the trigger goes on counting, and refuses nothing."""
    with as_owner() as owner:
        named = "seat_leg(bigint, int, int, int, int, int, int)"
        (whole,) = owner.execute(f"SELECT pg_get_functiondef('{named}'::regprocedure)").fetchone()
        owner.execute(re.sub(r"\(\w+ <= 0 OR", "(true OR", whole))
        try:
            yield
        finally:
            owner.execute(whole)


def test_without_the_offers_places_stay_empty_while_somebody_waits(cast, monkeypatch):
    monkeypatch.setattr(seats, "offer_step", lambda windows: None)
    world = a_world(cast, places=6, families=90)
    only_holds(world)
    for family in world.families:
        with suppress(Refusal):
            evacuation.release(family, by=cast.taras)
    run("places")
    assert avoidably_empty() > 0


def test_holding_alone_keeps_to_the_places(cast):
    world = a_world(cast, places=3, families=128)
    with guard_of_the_legs_off():
        ended = only_holds(world)
    assert over_capacity() == 0, ended


def test_without_the_lock_on_the_legs_the_database_has_to_refuse(cast, monkeypatch):
    monkeypatch.setattr(locking, "legs_step", lambda convoys: None)
    ended = only_holds(a_world(cast, places=3, families=128))
    assert ended["guard"] > 0
    assert over_capacity() == 0


def test_without_the_lock_and_the_guard_convoys_are_overfilled(cast, monkeypatch):
    monkeypatch.setattr(locking, "legs_step", lambda convoys: None)
    world = a_world(cast, places=3, families=128)
    with guard_of_the_legs_off():
        only_holds(world)
    assert over_capacity() > 0
