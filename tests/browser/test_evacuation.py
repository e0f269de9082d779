"""The planner's board on a screen and on a telephone; a corridor stopped in two clicks and going on by two people."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browser.hands import ready, sign_in
from cases.domain import evacuation
from cases.models import Corridor, EvacuationRequest, Offer, Seat, User
from cast import Cast
from on_the_ground import a_day, freely, place_of
from ways_out import Planners, a_column, a_corridor, a_family, a_slot, a_vehicle, a_way, on, people_of, planners, vetted

pytestmark = pytest.mark.django_db(transaction=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def busy() -> Planners:
    """A convoy that lost a vehicle, another with room, and people who wait in both directions."""
    both = planners()
    window = a_slot(both.dmytro, a_corridor(both.dmytro, stops=("Sudzha", "Guyevo", "Sumy")))
    first = a_column(both.dmytro, window, seats=4, animals=2, luggage=10)
    extra = a_vehicle(both.dmytro, first, kind="adapted", seats=2, wheelchairs=1)
    for bands in (("18-59", "18-59"), ("18-59", "5-11"), ("70+", "60-69")):
        evacuation.hold(a_family(*bands, priority="P3"), by=both.dmytro)
    evacuation.drop_out(extra, by=both.dmytro)
    a_column(both.dmytro, window, number=2, minutes=90, seats=12)
    a_family("18-59", direction="russia", priority="P2", place="Korenevo")
    a_family(direction="")
    vetted(both.daria, case=EvacuationRequest.objects.earliest("pk").case)
    for why in ("", "", "conduct"):
        Offer.objects.create(case=a_family().case, kind="vehicle", seats=4, withdrawn_why=why)
    return both


@pytest.mark.parametrize(
    ("width", "height", "scheme", "language"),
    [(1366, 768, "light", "en"), (1366, 768, "dark", "ru"), (390, 844, "light", "uk"), (390, 844, "dark", "en")],
)
def test_the_planners_pages_read_well(cast: Cast, open_page, picture, no_barriers, width, height, scheme, language):
    busy()
    User.objects.filter(username="dmytro").update(language=language)
    page = open_page(width, height, scheme)
    sign_in(page, "dmytro")
    for name in (
        "evacuation/",
        "evacuation/convoy/1/",
        "evacuation/corridor/1/",
        "evacuation/corridor/",
        "evacuation/drivers/",
    ):
        page.goto(f"/{name}")
        expect(page.locator("h1")).to_be_visible()
        assert fits(page), name
        no_barriers(page)
        picture(page, f"{name.strip('/').replace('/', '-')}-{language}-{width}-{scheme}")


def test_a_driver_is_vetted_on_a_phone(cast: Cast, open_page, picture, no_barriers):
    offer = Offer.objects.create(case=a_family().case, kind="vehicle", seats=4)
    page = open_page(390, 844)
    sign_in(page, "taras")
    page.goto("/evacuation/")
    page.get_by_role("link", name="1 driver waits to be vetted").click()
    page.get_by_text("Vet…").click()
    page.get_by_label("Number plate").fill("AA 1234")
    page.get_by_label("Last day").fill(f"{timezone.localdate() + timedelta(days=9):%Y-%m-%d}")
    page.get_by_label("Who vouches for them").fill("one")
    page.get_by_label("Somebody else who does").fill("other")
    page.get_by_role("button", name="Vetted").click()
    expect(page.get_by_text("Look at the document yourself")).to_be_visible()
    assert fits(page)
    no_barriers(page)
    picture(page, "drivers-form-390")
    page.get_by_label("I saw the driver's document myself").check()
    page.get_by_role("button", name="Vetted").click()
    expect(page.get_by_role("heading", name="Vetted · 1")).to_be_visible()
    offer.refresh_from_db()
    assert offer.vetted_at is not None


def test_a_corridor_stops_in_two_clicks_and_goes_on_by_two_people(cast: Cast, open_page, picture):
    busy()
    page = open_page()
    sign_in(page, "dmytro")
    page.goto("/evacuation/")
    page.get_by_text("Suspend…").click()
    page.get_by_role("button", name="Suspend now").click()
    expect(page.get_by_text("is suspended. Its places are kept")).to_be_visible()
    assert set(Seat.objects.values_list("status", flat=True)) == {"parked"}
    picture(page, "evacuation-suspended")
    page.get_by_role("button", name="Propose to go on").click()
    expect(page.get_by_text("You proposed that it goes on.")).to_be_visible()

    other = open_page()
    sign_in(other, "daria")
    other.goto("/evacuation/")
    other.get_by_role("button", name="Agree: it goes on").click()
    expect(other.get_by_text("The corridor goes on.")).to_be_visible()
    assert Corridor.objects.get().status == "open"
    assert set(Seat.objects.values_list("status", flat=True)) == {"held"}


def test_places_are_held_at_the_desk_and_confirmed_in_the_room(cast: Cast, open_page, picture, no_barriers):
    a_way(planners().dmytro, seats=10)
    page = open_page()
    sign_in(page, "olena")
    page.goto("/desk/")
    ready(page)
    page.fill("#id_number", "+7 915 555 01 01")
    page.fill("#id_settlement", "Суджа")
    page.fill("#id_people", "ж 40")
    page.locator("label", has=page.locator("#way_ukraine")).click()
    page.locator("label", has=page.locator("#id_hold")).click()
    page.locator("#id_disposition").select_option("case_opened")
    picture(page, "desk-hold")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Places are held until")).to_be_visible()
    wish = EvacuationRequest.objects.get()
    assert wish.status == "held"

    room = open_page()
    sign_in(room, "taras")
    room.goto(f"/admin/cases/case/{wish.case_id}/change/")
    room.get_by_role("button", name="Facts are checked").click()
    room.get_by_text("Somebody decided…").click()
    asked = room.locator("form[action$='/decide/']")
    for said in ("Of their own free will", "The direction is their own choice", "They were told"):
        asked.get_by_label(said).check()
    asked.get_by_label("Could they speak freely?").select_option("yes")
    picture(room, "case-decides")
    asked.get_by_role("button", name="Put on record").click()
    expect(room.get_by_text("1 of 1 have decided to go.")).to_be_visible()
    room.get_by_role("button", name="Confirm places").click()
    expect(room.get_by_text("The places are confirmed.")).to_be_visible()
    no_barriers(room)
    picture(room, "case-confirmed")
    wish.refresh_from_db()
    assert wish.status == "confirmed"


def test_a_party_is_moved_by_hand_and_by_keys_with_the_rules_in_sight(cast: Cast, open_page, picture, no_barriers):
    both = planners()
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    first = a_column(both.dmytro, window, seats=4)
    pair, single = a_family("18-59", "18-59"), a_family("18-59")
    for request in (pair, single):
        evacuation.hold(request, by=both.dmytro)
    small = a_column(both.dmytro, window, number=2, minutes=60, seats=1)
    large = a_column(both.dmytro, window, number=3, minutes=90, seats=4)
    page = open_page()
    sign_in(page, "dmytro")
    page.goto(f"/evacuation/convoy/{first.pk}/")

    page.get_by_role("link", name=f"Move {single.case.spoken}").press("Enter")
    expect(page.get_by_role("button", name="Move here Convoy 2")).to_be_focused()
    no_barriers(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("has places on convoy 2 now")).to_be_visible()

    row = page.get_by_role("row").filter(has_text=pair.case.spoken)
    row.hover()
    page.mouse.down()
    page.mouse.move(600, 300, steps=4)
    target = page.locator("form.drop").filter(has_text="Convoy 3")
    expect(target).to_be_visible()
    expect(page.get_by_text("1 convoy cannot take them")).to_be_visible()
    target.hover()
    target.hover()
    picture(page, "evacuation-dragging")
    page.mouse.up()
    expect(page.get_by_text("has places on convoy 3 now")).to_be_visible()
    assert (on(single), on(pair)) == ({small.pk}, {large.pk})


def test_a_plan_is_shown_as_a_difference_and_applied_in_one_step(cast: Cast, open_page, picture, no_barriers):
    both = planners()
    a_way(both.dmytro, seats=4)
    families = [a_family("18-59", "18-59"), a_family("18-59", "5-11", priority="P3"), a_family("70+", "70+")]
    page = open_page()
    sign_in(page, "dmytro")
    page.goto("/evacuation/")
    page.get_by_text("Propose a plan").click()
    expect(page.get_by_text("+2 households, 0 moved, 1 not seated")).to_be_visible()
    no_barriers(page)
    assert fits(page)
    picture(page, "evacuation-plan")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="The plan is applied")).to_be_visible()
    no_barriers(page)
    picture(page, "evacuation-plan-applied")
    assert Seat.objects.filter(status="held").count() == 4
    assert {wish.status for wish in EvacuationRequest.objects.filter(pk__in=[wish.pk for wish in families])} == {
        "held",
        "verified",
    }


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "dark"), (1366, 768, "light")])
def test_a_form_for_two_people_opens_as_part_of_the_page_on_a_phone(
    cast: Cast, open_page, picture, no_barriers, width, height, scheme
):
    waits, family = a_family("18-59", "70+"), a_family("18-59", "70+")
    evacuation.propose_interests(waits, person=people_of(waits)[1], goes=True, reason="asleep", by=cast.taras)
    page = open_page(width, height, scheme)
    sign_in(page, "oksana")
    page.goto("/admin/cases/case/")
    expect(page.get_by_role("heading", name="Waiting for a second person")).to_be_visible()
    assert fits(page)
    no_barriers(page)
    picture(page, f"second-{width}")
    page.goto(f"/admin/cases/case/{waits.case_id}/change/")
    picture(page, f"second-waits-{width}")
    page.goto(f"/admin/cases/case/{family.case_id}/change/")
    page.get_by_text("They cannot decide themselves…").click()
    form, button = page.locator("details[open] > form"), page.get_by_role("button", name="Propose it")
    if width < 760:
        assert form.evaluate("form => [getComputedStyle(form).position, form.scrollHeight - form.clientHeight]") == [
            "static",
            0,
        ]
        after = page.get_by_text("Free places and times are the dispatcher's to see.").bounding_box()
        found = button.bounding_box()
        assert after and found and after["y"] > found["y"] + found["height"]  # what stands below has made room
    else:
        assert form.evaluate("form => getComputedStyle(form).position") == "absolute"
    button.scroll_into_view_if_needed()
    assert fits(page)
    no_barriers(page)
    picture(page, f"second-propose-{width}")


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "light"), (1366, 768, "dark")])
def test_a_mistaken_report_is_taken_back_on_the_page_of_the_day(
    cast: Cast, open_page, picture, no_barriers, width, height, scheme
):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    day.send(phone, *[day.line("boarded", place_of(family, nth), data=freely()) for nth in (0, 1)])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))
    page = open_page(width, height, scheme)
    sign_in(page, "dmytro")
    page.goto(f"/evacuation/convoy/{day.convoy.pk}/day/")
    picture(page, f"road-{width}")
    page.get_by_label("What happened, if you know it").fill("stands at the bridge")
    page.get_by_label("What happened, if you know it").press("Tab")
    page.locator("form", has=page.get_by_label("What the convoy did")).get_by_role("button").click()
    expect(page.get_by_text("Whoever is aboard answers a roll-call, and households are told.")).to_be_visible()
    assert day.status() == "halted"
    page.get_by_text("It was a mistake…").click()
    page.get_by_label("Why it is taken back").fill("another convoy")
    assert fits(page)
    no_barriers(page)
    picture(page, f"road-mistake-{width}")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back, on record.")).to_be_visible()
    assert day.status() == "departed"
    no_barriers(page)
    picture(page, f"road-taken-back-{width}")
