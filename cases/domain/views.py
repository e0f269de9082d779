"""Views of the queue that a reader keeps under a name."""

from typing import Final

from django.db import connection
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain.verbs import verb
from cases.errors import Forbidden, Invalid, Refusal
from cases.models import SavedView
from cases.queries.queue import Wanted

MOST: Final = 20
LONGEST_NAME: Final = 40


class TooManyViews(Refusal):
    code = "too_many_views"
    sentence = _("You keep 20 views already. Remove one first.")


@verb("views.save")
def save(query: str, *, name: str, by: Actor) -> SavedView:
    """Keep a view of the queue with its filters; the same name again replaces what it stood for.

    What the address asks for beyond the actor's posts is left out. Raises Invalid without a name, TooManyViews at the
    twenty-first. Two savings of one person wait for each other.
    """
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(_("Give the view a name of up to 40 letters."), field="name")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('views.save'), %s)", [by.user_id])
    mine = SavedView.objects.visible_to(by)
    if mine.exclude(name=name).count() >= MOST:
        raise TooManyViews
    wanted = Wanted.read(QueryDict(query).dict(), by=by).query()
    kept, _made = SavedView.objects.update_or_create(user_id=by.user_id, name=name, defaults={"query": wanted})
    return kept


@verb("views.forget")
def forget(view: SavedView, *, by: Actor) -> None:
    """Keep one's view no longer; one that is gone already, or is another's, stays as it is."""
    policy.require()
    SavedView.objects.visible_to(by).filter(pk=view.pk).delete()
