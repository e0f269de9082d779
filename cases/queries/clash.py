"""What of a case changed since somebody began to type about it: stamps of its fields, compared without opening any."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from cases.enums import LIVE_EVACUATION, OPEN_NEED
from cases.models import Case
from cases.privacy.sealed import Sealed

NEED = "need:"


def _stamp(value: Any) -> str:
    """Equal for equal values. A sealed value is known by its ciphertext: it changes exactly when it is written."""
    if isinstance(value, Sealed) or (isinstance(value, str) and hasattr(value, "ciphertext")):
        value = value.ciphertext
    raw = value if isinstance(value, bytes) else repr(value).encode()
    return hashlib.sha256(raw).hexdigest()[:16]


def stamps(case: Case) -> dict[str, str]:
    """A stamp for each field of the case that a call can overwrite (three statements)."""
    household = case.household
    values: dict[str, Any] = {
        "settlement": household.settlement_id,
        "address": household.__dict__.get("address"),
        "headcount": (household.headcount_low, household.headcount_high),
    }
    request = case.evacuations.filter(status__in=LIVE_EVACUATION).first()
    if request is not None:
        values |= {
            "direction": request.direction,
            "destination": request.__dict__.get("destination"),
            "earliest": request.earliest,
            "latest": request.latest,
            "animals": request.animals,
        }
    for code, until in case.needs.filter(status__in=OPEN_NEED).order_by("pk").values_list("type", "lasts_until"):
        values[f"{NEED}{code}"] = until
    return {name: _stamp(value) for name, value in values.items()}


def changed(base: Mapping[str, str], now: Mapping[str, str], mine: Collection[str]) -> list[str]:
    """The fields of `mine` that somebody else changed since `base`, in a stable order."""
    return sorted(name for name in mine if name in now and now[name] != base.get(name, ""))


def token(now: Mapping[str, str]) -> str:
    """One short mark of all stamps: what an operator has seen when they decided."""
    return _stamp(sorted(now.items()))
