"""An instance as a file holds it: read with everything that is wrong with it, record by record, in plain words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from cases.enums import Direction

from .instance import CLASSES, KINDS, Convoy, Instance, Party

MOST: Final = 1_000_000  # of any kind of place, on a convoy or for a household
NOT_TOLD: Final = object()
OF_A_CONVOY: Final = ("id", "direction", "departs", "stops", *KINDS)
OF_A_HOUSEHOLD: Final = (
    *("id", "class", *KINDS, "direction", "stop", "earliest", "latest"),
    *("together", "confirmed", "lone_older", "waiting_since"),
)


class InstanceError(ValueError):
    """An instance that cannot be planned. `problems` lists all that is wrong, each with its record and field."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


def read(text: str) -> tuple[Instance, tuple[str, ...]]:
    """The instance in a JSON text, and remarks on fields that are not known. Raises InstanceError."""
    try:
        data = json.loads(text, object_pairs_hook=_once)
    except InstanceError:
        raise
    except (ValueError, RecursionError) as error:
        raise InstanceError([f"this is not JSON: {error}"]) from error
    reader = Reader()
    instance = reader.instance(data)
    if reader.problems:
        raise InstanceError(reader.problems)
    return instance, tuple(f"{where}: field {name!r} is not known and was not read" for where, name in reader.unknown)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A field that stands twice would lose the first of its values without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, count in Counter(name for name, _value in pairs).items() if count > 1)
        raise InstanceError([f"{found.get('id', 'a record')}: {twice!r} stands twice; keep one"])
    return found


class Reader:
    """Takes one record after another out of the file, and notes what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.unknown: list[tuple[str, str]] = []
        self.where = ""

    def instance(self, data: Any) -> Instance:
        if not isinstance(data, dict):
            raise InstanceError(["the file holds one object in braces, with now, convoys and households"])
        self.where = "the file"
        self.note_unknown(data, ("now", "convoys", "households"))
        now = self.time(data, "now")
        convoys = tuple(self.convoy(record) for record in self.records(data, "convoys"))
        ids = {convoy.id for convoy in convoys}
        households = tuple(self.household(record, ids) for record in self.records(data, "households"))
        self.note_twice("convoys", [convoy.id for convoy in convoys])
        self.note_twice("households", [household.id for household in households])
        return Instance(now, convoys, households)

    def records(self, data: dict[str, Any], name: str) -> Any:
        """Each record in turn, with `where` set to say which one it is."""
        entries = data.get(name, NOT_TOLD)
        if not isinstance(entries, list):
            self.where = "the file"
            self.problem(name, "a list in brackets, such as []", entries)
            return
        for at, entry in enumerate(entries):
            self.where = f"{name}[{at}]"
            if not isinstance(entry, dict):
                self.problems.append(f"{self.where}: a record is an object in braces, not {_said(entry)}")
                continue
            if isinstance(entry.get("id"), str):
                self.where += f" {entry['id'][:40]!r}"
            yield entry

    def convoy(self, record: dict[str, Any]) -> Convoy:
        self.note_unknown(record, OF_A_CONVOY)
        return Convoy(
            id=self.text(record, "id"),
            direction=self.one_of(record, "direction", Direction.values),
            departs=self.time(record, "departs", needed=True) or datetime.min,
            stops=self.stops(record),
            places=tuple(self.count(record, kind) for kind in KINDS),
        )

    def household(self, record: dict[str, Any], convoys: Collection[str]) -> Party:
        self.note_unknown(record, OF_A_HOUSEHOLD)
        confirmed = self.text(record, "confirmed", needed=False)
        if confirmed is not None and confirmed not in convoys:
            self.problem("confirmed", "the id of a convoy in this file, or null", confirmed)
        return Party(
            id=self.text(record, "id"),
            cls=self.one_of(record, "class", CLASSES),
            needs=tuple(self.count(record, kind) for kind in KINDS),
            direction=self.one_of(record, "direction", Direction.values),
            stop=self.text(record, "stop"),
            earliest=self.time(record, "earliest"),
            latest=self.time(record, "latest"),
            together=self.text(record, "together", needed=False) or None,
            confirmed=confirmed or None,
            lone_older=self.yes_no(record, "lone_older"),
            waiting_since=self.time(record, "waiting_since"),
        )

    def note_unknown(self, record: dict[str, Any], known: tuple[str, ...]) -> None:
        self.unknown += [(self.where, name) for name in record if name not in known]

    def note_twice(self, name: str, ids: list[str]) -> None:
        for one, count in Counter(ids).items():
            if count > 1 and one:
                self.problems.append(f"{name}: id {one!r} stands {count} times; each has one of its own")

    def problem(self, name: str, wanted: str, value: Any) -> None:
        said = "it is missing" if value is NOT_TOLD else f"not {_said(value)}"
        self.problems.append(f"{self.where}: {name} is {wanted}; {said}")

    def text(self, record: dict[str, Any], name: str, *, needed: bool = True) -> Any:
        value = record.get(name, NOT_TOLD)
        if isinstance(value, str) and (value or not needed):
            return value
        if needed or (value is not None and value is not NOT_TOLD):
            self.problem(name, "text in quotes" if needed else "text in quotes, or null", value)
        return "" if needed else None

    def one_of(self, record: dict[str, Any], name: str, choices: Collection[str]) -> str:
        value = record.get(name, NOT_TOLD)
        if isinstance(value, str) and value in choices:
            return value
        self.problem(name, f"one of {', '.join(choices)}", value)
        return next(iter(choices))

    def count(self, record: dict[str, Any], name: str) -> int:
        """A whole number from 0; left out or null is 0."""
        value = record.get(name)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST or value % 1:
            self.problem(name, f"a whole number from 0 to {MOST}", value)
            return 0
        return int(value)

    def yes_no(self, record: dict[str, Any], name: str) -> bool:
        value = record.get(name)
        if value is not None and not isinstance(value, bool):
            self.problem(name, "true or false", value)
        return value is True

    def stops(self, record: dict[str, Any]) -> tuple[str, ...]:
        value = record.get("stops", NOT_TOLD)
        if isinstance(value, list) and all(isinstance(stop, str) and stop for stop in value):
            return tuple(value)
        self.problem("stops", 'a list of texts, such as ["S1"]', value)
        return ()

    def time(self, record: dict[str, Any], name: str, *, needed: bool = False) -> datetime | None:
        value = record.get(name, NOT_TOLD)
        if not needed and (value is None or value is NOT_TOLD):
            return None
        try:
            time = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            self.problem(name, "a time with its zone, such as 2026-01-10T09:00:00Z", value)
            return None
        return time


def _said(value: Any) -> str:
    return repr(value)[:60] if isinstance(value, str) else json.dumps(value)[:60]
