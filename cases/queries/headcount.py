"""How many people a household is, and what strikes about them, in a few words that name nobody."""

from collections.abc import Collection

from django.db.models import Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import CROWDS, OPEN_CASE, AgeBand, Group, Mobility, Presence
from cases.models import Household, Person


def in_words(household: Household, people: Collection[Person]) -> str:
    """ "4 people", "100–150 people", "Site, 11 people"."""
    low = household.headcount_low or len(people)
    high = household.headcount_high or len(people)
    if not high:
        return _("Number not known")
    count = ngettext("%(count)s person", "%(count)s people", high) % {"count": high if low == high else f"{low}–{high}"}
    if household.kind in CROWDS:
        kind = _("Site") if household.kind == Group.SITE else _("Institution")
        return f"{kind}, {count}"
    return count


def in_other_groups(household: Household) -> tuple[int, int]:
    """The least and the most people of the same site whose cases are open beside this one's: it rides in groups."""
    if household.kind not in CROWDS:
        return 0, 0
    crowds = Household.objects.filter(kind__in=CROWDS)
    known, fresh = set[int](), {household.pk}
    while fresh:
        known |= fresh
        parted = crowds.filter(Q(split_from__in=fresh) | Q(parted__in=fresh))
        fresh = set(parted.values_list("pk", flat=True)) - known
    others = crowds.filter(pk__in=known - {household.pk}, merged_into__isnull=True, cases__status__in=OPEN_CASE)
    told = others.aggregate(low=Sum("headcount_low", default=0), high=Sum("headcount_high", default=0))
    return told["low"], told["high"]


def traits(people: Collection[Person]) -> list[str]:
    """What a coordinator plans by: an infant, somebody who cannot walk, somebody missing."""
    told = (
        (any(person.age_band == AgeBand.INFANT for person in people), _("infant")),
        (any(person.pregnancy_week for person in people), _("pregnant")),
        (any(person.mobility == Mobility.BEDRIDDEN for person in people), _("bedridden")),
        (any(person.mobility == Mobility.WHEELCHAIR for person in people), _("wheelchair")),
        (any(person.presence == Presence.MISSING for person in people), _("one missing")),
    )
    return [words for there, words in told if there]
