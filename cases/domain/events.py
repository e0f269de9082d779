"""What happened, in one append-only table: recorded by verbs, numbered and chained by one sealer.

A line is inserted in its verb's transaction without a number. The sealer numbers committed lines under an advisory
lock, so readers by `seq` never miss one that committed late. Each sealed head is also written to a file outside the
database, so that a cut-off end shows.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from cases import policy
from cases.models import Case, Event

SEALER_LOCK = 4_821_093_7
BATCH = 2_000
GENESIS = bytes(32)
FEW = 50
INSERT_MANY = """
INSERT INTO cases_event (at, verb, actor, subject, subject_uid, case_id, data)
SELECT %s, %s, %s, * FROM unnest(%s::text[], %s::uuid[], %s::bigint[], %s::jsonb[])
"""


def record(subject: Model, verb: str = "", *, case: Case | int | None = None, **data: Any) -> None:
    """Write one line of the running verb. `data` holds codes, counts and field names, never personal data."""
    record_many([(subject, case, data)], verb)


def record_many(lines: Iterable[tuple[Any, Case | int | None, dict[str, Any]]], verb: str = "") -> None:
    """Write several lines (subject, case, data) of the running verb in one statement.

    Past a few rows the columns go to the server as arrays: thousands of objects cost more than their rows.
    """
    run = policy.current()
    assert run is not None, "events are recorded by verbs"
    wanted = [
        (subject._meta.model_name, getattr(subject, "uid", None), case.pk if isinstance(case, Case) else case, data)
        for subject, case, data in lines
    ]
    if len(wanted) > FEW:
        rows = [(subject, uid, case, json.dumps(data)) for subject, uid, case, data in wanted]
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT_MANY, [timezone.now(), verb or run.verb, run.by.code, *map(list, zip(*rows, strict=True))]
            )
        return
    Event.objects.bulk_create(
        Event(verb=verb or run.verb, actor=run.by.code, subject=subject, subject_uid=uid, case_id=case, data=data)
        for subject, uid, case, data in wanted
    )


def canonical(event: Event) -> bytes:
    """The bytes a line's hash covers: everything but its hash."""
    return json.dumps(
        [
            event.seq,
            event.pk,
            event.at.isoformat(),
            event.verb,
            event.actor,
            event.subject,
            str(event.subject_uid),
            event.case_id,
            event.data,
        ],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def chained(before: bytes, event: Event) -> bytes:
    return hashlib.sha256(before + canonical(event)).digest()


def seal() -> int:
    """Number and chain the committed lines that have no number yet; returns how many. One sealer at a time."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        fresh = list(Event.objects.filter(seq__isnull=True).order_by("pk")[:BATCH])
        if not fresh:
            return 0
        last = Event.objects.filter(seq__isnull=False).order_by("-seq").only("seq", "hash").first()
        seq, before = (last.seq or 0, bytes(last.hash or b"")) if last else (0, GENESIS)
        for event in fresh:
            seq += 1
            event.seq = seq
            before = event.hash = chained(before, event)
        cursor.executemany(
            "UPDATE cases_event SET seq = %s, hash = %s WHERE id = %s AND seq IS NULL",
            [(event.seq, event.hash, event.pk) for event in fresh],
        )
    # After the commit: a head whose rows were rolled back would cry wolf; the next head covers a lost one.
    write_head(seq, before)
    return len(fresh)


def heads_file() -> Path:
    return Path(settings.HOTLINE_DATA_DIR) / "audit-heads.jsonl"


def write_head(seq: int, digest: bytes) -> None:
    """Append the head to the file outside the database and push it to the disk."""
    path = heads_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"seq": seq, "hash": digest.hex()}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def heads() -> Iterator[tuple[int, str]]:
    if heads_file().exists():
        for line in heads_file().read_text().splitlines():
            if line.strip():
                head = json.loads(line)
                yield head["seq"], head["hash"]


@dataclass(frozen=True, slots=True)
class Audit:
    """What `verify` found: how many sealed lines hold, how many wait for the sealer, and the first broken line."""

    lines: int
    unsealed: int
    broken_at: int | None = None
    what: str = ""


def verify() -> Audit:
    """Walk the chain; names the first line that was changed, deleted, reordered or cut off at the end."""
    unsealed = Event.objects.filter(seq__isnull=True).count()
    expected, before = 1, GENESIS
    known_heads = dict(heads())
    for event in Event.objects.filter(seq__isnull=False).order_by("seq").iterator(chunk_size=2_000):
        if event.seq != expected:
            return Audit(expected - 1, unsealed, expected, "missing")
        before = chained(before, event)
        if before != bytes(event.hash or b""):
            return Audit(expected - 1, unsealed, expected, "changed")
        if known_heads.get(expected, before.hex()) != before.hex():
            return Audit(expected - 1, unsealed, expected, "rewritten")
        expected += 1
    if max(known_heads, default=0) >= expected:
        return Audit(expected - 1, unsealed, expected, "cut off")
    return Audit(expected - 1, unsealed)
