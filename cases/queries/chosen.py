"""Why somebody was given a case, and why nobody was, in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.enums import Skill
from cases.models import Place, User
from cases.planning.assignment import HALVES
from cases.queries import clocks

# Of each language: what a sentence about somebody who speaks it says.
LANGUAGES = {
    "en": lambda: pgettext("language", "English"),
    "uk": lambda: pgettext("language", "Ukrainian"),
    "ru": lambda: pgettext("language", "Russian"),
}
AFTER = {
    "expired": lambda: _("the one before did not begin in time"),
    "off_duty": lambda: _("the one before went off duty"),
    "absent": lambda: _("the one before is away"),
    "watch": lambda: _("it was found without an owner"),
}


def people_in(becauses: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The names of everybody these reasons speak of (one statement, none when they speak of nobody)."""
    named: set[int] = set()
    for because in becauses:
        named |= {*because.get("full", []), *because.get("returned", []), *map(int, because.get("off", {}))}
        named |= {because["passed_on"]} if "passed_on" in because else set()
    return dict(User.objects.filter(pk__in=named).values_list("pk", "name")) if named else {}


def areas_in(becauses: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The names of the areas these reasons speak of (one statement, none when they speak of none)."""
    wanted = {because["area"] for because in becauses if because.get("area")}
    return {place.pk: place.name for place in Place.objects.filter(pk__in=wanted)} if wanted else {}


def why_given(because: Mapping[str, Any], names: Mapping[int, str], areas: Mapping[int, str]) -> str:
    """ "speaks Ukrainian, covers Sudzhansky, 3 of 8 cases; A. is full, B. is off at 20:00"."""
    if because.get("claimed"):
        return _("took it themselves")
    if because.get("by_hand"):
        return _("given by hand")
    if "passed_on" in because:
        return _("handed over by %(name)s") % {"name": names.get(because["passed_on"], "?")}
    if "load" not in because:
        return ""
    return "; ".join([", ".join(_strengths(because, areas)), *_others(because, names)])


def _strengths(because: Mapping[str, Any], areas: Mapping[int, str]) -> list[str]:
    said = [AFTER[because["after"]]()] if because.get("after") in AFTER else []
    if because.get("speaks") in LANGUAGES:
        said.append(_("speaks %(language)s") % {"language": LANGUAGES[because["speaks"]]()})
    if because.get("language_missing") in LANGUAGES:
        said.append(_("nobody free speaks %(language)s") % {"language": LANGUAGES[because["language_missing"]]()})
    said += [str(Skill(skill).label).lower() for skill in because.get("skills", [])]
    if because.get("skills_missing"):
        wanted = ", ".join(str(Skill(skill).label).lower() for skill in because["skills_missing"])
        said.append(_("nobody free has: %(skills)s") % {"skills": wanted})
    if because.get("knows"):
        said.append(_("knows the household"))
    if because.get("area"):
        said.append(_("covers %(area)s") % {"area": areas.get(because["area"], "?")})
    return [*said, _("%(load)s of %(capacity)d cases") % {"load": cases(because["load"]), **_capacity(because)}]


def _capacity(because: Mapping[str, Any]) -> dict[str, int]:
    return {"capacity": because.get("capacity", 0)}


def cases(halves: int) -> str:
    """Half cases as people count them: 3, or 3½."""
    whole, half = divmod(halves, HALVES)
    return f"{whole or ''}½" if half else str(whole)


def _others(because: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    said = []
    if because.get("full"):
        said.append(_("have no room: %(names)s") % {"names": _named(because["full"], names)})
    if because.get("returned"):
        said.append(_("just gave it back: %(names)s") % {"names": _named(because["returned"], names)})
    for user, at in because.get("off", {}).items():
        when = clocks.moment(datetime.fromisoformat(at))
        said.append(_("%(name)s is off at %(time)s") % {"name": names.get(int(user), "?"), "time": when})
    return said


def _named(users: Iterable[int], names: Mapping[int, str]) -> str:
    return ", ".join(names.get(user, "?") for user in users)


def why_nobody(why: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Why nobody on duty could be given a case."""
    if not why:
        return _("New")
    if not why.get("on_duty"):
        return _("No coordinator is on duty")
    if not why.get("covering"):
        return _("Nobody on duty covers this place")
    said = "; ".join(_others({"full": why.get("full"), "returned": why.get("returned")}, names))
    return said[:1].upper() + said[1:]
