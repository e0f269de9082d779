"""Who is on the ground for a convoy: only they see its list."""

from datetime import datetime

from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import events
from cases.domain.field.refusals import NotYourConvoy
from cases.domain.verbs import verb
from cases.enums import CrewDuty, Role
from cases.errors import Invalid
from cases.models import Convoy, Crew, User


@verb("convoys.appoint")
def appoint(convoy: Convoy, *, user: User, duty: CrewDuty, until: datetime | None = None, by: Actor) -> Crew:
    """Put somebody on the crew of a convoy. Twice is once. Locks the convoy. Raises Invalid."""
    convoy = Convoy.objects.locked().get(pk=convoy.pk)
    if duty not in CrewDuty.values:
        raise Invalid(field="duty")
    if not user.posts.held().filter(role__in=[Role.FIELD, Role.DISPATCHER, Role.MEDIC]).exists():
        raise Invalid(field="user")
    return crew_step(convoy, user, duty, until)


def crew_step(convoy: Convoy, user: User, duty: CrewDuty, until: datetime | None = None) -> Crew:
    """Step: somebody is on the crew of a locked convoy."""
    standing = Crew.objects.filter(convoy=convoy, user=user, duty=duty, ended_at__isnull=True).first()
    if standing is not None:
        return standing
    made: Crew = Crew.objects.create(convoy=convoy, user=user, duty=duty, until=until)
    events.record(convoy, user=user.pk, duty=str(duty))
    return made


@verb("convoys.dismiss")
def dismiss(crew: Crew, *, by: Actor) -> Crew:
    """Somebody is no longer on a crew; their phones get nothing any more. Twice is once. Locks the convoy."""
    convoy = Convoy.objects.locked().get(pk=crew.convoy_id)
    crew = Crew.objects.select_for_update(no_key=True).get(pk=crew.pk)
    if crew.ended_at is None:
        crew.ended_at = timezone.now()
        crew.save(update_fields=["ended_at"])
        if not Crew.objects.filter(convoy=convoy, user=crew.user_id, ended_at__isnull=True).exists():
            convoy.devices.filter(user=crew.user_id, revoked_at__isnull=True).update(revoked_at=timezone.now())
        events.record(convoy, user=crew.user_id, duty=crew.duty)
    return crew


def require_crew(convoy: Convoy, by: Actor) -> Staff:
    """The member of staff, who is on the crew of this convoy or plans convoys. Raises NotYourConvoy."""
    if not isinstance(by, Staff):
        raise NotYourConvoy
    plans = by.roles & {Role.DISPATCHER, Role.SUPERVISOR}
    if not plans and not Crew.objects.on_duty().filter(convoy=convoy, user=by.user_id).exists():
        raise NotYourConvoy
    return by
