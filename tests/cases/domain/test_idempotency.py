"""Creates from outside happen once under one key."""

from dataclasses import replace

import pytest

from calls import entered
from cases.domain import intake
from cases.errors import Invalid, KeyReused
from cases.models import Call, Case, Idempotency, Message
from together import together


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused(cast):
    intake.record(entered("C01"), key="k", by=cast.operator)
    with pytest.raises(KeyReused):
        intake.record(entered("C03"), key="k", by=cast.operator)
    assert Call.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_of_another_client_is_another_key(cast):
    intake.record(entered("C01"), key="k", by=cast.olena)
    intake.record(entered("C01"), key="k", by=cast.oleh)
    assert Call.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 81, "a\0b"])
def test_a_key_that_is_none_is_refused(cast, key):
    with pytest.raises(Invalid):
        intake.record(entered("C01"), key=key, by=cast.operator)
    assert Call.objects.count() == 0


@pytest.mark.django_db
def test_the_body_is_kept_only_as_a_keyed_hash(cast):
    intake.record(entered("C01"), key="k", by=cast.operator)
    assert len(bytes(Idempotency.objects.get().body)) == 32


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one(cast):
    facts = entered("C01")
    calls = together(8, lambda _: intake.record(facts, key="k", by=cast.operator))
    assert len({call.pk for call in calls}) == 1
    assert (Call.objects.count(), Case.objects.count(), Message.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_without_one_key_there_would_be_eight(cast):
    """Negative control: the same submission, each time under a key of its own."""
    facts = entered("C01")
    together(8, lambda number: intake.record(facts, key=f"k{number}", by=cast.operator))
    assert Case.objects.count() == 8


@pytest.mark.django_db
def test_a_refused_intake_frees_its_key(cast):
    facts = entered("C01")
    with pytest.raises(Invalid):
        intake.record(replace(facts, dispositions=()), key="k", by=cast.operator)
    assert intake.record(facts, key="k", by=cast.operator).cases.count() == 1
