"""The planner's board and its pages: who opens them, what they say, what refused input leaves standing."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.domain import evacuation
from cases.models import Convoy, Corridor, Household, Person, Post, User, Vehicle, Window
from cases.queries.evacuation import must_move
from ways_out import a_column, a_corridor, a_family, a_slot, a_vehicle, a_way, agreed, fresh, on, planners

pytestmark = pytest.mark.django_db(transaction=True)

HERE = ZoneInfo("Europe/Moscow")  # of Sudzha, where people stand
BOARD = reverse("evacuation")
# With the session, the reader and their posts, presence and alarms of the bar.
BOARD_STATEMENTS = 16  # three of them: what waits for a second person, decisions, corridors and windows; drivers
CONVOY_STATEMENTS = 12  # one of them: the vetted offers that may be chosen for a private car
CHOICES_STATEMENTS = 18


@pytest.fixture
def both(cast):
    return planners()


def sign_in(client, who):
    client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
    return client


def typed(moment: datetime) -> str:
    """A time as the browser sends it, in the zone of the place."""
    return f"{moment.astimezone(HERE):%Y-%m-%dT%H:%M}"


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# --- who may look ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["olena", "field_team", "auditor", "outsider"])
def test_routes_and_free_places_are_for_dispatch(cast, both, client, who):
    convoy = a_way(both.dmytro)
    person = getattr(cast, who)
    if who == "outsider":
        Post.objects.filter(user=person.user_id).update(role="operator")
    sign_in(client, person)
    for address in (BOARD, reverse("evacuation-convoy", args=[convoy.pk])):
        assert client.get(address).status_code == 403


def test_a_coordinator_stops_a_corridor_and_plans_nothing(cast, both, client):
    corridor = a_corridor(both.dmytro)
    sign_in(client, cast.taras)
    page = client.get(BOARD).content.decode()
    assert "Suspend now" in page and "Plan a corridor" not in page
    assert client.get(reverse("evacuation-corridor-new")).status_code == 403
    assert client.post(reverse("evacuation-corridor-step", args=[corridor.pk, "close"])).status_code == 403
    client.post(reverse("evacuation-corridor-suspend", args=[corridor.pk]), {"reason": "unsafe"})
    corridor.refresh_from_db()
    assert (corridor.status, corridor.suspended_why) == ("suspended", "unsafe")


# --- the board -------------------------------------------------------------------------------------------------------


def test_the_board_costs_the_same_with_one_convoy_and_with_three(both, client, django_assert_num_queries):
    sign_in(client, both.dmytro)
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.hold(a_family(), by=both.dmytro)
    for number in (1, 2, 3):
        a_column(both.dmytro, window, number=number, minutes=10 * number)
        a_family(direction="russia")
        if number == 2:
            continue
        client.get(BOARD)
        with django_assert_num_queries(BOARD_STATEMENTS):
            client.get(BOARD)


def test_who_has_to_be_fetched_is_given_a_place_by_hand_from_the_page_of_the_case(both, client):
    convoy, wish = a_way(both.dmytro, seats=10), a_family("70+", "18-59")
    Household.objects.filter(pk=wish.case.household_id).update(cannot_reach_point=True)
    sign_in(client, both.dmytro)
    here = reverse("evacuation-place", args=[wish.pk])
    assert here in client.get(reverse("admin:cases_case_change", args=[wish.case_id])).content.decode()
    page = client.get(here)
    assert [one.convoy for one in page.context["choices"].room] == [convoy.pk]
    client.post(reverse("evacuation-move", args=[wish.pk]), {"to": convoy.pk})
    assert on(wish) == {convoy.pk}


def test_households_that_are_alike_are_counted_each(both, client):
    now = timezone.now()
    for _ in range(2):
        a_family("18-59", waiting_since=now)
    sign_in(client, both.dmytro)
    ukraine, _russia = client.get(BOARD).context["board"].lanes
    assert [(waits.people, waits.households) for waits in ukraine.waiting] == [(2, 2)]


def test_the_board_says_how_many_have_to_be_fetched(both, client):
    stay = a_family("70+", "18-59")
    a_family("18-59")
    Household.objects.filter(pk=stay.case.household_id).update(cannot_reach_point=True)
    sign_in(client, both.dmytro)
    page = client.get(BOARD)
    ukraine, russia = page.context["board"].lanes
    assert [(waits.people, waits.fetched) for waits in ukraine.waiting] == [(3, 2)]
    assert (ukraine.to_fetch, russia.to_fetch) == (2, 0)
    assert page.content.decode().count("from two people on") == 1


def test_the_board_says_how_full_each_convoy_is_and_who_waits(both, client):
    convoy = a_way(both.dmytro, seats=10, luggage=4)
    evacuation.hold(a_family("18-59", "18-59", "5-11"), by=both.dmytro)
    a_family("18-59", direction="russia", priority="P2")
    a_family(direction="")
    sign_in(client, both.dmytro)
    board = client.get(BOARD).context["board"]
    ukraine, russia = board.lanes
    (line,) = ukraine.days[0].windows[0].convoys
    assert (line.convoy.pk, line.people, line.households) == (convoy.pk, 3, 1)
    assert [(fill.kind, fill.taken, fill.places, fill.held) for fill in line.fills] == [
        ("seats", 3, 10, 3),
        ("luggage", 0, 4, 0),
    ]
    assert [(waits.settlement.name_en, waits.classes, waits.people) for waits in russia.waiting] == [
        ("Sudzha", [0, 1, 0, 0], 1)
    ]
    assert ukraine.waiting == [] and board.undecided == 1


def test_cases_stand_on_their_convoy_by_reference_and_not_on_the_board(both, client):
    convoy = a_way(both.dmytro)
    request = a_family()
    evacuation.hold(request, by=both.dmytro)
    sign_in(client, both.dmytro)
    page = client.get(reverse("evacuation-convoy", args=[convoy.pk])).content.decode()
    assert request.case.spoken in page
    assert request.case.spoken not in client.get(BOARD).content.decode()


def test_the_map_shows_each_corridor_through_the_stops_whose_position_is_known(both, client):
    a_corridor(both.dmytro, stops=("Sudzha", "Guyevo", "Sumy"))
    sign_in(client, both.dmytro)
    (way,) = client.get(BOARD).context["board"].ways
    assert [halt.place.name_en for halt in way.halts] == ["Sudzha", "Sumy"] and way.unknown == 1
    points = [tuple(map(float, point.split(","))) for point in way.line.split()]
    assert points == [(halt.x, halt.y) for halt in way.halts]
    west, east = points[-1][0], points[0][0]
    assert west < east  # Sumy lies west of Sudzha


# --- planning --------------------------------------------------------------------------------------------------------


def test_a_corridor_is_planned_with_its_stops_in_any_spelling(both, client):
    sign_in(client, both.dmytro)
    sent = {"name": "North", "authority": "the mission", "place_1": "Суджа", "landmark_1": "school", "place_2": "Суми"}
    page = client.post(reverse("evacuation-corridor-new"), sent | {"shelter_1": "on"}, follow=True)
    corridor = Corridor.objects.get()
    assert page.redirect_chain[-1][0] == reverse("evacuation-corridor", args=[corridor.pk])
    stops = corridor.stops.order_by("seq").values_list("place__name_en", "landmark", "has_shelter")
    assert list(stops) == [("Sudzha", "school", True), ("Sumy", "", False)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place_2": "Nowheregrad"}, "place_2"),
        ({"place_2": ""}, None),
        ({"name": ""}, "name"),
        ({"place_3": "", "landmark_3": "by the river"}, "place_3"),
    ],
)
def test_what_a_planner_mistyped_stays_with_the_reason_beside_it(both, client, change, field):
    sign_in(client, both.dmytro)
    sent = {"name": "North", "place_1": "Sudzha", "place_2": "Sumy", "landmark_1": "the old school"} | change
    page = client.post(reverse("evacuation-corridor-new"), sent)
    assert page.status_code == 422 and not Corridor.objects.exists()
    form = page.context["form"]
    assert form.errors.get(field or "__all__")
    assert "the old school" in page.content.decode()


def test_a_window_is_typed_in_the_time_of_the_place(both, client, settings):
    corridor = a_corridor(both.dmytro)
    sign_in(client, both.dmytro)
    begins = (timezone.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    sent = {"direction": "ukraine", "begins": typed(begins), "ends": typed(begins + timedelta(hours=3))}
    page = client.post(
        reverse("evacuation-corridor", args=[corridor.pk]), sent | {"agreed_with": "the mission"}, follow=True
    )
    assert page.status_code == 200
    assert Window.objects.get().slot.lower == begins


def test_a_window_in_the_past_is_refused_and_nothing_typed_is_lost(both, client):
    corridor = a_corridor(both.dmytro)
    sign_in(client, both.dmytro)
    past = timezone.now() - timedelta(days=1)
    sent = {"direction": "ukraine", "begins": typed(past), "ends": typed(past + timedelta(hours=3))}
    page = client.post(reverse("evacuation-corridor", args=[corridor.pk]), sent | {"agreed_with": "the council"})
    assert page.status_code == 422 and not Window.objects.exists()
    assert page.context["form"].errors["begins"] == ["This time has passed. Choose a window in the future."]
    assert "the council" in page.content.decode()


def test_a_convoy_outside_its_window_is_refused_beside_its_field(both, client):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    sign_in(client, both.dmytro)
    late = window.slot.upper + timedelta(hours=1)
    address = reverse("evacuation-convoy-new", args=[window.pk])
    page = client.post(address, {"number": 1, "departs_at": typed(late)})
    assert page.status_code == 422 and not Convoy.objects.exists()
    ((_line, form),) = page.context["windows"]
    assert form.errors["departs_at"] == ["A convoy departs within its window. Change the time."]


def test_a_vehicle_sent_twice_is_one(both, client):
    convoy = a_column(both.dmytro, a_slot(both.dmytro, a_corridor(both.dmytro)))
    sign_in(client, both.dmytro)
    address = reverse("evacuation-convoy", args=[convoy.pk])
    sent = {"key": "k1", "kind": "van", "from_seq": 0, "to_seq": 1, "seats": 7}
    sent |= dict.fromkeys(("wheelchairs", "stretchers", "animals", "luggage"), 0)
    for _ in range(2):
        assert client.post(address, sent).status_code == 302
    assert Vehicle.objects.filter(convoy=convoy, kind="van").count() == 1


# --- on the day ------------------------------------------------------------------------------------------------------


def test_going_on_needs_a_second_person(both, client):
    corridor = a_corridor(both.dmytro)
    evacuation.suspend(corridor, reason="unsafe", by=both.dmytro)
    step = lambda name: client.post(  # noqa: E731
        reverse("evacuation-corridor-step", args=[corridor.pk, name]), follow=True, HTTP_REFERER=BOARD
    )
    sign_in(client, both.dmytro)
    step("propose")
    assert "Somebody else has to agree" in client.get(BOARD).content.decode()
    assert said(step("resume")) == ["Two different people are needed. Ask a colleague to agree."]
    sign_in(client, both.daria)
    step("resume")
    corridor.refresh_from_db()
    assert corridor.status == "open"


def test_a_vehicle_that_does_not_go_says_who_must_move_and_where(both, client):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    first = a_column(both.dmytro, window, seats=3)
    extra = a_vehicle(both.dmytro, first, kind="van", seats=2)
    large, small = a_family("18-59", "18-59", "18-59"), a_family()
    for request in (large, small):
        evacuation.hold(request, by=both.dmytro)
    second = a_column(both.dmytro, window, number=2, minutes=60, seats=2)
    sign_in(client, both.dmytro)
    page = client.post(reverse("evacuation-vehicle-out", args=[extra.pk]), follow=True)
    must = {tuple(one.refs): [name.split(",")[0] for name in one.where] for one in page.context["must_move"]}
    assert must == {(large.case.spoken,): [], (small.case.spoken,): ["Convoy 2"]}
    assert on(large) | on(small) == {first.pk}

    client.post(reverse("evacuation-move", args=[small.pk]), {"to": second.pk})
    assert on(small) == {second.pk}
    assert client.get(reverse("evacuation-convoy", args=[first.pk])).context["must_move"] == []


def test_a_move_that_breaks_a_rule_is_refused_in_words(both, client):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    first = a_column(both.dmytro, window, seats=3)
    request = a_family("18-59", "18-59", "18-59")
    evacuation.hold(request, by=both.dmytro)
    small = a_column(both.dmytro, window, number=2, minutes=60, seats=2)
    sign_in(client, both.dmytro)
    here = reverse("evacuation-convoy", args=[first.pk])
    move = reverse("evacuation-move", args=[request.pk])
    for to, sentence in ((small.pk, "has no room for all of them"), ("x", "Choose the convoy they move to.")):
        page = client.post(move, {"to": to}, follow=True, HTTP_REFERER=here)
        assert sentence in said(page)[0]
    assert on(request) == {first.pk}


def test_where_a_party_can_move_is_told_before_anybody_presses(both, client):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    first = a_column(both.dmytro, window, seats=3)
    pair = a_family("18-59", "18-59")
    evacuation.hold(pair, by=both.dmytro)
    small = a_column(both.dmytro, window, number=2, minutes=60, seats=1)
    large = a_column(both.dmytro, window, number=3, minutes=90, seats=4)
    sign_in(client, both.dmytro)
    shown = client.get(reverse("evacuation-choices", args=[pair.pk])).context["choices"]
    assert (shown.people, shown.refs, shown.never) == (2, [pair.case.spoken], "")
    assert [(one.convoy, one.at) for one in shown.room] == [(large.pk, ["Sudzha"])]
    assert [(one.convoy, one.why) for one in shown.rest] == [(small.pk, "too few: 1 × seats")]

    evacuation.hold(a_family("18-59", "18-59", "18-59"), by=both.dmytro)  # which takes three of the four
    late = client.get(reverse("evacuation-choices", args=[pair.pk])).context["choices"]
    assert [(one.convoy, one.why) for one in late.rest] == [
        (small.pk, "too few: 1 × seats"),
        (large.pk, "too few: 1 × seats"),
    ]
    page = client.get(reverse("evacuation-convoy", args=[first.pk]), {"move": pair.pk}).content.decode()
    assert "No other convoy can take all of them now." in page and "2 convoys cannot take them" in page


def test_who_travels_with_a_medic_is_offered_a_convoy_with_an_ambulance(both, client):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    a_column(both.dmytro, window, seats=3)
    one = a_family("70+")
    evacuation.hold(one, by=both.dmytro)
    plain = a_column(both.dmytro, window, number=2, minutes=60, seats=3)
    manned = a_column(both.dmytro, window, number=3, minutes=90, seats=3)
    a_vehicle(both.dmytro, manned, kind="ambulance", seats=1)
    Person.objects.filter(pk__in=one.travellers.values("person")).update(fit_to_travel="with_medic")
    sign_in(client, both.dmytro)
    shown = client.get(reverse("evacuation-choices", args=[one.pk])).context["choices"]
    assert [choice.convoy for choice in shown.room] == [manned.pk]
    assert [(choice.convoy, choice.why) for choice in shown.rest] == [
        (plain.pk, "no ambulance, and one of them travels with a medic only")
    ]


def test_where_to_move_costs_the_same_with_two_convoys_and_with_five(both, client, django_assert_num_queries):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    a_column(both.dmytro, window, seats=3)
    request = a_family()
    evacuation.hold(request, by=both.dmytro)
    sign_in(client, both.dmytro)
    address = reverse("evacuation-choices", args=[request.pk])
    client.get(address)
    for number in range(2, 6):
        a_column(both.dmytro, window, number=number, minutes=20 * number, seats=3)
        with django_assert_num_queries(CHOICES_STATEMENTS):
            client.get(address)


def test_who_is_parked_on_a_convoy_with_too_few_places_is_counted_once(both, client):
    corridor = a_corridor(both.dmytro)
    convoy = a_column(both.dmytro, a_slot(both.dmytro, corridor), seats=3)
    extra = a_vehicle(both.dmytro, convoy, kind="van", seats=2)
    evacuation.hold(a_family("18-59", "18-59", "18-59", "18-59"), by=both.dmytro)
    evacuation.suspend(corridor, reason="unsafe", by=both.dmytro)
    evacuation.drop_out(extra, by=both.dmytro)
    assert [one.people for one in must_move(convoy, by=both.dmytro)] == [4]


def test_a_convoy_costs_the_same_with_one_party_and_with_three(both, client, django_assert_num_queries):
    convoy = a_way(both.dmytro)
    sign_in(client, both.dmytro)
    address = reverse("evacuation-convoy", args=[convoy.pk])
    for number in (1, 2, 3):
        evacuation.hold(a_family(), by=both.dmytro)
        if number == 2:
            continue
        client.get(address)
        with django_assert_num_queries(CONVOY_STATEMENTS):
            client.get(address)


# --- a case's way out ------------------------------------------------------------------------------------------------


def test_the_page_of_a_case_takes_a_request_from_the_check_to_confirmed_places(cast, both, client):
    convoy = a_way(both.dmytro)
    request = a_family("18-59", "5-11", checked=False)
    sign_in(client, cast.taras)
    press = lambda name, **sent: client.post(  # noqa: E731
        reverse(f"admin:cases_case_{name}", args=[request.case_id]), {"wish": request.pk} | sent, follow=True
    )
    press("hold")
    assert fresh(request).status == "held" and on(request) == {convoy.pk}
    assert said(press("confirm_places")) == [
        "The facts of this request were not checked. Check them before you confirm."
    ]
    press("verify")
    adult, child = (row.person for row in request.travellers.order_by("pk"))
    yes = {"goes": "1", "could_speak_freely": "yes", "voluntary": "1", "own_direction": "1", "informed": "1"}
    press("decide", person=adult.pk, decided_by="self", **yes)
    page = press("decide", person=child.pk, decided_by="guardian", **yes)
    assert "2 of 2 have decided to go." in page.content.decode()
    press("confirm_places")
    assert fresh(request).status == "confirmed"
    press("release_places")
    assert on(request) == set()


def test_nobody_decides_for_another_adult(cast, both, client):
    request = a_family()
    agreed(request, cast.taras)
    person = request.travellers.first().person
    sign_in(client, cast.taras)
    sent = {"wish": request.pk, "person": person.pk, "goes": "1", "decided_by": "guardian", "could_speak_freely": "no"}
    page = client.post(reverse("admin:cases_case_decide", args=[request.case_id]), sent, follow=True)
    assert said(page) == ["An adult decides alone. Nobody else can decide for them, their family included."]
