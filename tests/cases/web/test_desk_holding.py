"""Places held while the caller waits: the call is saved whatever comes of it, and the operator hears what to say."""

import pytest
from django.urls import reverse

from calls import C01_FORM
from cases.models import Call, Case, Seat, User
from ways_out import a_way, planners

pytestmark = pytest.mark.django_db(transaction=True)
DESK = reverse("desk")


@pytest.fixture
def olena(client, cast):
    client.force_login(User.objects.get(pk=cast.olena.user_id), backend="cases.web.auth.SignInBackend")
    return client


def saved(olena, **fields):
    """The messages after a call of a woman from Sudzha who wants to leave to Ukraine."""
    form = C01_FORM | {"key": "k1", "people": "ж 40", "hold": "on"} | fields
    form = {name: value for name, value in form.items() if name != "cannot_reach_point" and value is not None}
    answer = olena.post(DESK, form, follow=True)
    assert answer.status_code == 200 and Call.objects.count() == 1
    return [str(message) for message in answer.context["messages"]]


def test_places_are_held_and_the_operator_says_until_when(olena):
    convoy = a_way(planners().dmytro)
    first, second = saved(olena)
    assert first.startswith("Saved. Reference") and second.startswith("Places are held until ")
    seat = Seat.objects.get()
    assert (seat.convoy_id, seat.status) == (convoy.pk, "held")


def test_sent_twice_they_are_held_once(olena):
    a_way(planners().dmytro)
    saved(olena)
    saved(olena)
    assert Seat.objects.count() == 1


def test_without_room_they_wait(olena):
    a_way(planners().dmytro, wheelchairs=1)
    assert saved(olena)[1] == "They are on the waiting list. They are called when places come free."
    assert Case.objects.get().evacuations.get().status == "waiting_list" and not Seat.objects.exists()


def test_nothing_is_held_that_nobody_asked_for(olena):
    a_way(planners().dmytro)
    assert len(saved(olena, hold=None)) == 1
    assert not Seat.objects.exists()


@pytest.mark.parametrize("way", ["", "staying"])
def test_who_does_not_leave_gets_no_place(olena, way):
    a_way(planners().dmytro)
    assert saved(olena, way=way)[1] == "No places were held: nobody of this call is recorded as leaving."
    assert not Seat.objects.exists()


def test_who_has_chosen_no_direction_is_told_what_to_ask(olena):
    a_way(planners().dmytro)
    said = saved(olena, way="undecided")[1]
    assert said.startswith("No places were held. The people have not chosen a direction.")
    assert Case.objects.get().evacuations.get().direction == ""
