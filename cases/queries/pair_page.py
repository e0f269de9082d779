"""Two households side by side: what each of them is known by, and who may be whom. Masked as it comes from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Prefetch, Q, QuerySet

from cases import policy
from cases.actors import Staff
from cases.disclosure import reveal_living
from cases.enums import OPEN_CASE, Why
from cases.models import Case, EvacuationRequest, Household, Match, Need, Person, PersonLink, SpecificNeed
from cases.planning.matching import in_words
from cases.queries import case_page, clocks, headcount
from cases.queries.opened import NAMES, name_of, plain

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Plain:
    """What was opened of both sides, for one answer: names by person, addresses by household."""

    names: Mapping[int, str]
    addresses: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One pair in the list."""

    row: Any
    evidence: list[str]
    sides: "list[tuple[Case | None, Household, str]]"


@dataclass(frozen=True, slots=True)
class Somebody:
    person: Person
    line: case_page.PersonLine
    meant: bool
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Side:
    household: Household
    case: Case | None
    size: str
    opened_on: str
    people: list[Somebody]
    needs: list[str]
    ways_out: list[str]
    calls: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class PairPage:
    row: Any
    evidence: list[str]
    sides: tuple[Side, Side]
    is_open: bool = False


def _households() -> QuerySet[Household]:
    """Households with what a side of the page shows; a fixed number of statements."""
    specific = SpecificNeed.objects.select_related("code", "data_key").order_by("code__sort", "pk")
    people = Person.objects.filter(merged_into__isnull=True).select_related("data_key").order_by("pk")
    needs = Need.objects.select_related("type").order_by("type__sort", "pk")
    cases = Case.objects.order_by("-opened_at").prefetch_related(
        Prefetch("needs", needs), Prefetch("evacuations", EvacuationRequest.objects.order_by("-pk")), "call_links"
    )
    return Household.objects.select_related("settlement", "data_key").prefetch_related(
        Prefetch("people", people.prefetch_related(Prefetch("specific_needs", specific))), Prefetch("cases", cases)
    )


def _with_sides(rows: QuerySet[Any], *sides: str) -> QuerySet[Any]:
    wanted = [Prefetch(f"{side}__household", _households()) for side in sides]
    return rows.select_related(*sides).prefetch_related(*wanted)


def matches(rows: Any) -> list[Line]:
    """The pairs to decide on, the likeliest first; a constant number of statements."""
    found = _with_sides(rows.open().order_by("-score", "pk"), "first", "second")[:PAGE]
    return [_line(match) for match in found]


def links(rows: QuerySet[PersonLink]) -> list[Line]:
    """People sought and who was found, undecided ones first."""
    order = rows.order_by("decided_at", "-score", "pk").filter(Q(state="proposed") | Q(decided_at__isnull=False))
    found = _with_sides(order, "sought", "found")[:PAGE]
    return [_line(link) for link in found]


def waiting(by: Staff) -> dict[str, QuerySet[Any]]:
    """By the route that shows them, the pairs that this actor may decide on."""
    found: dict[str, QuerySet[Any]] = {}
    if policy.allows("matching.keep_apart", by):
        found["admin:cases_match_changelist"] = Match.objects.visible_to(by).open()
    if policy.allows("matching.answer", by):
        found["admin:cases_personlink_changelist"] = PersonLink.objects.visible_to(by).open()
    return found


def _line(row: Match | PersonLink) -> Line:
    sides = [(_case(side.household), side.household, _size(side.household)) for side in _sides(row)]
    return Line(row, in_words(row.evidence), sides)


def _case(household: Household) -> Case | None:
    """The open case, else the latest."""
    cases = list(household.cases.all())
    return next((case for case in cases if case.status in OPEN_CASE), cases[0] if cases else None)


def _size(household: Household) -> str:
    people = list(household.people.all())
    return ", ".join([headcount.in_words(household, people), *headcount.traits(people)])


def of_match(rows: QuerySet[Match], pk: int) -> Match | None:
    """A pair with both its sides."""
    found: Match | None = _with_sides(rows, "first", "second").filter(pk=pk).first()
    return found


def of_link(rows: QuerySet[PersonLink], pk: int) -> PersonLink | None:
    found: PersonLink | None = _with_sides(rows, "sought", "found").filter(pk=pk).first()
    return found


def _sides(row: Match | PersonLink) -> tuple[Person, Person]:
    return (row.first, row.second) if isinstance(row, Match) else (row.sought, row.found)


def page(row: Match | PersonLink, plain_ones: Plain | None = None) -> PairPage:
    """Both sides, with what was opened; beside each person of the second, who of the first they may be."""
    one, other = _sides(row)
    shown = plain_ones or Plain({}, {})
    same = _suggested(one.household, other.household) | {other.pk: one.pk}
    return PairPage(
        row=row,
        evidence=in_words(row.evidence),
        sides=(_side(one, shown, {}), _side(other, shown, same)),
        is_open=plain_ones is not None,
    )


def _suggested(one: Household, other: Household) -> dict[int, int]:
    """Person of the second → person of the first: as pairs were found, each once, the likeliest first."""
    between = Match.objects.open().filter(
        Q(first__household=one, second__household=other) | Q(first__household=other, second__household=one)
    )
    same: dict[int, int] = {}
    for match in between.order_by("-score", "pk").select_related("first"):
        mine, theirs = match.first_id, match.second_id
        if match.first.household_id != one.pk:
            mine, theirs = theirs, mine
        if theirs not in same and mine not in same.values():
            same[theirs] = mine
    return same | _nameless(one, other, same)


def _nameless(one: Household, other: Household, same: dict[int, int]) -> dict[int, int]:
    """Who was told without a name and is of one sex and one age: one person, unless somebody says otherwise."""
    free = [person for person in one.people.all() if person.pk not in same.values()]
    found: dict[int, int] = {}
    for person in other.people.all():
        if person.pk in same or not (person.sex or person.age_years):
            continue
        twin = next((twin for twin in free if _alike(twin, person)), None)
        if twin is not None:
            free.remove(twin)
            found[person.pk] = twin.pk
    return found


def _alike(one: Person, other: Person) -> bool:
    def named(person: Person) -> bool:
        return any(person.__dict__.get(name) is not None for name in NAMES[:2])

    if (named(one) and named(other)) or one.presence != other.presence:
        return False
    return one.sex == other.sex and one.age_years is not None and one.age_years == other.age_years


def _side(meant: Person, shown: Plain, same: dict[int, int]) -> Side:
    household = meant.household
    case = _case(household)
    return Side(
        household=household,
        case=case,
        size=_size(household),
        opened_on=clocks.moment(case.opened_at) if case is not None else "",
        people=[
            Somebody(
                person,
                case_page.person_line(person, shown.names.get(person.pk, "")),
                person.pk == meant.pk,
                same.get(person.pk),
            )
            for person in household.people.all()
        ],
        needs=[need.type.label for need in case.needs.all()] if case is not None else [],
        ways_out=[_way(way) for way in case.evacuations.all()] if case is not None else [],
        calls=len(case.call_links.all()) if case is not None else 0,
        address=shown.addresses.get(household.pk, ""),
    )


def _way(way: EvacuationRequest) -> str:
    return f"{way.get_direction_display()} · {way.get_status_display()}".strip(" ·")


def opened(row: Match | PersonLink, *, by: Staff) -> Plain:
    """The names and addresses of both sides, opened for this one answer and on record."""
    households = [side.household for side in _sides(row)]
    people = [person for household in households for person in household.people.all()]
    reveal_living(people, *NAMES, by=by, why=Why.MATCH)
    reveal_living(households, "address", by=by, why=Why.MATCH)
    return Plain(
        names={person.pk: name_of(person) for person in people},
        addresses={household.pk: plain(household, "address") for household in households},
    )
