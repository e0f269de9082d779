"""Why somebody is not seated and what would change it, in the reader's language. Never read to callers."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.planning import allocation

# Whom the machine does not plan: why, and what would change it.
LEFT_OUT: Final[Mapping[str, tuple[str | Promise, str | Promise]]] = {
    "closed": (_("Their case is closed, or that of somebody they travel with."), _("Reopen it if they still leave.")),
    "unchecked": (
        _("They travel with somebody whose facts nobody has checked."),
        _("Check the facts of that request."),
    ),
    "hidden": (
        _("They travel with somebody of another area."),
        _("A planner who sees both areas proposes the plan, or moves them."),
    ),
    "direction": (_("Not all of them have chosen a direction."), _("Ask each adult, then record it.")),
    "two_ways": (
        _("Those who travel together chose different directions."),
        _("Ask them, then change one or let them part."),
    ),
    "two_convoys": (
        _("Those who travel together sit on different convoys."),
        _("Ask them, then move some, or let them part."),
    ),
    "elsewhere": (_("One of them has a place by another request."), _("Release it there.")),
    "not_fit": (_("A medic says one of them is not fit to travel."), _("Ask the medic again.")),
    "medical": (
        _("They are immediate for a medical reason, and no medic has seen them."),
        _("A medic says whether they are fit to travel."),
    ),
    "with_medic": (
        _("One of them travels with a medic only."),
        _("Move them by hand to a convoy with an ambulance."),
    ),
    "cannot_reach": (
        _("They cannot come to a stop by themselves."),
        _("Arrange that somebody fetches them, then move them by hand."),
    ),
    "settlement": (_("We do not know where they are."), _("Ask for the settlement.")),
    "convoy_closed": (
        _("Some of them sit on a convoy that takes nobody on."),
        _("Move all of them by hand to another convoy."),
    ),
    "nobody": (_("Nobody is recorded who travels."), _("Add the people, or of a site how many.")),
}
# What would change a reason that no number of places would.
HELPS: Final[Mapping[str, str | Promise]] = {
    "no_convoy_in_direction": _("A convoy in their direction."),
    "no_convoy_at_stop": _("A stop near them, or somebody who brings them to one."),
    "outside_dates": _("A convoy on their days, or other days: ask them."),
    "only_private_cars": _("A bus, or another vehicle that is no private car."),
    "group_too_large": _("A larger convoy, or that they agree to part: ask them."),
    "more_urgent_first": _("Another convoy."),
}
ANOTHER: Final = _("More places of that kind.")


def left_out(code: str) -> tuple[str, str]:
    """Why the machine plans nobody of a request, and what would change it."""
    why, helps = LEFT_OUT[code]
    return str(why), str(helps)


def not_seated(left: allocation.Left, names: Mapping[int, str]) -> tuple[str, str]:
    """Why a plan has no place for a party, and what would change it; `names` of convoys."""
    language = (get_language() or "en")[:2]
    told = allocation.says(left.reason)
    language = language if language in told else "en"
    if left.missing:
        helps = allocation.helps(names.get(int(left.nearest), ""), left.missing)[language]
    else:
        helps = str(HELPS.get(left.reason, ANOTHER))
    return told[language], helps
