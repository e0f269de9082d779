"""Rows of a case are seen where the case is: a post over one oblast sees nothing of another."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from calls import entered
from cases.actors import Posting, Staff
from cases.domain import intake, partners
from cases.enums import Role
from cases.models import (
    Call,
    Consent,
    EvacuationRequest,
    Event,
    Message,
    Need,
    Offer,
    Partner,
    Place,
    Referral,
    Template,
)
from factories import a_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast):
    """A case in Kursk oblast with every kind of row."""
    case = intake.record(entered("C01"), key="k", by=cast.olena).cases.get()
    partners.offer(case, partner=Partner.objects.get(name="Red"), fields=["needs"], by=cast.taras)
    Offer.objects.create(case=case, kind="room")
    a_message(cast, case)
    return case


def a_message(cast, case=None):
    return Message.objects.create(
        key=uuid.uuid4().hex,
        template=Template.objects.filter(audience="staff")[0],
        channel="email",
        language="en",
        user_id=cast.taras.user_id,
        case=case,
        expires_at=timezone.now() + timedelta(hours=1),
    )


@pytest.mark.parametrize("model", [Call, Consent, EvacuationRequest, Need, Offer, Message, Referral])
def test_rows_of_another_oblast_are_not_seen(cast, case, model):
    assert model.objects.visible_to(cast.taras).exists()
    assert not model.objects.visible_to(cast.outsider).exists()
    assert not model.objects.visible_to(cast.administrator).exists()


def test_what_has_no_case_is_seen_by_all_who_read_cases(cast):
    offer, message = Offer.objects.create(kind="room"), a_message(cast)
    silent = Call.objects.create(status="completed", data_key=a_key())
    for row in (offer, message, silent):
        assert type(row).objects.visible_to(cast.outsider).get() == row


def test_the_audit_of_another_oblast_is_hidden_from_a_post_over_one(cast, case):
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    near = Staff(cast.supervisor.user_id, "Svitlana", (Posting(Role.SUPERVISOR, sumy.path),))
    Event.objects.create(verb="assignment.set_duty", actor="staff:1", subject="post")
    assert {event.case_id for event in Event.objects.visible_to(cast.supervisor)} == {None, case.pk}
    assert {event.case_id for event in Event.objects.visible_to(near)} == {None}
