"""Places that people have: what they take, a party as if it had none, and how a request stood when somebody looked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.db.models import Count, QuerySet

from cases.enums import PLACE_OF
from cases.models import EvacuationRequest, Seat
from cases.planning.seating import Load, Party


def loads(there: QuerySet[Seat]) -> dict[int, Load]:
    """What each request takes by these seats (one statement)."""
    found: dict[int, Load] = defaultdict(Load)
    for request, kind, animals, luggage, people in there.values_list(
        "traveller__request", "kind", "animals", "luggage"
    ).annotate(people=Count("pk")):
        places = {PLACE_OF[kind]: people, "animals": animals * people, "luggage": luggage * people}
        found[request] = found[request].plus(Load(**places))
    return found


def as_new(party: Party, taken: Mapping[int, Load]) -> Party:
    """The party as if it had no seats yet; `taken` by request."""
    parts = tuple(replace(part, load=part.load.plus(taken.get(part.request, Load()))) for part in party.parts)
    return replace(party, parts=parts, only=frozenset())


def stands(request: EvacuationRequest, convoys: Iterable[int]) -> str:
    """All that a plan takes for granted of a request: when this text is another one, something changed meanwhile.

    `convoys`: where its people sit.
    """
    checked = "checked" if request.verified_at is not None else "unchecked"
    where = ",".join(str(pk) for pk in sorted(set(convoys)))
    return f"{request.status} {request.direction} {checked} {where}".strip()
