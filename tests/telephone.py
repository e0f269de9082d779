"""Calls as the telephone brings them, for the tests of what is done with them."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

from cases import policy
from cases.actors import Actor, System
from cases.domain import calls, identity, jobs, stream, verbs
from cases.enums import Relation, TelephonyKind
from cases.models import Call, Caller, ContactPoint, Household, Job, Reach, Tie
from cases.planning.telephony import Heard
from factories import a_household, a_key

NUMBER = "+79155550101"
EXCHANGE = System("telephony")


def an_event(
    kind: str, *, call_id: str = "c-1", caller: str = NUMBER, agent: str = "", at: datetime | None = None
) -> Heard:
    at = at or timezone.now()
    return Heard("exchange", f"{call_id} {kind} {at}", call_id, TelephonyKind(kind), at, caller, agent)


def tell(kind: str, **said: Any) -> Call:
    """The exchange tells of one event (the words of `an_event`); the call as it stands then."""
    return Call.objects.get(pk=calls.heard(an_event(kind, **said), by=EXCHANGE).pk)


def ringing(number: str = NUMBER, call_id: str = "c-1") -> Call:
    return tell("ringing", caller=number, call_id=call_id)


def hung_up(number: str = NUMBER, call_id: str = "c-1") -> Call:
    """Somebody who rang and gave up."""
    ringing(number, call_id)
    return tell("abandoned", caller=number, call_id=call_id)


def a_contact(number: str = NUMBER, channel: str = "phone") -> ContactPoint:
    return identity.contact_of(number, channel)


def a_reach(contact: ContactPoint | None = None, *, person: Any = None, **fields: Any) -> Reach:
    """A caller who may be reached on a contact, on these terms."""
    caller = Caller.objects.create(data_key=a_key(), person=person)
    return Reach.objects.create(caller=caller, contact=contact or a_contact(), **fields)


def a_tie(contact: ContactPoint | None = None, household: Household | None = None, *, word: str = "") -> Tie:
    """Somebody who called before from this contact, and belongs to a household."""
    return Tie.objects.create(
        caller=a_reach(contact).caller,
        household=household or a_household(),
        relation=Relation.SELF,
        verified_how="opened",
        code_word=calls.hash_word(word) if word else "",
    )


def in_verb(name: str, by: Actor, step: Callable[[], Any]) -> Any:
    """Run a step of the domain inside a verb, as the verbs that use it do."""

    def work() -> Any:
        policy.require()
        return step()

    return verbs.in_transaction(work, name, by)


def later(kind: str) -> int:
    """The jobs of this kind are due now, and run; how many."""
    Job.objects.filter(kind=kind, state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))
    return jobs.run(list(Job.objects.filter(kind=kind, state="waiting").values_list("key", flat=True)))


@contextmanager
def pages_hear() -> Iterator[Callable[[], list[tuple[str, str]]]]:
    """What open pages were told meanwhile: (topic, name) of each.

    On a channel of its own: the tests beside this one talk over the same Redis.
    """
    stream._quiet_until[0] = 0.0
    channel, stream.CHANNEL = stream.CHANNEL, f"{stream.CHANNEL}:{uuid.uuid4().hex}"
    try:
        yield from _heard()
    finally:
        stream.CHANNEL = channel


def _heard() -> Iterator[Callable[[], list[tuple[str, str]]]]:
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as listener:
        listener.subscribe(stream.CHANNEL)
        assert listener.get_message(timeout=5)["type"] == "subscribe"

        def told() -> list[tuple[str, str]]:
            lines = iter(lambda: listener.get_message(timeout=0.5), None)
            said = [json.loads(line["data"]) for line in lines]
            return [(line["topic"], line["name"]) for line in said]

        yield told
