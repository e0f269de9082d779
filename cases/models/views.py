"""Views of the queue that somebody keeps under a name of their own."""

from typing import Self

from django.db import models
from django.db.models import Q

from cases.actors import Actor, Staff
from cases.models.base import Row, Rows


class SavedViewRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """One's own."""
        return self.filter(user=actor.user_id) if isinstance(actor, Staff) else self.none()


class SavedView(Row):
    """`query` is the address of the queue without its page: a view and filters, as the reader's posts allow them."""

    user = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=200)

    objects = SavedViewRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
