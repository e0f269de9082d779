"""Erasure: a subject's keys and index tokens are destroyed, and what they sealed opens for nobody, ever.

The list of erased keys is also written outside the database, so that a restored backup can be made to forget again.
Rewrapping every key and retiring a ring key makes an erasure hold in old backups too.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases.actors import Actor, System
from cases.disclosure import reveal
from cases.domain import consents, events, standing
from cases.domain.verbs import verb
from cases.enums import Why
from cases.errors import CaseStillOpen
from cases.models import (
    Call,
    CallCase,
    Caller,
    Case,
    ContactPoint,
    DataKey,
    Draft,
    EvacuationRequest,
    Household,
    IndexToken,
    Offer,
    Person,
    Reach,
    Release,
    Tie,
)
from cases.privacy import blind, rings


@verb("erasure.erase")
def erase(household: Household, *, by: Actor) -> int:
    """Erase what is known of a household, its people and its callers; returns how many keys were destroyed.

    Operational facts (settlement, sizes, statuses) stay: they name nobody. A caller or contact that another
    household also has is kept; its consents end, and what was referred to partners with them. Locks the household,
    then its cases. Raises CaseStillOpen: who still waits for help would be found by nobody.
    """
    household = standing.lock_household(household.pk)
    merged = list(Household.objects.locked().filter(merged_into=household))  # what was merged into it is of it
    circle = [household, *merged]
    if any(case.is_open for case in Case.objects.locked().filter(household__in=circle)):
        raise CaseStillOpen
    for one in circle:
        consents.withdraw_step(one, one.consents.live())
    doomed = {one.data_key_id for one in circle}
    doomed |= set(Person.objects.filter(household__in=circle).values_list("data_key", flat=True))
    doomed |= set(EvacuationRequest.objects.filter(case__household__in=circle).values_list("data_key", flat=True))
    doomed |= set(Release.objects.filter(minor__household__in=circle).values_list("data_key", flat=True))
    vetted = Offer.objects.filter(case__household__in=circle, data_key__isnull=False)
    doomed |= set(vetted.values_list("data_key", flat=True))
    callers = set(Tie.objects.filter(household__in=circle).values_list("caller", flat=True))
    callers |= set(Call.objects.filter(links__case__household__in=circle).values_list("caller", flat=True))
    others = Tie.objects.filter(caller__in=callers).exclude(household__in=circle)
    callers -= set(others.values_list("caller", flat=True))
    doomed |= set(Caller.objects.filter(pk__in=callers).values_list("data_key", flat=True))
    calls_about = Call.objects.filter(links__case__household__in=circle)
    elsewhere = CallCase.objects.filter(call__in=calls_about).exclude(case__household__in=circle).values("call")
    own = set(calls_about.exclude(pk__in=elsewhere).values_list("data_key", flat=True))
    doomed |= own - set(Caller.objects.filter(data_key__in=own).values_list("data_key", flat=True))
    pages = Draft.objects.filter(Q(call__in=calls_about) | Q(case__household__in=circle))
    doomed |= set(pages.values_list("data_key", flat=True))
    contacts = set(Reach.objects.filter(caller__in=callers).values_list("contact", flat=True))
    contacts -= set(
        Reach.objects.filter(contact__in=contacts).exclude(caller__in=callers).values_list("contact", flat=True)
    )
    doomed |= set(ContactPoint.objects.filter(pk__in=contacts).values_list("data_key", flat=True))
    count = destroy(doomed)
    _forget_contacts(contacts)
    events.record(household, keys=count)
    return count


def destroy(keys: Iterable[int], *, listed: bool = False) -> int:
    """Destroy data keys and the tokens that find their subjects; put on the list outside the database after commit."""
    living = DataKey.objects.filter(pk__in=list(keys), destroyed_at__isnull=True)
    uids = [str(uid) for uid in living.values_list("uid", flat=True)]
    IndexToken.objects.filter(data_key__in=living).delete()
    count = living.update(wrapped=None, destroyed_at=timezone.now())
    if not listed:
        transaction.on_commit(lambda: _list(uids))
    return count


def _forget_contacts(contacts: Iterable[int]) -> None:
    """The digest of an erased number would still find it: a random one takes its place."""
    for contact in ContactPoint.objects.filter(pk__in=list(contacts)):
        contact.digest = os.urandom(32)
        contact.index_key = "erased"
        contact.save(update_fields=["digest", "index_key"])


def list_file() -> Path:
    return Path(settings.HOTLINE_DATA_DIR) / "erased-keys.jsonl"


def _list(uids: list[str]) -> None:
    path = list_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, "".join(json.dumps({"key": uid}) + "\n" for uid in uids).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replay() -> int:
    """After a restore: destroy again every key on the list that the backup brought back; returns how many."""
    if not list_file().exists():
        return 0
    uids = [json.loads(line)["key"] for line in list_file().read_text().splitlines() if line.strip()]
    with transaction.atomic(durable=True):
        back = list(DataKey.objects.filter(uid__in=uids, destroyed_at__isnull=True).values_list("pk", flat=True))
        _forget_contacts(ContactPoint.objects.filter(data_key__in=back).values_list("pk", flat=True))
        return destroy(back, listed=True)


# --- rotation, online --------------------------------------------------------------------------------------------


def rewrap(batch: int = 500) -> Iterator[int]:
    """Wrap every living data key by the ring's writing key, a batch a transaction; yields how many so far."""
    done = 0
    active = rings.data_ring().active
    while True:
        with transaction.atomic(durable=True):
            stale = (
                DataKey.objects.filter(destroyed_at__isnull=True)
                .exclude(ring_key=active)
                .select_for_update(no_key=True, skip_locked=True)
                .order_by("pk")[:batch]
            )
            keys = list(stale)
            for key in keys:
                key.rewrap()
            DataKey.objects.bulk_update(keys, ["ring_key", "wrapped"])
        if not keys:
            return
        done += len(keys)
        yield done


def reindex_contacts(batch: int = 500) -> Iterator[int]:
    """Bring every contact's digest under the writing index key, a batch a transaction; yields how many so far."""
    done, active = 0, blind.active_key()
    while True:
        with transaction.atomic(durable=True):
            stale = list(
                ContactPoint.objects.exclude(index_key__in=[active, "erased"])
                .select_related("data_key")
                .select_for_update(no_key=True, skip_locked=True, of=("self",))
                .order_by("pk")[:batch]
            )
            reveal(stale, by=System("rotation"), why=Why.MAINTENANCE)
            for contact in stale:
                contact.index_key, contact.digest = active, blind.digest(contact.kind, str(contact.address))
                contact.save(update_fields=["index_key", "digest"])
        if not stale:
            return
        done += len(stale)
        yield done
