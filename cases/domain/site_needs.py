"""The same shortage of many households in one place, planned and ended as one need of the place."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor
from cases.domain import events, lifecycle, triage
from cases.domain.follow_up import ENDS_OF_A_NEED
from cases.domain.verbs import verb
from cases.enums import OPEN_CASE, OPEN_NEED, NeedStatus
from cases.errors import IllegalMove, Invalid, Refusal
from cases.models import Case, Need, NeedType, Place, SiteNeed, UnmetReason
from cases.queries.shortages import SITE_FROM


class TooFew(Refusal):
    code = "too_few_households"
    sentence = _("Fewer than five households lack this here now. Each case keeps its own need.")


@verb("site_needs.gather")
def gather(settlement: Place, kind: NeedType, *, by: Actor) -> SiteNeed:
    """Make one site need of what households of a settlement lack, or add to it who has called since.

    Counts only households the actor sees, and none that is protected: nobody is to be found by what a list of a place
    leaves out. Locks the needs, in ascending order. Raises TooFew below five households.
    """
    policy.require()
    free = (
        Need.objects.visible_to(by)
        .filter(type=kind, status__in=OPEN_NEED, case__status__in=OPEN_CASE, site_need__isnull=True)
        .filter(case__household__settlement=settlement, case__household__protected=False, type__protected=False)
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    found = list(free.select_related("case"))
    site = SiteNeed.objects.select_for_update(no_key=True).open().filter(settlement=settlement, type=kind).first()
    if site is None:
        if len(found) < SITE_FROM:
            raise TooFew
        site = SiteNeed.objects.create(settlement=settlement, type=kind, opened_at=timezone.now())
        events.record(site, settlement=settlement.pk, type=kind.code, households=len(found))
    Need.objects.filter(pk__in=[need.pk for need in found]).update(site_need=site)
    lifecycle.move_many([need for need in found if need.status == NeedStatus.OPEN], NeedStatus.PLANNED)
    return site


@verb("site_needs.finish")
def finish(site: SiteNeed, *, to: NeedStatus, reason: str = "", by: Actor) -> SiteNeed:
    """The need of the place was met, partly met, or stays unmet for a reason: so it was for each household in it.

    Locks the cases, then the site need and the needs; the class of each case follows. Ending it twice changes nothing.
    """
    if to not in ENDS_OF_A_NEED or to == NeedStatus.CANCELLED:
        raise IllegalMove
    if to == NeedStatus.UNMET and not UnmetReason.objects.filter(code=reason, active=True).exists():
        raise Invalid(_("Choose why it stays unmet: donors and planners must see it."), field="reason")
    policy.require()
    cases = _locked_cases(site)
    site = SiteNeed.objects.select_for_update(no_key=True).get(pk=site.pk)
    if site.ended_at is not None:
        return site
    needs = list(Need.objects.locked().filter(site_need=site, status__in=OPEN_NEED, case__in=cases))
    lifecycle.move_many(needs, to, reason_id=reason if to == NeedStatus.UNMET else None)
    site.ended_at, site.ended_as = timezone.now(), to
    site.save(update_fields=["ended_at", "ended_as"])
    events.record(site, to=str(to), households=len(needs))
    for case in cases.values():
        if case.is_open:
            triage.step(case, by=by)
    return site


def _locked_cases(site: SiteNeed) -> dict[int, Case]:
    wanted = Need.objects.filter(site_need=site).values("case")
    rows = Case.objects.locked().select_related("household__data_key").filter(pk__in=wanted)
    return {case.pk: case for case in rows}
