"""Two people changed the same: theirs as it stands now, mine as it is typed, beside each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actors import Staff
from cases.disclosure import may_open, reveal
from cases.enums import LIVE_EVACUATION, OPEN_NEED, Direction, Why
from cases.errors import Forbidden, ReasonNeeded
from cases.models import Case, EvacuationRequest, Need, NeedType, Place
from cases.planning import reference
from cases.queries import clocks
from cases.queries.clash import NEED


@dataclass(frozen=True, slots=True)
class Row:
    """`value` is what the page's own field would hold to say the same as theirs."""

    field: str
    label: str
    theirs: str
    mine: str
    value: str


LABELS = {
    "settlement": gettext_lazy("Settlement"),
    "address": gettext_lazy("Street or landmark"),
    "headcount": gettext_lazy("How many people"),
    "direction": gettext_lazy("Direction"),
    "destination": gettext_lazy("Where to, to whom"),
    "earliest": gettext_lazy("Not before"),
    "latest": gettext_lazy("Not after"),
    "animals": gettext_lazy("Animals"),
}


def rows(said: str, fields: list[str], typed: Mapping[str, Any], *, by: Staff) -> list[Row]:
    """A row for each field in clash; sealed values open as on a live call, which is on record."""
    ref = reference.heard(said) or ""
    case = Case.objects.select_related("household__settlement", "household__data_key").get(ref=ref)
    request = case.evacuations.filter(status__in=LIVE_EVACUATION).select_related("data_key").first()
    sealed = _may_see(case, by)
    if sealed:
        reveal([case.household], by=by, why=Why.LIVE_CALL, fields=["address"])
        reveal([request] if request else [], by=by, why=Why.LIVE_CALL, fields=["destination"])
    needs = {row.type_id: row for row in case.needs.filter(status__in=OPEN_NEED)}
    return [_row(name, case, request, needs, typed, sealed) for name in fields]


def _may_see(case: Case, by: Staff) -> bool:
    """Who is tied to the household by the call they are on sees both sides in words; others see their own."""
    try:
        may_open(case.household, by=by, why=Why.LIVE_CALL)
    except (ReasonNeeded, Forbidden):
        return False
    return True


def _row(
    name: str,
    case: Case,
    request: EvacuationRequest | None,
    needs: Mapping[str, Need],
    typed: Mapping[str, Any],
    sealed: bool,
) -> Row:
    if name.startswith(NEED):
        code = name.removeprefix(NEED)
        label = NeedType.objects.get(code=code).label
        until = needs[code].lasts_until if code in needs else None
        days = typed.get(f"days_{code}")
        theirs = _("until %(when)s") % {"when": clocks.moment(until)} if until else _("length not known")
        mine = _("%(days)s days left") % {"days": f"{days:g}"} if days is not None else _("length not known")
        return Row(name, label, theirs, mine, "")
    theirs, value = _theirs(name, case, request, sealed)
    return Row(name, str(LABELS[name]), theirs or "—", _mine(name, typed), value)


def _theirs(name: str, case: Case, request: EvacuationRequest | None, sealed: bool) -> tuple[str, str]:
    household = case.household
    if name == "settlement":
        place = household.settlement
        return (
            (place.name, f"{place.name} — {place.parent.name}" if place.parent else place.name) if place else ("", "")
        )
    if name == "address":
        text = str(household.address or "") if sealed else _("changed, not shown")
        return text, text if sealed else ""
    if name == "headcount":
        text = "-".join(dict.fromkeys(str(n) for n in (household.headcount_low, household.headcount_high) if n))
        return text, text
    if request is None:
        return "", ""
    if name == "direction":
        return (str(Direction(request.direction).label), request.direction) if request.direction else ("", "undecided")
    if name == "destination":
        text = str(request.destination or "") if sealed else _("changed, not shown")
        return text, text if sealed else ""
    found = getattr(request, name)
    if name == "animals":
        return str(found), str(found)
    return (date_format(found), found.isoformat()) if found else ("", "")


def _mine(name: str, typed: Mapping[str, Any]) -> str:
    if name == "settlement":
        place = Place.objects.filter(pk=typed.get("place") or 0).first()
        return place.name if place else str(typed.get("settlement", ""))
    if name == "headcount":
        return "-".join(dict.fromkeys(str(n) for n in typed.get("headcount") or ()))
    if name == "direction":
        way = typed.get("way", "")
        return str(Direction(way).label) if way in Direction.values else "—"
    said = typed.get(name)
    return date_format(said) if isinstance(said, date) else str(said or "—")
