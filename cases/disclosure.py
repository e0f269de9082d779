"""The only place that decrypts. Every opening is written down before its caller sees a word."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from cases import policy
from cases.actors import Actor, Partner, Staff
from cases.enums import STATED_REASONS, CallStatus, Role, Why
from cases.errors import Forbidden, ReasonNeeded
from cases.models import Assignment, Call, Case, DataKey, Disclosure, Event, Household
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
    live = (CallStatus.IN_PROGRESS, CallStatus.WRAP_UP)
    return Call.objects.filter(links__case__household=household, operator=by.user_id, status__in=live).exists()
