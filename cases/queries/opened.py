"""The plain values of one household, opened on purpose: who may is asked first, and every opening is on record."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.disclosure import may_open, reveal
from cases.enums import Direction, Role, Why
from cases.models import Case, NeedType, ObservationCode, Person, SpecificNeedCode
from cases.models.base import Sealing, in_language

NAMES = ("surname", "given_name", "patronymic", "birth")


@dataclass(frozen=True, slots=True)
class CallerLine:
    alias: str
    relation: str
    contacts: list[str]


@dataclass(frozen=True, slots=True)
class Opened:
    """Plain text by row. Lives for one answer: never in a session, a URL or a cache."""

    is_open: bool = False
    address: str = ""
    names: Mapping[int, str] = field(default_factory=dict)
    callers: list[CallerLine] = field(default_factory=list)
    call_notes: Mapping[int, str] = field(default_factory=dict)
    proposals: Mapping[int, list[str]] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)
    destinations: Mapping[int, str] = field(default_factory=dict)
    protection: list[str] = field(default_factory=list)


NOTHING = Opened()


def open_names(case: Case, *, by: Staff, why: Why) -> Opened:
    """Open what is sealed on the page of a case fetched through `for_page`, one Disclosure line a kind of row.

    Raises ReasonNeeded, Forbidden. What was erased stays closed and the rest opens.
    """
    may_open(case.household, by=by, why=why)
    officer = Role.PROTECTION in by.roles
    household = case.household
    calls = [link.call for link in case.call_links.all()]
    notes = [note for note in case.notes.all() if officer or not note.protected]
    people = list(household.people.all())
    _open(people, by, why, *NAMES)
    _open([household], by, why, "address")
    _open(calls, by, why, "notes", "proposal")
    _open(notes, by, why, "text")
    _open(case.evacuations.all(), by, why, "destination")
    return Opened(
        is_open=True,
        address=plain(household, "address"),
        names={person.pk: name_of(person) for person in people},
        callers=_callers(case, by, why),
        call_notes={call.pk: plain(call, "notes") for call in calls},
        proposals={call.pk: _proposal(plain(call, "proposal")) for call in calls},
        notes={note.pk: plain(note, "text") for note in notes},
        destinations={row.pk: plain(row, "destination") for row in case.evacuations.all()},
        protection=_protection(case, by, why) if officer else [],
    )


def _open(rows: Iterable[Any], by: Staff, why: Why, *fields: str) -> None:
    """Reveal the rows whose key still stands and that have something to read."""
    living = (row for row in rows if row.data_key.destroyed_at is None)
    reveal([row for row in living if any(row.__dict__.get(name) for name in fields)], by=by, why=why, fields=fields)


def plain(row: Sealing, name: str) -> str:
    """An opened value; empty where there is none, and a word where it was erased."""
    if row.data_key.destroyed_at is not None:
        return _("erased") if row.__dict__.get(name) is not None else ""
    return str(getattr(row, name) or "")


def name_of(person: Person) -> str:
    """Surname, name, patronymic, and the year of birth where it is known."""
    if person.data_key.destroyed_at is not None:
        return _("erased")
    name = " ".join(filter(None, (plain(person, part) for part in NAMES[:3])))
    birth = plain(person, "birth")
    return f"{name}, {birth}" if name and birth else name or birth


def _callers(case: Case, by: Staff, why: Why) -> list[CallerLine]:
    ties = list(case.household.ties.all())
    reaches = {tie.pk: [reach.contact for reach in tie.caller.reaches.all()] for tie in ties}
    _open([tie.caller for tie in ties], by, why, "alias")
    _open({contact.pk: contact for row in reaches.values() for contact in row}.values(), by, why, "address")
    return [
        CallerLine(
            plain(tie.caller, "alias"),
            tie.get_relation_display(),
            [plain(contact, "address") for contact in reaches[tie.pk]],
        )
        for tie in ties
    ]


def _proposal(text: str) -> list[str]:
    """What a doubtful caller wants changed, in words."""
    if not text.startswith("{"):
        return []
    wanted = json.loads(text)
    told = {"no_show": _("Says: they did not come to the bus"), "arrived": _("Says: they have arrived")}
    said = [told[wanted["reported"]]] if wanted.get("reported") in told else []
    if wanted.get("direction") in Direction.values:
        said.append(_("Wants to go %(direction)s") % {"direction": Direction(wanted["direction"]).label})
    if wanted.get("needs"):
        codes = [need["code"] for need in wanted["needs"]]
        labels = [in_language(row, "label") for row in NeedType.objects.filter(code__in=codes)]
        said.append(_("Needs: %(needs)s") % {"needs": ", ".join(labels)})
    return said


def _protection(case: Case, by: Staff, why: Why) -> list[str]:
    """For the protection officer alone: what the neutral codes stand for (at most six statements)."""
    hidden = (
        (SpecificNeedCode, [need for person in case.household.people.all() for need in person.specific_needs.all()]),
        (ObservationCode, case.observations.all()),
        (NeedType, case.needs.all()),
    )
    return [label for codes, rows in hidden for label in _details(codes, rows, by, why)]


def _details(codes: type[Any], rows: Iterable[Any], by: Staff, why: Why) -> list[str]:
    sealed = [row for row in rows if row.__dict__.get("detail")]
    _open(sealed, by, why, "detail")
    told = {plain(row, "detail") for row in sealed}
    labels = {row.code: in_language(row, "label") for row in codes.objects.filter(code__in=told)} if told else {}
    return sorted(labels.get(code, code) for code in told)
