"""Moves with a memory: every column that a merge changes is written down as it was and as it became."""

import hashlib
from collections.abc import Collection, Iterable
from typing import Any, Final

from django.db.models import Exists, Model, OuterRef, QuerySet

from cases.actors import System
from cases.disclosure import reveal
from cases.domain import lifecycle
from cases.enums import Why
from cases.models import Merge, MergeMove
from cases.privacy.sealed import Sealed

MERGING: Final = System("merging")


class Journal:
    """The moves of one merge. Rows are locked in the order of their keys before they are moved."""

    def __init__(self, merge: Merge) -> None:
        self.merge = merge

    def point(
        self,
        rows: QuerySet[Any],
        column: str,
        to: Model,
        *,
        unless: Collection[str] = (),
        taken: QuerySet[Any] | None = None,
    ) -> int:
        """Point a foreign key of rows elsewhere; returns how many moved.

        Where `to` has a row already that is the same in the columns `unless`, the duplicate's stays where it is:
        nothing is lost, and a unique constraint is not broken. `taken` narrows which rows of `to` count.
        """
        if unless:
            there = (
                rows.model._default_manager.filter(**{column: to}) if taken is None else taken.filter(**{column: to})
            )
            rows = rows.exclude(Exists(there.filter(**{name: OuterRef(name) for name in unless})))
        moved = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
        attname = rows.model._meta.get_field(column).attname
        self._write((row, column, getattr(row, attname), to.pk) for row in moved)
        rows.model._default_manager.filter(pk__in=[row.pk for row in moved]).update(**{column: to})
        return len(moved)

    def set(self, row: Any, **values: Any) -> None:
        """Change plain columns of one locked row."""
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not changed:
            return
        self._write((row, name, getattr(row, name), value) for name, value in changed.items())
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=list(changed))

    def copy(self, to: Any, of: Any, *columns: str) -> list[str]:
        """Give a row the sealed values that only its duplicate has, sealed under its own key; returns which.

        Both rows come with their data keys. The journal holds a hash of the ciphertext, and nothing of the value.
        """
        missing = [name for name in columns if to.__dict__[name] is None and of.__dict__[name] is not None]
        if not missing or any(row.data_key.destroyed_at is not None for row in (to, of)):
            return []
        reveal([of], by=MERGING, why=Why.MATCH, fields=missing)
        for name in missing:
            setattr(to, name, str(getattr(of, name)))
        to.save(update_fields=missing)
        to.refresh_from_db(fields=missing)
        self._write((to, name, None, hash_of(to.__dict__[name])) for name in missing)
        return missing

    def move(self, row: Any, to: str, **changes: Any) -> None:
        """Move the status of one locked row, by its lifecycle."""
        self._write([(row, "status", row.status, to)])
        lifecycle.move(row, to, **changes)

    def _write(self, moves: Iterable[tuple[Any, str, Any, Any]]) -> None:
        MergeMove.objects.bulk_create(
            MergeMove(
                merge=self.merge, table=row._meta.db_table, row=row.pk, column=column, old=_said(old), new=_said(new)
            )
            for row, column, old, new in moves
        )


def hash_of(value: Sealed) -> str:
    """By what the journal knows a sealed value again."""
    return hashlib.sha256(value.ciphertext).hexdigest()[:40]


def _said(value: Any) -> str | None:
    return None if value is None else str(value)
