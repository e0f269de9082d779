"""Erasure holds; rotation runs while the line stays open."""

import base64
import json
import os

import pytest
from django.core.management import call_command
from django.db import transaction

from calls import entered
from cases import policy
from cases.actors import System
from cases.disclosure import reveal
from cases.domain import erasure, identity, intake, keys, lifecycle, partners
from cases.enums import Why
from cases.errors import CaseStillOpen, Erased, Forbidden
from cases.models import Call, Caller, Consent, ContactPoint, DataKey, Partner, Person, Release
from cases.privacy import rings
from owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(cast):
    return intake.record(entered("C01"), key="k", by=cast.olena)


def ended(call):
    """The household of a call, its case over."""
    case = call.cases.get()
    with transaction.atomic(), policy.running("escalation.fire", System("test")):
        policy.require()
        lifecycle.move(case, "cancelled")
    return case.household


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_erasure_destroys_every_key_of_the_household(call, cast, committed):
    household = ended(call)
    with committed():
        assert erasure.erase(household, by=cast.supervisor) == 6  # household, 2 people, request, caller, contact
    with pytest.raises(Erased):
        reveal(list(Person.objects.filter(household=household)), by=cast.supervisor, why=Why.AUDIT)
    with pytest.raises(Erased):
        reveal(list(Caller.objects.all()), by=cast.supervisor, why=Why.AUDIT)
    with pytest.raises(Erased):
        reveal(list(Call.objects.all()), by=cast.supervisor, why=Why.AUDIT)


def test_who_was_to_receive_a_child_is_erased_with_the_household(call, cast):
    household = ended(call)
    minor, (key,) = household.people.first(), keys.fresh()
    Release.objects.create(
        data_key=key, minor=minor, receiver="Ткач Ганна", kinship="mother", first_staff_id=cast.olena.user_id
    )
    assert erasure.erase(household, by=cast.supervisor) == 7
    with pytest.raises(Erased):
        reveal(list(Release.objects.all()), by=cast.supervisor, why=Why.AUDIT)


def test_an_erased_number_is_not_found_again(call, cast):
    erasure.erase(ended(call), by=cast.supervisor)
    assert identity.find_contact("phone", "+79155550101") is None
    again = intake.record(entered("C01"), key="again", by=cast.olena)
    assert again.contact_id != call.contact_id


def test_a_shared_number_is_kept_for_the_other_household(call, cast):
    other = intake.record(entered("C01"), key="neighbour", by=cast.olena)
    assert other.contact_id == call.contact_id
    erasure.erase(ended(call), by=cast.supervisor)
    contact = ContactPoint.objects.get(pk=other.contact_id)
    reveal([contact], by=cast.supervisor, why=Why.AUDIT)
    assert contact.address == "+79155550101"


def test_nothing_is_erased_while_a_case_is_open(call, cast):
    with pytest.raises(CaseStillOpen):
        erasure.erase(call.cases.get().household, by=cast.supervisor)
    assert not DataKey.objects.filter(destroyed_at__isnull=False).exists()


def test_erasure_ends_consents_and_what_was_referred(call, cast):
    relief = Partner.objects.get(pk=cast.red.partner_id)
    referral = partners.offer(call.cases.get(), partner=relief, fields=["names"], by=cast.taras)
    erasure.erase(ended(call), by=cast.supervisor)
    referral.refresh_from_db()
    assert referral.status == "revoked"
    assert not Consent.objects.live().exists()


def test_operators_do_not_erase(call, cast):
    with pytest.raises(Forbidden):
        erasure.erase(call.cases.get().household, by=cast.olena)
    assert not DataKey.objects.filter(destroyed_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_is_made_to_forget_again(cast):
    call = intake.record(entered("C01"), key="k", by=cast.olena)
    household = ended(call)
    backup = {key.pk: (bytes(key.wrapped), key.uid) for key in DataKey.objects.all()}
    count = erasure.erase(household, by=cast.supervisor)
    listed = [json.loads(line)["key"] for line in erasure.list_file().read_text().splitlines()]
    assert len(listed) == count
    restore(backup)
    assert DataKey.objects.filter(destroyed_at__isnull=False).count() == 0
    assert erasure.replay() == count
    assert erasure.replay() == 0
    assert len(erasure.list_file().read_text().splitlines()) == count


def restore(backup):
    with as_owner() as owner:
        owner.execute("ALTER TABLE cases_datakey DISABLE TRIGGER data_key_guard")
        for pk, (wrapped, _) in backup.items():
            owner.execute("UPDATE cases_datakey SET wrapped = %s, destroyed_at = NULL WHERE id = %s", [wrapped, pk])
        owner.execute("ALTER TABLE cases_datakey ENABLE TRIGGER data_key_guard")


def a_ring_key(name):
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@pytest.mark.django_db(transaction=True)
def test_rotation_runs_online_and_the_old_keys_may_go(cast, settings):
    old_data, old_index = settings.HOTLINE_DATA_KEYS, settings.HOTLINE_INDEX_KEYS
    first = intake.record(entered("C01"), key="1", by=cast.olena)
    new_data, new_index = a_ring_key("n1"), a_ring_key("n2")
    settings.HOTLINE_DATA_KEYS, settings.HOTLINE_INDEX_KEYS = f"{new_data},{old_data}", f"{new_index},{old_index}"
    between = intake.record(entered("C01"), key="2", by=cast.olena)
    assert between.contact_id == first.contact_id  # found under the old index key
    call_command("rotate_keys", verbosity=0)
    settings.HOTLINE_DATA_KEYS, settings.HOTLINE_INDEX_KEYS = new_data, new_index
    assert intake.record(entered("C01"), key="3", by=cast.olena).contact_id == first.contact_id
    people = list(Person.objects.all())
    assert reveal(people, by=cast.supervisor, why=Why.AUDIT) == people
    assert not DataKey.objects.exclude(ring_key="n1").exists()


def test_a_key_that_left_the_ring_too_early_is_named(call, cast, settings):
    settings.HOTLINE_DATA_KEYS = a_ring_key("other")
    with pytest.raises(rings.RetiredKey, match="put it back"):
        reveal(list(Person.objects.all()), by=cast.supervisor, why=Why.AUDIT)
