"""A convoy on its day, as its dispatcher reads it: the count, what waits for a decision, who is on the ground."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects

from cases.actors import Staff
from cases.disclosure import reveal_living
from cases.enums import ConvoyStatus, EntryOutcome, Role, SeatStatus, Why
from cases.models import (
    Convoy,
    Crew,
    FieldDevice,
    FieldEntry,
    Incident,
    Manifest,
    Place,
    Post,
    Seat,
    Stop,
    StopAck,
    StopChange,
)
from cases.planning.boarding import Standing
from cases.queries.aboard import NO_PLACE, unplaced
from cases.queries.field import SAYS, title_of
from cases.queries.opened import plain
from cases.queries.seating import needs

COUNTED: Final = ("held", "confirmed", "boarded", "arrived", "diverted", "accounted", "no_show", "refused", "parked")
ENDED: Final = ("arrived", "diverted", "accounted")
STOPS: Final = Stop.objects.select_related("place").order_by("seq")
# One line more says that there are others.
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """`said`: what happened, where it was opened; `counted` where nobody doubts the word that told of it.

    `why` it was taken back, where it was opened; `undoes`: a dispatcher reported it, and may have been mistaken.
    """

    incident: Incident
    counted: bool
    written: bool
    said: str
    why: str
    undoes: bool


@dataclass(frozen=True, slots=True)
class Day:
    """`boarded` = `ended` + `aboard` always, with those in it who have no place in the books; closed when `aboard` is
    nobody and nothing waits.

    `without`: who has none, by their seat, and what they need by kind (`needs`); `unplaced` of them are aboard. Words
    of `settles_itself` wait until those have places.
    """

    convoy: Convoy
    title: str
    tally: list[tuple[str, int]]
    boarded: int
    ended: int
    aboard: int
    unplaced: int
    without: dict[int, Standing]
    needs: dict[str, int]
    settles_itself: tuple[str, ...]
    missing: int
    seats: list[Seat]
    words: list[tuple[FieldEntry, str]]
    incidents: list[IncidentLine]
    crew: list[Crew]
    manifests: list[Manifest]
    phones: list[FieldDevice]
    changes: list[tuple[StopChange, list[StopAck]]]


def day(convoy: Convoy, *, by: Staff, opened: bool = False) -> Day:
    """The whole page in a constant number of statements. `opened`: with what was written of incidents, on record."""
    rows = Seat.objects.visible_to(by).filter(convoy=convoy)
    gone = Count("pk", filter=Q(missing=True))
    sums = list(rows.values_list("status").annotate(n=Count("pk"), gone=gone).order_by())
    counts: dict[str, int] = {status: n for status, n, _gone in sums}
    without = unplaced(convoy.pk)
    torn = list(rows.filter(pk__in=without).order_by("pk")) if without else []
    here = sum(said.status == SeatStatus.BOARDED for said in without.values())
    ended = sum(counts.get(status, 0) for status in ENDED) - sum(seat.status in ENDED for seat in torn)
    ended += len(without) - here
    aboard = counts.get(SeatStatus.BOARDED, 0) + here
    changes = convoy.stop_changes.filter(replaced_at__isnull=True).select_related("place", "marshal")
    acks: Any = changes.prefetch_related("acks__case", "acks__acknowledged_by")
    return Day(
        convoy=convoy,
        title=title_of(convoy),
        tally=[(str(SeatStatus(code).label), counts[code]) for code in COUNTED if counts.get(code)],
        boarded=ended + aboard,
        ended=ended,
        aboard=aboard,
        unplaced=here,
        without=without,
        needs=needs(torn),
        settles_itself=NO_PLACE if without else (),
        missing=sum(gone for _status, _n, gone in sums),
        seats=list(_undecided(rows)[:SHOWN]),
        incidents=_incidents(convoy, opened=opened, by=by),
        words=[(row, str(SAYS.get(row.code, ""))) for row in _words(convoy)[:SHOWN]],
        crew=list(convoy.crew.filter(ended_at__isnull=True).select_related("user").order_by("pk")),
        manifests=list(convoy.manifests.select_related("frozen_by").order_by("-number")),
        phones=list(convoy.devices.filter(revoked_at__isnull=True).select_related("user").order_by("pk")),
        changes=[(row, list(row.acks.all())) for row in acks.order_by("seq")],
    )


def _undecided(rows: QuerySet[Seat]) -> QuerySet[Seat]:
    """Of whom somebody must say where they are: torn words, missing people, and those aboard a convoy that is there."""
    there = Q(status=SeatStatus.BOARDED, convoy__status__in=["arrived", "returned", "dispersed"])
    waits = Exists(FieldEntry.objects.filter(seat=OuterRef("pk"), outcome=EntryOutcome.WAITING))
    found = rows.filter(Q(contested=True) | Q(missing=True) | there | Q(waits))
    return found.select_related("traveller__request__case", "person").order_by("-missing", "-contested", "pk")


def _words(convoy: Convoy) -> QuerySet[FieldEntry]:
    found = FieldEntry.objects.filter(convoy=convoy, outcome=EntryOutcome.WAITING)
    found = found.exclude(data__has_key="walk_up")  # said once of all who turned up together
    return found.select_related("seat__traveller__request__case", "recorded_by").order_by("pk")


def _incidents(convoy: Convoy, *, opened: bool, by: Staff) -> list[IncidentLine]:
    doubted = FieldEntry.objects.filter(uid=OuterRef("uid"), outcome__in=[EntryOutcome.WAITING, EntryOutcome.REFUSED])
    reported = FieldEntry.objects.filter(uid=OuterRef("uid"), device__isnull=True)
    found = convoy.incidents.select_related("data_key", "taken_back_by").order_by("-at", "-pk")
    rows: list[Any] = list(found.annotate(doubted=Exists(doubted), reported=Exists(reported))[:SHOWN])
    if opened:
        reveal_living(rows, "note", by=by, why=Why.MANIFEST)
        reveal_living([row for row in rows if row.taken_back_at is not None], "taken_back_why", by=by, why=Why.MANIFEST)
    return [_incident(row, opened=opened, closed=convoy.status == ConvoyStatus.RECONCILED) for row in rows]


def _incident(row: Any, *, opened: bool, closed: bool) -> IncidentLine:
    return IncidentLine(
        incident=row,
        counted=not row.doubted,
        written=row.__dict__["note"] is not None,
        said=plain(row, "note") if opened else "",
        why=plain(row, "taken_back_why") if opened and row.taken_back_at is not None else "",
        undoes=row.reported and not row.doubted and row.taken_back_at is None and not closed,
    )


def on_the_ground() -> list[tuple[int, str]]:
    """Whoever may be on a crew."""
    posts = Post.objects.held().filter(role__in=[Role.FIELD, Role.DISPATCHER, Role.MEDIC]).select_related("user")
    return sorted({(post.user_id, post.user.name) for post in posts}, key=lambda one: one[1])


def corridor_stops(convoy: Convoy) -> list[Stop]:
    """All stops of its way, in order; read once for a convoy in hand."""
    prefetch_related_objects([convoy], Prefetch("window__corridor__stops", STOPS.all()))
    return list(convoy.window.corridor.stops.all())


def stops_of(convoy: Convoy) -> tuple[list[tuple[int, str]], QuerySet[Place]]:
    """The stops where people get on, and the settlements near them."""
    stops = corridor_stops(convoy)
    near = Place.objects.filter(parent__in={stop.place.parent_id for stop in stops}, kind="settlement")
    return [(stop.seq, str(stop.place.name)) for stop in stops[:-1]], near.order_by("name_en")
