"""The page on which drivers are vetted: in which order they stand, what it never says, what its forms do."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.enums import Role
from cases.models import Disclosure, Offer, User
from cast import hire
from factories import a_place
from ways_out import a_family, a_way, planners, vetted

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, BOARD = reverse("evacuation-drivers"), reverse("evacuation")
STATEMENTS = 6  # three of them: who waits, who is vetted, whose vetting is over


@pytest.fixture
def both(cast):
    return planners()


@pytest.fixture
def signed_in(client):
    def sign_in(who):
        client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
        return client

    return sign_in


@pytest.fixture
def planner(both, signed_in):
    return signed_in(both.dmytro)


def offered(**more):
    return Offer.objects.create(case=a_family().case, kind="vehicle", seats=4, **more)


def typed(**more):
    until = timezone.localdate() + timedelta(days=9)
    facts = {"document_seen": "on", "plate": "AA 1", "until": until.isoformat(), "referees": "x", "other_referee": "y"}
    return facts | more


def lists(answer):
    return [[offer.pk for offer, _form in answer.context[name]] for name in ("waiting", "vetted", "over")]


def test_who_waits_longest_stands_first_then_who_is_vetted_then_who_lapsed_or_was_withdrawn(both, planner):
    late, early = offered(), offered(created_at=timezone.now() - timedelta(days=3))
    long, short = (vetted(both.daria, days=days, case=a_family().case) for days in (9, -1))
    gone = offered(withdrawn_why="conduct")
    Offer.objects.create(case=a_family().case, kind="room")
    page = planner.get(PAGE)
    assert lists(page) == [[early.pk, late.pk], [long.pk], [short.pk, gone.pk]]
    said = page.content.decode()
    assert "lapsed" in said and "Something was said against them" in said and "vetted by Daria" in said
    assert "X 111 XX" not in said


def test_it_costs_the_same_for_one_and_for_three(both, planner, django_assert_num_queries):
    for _ in range(3):
        offered()
        vetted(both.daria, case=a_family().case)
        offered(withdrawn_why="car")
        with django_assert_num_queries(STATEMENTS):
            assert planner.get(PAGE).status_code == 200


@pytest.mark.parametrize("who", ["olena", "protection", "field_team", "auditor"])
def test_it_is_for_dispatchers_and_coordinators(cast, signed_in, who):
    offer, client = offered(), signed_in(getattr(cast, who))
    assert client.get(PAGE).status_code == 403
    assert client.post(reverse("evacuation-driver-vet", args=[offer.pk]), typed()).status_code == 403
    assert client.post(reverse("evacuation-driver-withdraw", args=[offer.pk]), {"reason": "car"}).status_code == 403
    assert Offer.objects.get().vetted_at is None


def test_a_coordinator_vets_and_withdraws(cast, signed_in):
    offer, client = offered(), signed_in(cast.taras)
    assert client.post(reverse("evacuation-driver-vet", args=[offer.pk]), typed()).status_code == 302
    row = Offer.objects.get()
    assert timezone.localtime(row.vetted_until).date() == timezone.localdate() + timedelta(days=9)
    assert lists(client.get(PAGE)) == [[], [offer.pk], []]
    client.post(reverse("evacuation-driver-withdraw", args=[offer.pk]), {"reason": ""})
    assert Offer.objects.get().vetted_at is not None
    client.post(reverse("evacuation-driver-withdraw", args=[offer.pk]), {"reason": "car"})
    assert lists(client.get(PAGE)) == [[], [], [offer.pk]]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"document_seen": ""}, "document_seen"),
        ({"plate": ""}, "plate"),
        ({"other_referee": "X"}, "referees"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "soon"}, "until"),
    ],
)
def test_what_is_lacking_is_said_beside_its_field_and_what_was_typed_stays(planner, more, field):
    offer, other = offered(), offered()
    page = planner.post(reverse("evacuation-driver-vet", args=[offer.pk]), typed(**more))
    forms = {row.pk: form for row, form in page.context["waiting"]}
    assert (page.status_code, list(forms[offer.pk].errors), forms[other.pk].is_bound) == (422, [field], False)
    assert 'value="y"' in page.content.decode() or field == "referees"
    assert Offer.objects.get(pk=offer.pk).vetted_at is None


def test_the_last_day_that_may_be_chosen_is_taken(planner):
    offer = offered()
    latest = planner.get(PAGE).context["waiting"][0][1].fields["until"].widget.attrs["max"]
    assert planner.post(reverse("evacuation-driver-vet", args=[offer.pk]), typed(until=latest)).status_code == 302


def test_what_lies_in_another_area_is_neither_shown_nor_vetted(cast, signed_in):
    offer = offered()
    client = signed_in(hire("nazar", Role.DISPATCHER, area=a_place("Sumy").parent))
    assert lists(client.get(PAGE)) == [[], [], []]
    assert client.post(reverse("evacuation-driver-vet", args=[offer.pk]), typed()).status_code == 404


def test_the_board_says_how_many_wait_and_the_convoy_page_leads_there(both, planner):
    convoy = a_way(both.dmytro, hours=36)
    assert PAGE in planner.get(BOARD).content.decode()
    offered()
    offered(withdrawn_why="car")
    assert "1 driver waits to be vetted" in planner.get(BOARD).content.decode()
    address = reverse("evacuation-convoy", args=[convoy.pk])
    assert PAGE in planner.get(address).content.decode()
    vetted(both.daria)
    assert PAGE not in planner.get(address).content.decode()


def test_the_plate_is_shown_in_one_answer_and_that_is_on_record(both, planner, signed_in, cast):
    row = offered()
    planner.post(reverse("evacuation-driver-vet", args=[row.pk]), typed(plate="AX 4711 BK"))
    assert "AX 4711 BK" not in planner.get(PAGE).content.decode()
    before = Disclosure.objects.count()

    page = planner.post(reverse("evacuation-driver-open", args=[row.pk]))

    assert "AX 4711 BK" in page.content.decode() and page["Cache-Control"] == "no-store"
    assert Disclosure.objects.count() == before + 1
    assert "AX 4711 BK" not in planner.get(PAGE).content.decode()
    assert signed_in(cast.olena).post(reverse("evacuation-driver-open", args=[row.pk])).status_code == 403
    assert Disclosure.objects.count() == before + 1
