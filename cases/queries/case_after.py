"""After the convoy, as the page of a case tells it: who was heard, where they stay, who receives their children."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from cases.enums import CAME, HEARD_FROM
from cases.models import EvacuationRequest, Person, Release, Stay


@dataclass(frozen=True, slots=True)
class After:
    """Who of those who came was not heard yet; for which minors a receiver is to be named, and who waits for one.

    `settles`: they came, and stay in no transit centre yet; `stay` is where they stay now.
    """

    came: bool
    settles: bool
    stay: Stay | None
    unheard: list[tuple[int, str]]
    unnamed: list[tuple[int, str]]
    waiting: list[tuple[int, str]]


def stays() -> "Prefetch[Any]":
    """Where they stay now."""
    return Prefetch("stays", Stay.objects.filter(left_at__isnull=True).select_related("place"))


def releases() -> "Prefetch[Any]":
    """To whom their minors may be handed over, each under its own key."""
    return Prefetch("person__releases", Release.objects.select_related("data_key").order_by("pk"))


def after(request: EvacuationRequest, travelling: Collection[Person], words: Mapping[int, str]) -> After:
    """A request fetched for the page; `words`: each person of the household as the page says them."""
    heard = {row.person_id for row in request.heard.all()}
    adults = [person.pk for person in travelling if not person.is_minor and person.pk not in heard]
    minors = [person for person in travelling if person.is_minor]
    named = {release for person in minors for release in person.releases.all()}
    waiting = [release for release in named if release.released_at is None]
    done = {release.minor_id for release in named if release.released_at is not None}
    stay = next(iter(request.stays.all()), None)
    return After(
        came=request.status in HEARD_FROM,
        settles=request.status in CAME and stay is None,
        stay=stay,
        unheard=[(pk, words.get(pk, "")) for pk in adults],
        unnamed=[(person.pk, words.get(person.pk, "")) for person in minors if person.pk not in done],
        waiting=[(row.pk, words.get(row.minor_id, "")) for row in waiting if row.minor_id not in done],
    )
