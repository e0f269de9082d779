"""A phone takes the list of a convoy with it; when it is lost it gets nothing any more."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from cases.actors import Actor
from cases.domain import events
from cases.domain.field.crews import require_crew
from cases.domain.field.refusals import DeviceExpired, DeviceRevoked, NotFrozen
from cases.domain.verbs import verb
from cases.enums import UNDER_WAY, ConvoyStatus
from cases.models import Convoy, FieldDevice
from cases.queries import field as read

# A list stays on a phone until so long after its window: who arrives late is still received.
KEPT: Final = timedelta(hours=24)


@verb("field.take")
def take(convoy: Convoy, *, by: Actor) -> FieldDevice:
    """A phone of the crew takes the frozen list with it. Locks the convoy. Raises NotYourConvoy, NotFrozen."""
    convoy = Convoy.objects.locked().select_related("window").get(pk=convoy.pk)
    staff = require_crew(convoy, by)
    if convoy.status not in UNDER_WAY or not convoy.manifests.exists():
        raise NotFrozen
    ends = max(convoy.window.slot.upper, timezone.now())
    made: FieldDevice = FieldDevice.objects.create(convoy=convoy, user_id=staff.user_id, expires_at=ends + KEPT)
    events.record(convoy, "field.taken", device=str(made.uid))
    return made


@verb("field.bundle")
def bundle(device: FieldDevice, *, by: Actor) -> dict[str, Any]:
    """The list of a convoy for a phone, with names where they may be seen; the opening is on record.

    Locks the device. Raises NotYourConvoy, DeviceRevoked, DeviceExpired.
    """
    device = FieldDevice.objects.locked().select_related("convoy").get(pk=device.pk)
    staff = require_crew(device.convoy, by)
    if device.revoked_at is not None:
        raise DeviceRevoked
    if device.expires_at <= timezone.now() or device.convoy.status not in (*UNDER_WAY, ConvoyStatus.SUSPENDED):
        raise DeviceExpired
    return read.bundle(device, by=staff)


@verb("field.revoke")
def revoke(device: FieldDevice, *, by: Actor) -> FieldDevice:
    """A phone was lost, or goes out of hand. Twice is once. Locks the device. Raises NotYourConvoy."""
    device = FieldDevice.objects.locked().select_related("convoy").get(pk=device.pk)
    require_crew(device.convoy, by)
    if device.revoked_at is None:
        device.revoked_at = timezone.now()
        device.save(update_fields=["revoked_at"])
        events.record(device.convoy, device=str(device.uid))
    return device
