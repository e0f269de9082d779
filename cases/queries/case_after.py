"""After the convoy, as the page of a case tells it: who was heard, where they stay, who receives their children."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from cases.enums import CAME, HEARD_FROM
from cases.models import EvacuationRequest, Person, Release, Stay
from cases.queries.opened import Opened


@dataclass(frozen=True, slots=True)
class Receiver:
    """To whom a minor may be handed over, or was; `name` only where it was opened."""

    child: str
    name: str
    kinship: str
    handed_over: bool


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
    receivers: list[Receiver]


def stays() -> "Prefetch[Any]":
    """Where they stay now."""
    return Prefetch("stays", Stay.objects.filter(left_at__isnull=True).select_related("place"))


def releases() -> "Prefetch[Any]":
    """To whom their minors may be handed over, each under its own key."""
    return Prefetch("person__releases", Release.objects.select_related("data_key").order_by("pk"))


def after(
    request: EvacuationRequest, travelling: Collection[Person], words: Mapping[int, str], opened: Opened
) -> After:
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
        receivers=[found for person in minors if (found := _receiver(person, words.get(person.pk, ""), opened))],
    )


def _receiver(minor: Person, child: str, opened: Opened) -> Receiver | None:
    """To whom the child was handed over, else who was named last; kinship is free text, and may name somebody."""
    rows = sorted(minor.releases.all(), key=lambda row: (row.released_at is not None, row.pk))
    if not rows:
        return None
    kinship = rows[-1].kinship if opened.is_open else ""
    return Receiver(child, opened.receivers.get(rows[-1].pk, ""), kinship, rows[-1].released_at is not None)
