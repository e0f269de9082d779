"""The plain values of one household, opened on purpose: who may is asked first, and every opening is on record."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.disclosure import may_open, reveal_living
from cases.enums import Direction, Role, Why
from cases.models import Case, NeedType, ObservationCode, Person, Place, Reach, Release, SpecificNeedCode
from cases.models.base import Sealing, in_language
from cases.queries import interests

NAMES = ("surname", "given_name", "patronymic", "birth")


@dataclass(frozen=True, slots=True)
class CallerLine:
    """A caller, and each contact with how it may be used."""

    alias: str
    relation: str
    contacts: list[tuple[str, str]]


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
    written: Mapping[int, str] = field(default_factory=dict)
    destinations: Mapping[int, str] = field(default_factory=dict)
    receivers: Mapping[int, str] = field(default_factory=dict)
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
    asked = interests.reasons_for(case.evacuations.all(), by)  # whoever is to confirm reads why
    notes = [note for note in case.notes.all() if officer or not note.protected or note.pk in asked]
    people = list(household.people.all())
    releases = _releases(case)
    reveal_living(people, *NAMES, by=by, why=why, case=case)
    reveal_living([household], "address", by=by, why=why, case=case)
    reveal_living(calls, "notes", "proposal", by=by, why=why, case=case)
    reveal_living(notes, "text", by=by, why=why, case=case)
    reveal_living(case.evacuations.all(), "destination", by=by, why=why, case=case)
    reveal_living(case.written.all(), "text", by=by, why=why, case=case)
    reveal_living(releases, "receiver", by=by, why=why, case=case)
    return Opened(
        is_open=True,
        address=plain(household, "address"),
        names={person.pk: name_of(person) for person in people},
        callers=_callers(case, by, why),
        call_notes={call.pk: plain(call, "notes") for call in calls},
        proposals={call.pk: _proposal(plain(call, "proposal")) for call in calls},
        notes={note.pk: plain(note, "text") for note in notes},
        written={row.pk: plain(row, "text") for row in case.written.all()},
        destinations={row.pk: plain(row, "destination") for row in case.evacuations.all()},
        receivers={row.pk: plain(row, "receiver") for row in releases},
        protection=_protection(case, by, why) if officer else [],
    )


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


def _releases(case: Case) -> list[Release]:
    """To whom their minors may be handed over, each once, in whichever request the child travels."""
    travellers = [row for request in case.evacuations.all() for row in request.travellers.all()]
    return list({row.pk: row for one in travellers for row in one.person.releases.all()}.values())


def _callers(case: Case, by: Staff, why: Why) -> list[CallerLine]:
    ties = list(case.household.ties.all())
    reaches = {tie.pk: list(tie.caller.reaches.all()) for tie in ties}
    reveal_living([tie.caller for tie in ties], "alias", by=by, why=why, case=case)
    contacts = {reach.contact_id: reach.contact for row in reaches.values() for reach in row}
    reveal_living(contacts.values(), "address", by=by, why=why, case=case)
    return [
        CallerLine(
            plain(tie.caller, "alias"),
            tie.get_relation_display(),
            [(plain(contacts[reach.contact_id], "address"), how(reach)) for reach in reaches[tie.pk]],
        )
        for tie in ties
    ]


def _proposal(text: str) -> list[str]:
    """What a caller not known for sure wants changed, in words."""
    wanted = json.loads(text) if text.startswith("{") else {}
    told = {"no_show": _("Says: they did not come to the bus"), "arrived": _("Says: they have arrived")}
    said = [told[wanted["reported"]]] if wanted.get("reported") in told else []
    if wanted.get("direction") in Direction.values:
        said.append(_("Wants to go %(direction)s") % {"direction": Direction(wanted["direction"]).label})
    if wanted.get("settlement"):
        place = Place.objects.filter(pk=wanted["settlement"]).first()
        said.append(_("Settlement: %(what)s") % {"what": place})
    plain_ones = {"address": _("Address: %(what)s"), "destination": _("Where to: %(what)s")}
    said += [words % {"what": wanted[name]} for name, words in plain_ones.items() if wanted.get(name)]
    if wanted.get("headcount"):
        said.append(_("People: %(what)s") % {"what": "–".join(map(str, dict.fromkeys(wanted["headcount"])))})
    if wanted.get("people"):
        said.append(_("More people: %(what)s") % {"what": len(wanted["people"])})
    return said


def how(reach: Reach) -> str:
    """How a caller may be reached: what must be known before ringing a number that may be searched."""
    said = [str(reach.get_mode_display())]
    if reach.safe_from is not None and reach.safe_to is not None:
        hours = {"start": reach.safe_from.strftime("%H:%M"), "end": reach.safe_to.strftime("%H:%M")}
        said.append(_("only %(start)s–%(end)s, in the time of the place") % hours)
    if not reach.text_ok:
        said.append(_("no texts"))
    if reach.neutral_opening:
        said.append(_("do not name the line first"))
    return ", ".join(said)


def _protection(case: Case, by: Staff, why: Why) -> list[str]:
    """For the protection officer alone: what the neutral codes stand for (at most six statements)."""
    hidden = (
        (SpecificNeedCode, [need for person in case.household.people.all() for need in person.specific_needs.all()]),
        (ObservationCode, case.observations.all()),
        (NeedType, case.needs.all()),
    )
    return [label for codes, rows in hidden for label in _details(codes, rows, case, by, why)]


def _details(codes: type[Any], rows: Iterable[Any], case: Case, by: Staff, why: Why) -> list[str]:
    sealed = [row for row in rows if row.__dict__.get("detail")]
    reveal_living(sealed, "detail", by=by, why=why, case=case)
    told = {plain(row, "detail") for row in sealed}
    labels = {row.code: in_language(row, "label") for row in codes.objects.filter(code__in=told)} if told else {}
    return sorted(labels.get(code, code) for code in told)
