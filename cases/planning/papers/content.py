"""What stands on each paper: only what its readers need, in the language that is active."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import segno
from django.utils.translation import gettext as _

from cases.enums import FitToTravel, SeatKind
from cases.planning.papers.shapes import Papers, Party, Rider, Stopping

FIRST: Final = (SeatKind.STRETCHER, SeatKind.WHEELCHAIR, SeatKind.SEAT)
Content = dict[str, Any]


def content(kind: str, papers: Papers) -> Content:
    """All that the template of this paper reads. Raises KeyError for no paper of ours."""
    data = CONTENTS[kind](papers)
    data["words"] = _words() | data["words"]
    return data | {"number": papers.number, "digest": papers.digest[:16]}


def _words() -> dict[str, str]:
    return {
        "page": _("Page {page} of {pages}"),
        "destroy": _("Destroy after the convoy is closed."),
        "list": _("List"),
        "frozen": _("frozen"),
        "departs": _("departs"),
        "people": _("People"),
        "turn": _("Boarding no."),
        "animals": _("Animals"),
        "luggage": _("Luggage"),
        "oxygen": _("Oxygen"),
        "helped": _("With help"),
        "to": _("To"),
        "apart": _("not in a private car"),
        "empty": _("Nobody on this list."),
    }


def _head(papers: Papers) -> Content:
    return {"convoy": papers.title, "frozen": papers.frozen, "departs": papers.departs}


def _driver(papers: Papers) -> Content:
    """Codes, counts and needs for the road; no name and no age beyond "child"."""
    words = {
        "title": _("For those who drive and escort"),
        "code": _("Code"),
        "children": _("Of them children"),
        "boarded": _("Boarded"),
        "arrived": _("Arrived"),
        "stop": _("Collection point"),
        "off": _("Get off"),
        "total": _("In all"),
        "medic": str(FitToTravel.WITH_MEDIC.label),
        **{f"place_{kind}": str(kind.label) for kind in FIRST},
    }
    groups = [_group(stop, parties, papers) for stop, parties in _by_stop(papers)]
    total = _counts(papers.parties)
    return _head(papers) | {"words": words, "stops": groups, "total": total | {"off": total["people"]}}


def _group(stop: Stopping, parties: list[Party], papers: Papers) -> Content:
    rows = [
        _counts([party])
        | {"code": party.spoken, "turn": party.turn, "oxygen": party.oxygen, "apart": party.apart}
        | {"to": _name_of(papers, party.end)}
        for party in parties
    ]
    off = sum(len(party.riders) for party in papers.parties if party.end == stop.seq)
    return _place(stop) | {"rows": rows, "total": _counts(parties) | {"off": off}}


def _counts(parties: Iterable[Party]) -> Content:
    rows = list(parties)
    riders = [rider for party in rows for rider in party.riders]
    return {
        "people": len(riders),
        "children": sum(rider.child for rider in riders),
        "helped": sum(rider.helped for rider in riders),
        "medic": sum(rider.medic for rider in riders),
        "oxygen": sum(party.oxygen for party in rows),
        "animals": sum(party.animals for party in rows),
        "luggage": sum(party.luggage for party in rows),
        **{f"place_{kind}": sum(party.places(kind) for party in rows) for kind in FIRST},
    }


def _boarding(papers: Papers) -> Content:
    words = {
        "title": _("For the boarding team"),
        "boarded": _("Boarded"),
        "refused": _("Does not want to"),
        "absent": _("Did not come"),
    }
    stops = [_place(stop) | {"parties": [_asked(papers, one) for one in rows]} for stop, rows in _by_stop(papers)]
    return _head(papers) | {"words": words, "stops": stops}


def _asked(papers: Papers, party: Party) -> Content:
    return {
        "code": party.spoken,
        "turn": party.turn,
        "to": _name_of(papers, party.end),
        "oxygen": party.oxygen,
        "animals": party.animals,
        "luggage": party.luggage,
        "apart": party.apart,
        "people": [_person(rider) for rider in party.riders],
    }


def _person(rider: Rider) -> Content:
    notes = [rider.age, str(SeatKind(rider.place).label), _("with help") if rider.helped else ""]
    return {"no": rider.no, "name": rider.name, "notes": " · ".join(filter(None, notes))}


def _slips(papers: Papers) -> Content:
    slips = [
        _place(stop)
        | {"code": party.spoken, "token": party.token, "qr": _qr(party.token), "people": len(party.riders)}
        | {"turn": party.turn}
        for stop, parties in _by_stop(papers)
        for party in parties
    ]
    return {"words": {"title": _("Slips for the households"), "stop": _("Collection point")}, "slips": slips}


def _cards(papers: Papers) -> Content:
    """A code and the line's number, nothing else: whoever takes the card learns neither who nor where to."""
    codes = [
        f"{party.spoken} · {rider.no}"
        for _stop, parties in _by_stop(papers)
        for party in parties
        for rider in party.riders
        if rider.child
    ]
    words = {
        "title": _("Children's cards"),
        "line": _("The number of the line"),
        "destroy": _("Worn inside the clothes.") + " " + _("Destroy after the convoy is closed."),
        "empty": _("No children on this list."),
    }
    return {"words": words, "codes": codes, "line": papers.line}


CONTENTS: Final[dict[str, Callable[[Papers], Content]]] = {
    "driver": _driver,
    "boarding": _boarding,
    "slips": _slips,
    "cards": _cards,
}


def _by_stop(papers: Papers) -> list[tuple[Stopping, list[Party]]]:
    """The parties of each stop in order; those with a stretcher first, then those with a wheelchair."""
    return [
        (stop, sorted((party for party in papers.parties if party.start == stop.seq), key=_in_turn))
        for stop in papers.stops
    ]


def _in_turn(party: Party) -> tuple[int, int]:
    return min(FIRST.index(SeatKind(rider.place)) for rider in party.riders), party.turn


def _place(stop: Stopping) -> Content:
    return {"seq": stop.seq + 1, "name": stop.name, "landmark": stop.landmark}


def _name_of(papers: Papers, seq: int) -> str:
    return next((stop.name for stop in papers.stops if stop.seq == seq), "")


def _qr(token: str) -> str:
    """Level Q: a quarter of a slip may be dirty and it is still read."""
    return segno.make(token, error="q", micro=False).svg_inline(scale=4, border=2, light="#fff")
