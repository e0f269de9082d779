"""When somebody may be reached, in the time of the place where they are."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/Kyiv"


def until_safe(safe_from: time | None, safe_to: time | None, zone: str, now: datetime) -> timedelta:
    """How long until the safe hours begin; nothing when it is safe now, or when no hours were named."""
    if safe_from is None or safe_to is None:
        return timedelta(0)
    here = now.astimezone(ZoneInfo(zone or DEFAULT_ZONE))
    clock = here.time().replace(tzinfo=None)
    inside = safe_from <= clock < safe_to if safe_from < safe_to else clock >= safe_from or clock < safe_to
    if inside:
        return timedelta(0)
    begins = here.replace(hour=safe_from.hour, minute=safe_from.minute, second=0, microsecond=0)
    return (begins if begins > here else begins + timedelta(days=1)) - here
