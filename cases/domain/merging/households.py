"""The merge itself: which of two stays, and what hangs on the household."""

from collections.abc import Collection
from typing import Final

from django.db.models import Q
from django.utils import timezone

from cases.actors import Actor
from cases.domain import consents, events, matching
from cases.domain.merging import refusals
from cases.domain.merging.cases import cases_step
from cases.domain.merging.journal import Journal
from cases.domain.merging.persons import persons_step
from cases.domain.verbs import verb
from cases.enums import (
    LIVE_SEAT,
    MatchState,
)
from cases.models import (
    Case,
    Consent,
    Entitlement,
    Household,
    Match,
    Merge,
    Person,
    Seat,
    Tie,
)

TABLE: Final = Household._meta.db_table


@verb("merging.merge")
def merge(first: Household, second: Household, *, pairs: Collection[tuple[int, int]] = (), by: Actor) -> Merge:
    """Make two households one. `pairs` are persons of either side who are one; the others stand side by side.

    Which one stays: the protected one, else the one with places on a convoy, else the one known first. Merging what
    is merged already changes nothing. Locks both households, their cases, requests and seats. Raises CannotMerge,
    Forbidden.
    """
    households = _locked(first, second)
    if len(households) == 1:
        return _earlier(first, second)
    chosen = [pk for pair in pairs for pk in pair]
    if len(chosen) != len(set(chosen)):
        raise refusals.CannotMerge(refusals.TWICE)
    refusals.require_protection(households, by)
    kept, duplicate = _sides(*households)
    rows = Person.objects.filter(household__in=households).select_related("data_key").order_by("pk")
    people = rows.select_for_update(no_key=True, of=("self",)).in_bulk()
    oriented = [_orient(people, pair, kept) for pair in sorted(pairs)]
    cases = list(Case.objects.locked().filter(household__in=households).select_related("household__data_key"))
    refusals.require_mergeable(kept, duplicate, oriented)
    made = Merge.objects.create(table=TABLE, kept=kept.pk, duplicate=duplicate.pk, by=by.code)
    journal = Journal(made)
    _strictest_word(kept, duplicate)
    persons_step(journal, kept, duplicate, oriented)
    _household(journal, kept, duplicate)
    cases_step(journal, kept, duplicate, cases, by)
    _decided(made, oriented, by)
    matching.enqueue_step(kept)
    events.record(made, case=kept.cases.open().first(), persons=len(oriented))
    return made


def _locked(first: Household, second: Household) -> list[Household]:
    """Both households as they stand: a pointer is followed to where it leads."""
    wanted = {first.pk, second.pk}
    while True:
        rows = list(Household.objects.locked().select_related("data_key").filter(pk__in=wanted))
        standing = {row.merged_into_id or row.pk for row in rows}
        if standing == wanted:
            return rows
        wanted = standing


def _earlier(first: Household, second: Household) -> Merge:
    """The live merge by which these two are one already."""
    rows = Merge.objects.filter(table=TABLE, undone_at__isnull=True)
    found = rows.filter(duplicate__in={first.pk, second.pk}).order_by("pk").last()
    found = found or rows.filter(kept__in={first.pk, second.pk}).order_by("pk").last()
    if found is None:
        raise refusals.CannotMerge(refusals.ONE_ALREADY)
    return found


def _sides(one: Household, other: Household) -> tuple[Household, Household]:
    """(the one that stays, the duplicate)"""

    def weight(household: Household) -> tuple[bool, bool, int]:
        seated = Seat.objects.filter(person__household=household, status__in=LIVE_SEAT).exists()
        return household.protected, seated, -household.pk

    kept = max((one, other), key=weight)
    return kept, other if kept is one else one


def _orient(people: dict[int, Person], pair: tuple[int, int], kept: Household) -> tuple[Person, Person]:
    """(who stays, who becomes the pointer)"""
    if not all(pk in people for pk in pair):
        raise refusals.CannotMerge(refusals.NOT_THEIRS)
    one, other = (people[pk] for pk in pair)
    return (one, other) if one.household_id == kept.pk else (other, one)


def _strictest_word(kept: Household, duplicate: Household) -> None:
    """Who once took back a consent took it back: one that stands beside a later withdrawal ends with it."""
    rows = list(Consent.objects.filter(household__in=[kept, duplicate]).order_by("pk"))
    taken_back = {
        (row.household_id, row.person_id, row.purpose, row.partner_kind): row.withdrawn_at
        for row in rows
        if row.withdrawn_at is not None
    }
    for here, there in ((kept, duplicate), (duplicate, kept)):
        over = [
            row
            for row in rows
            if row.withdrawn_at is None
            and row.household_id == here.pk
            and (ended := taken_back.get((there.pk, row.person_id, row.purpose, row.partner_kind))) is not None
            and ended > row.created_at
        ]
        if over:
            consents.withdraw_step(here, over)


def _household(journal: Journal, kept: Household, duplicate: Household) -> None:
    """What hangs on the household. Callers of an unprotected one get no tie to a protected one."""
    rows = journal.point
    if kept.protected == duplicate.protected:
        rows(Tie.objects.filter(household=duplicate), "household", kept, unless=["caller"])
    live = Consent.objects.live()
    same = ["person", "purpose", "partner_kind"]
    for person in (True, False):  # NULL is equal to nothing
        of = Consent.objects.filter(household=duplicate, person__isnull=person)
        rows(of.live(), "household", kept, unless=same[person:], taken=live.filter(person__isnull=person))
        rows(of.filter(withdrawn_at__isnull=False), "household", kept)
    rows(Entitlement.objects.filter(household=duplicate), "household", kept, unless=["item", "period"])
    rows(Household.objects.filter(merged_into=duplicate), "merged_into", kept)
    rows(Household.objects.filter(split_from=duplicate).exclude(pk=kept.pk), "split_from", kept)
    if refusals.is_group(kept, duplicate):
        _all_of_them(journal, kept, duplicate)
    # What one of the two knows, the household knows: the more careful of two words holds.
    journal.set(
        kept,
        in_cellar=kept.in_cellar or duplicate.in_cellar,
        cannot_reach_point=kept.cannot_reach_point or duplicate.cannot_reach_point,
        settlement_id=kept.settlement_id or duplicate.settlement_id,
        kind=duplicate.kind if kept.kind == "unknown" else kept.kind,
        split_from_id=_parted_from(kept, duplicate),
    )
    _headcount(journal, kept)
    journal.copy(kept, duplicate, "address", "position")
    journal.set(duplicate, merged_into_id=kept.pk)
    if kept.protected and not duplicate.protected:
        duplicate.protected = True  # not in the journal: taking the merge back lifts nothing
        duplicate.save(update_fields=["protected"])


def _parted_from(kept: Household, duplicate: Household) -> int | None:
    """Whom the one that stays was given a household apart from; never one that itself came from these two."""
    both = {kept.pk, duplicate.pk}
    lines = [refusals.came_from(one) for one in (kept, duplicate)]
    return next((line[0] for line in lines if line and not both & set(line)), None)


def _all_of_them(journal: Journal, site: Household, group: Household) -> None:
    """Of what was told of a site its group was taken away when it left."""
    low, high, fewest, most = site.headcount_low, site.headcount_high, group.headcount_low, group.headcount_high
    if low is not None and high is not None and fewest is not None and most is not None:
        journal.set(site, headcount_low=low + fewest, headcount_high=high + most)


def _headcount(journal: Journal, kept: Household) -> None:
    """A count that was told is no less than the people who are known by now."""
    known = Person.objects.filter(household=kept, merged_into__isnull=True).count()
    if kept.headcount_high is not None and kept.headcount_high < known:
        low = known if kept.headcount_low == kept.headcount_high else kept.headcount_low
        journal.set(kept, headcount_high=known, headcount_low=low)


def _decided(made: Merge, pairs: Collection[tuple[Person, Person]], by: Actor) -> None:
    """The pairs that led to it, and any other open one between the two, are decided by it."""
    now = timezone.now()
    both = [made.kept, made.duplicate]
    joined = [pk for pair in pairs for pk in (pair[0].pk, pair[1].pk)]
    between = Q(first__household__in=both, second__household__in=both) | Q(first__in=joined, second__in=joined)
    decided = {"decided_at": now, "decided_by": getattr(by, "user_id", None), "merge": made}
    Match.objects.filter(between, state=MatchState.OPEN).update(state=MatchState.MERGED, **decided)
    for stays, goes in pairs:  # whoever was told apart from the one is told apart from the other
        apart = Match.objects.filter(Q(first=goes) | Q(second=goes), state=MatchState.APART)
        others = {pk for pair in apart.values_list("first", "second") for pk in pair} - {goes.pk}
        same = Q(first=stays, second__in=others) | Q(second=stays, first__in=others)
        Match.objects.filter(same, state=MatchState.OPEN).update(state=MatchState.APART, **decided)
