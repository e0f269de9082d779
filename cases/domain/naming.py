"""Names found again: the keyed digests of what people are called, written beside the sealed names and never instead.

Digests are of the writing index key, kept at the data key of their subject: erasing the subject takes them along.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from cases import policy
from cases.actors import System
from cases.disclosure import reveal
from cases.domain import jobs
from cases.enums import JobLane, Why
from cases.models import Caller, IndexToken, Job, Person
from cases.privacy import blind, names
from cases.queries.namesakes import CALLED, NAME

PARTS: Final = ("surname", "given_name", "patronymic", "latin_name")
ALIAS: Final = ("alias",)
MACHINE: Final = System("naming")
BATCH: Final = 100  # of a job: it holds a worker for well under a second
SOON: Final = timedelta(seconds=0.2)


def said_of(row: Person | Caller) -> str:
    """What a row is called, of the parts that are open; sealed ones say nothing and raise nothing."""
    parts = PARTS if isinstance(row, Person) else ALIAS
    return " ".join(part for name in parts if isinstance(part := row.__dict__.get(name), str))


def index_step(named: Iterable[tuple[int, str]], *, kind: str = NAME) -> None:
    """Index subjects that were just made (data key, what it is called), in one statement; none when all are nameless.

    A name that is there already is left as it is.
    """
    IndexToken.objects.bulk_create(sorted(_rows(named, kind), key=_order), ignore_conflicts=True)


def again_step(named: Mapping[int, str], *, kind: str = NAME) -> None:
    """Bring the digests of subjects (data key → what it is called now) to their names of today; "" takes them away.

    One statement when nothing changed; digests under another index key, or made in another way, are replaced too.
    """
    if not named:
        return
    standing = {row.data_key_id: row for row in IndexToken.objects.filter(kind=kind, data_key__in=list(named))}
    wanted = {row.data_key_id: row for row in _rows(named.items(), kind)}
    gone = [row.pk for key, row in standing.items() if key not in wanted]
    if gone:
        IndexToken.objects.filter(pk__in=gone).delete()
    changed = [row for key, row in wanted.items() if key not in standing or not _equal(row, standing[key])]
    if changed:
        IndexToken.objects.bulk_create(
            sorted(changed, key=_order),
            update_conflicts=True,
            unique_fields=["data_key", "kind"],
            update_fields=["index_key", "scheme", "digests"],
        )


def named_again_step(people: Collection[Person]) -> None:
    """Step: bring the digests of persons to the names they have now, opened for it by the machine."""
    rows = Person.objects.select_related("data_key").filter(pk__in=[person.pk for person in people])
    living = [row for row in rows if row.data_key.destroyed_at is None]
    reveal(living, by=MACHINE, why=Why.MAINTENANCE, fields=PARTS)
    again_step({row.data_key_id: said_of(row) for row in living})


def _equal(one: IndexToken, other: IndexToken) -> bool:
    return (one.index_key, one.scheme, one.digests) == (other.index_key, other.scheme, other.digests)


def _order(row: IndexToken) -> int:
    """Written in a fixed order, so that two who write the same do not wait for each other in a circle."""
    return row.data_key_id


def _rows(named: Iterable[tuple[int, str]], kind: str) -> Iterator[IndexToken]:
    """The rows of those who have a name; digests are sorted, so that their order says nothing."""
    key, scheme = blind.active_key(), names.scheme()
    for data_key, said in named:
        if said:
            # A name by which nothing can be found ("?") has a row without digests: it was looked at.
            digests = sorted({blind.short(NAME, token, key) for token in names.index_tokens(said)})
            yield IndexToken(data_key_id=data_key, kind=kind, index_key=key, scheme=scheme, digests=digests)


# --- online: another index key, another way of making tokens, a table of given names that somebody extended ----------


def stale(model: type[Person] | type[Caller]) -> Any:
    """The living subjects of a model that have a name and no digests as they would be made now."""
    fields = PARTS if model is Person else ALIAS
    named = Q()
    for name in fields:
        named |= Q(**{f"{name}__isnull": False})
    made = IndexToken.objects.filter(data_key=OuterRef("data_key"), kind=NAME if model is Person else CALLED)
    fresh = made.filter(index_key=blind.active_key(), scheme=names.scheme())
    rows = model._default_manager.filter(named, ~Exists(fresh), data_key__destroyed_at__isnull=True)
    if model is Person:  # one that its own call took back is found by nothing; a merge's duplicate keeps its spelling
        return rows.exclude(merged_into__household=F("household"))
    return rows


SUBJECTS: Final[dict[str, type[Person] | type[Caller]]] = {NAME: Person, CALLED: Caller}


def reindex(batch: int = 500) -> Iterator[int]:
    """Bring every stale subject's digests up to date, a batch a transaction; yields how many so far."""
    done = 0
    for kind in SUBJECTS:
        after: int | None = 0
        while after is not None:
            with transaction.atomic(durable=True):
                after, some = batch_step(kind, after, batch)
            done += some
            if some:
                yield done
    with transaction.atomic(durable=True):
        _drop_left_over()


def batch_step(kind: str, after: int, limit: int) -> tuple[int | None, int]:
    """Step: index again so many stale subjects behind a key; (the key to go on from, None at the end; how many)."""
    model = SUBJECTS[kind]
    some = stale(model).filter(pk__gt=after).select_related("data_key").order_by("pk")
    rows = list(some.select_for_update(no_key=True, of=("self",))[:limit])
    if not rows:
        return None, 0
    reveal(rows, by=MACHINE, why=Why.MAINTENANCE, fields=PARTS if model is Person else ALIAS)
    again_step({row.data_key_id: said_of(row) for row in rows}, kind=kind)
    return rows[-1].pk, len(rows)


def enqueue_step() -> None:
    """Ask for what is stale to be indexed again while the line is open, in the caller's transaction."""
    for kind in SUBJECTS:
        jobs.enqueue("reindex", f"reindex:{kind}", subject=0, lane=JobLane.BULK)


@jobs.inside("reindex", verb="naming.reindex")
def indexed_again(job: Job) -> timedelta | None:
    """A batch; the job comes again, from where it stood, until the end."""
    policy.require()
    after, _some = batch_step(job.key.partition(":")[2], job.subject or 0, BATCH)
    if after is None:
        return None
    Job.objects.filter(pk=job.pk).update(subject=after)
    return SOON


def _drop_left_over() -> None:
    """Digests under an index key that is written no more, of whom has no name now."""
    IndexToken.objects.exclude(index_key=blind.active_key()).filter(
        ~Exists(Person.objects.filter(data_key=OuterRef("data_key"))),
        ~Exists(Caller.objects.filter(data_key=OuterRef("data_key"))),
    ).delete()
