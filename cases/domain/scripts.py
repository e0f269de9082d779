"""The words operators say: an edit is the next version, and the older ones stay readable."""

from collections.abc import Mapping

from cases import policy
from cases.actors import Actor
from cases.domain import events
from cases.models import Script

TEXTS = ("text_en", "text_uk", "text_ru")


def newest(moment: str) -> int:
    """The number of the version that is read now; 0 where there is none."""
    last = Script.objects.filter(moment=moment).order_by("-number").values_list("number", flat=True).first()
    return last or 0


def next_version_step(moment: str, texts: Mapping[str, str], *, by: Actor) -> Script:
    """Step of the admin's own form and transaction: the next version of a moment, on record without its words."""
    with policy.running("reference.edit", by):
        policy.require()
        words = {name: texts[name] for name in TEXTS}
        made = Script.objects.create(moment=moment, number=newest(moment) + 1, **words)
        events.record(made, moment=moment, number=made.number)
    return made
