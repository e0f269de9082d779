"""Taking a merge back: what still stands as it left it returns, and the rest is listed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.domain import assignment, clocks, evacuation, events, lifecycle, naming, triage
from cases.domain.merging import refusals
from cases.domain.merging.households import TABLE
from cases.domain.merging.journal import hash_of
from cases.domain.verbs import verb
from cases.enums import EVACUATION_MOVES, SEEKS_SEATS, CaseStatus, ClockKind, MatchState, way
from cases.errors import IllegalMove
from cases.models import Case, Clock, EvacuationRequest, Household, Match, Merge, MergeMove, Person
from cases.privacy.sealed import SealedTextField

LATER = _("One of them was merged again since. Undo the later merge first.")
LEFT = _("Somebody left this household since, on purpose. It stays as it is now.")
STATUS = "status"


@dataclass(slots=True)
class Undone:
    """How many moves went back, and those that did not: somebody changed the row since."""

    merge: Merge
    restored: int = 0
    left: list[MergeMove] = field(default_factory=list)


@verb("merging.undo")
def undo(merge: Merge, *, by: Actor) -> Undone:
    """Take a merge back. A protection it brought stays, and so does a consent it ended: both err on the safe side.

    Undoing twice changes nothing. Locks both households, then their cases. Raises CannotMerge when one of the two was
    merged again since, Forbidden.
    """
    both = [merge.kept, merge.duplicate]
    evacuation.case_legs_step(*Case.objects.filter(household__in=both).values_list("pk", flat=True))
    rows = {row.pk: row for row in Household.objects.locked().filter(pk__in=both)}
    refusals.require_protection(rows.values(), by)
    merge = Merge.objects.select_for_update(no_key=True).get(pk=merge.pk)
    if merge.undone_at is not None:
        return Undone(merge)
    kept, duplicate = rows[merge.kept], rows[merge.duplicate]
    later = Merge.objects.filter(table=TABLE, duplicate=kept.pk, undone_at__isnull=True)
    if later.exists() or duplicate.merged_into_id != kept.pk:
        raise refusals.CannotMerge(LATER)
    _require_all_there(merge)
    _keep_protected(rows.values())
    list(Case.objects.locked().filter(household__in=both))
    undone = Undone(merge)
    models = {model._meta.db_table: model for model in apps.get_app_config("cases").get_models()}
    for move in merge.moves.order_by("-pk"):
        if _back(move, models[move.table]):
            undone.restored += 1
        else:
            undone.left.append(move)
    evacuation.settled_step(Case.objects.filter(household__in=both).values_list("pk", flat=True))
    named = merge.moves.filter(table=Person._meta.db_table, column__in=naming.PARTS).values("row")
    naming.named_again_step(Person.objects.filter(pk__in=named))
    merge.undone_at = timezone.now()
    merge.save(update_fields=["undone_at"])
    try:
        with transaction.atomic():
            _in_the_queue_again(merge, by)
    except IntegrityError:  # a case of theirs was opened again since: the duplicate stays one
        undone.left += list(merge.moves.filter(table=Case._meta.db_table, column=STATUS))
    Match.objects.filter(merge=merge).update(state=MatchState.OPEN, decided_at=None, decided_by=None, merge=None)
    events.record(merge, case=kept.cases.open().first(), restored=undone.restored, left=len(undone.left))
    return undone


def _require_all_there(merge: Merge) -> None:
    """Whoever left one of the two since, on purpose, is given back to nobody. Raises CannotMerge."""
    moved = merge.moves.filter(table=Person._meta.db_table).values_list("row", flat=True)
    pointed = merge.moves.filter(column="person").values_list("new", flat=True)
    people = Person.objects.filter(pk__in={*moved, *(int(pk) for pk in pointed if pk)})
    if people.exclude(household__in=[merge.kept, merge.duplicate]).exists():
        raise refusals.CannotMerge(LEFT)


def _keep_protected(households: Iterable[Household]) -> None:
    """What was said of one while the two were one holds for both."""
    if any(household.protected for household in households):
        for household in households:
            household.protected = True
            household.save(update_fields=["protected"])


def _back(move: MergeMove, model: type[Model]) -> bool:
    """One move, if its row still is as the merge left it, and if it breaks nothing that came to be since."""
    row: Any = model._default_manager.select_for_update(no_key=True, of=("self",)).filter(pk=move.row).first()
    if row is None:
        return False
    column = model._meta.get_field(move.column)
    if _now(row, column) != move.new:
        return False
    if isinstance(row, Case) and move.column == STATUS:
        return True  # it returns through the queue, when all the rest is back
    try:
        with transaction.atomic():
            if isinstance(row, EvacuationRequest) and move.column == STATUS:
                _seeks_again(row, str(move.old))
            elif move.column == STATUS:
                lifecycle.move(row, str(move.old))
            else:
                old = None if move.old is None else column.to_python(move.old)  # type: ignore[union-attr]
                model._default_manager.filter(pk=row.pk).update(**{column.attname: old})  # type: ignore[union-attr]
    except (IntegrityError, IllegalMove, ProtectedError):
        return False
    return True


def _seeks_again(request: EvacuationRequest, before: str) -> None:
    """They want to leave as before. Whether they have places, their seats say afterwards. Raises IllegalMove."""
    path = way(EVACUATION_MOVES, request.status, before, SEEKS_SEATS)
    if path is None:
        raise IllegalMove
    for to in path:
        lifecycle.move(request, to)


def _now(row: Any, column: Any) -> str | None:
    """What stands in a column, as the journal would write it."""
    value = row.__dict__[column.attname]
    if isinstance(column, SealedTextField):
        return None if value is None else hash_of(value)
    return None if value is None else str(value)


def _in_the_queue_again(merge: Merge, by: Actor) -> None:
    """The case that was a duplicate is one of its own again: triaged, with clocks, looking for an owner."""
    household = Household.objects.get(pk=merge.duplicate)
    ids = merge.moves.filter(table=Case._meta.db_table, column=STATUS).values_list("row", flat=True)
    for case in Case.objects.locked().filter(pk__in=list(ids), status=CaseStatus.DUPLICATE, household=household):
        lifecycle.move(case, CaseStatus.REOPENED, master=None)
        case = Case.objects.select_related("household__data_key").get(pk=case.pk)
        triage.step(case, by=by)
        assignment.enqueue_step(case)
    for case in Case.objects.open().filter(household=merge.kept).select_related("household__data_key"):
        triage.step(case, by=by)
        _clocks_again(merge, case)
        triage.clocks_step(case)


def _clocks_again(merge: Merge, case: Case) -> None:
    """An earlier clock had taken the place of one of this case's own: without it the case gets one of that time."""
    moved = merge.moves.filter(table=Clock._meta.db_table).values("row")
    live = set(case.clocks.filter(state__in=clocks.LIVE).values_list("kind", flat=True))
    due = {clock.kind: clock.due_at for clock in Clock.objects.filter(pk__in=moved) if clock.kind not in live}
    now = timezone.now()
    clocks.start(case, {ClockKind(kind): max(at - now, timedelta()) for kind, at in due.items()})
