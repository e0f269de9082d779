"""One family's whole way in browsers: the call, places, the frozen list, a phone without network, "we are safe"."""

import pytest
from playwright.sync_api import Page, expect

from browser.hands import ready, sign_in
from browser.test_field import all_sent, board, card, find, part, unlock
from cases.domain import evacuation
from cases.models import Convoy, EvacuationRequest, Seat
from cast import Cast, hire
from ways_out import a_column, a_corridor, a_family, a_slot, a_way, on, planners, seats

pytestmark = pytest.mark.django_db(transaction=True)


def call(page: Page) -> EvacuationRequest:
    """Somebody calls for herself and wants to leave; her place is held while she waits."""
    sign_in(page, "olena")
    page.goto("/desk/")
    ready(page)
    page.fill("#id_number", "+7 915 555 01 01")
    page.fill("#id_settlement", "Суджа")
    page.fill("#id_people", "ж 40")
    page.locator("label", has=page.locator("#way_ukraine")).click()
    page.locator("label", has=page.locator("#id_hold")).click()
    page.locator("#id_disposition").select_option("case_opened")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Places are held until")).to_be_visible()
    return EvacuationRequest.objects.get()


def confirm(room: Page, wish: EvacuationRequest) -> None:
    sign_in(room, "taras")
    room.goto(f"/admin/cases/case/{wish.case_id}/change/")
    room.get_by_role("button", name="Facts are checked").click()
    room.get_by_text("Somebody decided…").click()
    asked = room.locator("form[action$='/decide/']")
    for said in ("Of their own free will", "The direction is their own choice", "They were told"):
        asked.get_by_label(said).check()
    asked.get_by_label("Could they speak freely?").select_option("yes")
    asked.get_by_role("button", name="Put on record").click()
    room.get_by_role("button", name="Confirm places").click()
    expect(room.get_by_text("The places are confirmed.")).to_be_visible()


def freeze(page: Page, convoy: Convoy) -> None:
    sign_in(page, "dmytro")
    page.goto(f"/evacuation/convoy/{convoy.pk}/")
    page.get_by_role("button", name="The authority has cleared it").click()
    page.get_by_role("link", name="The day itself").click()
    page.get_by_label("Who", exact=True).select_option(label="Roman")
    page.get_by_label("Does what").select_option("boarding")
    page.get_by_role("button", name="Onto the crew").click()
    expect(page.get_by_text("They see the list of this convoy now.")).to_be_visible()
    page.get_by_role("button", name="Freeze the list").click()
    expect(page.get_by_text("List 1 is frozen.")).to_be_visible()


def take(phone: Page, convoy: Convoy) -> str:
    sign_in(phone, "roman")
    phone.goto(f"/field/{convoy.uid}/")
    phone.get_by_role("button", name="Take the list", exact=True).click()
    written = phone.get_by_role("button", name="I have written it down")
    expect(written).to_be_visible()
    code = phone.locator("[data-put=code]").inner_text()
    written.click()
    expect(phone.locator("html[data-kept=yes]")).to_be_attached()
    return code


def test_from_a_call_to_we_are_safe(cast: Cast, open_page, picture, no_barriers):
    convoy = a_way(planners().dmytro, seats=10)
    hire("roman", "field")
    wish = call(open_page())
    room = open_page()
    confirm(room, wish)
    plan = open_page()
    freeze(plan, convoy)
    no_barriers(plan)
    picture(plan, "day-frozen")

    phone = open_page(390, 844)
    code = take(phone, convoy)
    phone.context.set_offline(True)
    phone.reload()
    unlock(phone, code)
    find(phone, wish.case.spoken)
    board(card(phone))
    part(phone, "leave")
    phone.fill("#heads", "1")
    phone.get_by_role("button", name="We leave", exact=True).click()
    assert seats(wish) == ["confirmed"]
    phone.context.set_offline(False)
    all_sent(phone)
    assert seats(wish) == ["boarded"]

    part(phone, "road")
    phone.get_by_role("button", name="Came to the destination").click()
    phone.get_by_role("button", name="Press again: we came").click()
    find(phone, wish.case.spoken)
    card(phone).get_by_role("button", name="Arrived", exact=True).click()
    all_sent(phone)
    wish.refresh_from_db()
    assert wish.status == "arrived"
    plan.reload()
    plan.get_by_role("button", name="Close the convoy").click()
    expect(plan.get_by_text("Closed: everybody who boarded is accounted for.")).to_be_visible()
    picture(plan, "day-closed")

    desk = open_page()
    sign_in(desk, "svitlana")
    desk.goto(f"/admin/cases/case/{wish.case_id}/change/")
    desk.get_by_text("“We are safe”…").click()
    picture(desk, "case-safe")
    desk.locator("details[open] form").get_by_role("button", name="Put on record").click()
    expect(desk.get_by_text("It is on record. They are safe when")).to_be_visible()
    wish.refresh_from_db()
    assert wish.status == "safe"


def test_a_stopped_corridor_and_another_place_for_its_people(cast: Cast, open_page, picture, no_barriers):
    both = planners()
    corridor = a_corridor(both.dmytro)
    stopped = a_column(both.dmytro, a_slot(both.dmytro, corridor))
    family = a_family()
    evacuation.hold(family, by=both.dmytro)
    other = a_way(both.dmytro, hours=50)
    page = open_page()
    sign_in(page, "dmytro")
    page.goto(f"/evacuation/corridor/{corridor.pk}/")
    page.get_by_text("Suspend…").click()
    page.get_by_role("button", name="Suspend now").click()
    expect(page.get_by_text("is suspended. Its places are kept")).to_be_visible()
    assert seats(family) == ["parked", "parked"]

    page.goto(f"/evacuation/corridor/{corridor.pk}/")
    no_barriers(page)
    picture(page, "corridor-parked")
    page.locator("main").get_by_role("button", name="Hold there").click()
    expect(page.get_by_text("has places on convoy")).to_be_visible()

    assert on(family) == {other.pk}
    assert set(Seat.objects.filter(convoy=stopped).values_list("status", flat=True)) == {"released"}
