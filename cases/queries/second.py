"""What waits for a second person, as far as this actor may be the one who confirms it; never their own proposals."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Staff
from cases.enums import RESUME_WITHIN, SECOND_WITHIN, CorridorStatus
from cases.models import BestInterests, Corridor, Window
from cases.queries.clocks import moment

SHOWN = 20
# In its last hours it stands out.
SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Second:
    """`route` and `key`: where the form is that confirms or refuses it; `about`: a reference or a corridor, no name."""

    what: str | Promise
    about: str
    who: str
    since: datetime
    until: datetime
    route: str
    key: int

    @property
    def begun(self) -> str:
        return moment(self.since)

    @property
    def ends(self) -> str:
        return moment(self.until)

    @property
    def soon(self) -> bool:
        return self.until - timezone.now() <= SOON


def waiting_for(by: Staff) -> list[Second]:
    """The first to lapse first (one statement, three for planners, none for who confirms nothing)."""
    found = [*_interests(by), *_corridors(by), *_windows(by)]
    return sorted(found, key=lambda line: (line.until, line.key))


def _interests(by: Staff) -> list[Second]:
    if not policy.allows("evacuation.agree_interests", by):
        return []
    here = policy.posts_for("evacuation.agree_interests", by)
    rows = BestInterests.objects.visible_to(by).visible_in(here).waiting().for_second(by)
    rows = rows.select_related("request__case", "proposed_by").order_by("created_at", "pk")[:SHOWN]
    return [
        Second(
            what=_("A decision in somebody's best interests"),
            about=row.request.case.spoken,
            who=row.proposed_by.name,
            since=row.created_at,
            until=row.until,
            route="admin:cases_case_change",
            key=row.request.case_id,
        )
        for row in rows
    ]


def _corridors(by: Staff) -> list[Second]:
    if not policy.allows("corridors.resume", by):
        return []
    rows = Corridor.objects.visible_to(by).filter(resume_proposed_at__gt=timezone.now() - RESUME_WITHIN)
    rows = rows.exclude(resume_proposed_by=by.user_id).select_related("resume_proposed_by")
    return [
        Second(
            what=_("A suspended corridor goes on"),
            about=row.name,
            who=row.resume_proposed_by.name,
            since=row.resume_proposed_at,
            until=row.resume_until,
            route="evacuation-corridor",
            key=row.pk,
        )
        for row in rows.order_by("resume_proposed_at", "pk")[:SHOWN]
    ]


def _windows(by: Staff) -> list[Second]:
    if not policy.allows("corridors.agree_publicity", by):
        return []
    rows = Window.objects.visible_to(by).filter(publicity_wanted_at__gt=timezone.now() - SECOND_WITHIN)
    rows = rows.exclude(publicity_raised_by=by.user_id).exclude(corridor__status=CorridorStatus.CLOSED)
    rows = rows.select_related("corridor", "publicity_raised_by")
    return [
        Second(
            what=_("More people may be told of a window"),
            about=row.corridor.name,
            who=row.publicity_raised_by.name,
            since=row.publicity_wanted_at,
            until=row.publicity_until,
            route="evacuation-corridor",
            key=row.corridor_id,
        )
        for row in rows.order_by("publicity_wanted_at", "pk")[:SHOWN]
    ]
