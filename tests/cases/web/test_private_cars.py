"""A private car takes others along on a convoy only by an offer whose driver was vetted for that day."""

import pytest
from django.urls import reverse

from cases.domain import evacuation
from cases.domain.evacuation import VehicleFacts
from cases.enums import Role, VehicleKind
from cases.models import Offer, Person, Place, Seat, User, Vehicle
from cases.queries.field import listing
from cases.queries.papers import last_list, papers
from cast import hire
from on_the_ground import a_day
from refusals import refused
from ways_out import a_family, a_way, people_of, planners, vetted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both(cast):
    return planners()


@pytest.fixture
def convoy(both):
    """It departs in a day and a half."""
    return a_way(both.dmytro, hours=36)


@pytest.fixture
def page(both, convoy, client):
    """The page of the convoy as its planner has it; with a private car sent, what came of it."""
    client.force_login(User.objects.get(pk=both.dmytro.user_id), backend="cases.web.auth.SignInBackend")
    address = reverse("evacuation-convoy", args=[convoy.pk])

    def ask(**sent):
        given = {"key": "k", "kind": "private", "from_seq": 0, "to_seq": 1, "seats": 3}
        given |= dict.fromkeys(("wheelchairs", "stretchers", "animals", "luggage"), 0)
        return client.post(address, given | sent) if sent else client.get(address)

    return ask


def offered(answer):
    return answer.context["form"].fields["offer"].choices[1:]


def errors(answer):
    return answer.status_code, {name: list(said) for name, said in answer.context["form"].errors.items()}


def test_only_vehicles_whose_driver_is_vetted_for_that_day_are_offered(both, page):
    case = a_family().case
    good, unknown = vetted(both.daria, case=case), vetted(both.daria, days=6, seats=None)
    vetted(both.daria, days=2)
    vetted(both.daria, kind="room", seats=None)
    Offer.objects.create(kind="vehicle", seats=4)

    said = [(pk, label.split(" · vetted until ")[0]) for pk, label in offered(page())]

    assert said == [(good.pk, f"{case.spoken} · 4 seats"), (unknown.pk, "without a case · seats not said")]


def test_a_planner_elsewhere_does_not_see_who_offered_it(both, convoy, client):
    vetted(both.daria, case=a_family().case)
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    user = User.objects.get(pk=hire("nazar", Role.DISPATCHER, area=sumy).user_id)
    client.force_login(user, backend="cases.web.auth.SignInBackend")
    assert offered(client.get(reverse("evacuation-convoy", args=[convoy.pk]))) == []


def test_its_places_are_on_the_convoy_with_the_offer(both, convoy, page):
    offer = vetted(both.daria)
    for _twice in range(2):
        assert page(offer=offer.pk).status_code == 302
    assert Vehicle.objects.get(kind="private").offer == offer
    assert convoy.legs.get().seats == 13


def test_without_a_vetted_offer_it_is_refused_with_what_to_do(both, convoy, page):
    vetted(both.daria)
    assert errors(page(offer="")) == (
        422,
        {
            "offer": [
                "A private car carries only its own people until its driver was vetted for the day of departure."
                " Choose an offer that was vetted, or enter no places."
            ]
        },
    )
    assert convoy.legs.get().seats == 10
    assert page(offer="", seats=0).status_code == 302


def test_an_offer_that_is_not_vetted_any_more_is_said_to_be_so(both, page):
    lapsed = vetted(both.daria, days=2)
    said = "This driver is not vetted for that day any more. Choose another offer, or enter no places."
    assert errors(page(offer=lapsed.pk)) == (422, {"offer": [said]})
    assert not Vehicle.objects.filter(kind="private").exists()


def test_more_places_than_were_offered_are_refused_beside_them(both, page):
    assert errors(page(offer=vetted(both.daria).pk, seats=5)) == (
        422,
        {"seats": ["The car was offered with fewer seats."]},
    )


def test_one_car_drives_in_one_convoy_a_day(both, convoy, page):
    car = vetted(both.daria, days=20)
    page(offer=car.pk)
    status, said = errors(page(offer=car.pk, key="again"))
    assert (status, list(said), Vehicle.objects.filter(offer=car).count()) == (422, ["offer"], 1)
    same, later = a_way(both.dmytro, hours=40), a_way(both.dmytro, hours=36 + 48)
    facts = VehicleFacts(kind=VehicleKind.PRIVATE, from_seq=0, to_seq=1, seats=3, offer=car)
    assert refused(lambda: evacuation.add_vehicle(same, facts=facts, key="same", by=both.dmytro)) == (
        "car_drives_already"
    )
    evacuation.add_vehicle(later, facts=facts, key="later", by=both.dmytro)
    gone = Vehicle.objects.get(convoy=convoy, offer=car)
    evacuation.drop_out(gone, by=both.dmytro)
    evacuation.add_vehicle(same, facts=facts, key="then", by=both.dmytro)
    assert refused(lambda: evacuation.bring_back(gone, by=both.dmytro)) == "car_drives_already"


def test_where_nobody_is_vetted_the_page_says_what_may_be_entered(page):
    said = page().content.decode()
    assert "No driver who offered a vehicle is vetted for that day." in said


# --- on the list -----------------------------------------------------------------------------------------------------


def boarding(sex, *, car=True):
    """A day of a convoy with an adult of this sex and a child on it, and a private car that takes others along."""
    family = a_family("18-59", "5-11")
    Person.objects.filter(household=family.case.household, age_band="18-59").update(sex=sex)
    day = a_day(family)
    if car:
        by = day.plan.dmytro
        facts = VehicleFacts(VehicleKind.PRIVATE, 0, 1, seats=4, offer=vetted(by))
        evacuation.add_vehicle(day.convoy, facts=facts, key="car", by=by)
    return family, day


def listed_apart(day):
    return [home["apart"] for home in listing(day.convoy, by=day.roman)["households"]]


@pytest.mark.parametrize(("sex", "car", "said"), [("f", True, True), ("m", True, False), ("f", False, False)])
def test_the_list_says_beside_them_that_they_ride_in_no_private_car(cast, sex, car, said):
    _family, day = boarding(sex, car=car)
    assert listed_apart(day) == [said]
    sheet = papers(day.convoy, last_list(day.convoy), names=False, by=day.roman)
    assert [party.apart for party in sheet.parties] == [said]


def test_a_car_that_drops_out_or_is_their_own_is_no_matter(cast):
    family, day = boarding("f")
    car = day.convoy.vehicles.get(kind="private")
    own = Vehicle.objects.create(convoy=day.convoy, kind="private", own_of=family, from_seq=0, to_seq=1, seats=2)
    assert listed_apart(day) == [False]
    evacuation.drop_out(own, by=day.plan.dmytro)
    assert listed_apart(day) == [True]
    evacuation.drop_out(car, by=day.plan.dmytro)
    assert listed_apart(day) == [False]


def test_children_whose_father_does_not_come_ride_in_none(cast):
    family, day = boarding("m")
    Seat.objects.filter(person=people_of(family)[0]).update(status="no_show")
    assert listed_apart(day) == [True]
