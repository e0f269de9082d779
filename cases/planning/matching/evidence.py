"""What speaks for and against, in the words of the reader; it holds no name, no number and no date."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

SAID: Final[dict[tuple[str, str], str | Promise]] = {
    ("given", "same"): _("given name the same"),
    ("given", "loose"): _("pet name fits"),
    ("given", "near"): _("given name one slip off"),
    ("given", "initial"): _("initial fits"),
    ("given", "alike"): _("given name alike"),
    ("given", "differs"): _("given name differs"),
    ("surname", "same"): _("surname the same"),
    ("surname", "part"): _("part of the surname the same"),
    ("surname", "near"): _("surname one slip off"),
    ("surname", "alike"): _("surname alike"),
    ("surname", "differs"): _("surname differs"),
    ("patronymic", "same"): _("patronymic the same"),
    ("patronymic", "near"): _("patronymic one slip off"),
    ("patronymic", "alike"): _("patronymic alike"),
    ("patronymic", "differs"): _("patronymic differs"),
    ("sex", "differs"): _("sex differs"),
    ("birth", "same"): _("birth date the same"),
    ("birth", "part"): _("birth year the same"),
    ("birth", "near"): _("birth about the same"),
    ("birth", "alike"): _("birth year may be a slip"),
    ("birth", "differs"): _("birth year differs"),
    ("phone", "same"): _("phone the same"),
    ("phone", "near"): _("phone one digit off"),
    ("phone", "differs"): _("another phone"),
    ("settlement", "same"): _("settlement the same"),
    ("settlement", "differs"): _("another settlement"),
}


def in_words(evidence: Iterable[Iterable[str]]) -> list[str]:
    """Each piece of evidence as a few words, agreements and contradictions in the order of the fields."""
    said = []
    for name, level in evidence:
        if name == "kin":
            count = int(level)
            said.append(
                ngettext("%(count)d relative the same", "%(count)d relatives the same", count) % {"count": count}
            )
        elif (name, level) in SAID:
            said.append(str(SAID[name, level]))
    return said
