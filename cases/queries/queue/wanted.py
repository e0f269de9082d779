"""What the reader of the queue asked for, as the address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlencode

from cases.actors import Staff
from cases.enums import WAITING_CASE, PriorityClass
from cases.queries.queue.views import views_for

NAMES: Final = {"view": "view", "class": "priority", "place": "place", "need": "need", "waiting": "waiting"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A view and what narrows it; anything unknown in an address, or not for this reader, is left out."""

    view: str = "unassigned"
    priority: str = ""
    place: int | None = None
    need: str = ""
    waiting: str = ""
    after: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str], *, by: Staff) -> Self:
        view, priority, place = params.get("view", ""), params.get("class", ""), params.get("place", "")
        need, waiting = params.get("need", ""), params.get("waiting", "")
        return cls(
            view=view if view in views_for(by) else "unassigned",
            priority=priority if priority in PriorityClass.values else "",
            place=int(place) if place.isascii() and place.isdigit() and len(place) < 18 else None,
            need=need if need.isascii() and need.isupper() and len(need) <= 40 else "",
            waiting=waiting if waiting in WAITING_CASE else "",
            after=params.get("after", ""),
        )

    def query(self, **changes: Any) -> str:
        """The address of the first page of this, or of a neighbour that differs in `changes`."""
        values = {name: changes.get(field, getattr(self, field)) for name, field in NAMES.items()}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def narrowed(self) -> bool:
        return bool(self.priority or self.place or self.need or self.waiting)
