"""The only place that decrypts. Every opening is written down before its caller sees a word."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q

from cases import policy
from cases.actors import Actor, Partner, Staff
from cases.enums import LIVE_CALL, STATED_REASONS, Role, Why
from cases.errors import Forbidden, ReasonNeeded
from cases.models import Assignment, Call, CallCase, Case, DataKey, Disclosure, Draft, Event, Household, Tie
from cases.models.base import Row
from cases.privacy.sealed import open_row, sealed_fields

R = TypeVar("R", bound=Row)


def reveal(
    rows: Iterable[R], *, by: Actor, why: Why, fields: Iterable[str] = (), case: Case | None = None
) -> Sequence[R]:
    """Decrypt the sealed fields (or only `fields`) of rows of one model, and write one Disclosure line.

    Raises Erased where a subject's key was destroyed; Tampered where a value does not belong. Whether this actor
    may open these rows is asked by `may_open` beforehand: this is the mechanism, not the rule. Outside a
    transaction the line is committed before this returns. `case` is whose timeline shows an alarm.
    """
    opened = [row for row in rows if row is not None]
    if not opened:
        return opened
    model = type(opened[0])
    wanted = set(fields)
    sealed = [field for field in sealed_fields(model) if not wanted or field.attname in wanted]
    keys = _keys(opened)
    for row in opened:
        open_row(row, keys[row.data_key_id].plain(), sealed)  # type: ignore[attr-defined]
    _record(model, opened, [field.attname for field in sealed], by=by, why=why, case=case)
    return opened


def reveal_living(rows: Iterable[R], *fields: str, by: Actor, why: Why, case: Case | None = None) -> Sequence[R]:
    """Reveal those of these rows whose key still stands and that have something to read in these fields.

    Their data keys are loaded with them; what was erased stays closed, and raises nothing.
    """
    living = (row for row in rows if row.data_key.destroyed_at is None)  # type: ignore[attr-defined]
    filled = [row for row in living if any(row.__dict__.get(name) for name in fields)]
    return reveal(filled, by=by, why=why, fields=fields, case=case)


def _keys(rows: Sequence[Any]) -> dict[int, DataKey]:
    """The data keys of these rows: those already loaded with them, the rest in one query."""
    have = {row.data_key_id: row.data_key for row in rows if "data_key" in row._state.fields_cache}
    missing = {row.data_key_id for row in rows} - set(have)
    if missing:
        have |= DataKey.objects.in_bulk(missing)
    return have


def _record(
    model: type[Row], rows: Sequence[Any], fields: list[str], *, by: Actor, why: Why, case: Case | None
) -> None:
    stated = why in STATED_REASONS
    Disclosure.objects.create(
        actor=by.code,
        why=why,
        table=model._meta.db_table,
        rows=[str(row.uid) for row in rows],
        fields=fields,
        stated=stated,
    )
    if stated:
        Event.objects.create(
            verb="disclosure.alarmed",
            actor=by.code,
            subject=model._meta.model_name or "",
            subject_uid=rows[0].uid,
            case=case,
            data={"why": why.value, "rows": len(rows)},
        )


def may_open(household: Household, *, by: Actor, why: Why) -> None:
    """May this actor open the sealed data of this household, for this reason?

    Operators: households tied to their live call, or owned by them; otherwise with a stated reason, which alarms.
    The room (coordinator, medic, supervisor, protection officer) opens with a case of its own or a stated reason;
    a protected household is the protection officer's alone. The auditor, the administrator and field teams open
    nothing, whatever they say. Raises ReasonNeeded, Forbidden.
    """
    if not isinstance(by, Staff):
        if isinstance(by, Partner):
            raise Forbidden
        return
    if not policy.allows("disclosure.open", by):
        raise Forbidden
    if household.protected and Role.PROTECTION not in by.roles:
        raise Forbidden
    if why in STATED_REASONS:
        return
    if not (_owns(household, by) or _on_the_line(household, by)):
        raise ReasonNeeded


def _owns(household: Household, by: Staff) -> bool:
    return Assignment.objects.filter(case__household=household, owner=by.user_id, ended_at__isnull=True).exists()


def _on_the_line(household: Household, by: Staff) -> bool:
    """On a live call that made this household known, or with a number that it is registered with."""
    mine = Call.objects.filter(operator=by.user_id, status__in=LIVE_CALL)
    earlier = CallCase.objects.filter(case=OuterRef("case"), pk__lt=OuterRef("pk"))
    opened = CallCase.objects.filter(call__in=mine, case__household=household).exclude(Exists(earlier))
    tied = Tie.objects.verified().filter(household=household).values("caller__reaches__contact")
    pages = Draft.objects.open().filter(operator=by.user_id)
    return (
        opened.exists()
        or mine.filter(contact__in=tied).exists()
        or pages.filter(Q(contact__in=tied) | Q(confirmed_household=household)).exists()
    )


def looked_up(rows: Iterable[str], *, what: str, by: Actor) -> None:
    """Write down that somebody searched for a person: which cases were shown, and by what (name, number)."""
    Disclosure.objects.create(
        actor=by.code, why=Why.MATCH, table="search", rows=list(rows), fields=[what], stated=False
    )
