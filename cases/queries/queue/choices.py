"""What the page of the queue offers to choose from, in one statement: raions, needs, owners, views that were kept."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.utils.translation import get_language

from cases.actors import Staff
from cases.enums import PlaceKind
from cases.models import Assignment, NeedType, Place, Post, SavedView
from cases.queries import chosen
from cases.queries.owners import MAY_OWN, WEIGHT
from cases.queries.queue.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str
    detail: str
    rank: int


@dataclass(frozen=True, slots=True)
class Choices:
    """`place` is what the queue is narrowed to, if anything; `owners` have those on duty first, with their loads."""

    raions: list[Choice]
    needs: list[Choice]
    owners: list[Choice]
    kept: list[Choice]
    place: Choice | None


def _text(value: Any) -> Cast:
    return Cast(value, TextField())


def _in_language(stem: str) -> Coalesce:
    language = (get_language() or "en")[:2]
    said, empty = _text(F(f"{stem}_{language}")), _text(Value(""))
    return Coalesce(NullIf(said, empty), _text(F(f"{stem}_en")), output_field=TextField())


def _arm(rows: QuerySet[Any], kind: str, key: Any, label: Any, detail: Any = "", rank: Any = 0) -> QuerySet[Any]:
    plain = isinstance(detail, str)
    columns = {
        "c_kind": _text(Value(kind)),
        "c_key": _text(key),
        "c_label": label,
        "c_detail": _text(Value(detail) if plain else detail),
        "c_rank": Value(rank) if isinstance(rank, int) else rank,
    }
    return rows.order_by().annotate(**columns).values_list(*columns)


def _owners() -> QuerySet[Any]:
    """With their load in half cases and what they hold in cases: "7/8"."""
    carried = Assignment.objects.filter(owner=OuterRef("user"), ended_at__isnull=True)
    load = Subquery(carried.order_by().values("owner").annotate(n=Sum(WEIGHT)).values("n"))
    return _arm(
        Post.objects.held().filter(role__in=MAY_OWN),
        "owner",
        F("user_id"),
        _text(F("user__name")),
        Concat(_text(Coalesce(load, 0)), _text(Value("/")), _text(F("capacity")), output_field=TextField()),
        Case(When(on_duty=True, then=Value(0)), default=Value(1)),
    )


def _in_cases(detail: str) -> str:
    load, capacity = detail.split("/")
    return f"{chosen.cases(int(load))}/{capacity}"


def choices(wanted: Wanted, *, by: Staff) -> Choices:
    """Everything to choose from; what is protected is no filter."""
    raions = Place.objects.filter(kind=PlaceKind.RAION)
    needs = NeedType.objects.filter(active=True, protected=False)
    arms = [
        _arm(needs, "need", F("code"), _in_language("label"), rank=F("sort")),
        _owners(),
        _arm(SavedView.objects.visible_to(by), "kept", F("query"), _text(F("name")), F("pk")),
        _arm(Place.objects.filter(pk=wanted.place or 0), "place", F("pk"), _in_language("name")),
    ]
    found: dict[str, list[Choice]] = defaultdict(list)
    for kind, *rest in _arm(raions, "raion", F("pk"), _in_language("name")).union(*arms, all=True):
        found[kind].append(Choice(*rest))
    for kind in found:
        found[kind].sort(key=lambda choice: (choice.rank, choice.label))
    owners = {choice.key: choice for choice in reversed(found["owner"])}
    return Choices(
        raions=found["raion"],
        needs=found["need"],
        owners=[replace(one, detail=_in_cases(one.detail)) for one in reversed(owners.values())],
        kept=found["kept"],
        place=found["place"][0] if found["place"] else None,
    )
