"""Who may be calling: contacts found by their blind index. It only matches; `merging` moves."""

from cases.domain import keys
from cases.models import Caller, ContactPoint, Reach
from cases.privacy import addresses, blind


def contact_of(said: str, channel: str) -> ContactPoint:
    """The contact point of an address as said, found under any live index key, or made. Raises Invalid."""
    kind, address = addresses.normalise(said, channel)
    found = find_contact(kind, address)
    if found is not None:
        return found
    (key,) = keys.fresh()
    made = ContactPoint(
        data_key=key,
        kind=kind,
        address=address,
        index_key=blind.active_key(),
        digest=blind.digest(kind, address),
        country=addresses.country(address) if kind == "phone" else "",
    )
    ContactPoint.objects.bulk_create([made], ignore_conflicts=True)
    found = find_contact(kind, address)
    assert found is not None
    return found


def find_contact(kind: str, address: str) -> ContactPoint | None:
    return ContactPoint.objects.at(kind, address).select_related("data_key").first()


def caller_on(contact: ContactPoint, household_id: int) -> Caller | None:
    """The caller already known on this contact for this household."""
    reach = Reach.objects.filter(contact=contact, caller__ties__household=household_id).select_related(
        "caller__data_key"
    )
    found = reach.first()
    return found.caller if found else None
