"""What one call said, as plain data."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from cases.enums import ConsentBasis, Group, Identity, Relation
from cases.planning.person_line import PersonDraft

MAX_NOTE: Final = 20_000


NO_CASE_NEEDS: Final = frozenset({"INFO"})


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """`days_left`: 0 none now, None not known. `quantity` in the type's base unit."""

    code: str
    days_left: float | None = None
    quantity: float | None = None


@dataclass(frozen=True, slots=True)
class EvacuationFacts:
    """`direction` is empty until the people chose. `staying`: positions in `people` of those who do not travel."""

    direction: str = ""
    destination: str = ""
    earliest: date | None = None
    latest: date | None = None
    animals: int = 0
    luggage: int = 0
    own_vehicle: bool = False
    documents_missing: bool = False
    staying: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Intake:
    """What one call said. `people` as parsed; `headcount` (low, high) when only numbers are known.

    `continues` is the reference of the open case this call goes on with. `reported` is what a caller says has
    happened: "no_show" or "arrived". `contact_mode` and `text_ok` are empty and None where nothing was said of them.
    `sure` repeats an unusual headcount the operator was asked back about.
    """

    channel: str = "phone"
    language: str = "ru"
    number: str = ""
    anonymous: bool = False
    alias: str = ""
    relation: str = Relation.SELF
    on_site: bool = True
    identity: str = Identity.UNKNOWN
    contact_mode: str = ""
    text_ok: bool | None = None
    safe_from: time | None = None
    safe_to: time | None = None
    settlement: int | None = None
    address: str = ""
    group: str = Group.UNKNOWN
    headcount: tuple[int, int] | None = None
    people: tuple[PersonDraft, ...] = ()
    in_cellar: bool = False
    cannot_reach_point: bool = False
    missing: frozenset[int] = frozenset()
    observations: Mapping[str, float] = field(default_factory=dict)
    needs: tuple[NeedFacts, ...] = ()
    evacuation: EvacuationFacts | None = None
    offer_seats: int | None = None
    fuel_needed: bool = False
    consents: frozenset[tuple[str, str]] = frozenset()
    consent_basis: str = ConsentBasis.CONSENT
    notes: str = ""
    dispositions: tuple[str, ...] = ()
    continues: str = ""
    reported: str = ""
    heard_at: datetime | None = None
    sure: bool = False
    code_word: str = ""
    heavy: bool = False
    call_back_at: datetime | None = None

    @property
    def needs_a_case(self) -> bool:
        """Is there anything here that somebody has to do?"""
        return bool(
            {need.code for need in self.needs} - NO_CASE_NEEDS
            or self.evacuation
            or self.observations
            or self.reported
            or self.offer_seats
        )

    @property
    def only_proposes(self) -> bool:
        return self.identity == Identity.DOUBTFUL

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same facts."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Intake":
        """The inverse of `to_json`; what this version does not know is left out."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        shapes = {name: shape(known[name]) for name, shape in _SHAPES.items() if known.get(name) is not None}
        return cls(**{**known, **shapes})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(part) for part in value)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _people(rows: list[dict[str, Any]]) -> tuple[PersonDraft, ...]:
    return tuple(PersonDraft(**{**row, "specific": frozenset(row["specific"])}) for row in rows)


def _way(row: dict[str, Any]) -> EvacuationFacts:
    days = {name: date.fromisoformat(row[name]) for name in ("earliest", "latest") if row.get(name)}
    return EvacuationFacts(**{**row, **days, "staying": frozenset(row.get("staying", ()))})


_SHAPES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "headcount": tuple,
    "people": _people,
    "missing": frozenset,
    "needs": lambda rows: tuple(NeedFacts(**row) for row in rows),
    "evacuation": _way,
    "consents": lambda rows: frozenset(tuple(row) for row in rows),
    "dispositions": tuple,
    "safe_from": time.fromisoformat,
    "safe_to": time.fromisoformat,
    "heard_at": datetime.fromisoformat,
    "call_back_at": datetime.fromisoformat,
}
