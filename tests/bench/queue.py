"""The coordinators' queue at a thousand cases and at a million, of which 20,000 are open: the same page, as fast.

BENCH_CASES and BENCH_OPEN make it other numbers. The page is asked for through Django's own client, rendering and
all, by a coordinator of everywhere, one of a hundred who own half of the open cases; each statement is explained, and
one that reads closed cases in bulk is said.
"""

import os
import time
from collections import Counter
from statistics import median, quantiles
from typing import Any

from tests.bench.database import own_database

FEW = 1_000
MANY = int(os.environ.get("BENCH_CASES", "1000000"))
OPEN = int(os.environ.get("BENCH_OPEN", "20000"))
ROUNDS = 40
ADDRESSES = ("", "?view=open", "?view=p1", "?view=late", "?view=silent", "?view=open&need=WATER&class=P2", "places/")
TABLES = "datakey household person case clock assignment need call callcase score".split()
STAFF = 100
OWNERS = "(SELECT array_agg(id ORDER BY id) FROM cases_user)"
PLACE = "(SELECT array_agg(id ORDER BY id) FROM cases_place WHERE kind = 'settlement')"
# Row n of each table belongs to case n. The first `open` of them are open: half of them owned, a tenth waiting.
STATUS = """CASE WHEN n > {open} THEN 'closed' WHEN n % 20 = 1 THEN 'waiting_access'
    WHEN n % 20 = 3 THEN 'waiting_stock' WHEN n % 2 = 1 THEN 'in_progress' ELSE 'triaged' END"""
PRIORITY = "'P' || CASE WHEN n % 50 = 0 THEN 1 WHEN n % 7 = 0 THEN 2 WHEN n % 3 = 0 THEN 3 ELSE 4 END"
HEARD = "now() - n % 40 * interval '1 hour'"
ROW = "uid, version, created_at"
FRESH = "gen_random_uuid(), 0, now()"
FILL = f"""
INSERT INTO cases_household (id, {ROW}, kind, settlement_id, headcount_low, headcount_high, in_cellar,
    cannot_reach_point, protected, data_key_id)
  SELECT n, {FRESH}, 'family', ({PLACE})[1 + n % 90], 2, 2, false, false, n % 100 = 0, 1
    FROM generate_series({{first}}, {{last}}) n;
INSERT INTO cases_person (id, {ROW}, household_id, sex, age_band, mobility, fit_to_travel, presence, on_site,
    data_key_id)
  SELECT n, {FRESH}, n / 2, 'f', '18-59', 'walks', 'unknown', 'with_household', true, 1
    FROM generate_series({{first}} * 2, {{last}} * 2 + 1) n;
INSERT INTO cases_case (id, {ROW}, ref, household_id, status, priority, points, red_key, overridden, unassigned_why,
    close_reason, opened_at, closed_at)
  SELECT n, {FRESH}, lpad(n::text, 8, '0'), n, {STATUS}, {PRIORITY}, n % 977, false, false, '{{{{}}}}',
    CASE WHEN n > {{open}} THEN 'helped' ELSE '' END, {HEARD} - interval '1 day', NULL
    FROM generate_series({{first}}, {{last}}) n;
INSERT INTO cases_clock (id, {ROW}, case_id, kind, state, started_at, due_at)
  SELECT n, {FRESH}, n, CASE WHEN n % 5 = 0 THEN 'promise' ELSE 'recontact' END,
    CASE WHEN n > {{open}} THEN 'met' WHEN n % 30 = 0 THEN 'fired' ELSE 'running' END, now() - interval '9 hours',
    CASE WHEN n % 30 = 0 THEN now() - interval '1 hour' ELSE now() + n % 48 * interval '1 hour' END
    FROM generate_series({{first}}, {{last}}) n;
INSERT INTO cases_assignment (id, {ROW}, case_id, owner_id, by, because, ended_at, ended_because)
  SELECT n, {FRESH}, n, ({OWNERS})[1 + n / 2 % {STAFF}], 'system:bench', '{{{{}}}}',
    CASE WHEN n > {{open}} THEN now() END, '' FROM generate_series({{first}}, {{last}}) n WHERE n % 2 = 1;
INSERT INTO cases_need (id, {ROW}, case_id, type, observed_at, lasts_until, status, data_key_id)
  SELECT n, {FRESH}, n, CASE WHEN n % 3 = 0 THEN 'WATER' ELSE 'FOOD' END, now(), now() + n % 5 * interval '1 day',
    CASE WHEN n > {{open}} THEN 'met' ELSE 'open' END, 1 FROM generate_series({{first}}, {{last}}) n;
INSERT INTO cases_call (id, {ROW}, channel, language, status, identity, anonymous, heard_at, direction, abuse_warnings,
    heavy, data_key_id)
  SELECT n, {FRESH}, 'phone', 'ru', 'completed', 'unknown', false,
    CASE WHEN n > {{open}} THEN now() - interval '90 days' ELSE {HEARD} END, 'in', 0, false, 1
    FROM generate_series({{first}}, {{last}}) n;
INSERT INTO cases_callcase (id, {ROW}, call_id, case_id, proposes)
  SELECT n, {FRESH}, n, n, false FROM generate_series({{first}}, {{last}}) n;
INSERT INTO cases_score (id, {ROW}, case_id, rules_id, facts, priority, points, reasons, data_key_id)
  SELECT n, {FRESH}, n, (SELECT min(id) FROM cases_triagerules), '\\x00', {PRIORITY}, 1, '[]', 1
    FROM generate_series({{first}}, {{last}}) n;
"""


def fill(first: int, last: int) -> None:
    """Cases `first` to `last`, set-based, as the owner, without the triggers that each real verb runs through."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"ALTER TABLE cases_{table} DISABLE TRIGGER USER")
        for statement in FILL.format(first=first, last=last, open=OPEN).split(";\n"):
            if statement.strip():
                owner.execute(statement)
        for table in TABLES:
            owner.execute(f"ALTER TABLE cases_{table} ENABLE TRIGGER USER")
        owner.execute("VACUUM ANALYZE")


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def measured(door: Any) -> dict[str, list[float]]:
    """Milliseconds of each page, rendering and all, after two to warm up."""
    found: dict[str, list[float]] = {}
    for address in ADDRESSES:
        times = []
        for number in range(ROUNDS + 2):
            begun = time.perf_counter()
            answer = door.get(f"/admin/cases/case/{address}")
            times.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, number
        found[address] = times[2:]
    return found


class Plans:
    """An execute wrapper that counts statements and, of each that reads cases, what it read to find its rows."""

    def __init__(self) -> None:
        self.count, self.scanned, self.slowest = 0, Counter[str](), (0.0, "")

    def __call__(self, execute: Any, query: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        if query.startswith(("SELECT", "(SELECT")) and "cases_case" in query:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
                plan = cursor.fetchone()[0][0]
            self._read(plan["Plan"])
            self.slowest = max(self.slowest, (plan["Execution Time"] + plan["Planning Time"], query))
        return execute(query, params, many, context)

    def _read(self, node: dict[str, Any]) -> None:
        large = node.get("Relation Name", "").removeprefix("cases_") in TABLES
        if node["Node Type"] == "Seq Scan" and large:
            self.scanned[node["Relation Name"]] += 1
        for part in node.get("Plans", []):
            self._read(part)


def main() -> None:
    """Fill, measure, fill up, measure again."""
    with own_database():
        _main()


def _main() -> None:
    from django.db import connection
    from django.test import Client

    from cases.models import DataKey, User
    from tests.cast import hire

    somebody = hire("taras", "coordinator", on_duty=True)
    for number in range(1, STAFF):
        hire(f"c{number:02}", "coordinator", on_duty=True)
    DataKey.fresh().save()
    door = Client()
    door.force_login(User.objects.get(pk=somebody.user_id), backend="cases.web.auth.SignInBackend")
    fill(1, FEW)
    few = measured(door)
    begun = time.perf_counter()
    fill(FEW + 1, MANY)
    print(f"{MANY:,} cases, {OPEN:,} open, laid down in {time.perf_counter() - begun:.0f} s")
    many = measured(door)
    for address in ADDRESSES:
        plans = Plans()
        with connection.execute_wrapper(plans):
            door.get(f"/admin/cases/case/{address}")
        read = ", ".join(f"reads all of {table}" for table in plans.scanned) or "reads no table whole"
        before, after = few[address], many[address]
        slowest = f"the slowest {plans.slowest[0]:.0f} ms"
        print(f"{address or '(first page)':30} {plans.count:3} statements, {slowest}, {read}")
        print(f"  {FEW:>9,} cases   p50 {median(before):7.1f} ms, p95 {p95(before):7.1f} ms")
        ratio = p95(after) / p95(before)
        print(f"  {MANY:>9,} cases   p50 {median(after):7.1f} ms, p95 {p95(after):7.1f} ms   p95 ratio {ratio:.2f}")
