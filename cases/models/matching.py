"""Who may be whom: pairs to look at, people sought and found, and merges with every move they made."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import F, Q

from cases.actors import Actor, Staff, System
from cases.enums import LinkState, MatchState, MatchVerdict, Role
from cases.models.base import AreaRows, Row, Rows, in_areas, one_of, text_choice
from cases.models.people import Person


def there(side: str) -> Q:
    """The person on this side is no pointer, and their data was not erased."""
    return Q(**{f"{side}__merged_into__isnull": True, f"{side}__data_key__destroyed_at__isnull": True})


class MatchRows(AreaRows):
    """Seen by those who see both households; a pair with a protected one by the protection officer alone."""

    def visible_in(self, paths: Iterable[str]) -> Self:
        areas = list(paths)
        sides = (f"{side}__household__settlement" for side in ("first", "second"))
        return self.filter(*(in_areas(areas, side) for side in sides))

    def visible_to(self, actor: Actor) -> Self:
        rows = super().visible_to(actor)
        if isinstance(actor, Staff) and Role.PROTECTION not in actor.roles:
            return rows.filter(first__household__protected=False, second__household__protected=False)
        return rows

    def open(self) -> Self:
        """To be decided, between people who stand for themselves and were not erased."""
        sides = (there(side) for side in ("first", "second"))
        return self.filter(*sides, state=MatchState.OPEN)


class Match(Row):
    """Two records that may be one person, with what speaks for it; a decision about a pair stands for good.

    `evidence` holds fields and how they agree, never a value. `merge` is what the decision led to.
    """

    first = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="matches_as_first")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="matches_as_second")
    verdict = text_choice(MatchVerdict)
    score = models.PositiveSmallIntegerField()
    evidence = models.JSONField(default=list)
    state = text_choice(MatchState, default=MatchState.OPEN)
    decided_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    merge = models.ForeignKey("cases.Merge", null=True, on_delete=models.PROTECT, related_name="matches")

    objects = MatchRows.as_manager()

    class Meta:
        constraints = [
            one_of("verdict", MatchVerdict, "match_verdict_known"),
            one_of("state", MatchState, "match_state_known"),
            models.UniqueConstraint(fields=["first", "second"], name="match_once_a_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="match_in_one_order"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="match_decided_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-score", "id"], name="match_to_review", condition=Q(state="open")),
        ]


class LinkRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """The protection officer's alone: deserters and wives are hunted by asking who was found."""
        if isinstance(actor, System) or (isinstance(actor, Staff) and Role.PROTECTION in actor.roles):
            return self
        return self.none()

    def open(self) -> Self:
        sides = (there(side) for side in ("sought", "found"))
        return self.filter(*sides, state=LinkState.PROPOSED)


class PersonLink(Row):
    """A sought person and one who was found. They are linked, never merged; each must agree to be told of."""

    sought = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    found = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    state = text_choice(LinkState, max_length=12, default=LinkState.PROPOSED)
    score = models.PositiveSmallIntegerField(default=0)
    evidence = models.JSONField(default=list)
    sought_consents = models.BooleanField(null=True)
    found_consents = models.BooleanField(null=True)
    decided_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = LinkRows.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sought", "found"], name="person_link_once"),
            models.CheckConstraint(condition=~Q(sought=F("found")), name="person_link_of_two"),
            models.CheckConstraint(
                # NULL would pass a CHECK: not having been asked is not consent.
                condition=~Q(state="confirmed") | Q(found_consents__isnull=False, found_consents=True),
                name="person_link_with_consent_of_the_found",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "confirmed", "refused"]), name="person_link_state_known"
            ),
        ]


class MergeRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """Merges name nobody: seen by staff. What may be undone is asked of the households."""
        return self if isinstance(actor, Staff | System) else self.none()


class Merge(Row):
    """One merge of two rows of a kind; undo restores what still stands as it left it."""

    table = models.CharField(max_length=60)
    kept = models.BigIntegerField()
    duplicate = models.BigIntegerField()
    by = models.CharField(max_length=40)
    undone_at = models.DateTimeField(null=True)

    objects = MergeRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(kept=F("duplicate")), name="merge_of_two"),
            models.UniqueConstraint(
                fields=["table", "duplicate"], condition=Q(undone_at__isnull=True), name="merge_live_once_a_duplicate"
            ),
        ]
        indexes = [models.Index(fields=["table", "kept"], name="merge_live_by_kept", condition=Q(undone_at=None))]


class MergeMove(models.Model):
    """One column that a merge changed: a foreign key, or a status that followed from it."""

    merge = models.ForeignKey(Merge, on_delete=models.PROTECT, related_name="moves")
    table = models.CharField(max_length=60)
    row = models.BigIntegerField()
    column = models.CharField(max_length=60)
    old = models.CharField(max_length=40, null=True)  # noqa: DJ001 - null is a value of a key
    new = models.CharField(max_length=40, null=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "table", "row", "column"], name="merge_move_once_a_column")
        ]
