"""The frozen list leaves the house on paper, or as a file under a passphrase; each time is on record."""

import json
from typing import Any

from django.db.models import Prefetch
from django.utils import translation

from cases.actors import Actor
from cases.domain import events
from cases.domain.field.crews import require_crew
from cases.domain.field.refusals import NotFrozen
from cases.domain.verbs import verb
from cases.errors import Invalid
from cases.models import Convoy, Manifest, Stop
from cases.planning.papers import KINDS, Papers, pdf
from cases.privacy import sealed_file
from cases.queries import field as lists
from cases.queries import papers as read

# Only the team at the stop has to know who is who.
NAMED = ("boarding",)


def print_paper(convoy: Convoy, *, kind: str, language: str, by: Actor) -> bytes:
    """One paper of the frozen list as a PDF. It is on record before it is typeset, and typeset without locks.

    Locks the convoy while it is read. Raises NotYourConvoy, NotFrozen, Invalid.
    """
    if kind not in KINDS:
        raise Invalid(field="kind")
    return pdf(kind, _papers(convoy, kind=kind, language=language, by=by), language=language)


@verb("field.print")
def _papers(convoy: Convoy, *, kind: str, language: str, by: Actor) -> Papers:
    convoy, manifest = _frozen(convoy)
    staff = require_crew(convoy, by)
    if manifest is None:
        raise NotFrozen
    with translation.override(language):
        found = read.papers(convoy, manifest, names=kind in NAMED, by=staff)
    events.record(convoy, paper=kind, language=language, number=manifest.number)
    return found


def export(convoy: Convoy, *, passphrase: str, by: Actor) -> bytes:
    """The list as a file that this passphrase opens; the passphrase is kept nowhere.

    It has to be one that `sealed_file.new_passphrase` could have drawn. Locks the convoy while it is read; sealing
    takes a tenth of a second and holds nothing. Raises NotYourConvoy, NotFrozen, Invalid.
    """
    if not sealed_file.is_passphrase(passphrase):
        raise Invalid(field="passphrase")
    plain = json.dumps(_listing(convoy, by=by), ensure_ascii=False, separators=(",", ":"))
    return sealed_file.seal(plain.encode(), passphrase)


@verb("field.export")
def _listing(convoy: Convoy, *, by: Actor) -> dict[str, Any]:
    convoy, manifest = _frozen(convoy)
    staff = require_crew(convoy, by)
    if manifest is None:
        raise NotFrozen
    found = lists.listing(convoy, by=staff)
    events.record(convoy, number=manifest.number, households=len(found["households"]))
    return found


def _frozen(convoy: Convoy) -> tuple[Convoy, Manifest | None]:
    stops = Prefetch("window__corridor__stops", Stop.objects.select_related("place").order_by("seq"))
    rows = Convoy.objects.locked().select_related("window__corridor").prefetch_related(stops)
    found = rows.get(pk=convoy.pk)
    return found, read.last_list(found)
