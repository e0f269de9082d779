"""Settlements by any spelling, for the type-ahead."""

from django.db.models import Q

from cases.enums import PlaceKind
from cases.models import Place
from cases.planning import placenames
from cases.planning.placenames.ranking import readings

CANDIDATES = 300
SHOWN = 8


def settlements(typed: str, *, limit: int = SHOWN) -> list[Place]:
    """The likeliest settlements for what was typed, best first: two statements, whatever the number of places.

    The database narrows by prefix and trigrams of the stems; the pure ranking decides.
    """
    where = Q(pk__in=[])
    for reading in readings(typed[:80]):
        for stem in {reading.name.stemmed, *reading.name.word_stems}:
            where |= Q(keys__key__startswith=stem)
            if len(stem) >= 4:
                where |= Q(keys__key__trigram_similar=stem)
    found = {
        place.pk: place
        for place in Place.objects.filter(where, kind=PlaceKind.SETTLEMENT)
        .select_related("parent")
        .distinct()[:CANDIDATES]
    }
    names = [(pk, (place.name_en, place.name_uk, place.name_ru)) for pk, place in found.items()]
    return [found[pk] for pk, _ in placenames.rank(typed[:80], names, limit)]


def chosen(pk: int) -> Place | None:
    """The settlement with this key, if it is one."""
    return Place.objects.select_related("parent").filter(pk=pk, kind=PlaceKind.SETTLEMENT).first()


def described(place: Place) -> str:
    """ "Sudzha — Sudzhansky": the name with its raion, since a name is not a key."""
    return f"{place.name} — {place.parent.name}" if place.parent else place.name
