"""How full a convoy is: by kind of place, on its tightest leg."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Leg

KINDS: Final[dict[str, Promise]] = {
    "seats": _("seats"),
    "wheelchairs": _("wheelchair places"),
    "stretchers": _("stretchers"),
    "animals": _("animals"),
    "luggage": _("pieces of luggage"),
}


@dataclass(frozen=True, slots=True)
class Fill:
    """One kind of place on the leg where the fewest are free. `held` are those of `taken` that may still lapse."""

    kind: str
    label: str | Promise
    places: int
    taken: int
    held: int

    @property
    def free(self) -> int:
        return max(self.places - self.taken, 0)

    @property
    def over(self) -> int:
        """So many more are on it than it has places."""
        return max(self.taken - self.places, 0)

    @property
    def firm_share(self) -> int:
        """Hundredths that will not lapse by themselves."""
        return self._share(self.taken - self.held)

    @property
    def held_share(self) -> int:
        return min(self._share(self.held), 100 - self.firm_share)

    def _share(self, count: int) -> int:
        return min(100, round(100 * count / self.places)) if self.places else 100 if count else 0


def fills(legs: Iterable[Leg], held: Mapping[str, int]) -> list[Fill]:
    """The kinds a convoy has or carries, in one order; `held` by kind over the whole convoy."""
    rows = list(legs)
    found = []
    for kind, label in KINDS.items():
        at = [(getattr(leg, kind), getattr(leg, f"{kind}_taken")) for leg in rows]
        places, taken = min(at, key=lambda pair: (pair[0] - pair[1], pair), default=(0, 0))
        if places or taken:
            found.append(Fill(kind, label, places, taken, min(held.get(kind, 0), taken)))
    return found
