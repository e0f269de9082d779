"""Cases that may have to do with one another, and why: for a coordinator who should not act on one alone."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, Q, QuerySet, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.actors import Staff
from cases.enums import OPEN_CASE, Role
from cases.models import CallCase, Case, Tie, TravelTie

SHOWN: Final = 12
SCANNED: Final = 50  # a gatekeeper may have called about hundreds
# The first that holds is said.
WHY: Final[dict[str, Promise]] = {
    "together": _("want to travel together"),
    "split": _("were one household before"),
    "before": _("an earlier case of the same household"),
    "call": _("in the same call"),
    "caller": _("the same person called about them"),
}


@dataclass(frozen=True, slots=True)
class Related:
    case: Case
    why: str | Promise


def related(case: Case, *, by: Staff) -> list[Related]:
    """Other cases this one is tied to, the open ones first; one statement, and one more where there are any.

    A protected household is nobody's relative here but for the protection officer: whoever it fled from would find it.
    """
    tied: dict[int, str] = {}
    for pk, why in _tied(case):
        tied[pk] = min(tied.get(pk, why), why, key=list(WHY).index)
    if not tied:
        return []
    rows = Case.objects.visible_to(by).filter(pk__in=tied, master__isnull=True)
    if Role.PROTECTION not in by.roles:
        rows = rows.filter(household__protected=False)
    found = rows.annotate(live=Q(status__in=OPEN_CASE)).order_by("-live", "-opened_at", "-pk")
    return [Related(row, WHY[tied[row.pk]]) for row in found[:SHOWN]]


def _tied(case: Case) -> QuerySet[Any, tuple[int, str]]:
    """Keys of cases with what ties them: an index each, never a walk through all cases."""
    household, others = case.household, Case.objects.exclude(pk=case.pk)
    calls = CallCase.objects.filter(case=case).values("call")
    callers = Tie.objects.filter(household=household).values("caller")
    arms = {
        "together": others.filter(pk__in=TravelTie.objects.filter(first__case=case).values("second__case")),
        "split": others.filter(household__split_from=household),
        "before": others.filter(household=household),
        "call": others.filter(pk__in=CallCase.objects.filter(call__in=calls).values("case")),
        "caller": others.filter(household__in=Tie.objects.filter(caller__in=callers).values("household")),
    }
    found = [_arm(rows, why) for why, rows in arms.items()]
    found.append(
        _arm(others.filter(pk__in=TravelTie.objects.filter(second__case=case).values("first__case")), "together")
    )
    if household.split_from_id is not None:
        found.append(_arm(others.filter(household=household.split_from_id), "split"))
    return found[0].union(*found[1:], all=True)


def _arm(rows: QuerySet[Case], why: str) -> QuerySet[Any, tuple[int, str]]:
    return rows.order_by().annotate(tied_by=Value(why, CharField())).values_list("pk", "tied_by")[:SCANNED]
