"""Travellers on the convoys of one corridor, laid down set-based as the owner; the legs count them as always."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

HOUSEHOLD = 2  # people of one request
ROW = "uid, version, created_at"
FRESH = "gen_random_uuid(), 0, now()"
# Request n of household n has the persons 2n and 2n + 1; all of its convoy. Two of three are confirmed, the rest held.
FILL = f"""
INSERT INTO cases_household (id, {ROW}, kind, settlement_id, headcount_low, headcount_high, in_cellar,
    cannot_reach_point, protected, data_key_id)
  SELECT n, {FRESH}, 'family', (SELECT id FROM cases_place WHERE name_en = 'Sudzha'), 2, 2, false, false, false, 1
    FROM generate_series(1, {{households}}) n;
INSERT INTO cases_person (id, {ROW}, household_id, sex, age_band, mobility, fit_to_travel, presence, on_site,
    data_key_id)
  SELECT n, {FRESH}, n / 2, 'f', '18-59', 'walks', 'seated', 'with_household', true, 1
    FROM generate_series(2, {{households}} * 2 + 1) n;
INSERT INTO cases_case (id, {ROW}, ref, household_id, status, priority, points, red_key, overridden, unassigned_why,
    close_reason, opened_at)
  SELECT n, {FRESH}, lpad(n::text, 8, '0'), n, 'triaged', 'P4', 1, false, false, '{{{{}}}}', '', now()
    FROM generate_series(1, {{households}}) n;
INSERT INTO cases_clock (id, {ROW}, case_id, kind, state, started_at, due_at)
  SELECT n, {FRESH}, n, 'recontact', 'running', now(), now() + interval '9 days'
    FROM generate_series(1, {{households}}) n;
INSERT INTO cases_evacuationrequest (id, {ROW}, case_id, direction, status, animals, luggage, own_vehicle,
    documents_missing, waiting_since, verified_at, data_key_id)
  SELECT n, {FRESH}, n, 'ukraine', CASE WHEN n % 3 = 0 THEN 'held' ELSE 'confirmed' END, 0, 0, false, false, now(),
    now(), 1 FROM generate_series(1, {{households}}) n;
INSERT INTO cases_traveller (id, {ROW}, request_id, person_id, kind, unaccompanied)
  SELECT n, {FRESH}, n / 2, n, 'seat', false FROM generate_series(2, {{households}} * 2 + 1) n"""
SEATED = f""";
INSERT INTO cases_seat ({ROW}, convoy_id, traveller_id, person_id, kind, from_seq, to_seq, animals, luggage, status,
    expires_at, accounted_as, missing)
  SELECT {FRESH}, (ARRAY{{convoys}})[1 + n / 2 % {{columns}}], n, n, 'seat', 0, {{last}}, 0, 0,
    CASE WHEN n / 2 % 3 = 0 THEN 'held' ELSE 'confirmed' END,
    CASE WHEN n / 2 % 3 = 0 THEN now() + interval '2 hours' END, '', false
    FROM generate_series(2, {{households}} * 2 + 1) n;
INSERT INTO cases_job (kind, key, lane, due_at, order_key, subject, attempts, worker, state, error_code, created_at)
  SELECT 'hold', 'hold:' || uid, 'normal', now() + interval '2 hours', '', id, 0, '', 'waiting', '', now()
    FROM cases_evacuationrequest WHERE status = 'held'
"""
LAID = ("household", "person", "case", "clock", "evacuationrequest", "traveller")


@dataclass(frozen=True, slots=True)
class Laid:
    """`by` planned the corridor, `other` may agree to what `by` proposes."""

    by: Any
    other: Any
    corridor: Any
    convoys: Sequence[int]


def lay_down(travellers: int, columns: int, *, seats: int, seated: bool = True) -> Laid:
    """A corridor of two stops, convoys of so many seats that leave one by one, and travellers, seated or not."""
    from cases.enums import Role
    from cases.models import DataKey
    from tests.cast import hire

    by, other = hire("dmytro", Role.DISPATCHER), hire("daria", Role.DISPATCHER)
    corridor, convoys = _planned(columns, seats, by)
    DataKey.fresh().save()
    statements = (FILL + SEATED if seated else FILL).split(";\n")
    _fill(statements, households=travellers // HOUSEHOLD, convoys=convoys, columns=columns, last=1)
    return Laid(by, other, corridor, convoys)


def _planned(columns: int, seats: int, by: Any) -> tuple[Any, list[int]]:
    from django.utils import timezone

    from cases.domain import evacuation
    from cases.enums import VehicleKind
    from cases.models import Place

    stops = [evacuation.StopFacts(Place.objects.get(kind="settlement", name_en=name)) for name in ("Sudzha", "Sumy")]
    corridor = evacuation.plan_corridor(name="Way", stops=stops, authority="the mission", by=by)
    evacuation.open_corridor(corridor, by=by)
    convoys = []
    for number in range(columns):
        begins = timezone.now() + timedelta(hours=3 + 5 * number)
        ends = begins + timedelta(hours=4)
        slot = evacuation.add_window(
            corridor, direction="ukraine", begins=begins, ends=ends, agreed_with="the mission", by=by
        )
        convoy = evacuation.plan_convoy(slot, number=1, departs_at=begins, by=by)
        facts = evacuation.VehicleFacts(VehicleKind("bus"), 0, 1, seats=seats)
        evacuation.add_vehicle(convoy, facts=facts, key=f"vehicle {number}", by=by)
        convoys.append(convoy.pk)
    return corridor, convoys


def _fill(statements: list[str], **numbers: Any) -> None:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in LAID:
            owner.execute(f"ALTER TABLE cases_{table} DISABLE TRIGGER USER")
        for statement in statements:
            owner.execute(statement.format(**numbers))
        for table in LAID:
            owner.execute(f"ALTER TABLE cases_{table} ENABLE TRIGGER USER")
        owner.execute("VACUUM ANALYZE")
