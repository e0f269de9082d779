"""Rules as text for a person to read and mend: keys in the order of the documentation, short things on one line."""

from __future__ import annotations

import json
from typing import Any, Final

WIDTH: Final = 118
# The order in which a person reads them; the database keeps none. What is not named here comes after, by its letters.
ORDER: Final = (
    "version standing classes default_class clocks site_class_up_from site_groups large_site_says protected_says units "
    "observations floors weights code class topic protected value when says en uk ru acknowledge recontact points "
    "horizon each at_most specific mobility age days_left people waiting_hours days hours walks assisted wheelchair "
    "bedridden all any"
).split()
PLACE: Final = {key: place for place, key in enumerate(ORDER)}


def as_text(value: Any, indent: int = 0) -> str:
    """JSON with what fits on a line on one line."""
    short = json.dumps(_ordered(value), ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (indent and len(short) + indent <= WIDTH):
        return short
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        lines = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {as_text(value[key], indent + 2)}" for key in _keys(value)
        ]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(inner + as_text(entry, indent + 2) for entry in value) + "\n" + " " * indent + "]"


def _keys(value: dict[str, Any]) -> list[str]:
    return sorted(value, key=lambda key: (PLACE.get(key, len(ORDER)), key))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in _keys(value)}
    return [_ordered(entry) for entry in value] if isinstance(value, list) else value
