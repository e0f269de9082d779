"""Where a party could go instead: the other convoys of a direction, and who must leave one that has too few places."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.models import Convoy, EvacuationRequest
from cases.queries import overfull, seating
from cases.queries.evacuation.board import zone_of


@dataclass(frozen=True, slots=True)
class MustMove:
    """A party that does not fit any more: by reference, how many, and the convoys with room for all of them."""

    refs: list[str]
    people: int
    where: list[str]


def called(convoy: Convoy) -> str:
    """ "Convoy 2, 4 December 09:00, Northern way": as planners name it."""
    said = _("Convoy %(number)d, %(when)s, %(corridor)s")
    zone = zone_of(convoy.window)
    when = date_format(convoy.departs_at.astimezone(zone), "j E H:i") if convoy.departs_at else "—"
    return said % {"number": convoy.number, "when": when, "corridor": convoy.window.corridor.name}


def names(rows: QuerySet[Convoy]) -> dict[int, str]:
    """What these convoys are called, the earliest first (three statements)."""
    return {row.pk: called(row) for row in named(rows)}


def named(rows: QuerySet[Convoy]) -> list[Convoy]:
    """Convoys with all that `called` reads, the earliest first (three statements)."""
    found = Convoy.objects.filter(pk__in=rows.values("pk"))
    found = found.select_related("window__corridor").prefetch_related("window__corridor__stops__place")
    return list(found.order_by("departs_at", "pk"))


def must_move(convoy: Convoy, *, by: Staff) -> list[MustMove]:
    """Of a convoy with too few places, who has to go and where they can; nothing while it has enough."""
    found = overfull.to_move(convoy)
    if not found:
        return []
    wanted = {pk for one in found for pk in one.requests}
    refs = {
        row.pk: row.case.spoken
        for row in EvacuationRequest.objects.visible_to(by).filter(pk__in=wanted).select_related("case")
    }
    rows = seating.open_convoys().filter(window__direction=convoy.window.direction).exclude(pk=convoy.pk)
    others = names(rows)
    return [
        MustMove(
            refs=sorted(refs[pk] for pk in one.requests if pk in refs),
            people=one.people,
            where=[others[pk] for pk in one.convoys if pk in others],
        )
        for one in found
    ]
