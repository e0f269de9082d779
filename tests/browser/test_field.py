"""The page of a field team on a telephone: with network, without, and with it again."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.hands import sign_in
from cases.domain import evacuation
from cases.domain import field as ground
from cases.domain.evacuation import VehicleFacts
from cases.enums import VehicleKind
from cases.models import Convoy, EvacuationRequest, FieldDevice, FieldEntry, Incident, Seat, User
from cases.queries.field import prefix_of, token_of
from cast import Cast
from factories import a_place
from on_the_ground import Day, a_day, place_of, walk_up
from rounds import run
from ways_out import a_family, people_of, seats, vetted

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = ("voluntary", "own_direction", "informed", "could_speak_freely")
# Everything this origin keeps, as one text: each store of each database with its bytes read as letters, and each page.
KEPT = """async () => {
  const said = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    ? new TextDecoder("latin1").decode(value)
    : value && typeof value === "object" ? Object.values(value).map(said).join(" ") : String(value);
  const opened = (name) => new Promise((done) => {
    const asked = indexedDB.open(name);
    asked.onsuccess = () => done(asked.result);
  });
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const base = await opened(name);
    for (const store of base.objectStoreNames) {
      const rows = base.transaction(store).objectStore(store).getAll();
      await new Promise((done) => { rows.onsuccess = done; });
      found.push(store, ...rows.result.map(said));
    }
    base.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const one of await cache.keys()) found.push(one.url, await (await cache.match(one)).text());
  }
  return found.concat(JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie).join("\\n");
}"""
ROWS = """async (store) => {
  const base = await new Promise((done) => {
    const asked = indexedDB.open("field");
    asked.onsuccess = () => done(asked.result);
  });
  const counted = base.transaction(store).objectStore(store).count();
  await new Promise((done) => { counted.onsuccess = done; });
  base.close();
  return counted.result;
}"""


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def take(page: Page, day: Day) -> str:
    """Take the list of the convoy onto the phone, until the page itself is kept too; the code that opens it."""
    sign_in(page, "roman")
    page.goto(f"/field/{day.convoy.uid}/")
    page.get_by_role("button", name="Take the list", exact=True).click()
    written = page.get_by_role("button", name="I have written it down")
    expect(written).to_be_visible()
    code = page.locator("[data-put=code]").inner_text()
    written.click()
    expect(page.locator("html[data-kept=yes]")).to_be_attached()
    return code


def unlock(page: Page, code: str) -> None:
    page.fill("#code", code)
    page.get_by_role("button", name="Open", exact=True).click()


def find(page: Page, typed: str) -> None:
    page.locator(".f-nav [data-go=people]").click()
    page.fill("#found-code", typed)
    page.get_by_role("button", name="Find").click()


def part(page: Page, name: str) -> None:
    page.locator(f".f-nav [data-go={name}]").click()


def card(page: Page, nth: int = 0) -> Locator:
    return page.locator(".f-person").nth(nth)


def board(one: Locator, **said: str) -> None:
    """Ask somebody alone and let them board; yes unless told."""
    one.get_by_text("Ask alone").click()
    for question in QUESTIONS:
        one.locator(f"[data-question={question}] input[value={said.get(question, 'yes')}]").check()
    one.get_by_role("button", name="Boarded").click()


def all_sent(page: Page) -> None:
    page.get_by_role("button", name="Sync").click()
    expect(page.locator(".f-net").get_by_text("All sent")).to_be_visible()


def test_a_convoy_boards_and_leaves_without_network(cast: Cast, open_page, picture):
    family, other = a_family("18-59", "5-11"), a_family("18-59")
    day = a_day(family, other, seats=5)
    page = open_page(390, 844)
    code = take(page, day)

    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="The list is locked")).to_be_visible()
    unlock(page, "0000-0000-00")
    expect(page.get_by_text("That is not the code of this list.")).to_be_visible()
    unlock(page, code.lower().replace("-", " "))
    expect(page.locator(".f-net")).to_contain_text("No network")

    find(page, family.case.spoken)
    expect(card(page, 1).get_by_role("button", name="Boarded")).to_be_disabled()
    board(card(page))
    card(page, 1).get_by_role("button", name="Boarded").click()
    expect(page.locator("[data-put=aboard]")).to_have_text("2 of 3 aboard")
    picture(page, "field-offline")

    find(page, other.case.ref)
    card(page).get_by_role("button", name="Does not want to go").click()
    expect(card(page).locator(".chip")).to_have_text("– Does not want to go")

    part(page, "walk-up")
    page.locator("[data-said=band]").select_option("60-69")
    page.locator("[data-said=name]").fill("Halyna Zozulia")
    page.get_by_label("I asked each adult alone").check()
    page.get_by_role("button", name="They are aboard").click()
    expect(page.locator("[data-put=aboard]")).to_have_text("3 of 3 aboard")

    part(page, "leave")
    page.fill("#heads", "2")
    page.get_by_role("button", name="We leave", exact=True).click()
    expect(page.get_by_text("You counted 2. The list says 3 aboard: 1 fewer than on the list.")).to_be_visible()
    page.fill("#heads", "3")
    page.get_by_role("button", name="We leave", exact=True).click()
    expect(page.get_by_text("The convoy: Departed")).to_be_visible()
    expect(page.locator(".f-net")).to_contain_text("Words that wait here: 5.")
    assert FieldEntry.objects.count() == 0
    for name in ("Halyna", "Zozulia", family.case.spoken):
        assert name not in page.evaluate(KEPT)

    page.context.set_offline(False)
    expect(page.locator(".f-net").get_by_text("All sent")).to_be_visible()
    assert (seats(family), seats(other)) == (["boarded", "boarded"], ["refused"])
    assert Convoy.objects.get(pk=day.convoy.pk).status == "departed"
    assert Seat.objects.filter(convoy=day.convoy, status="boarded").count() == 3
    assert set(FieldEntry.objects.values_list("outcome", flat=True)) == {"applied"}
    assert page.evaluate(ROWS, "words") == 0
    # Who turned up stands on the list now, by the name they said.
    page.locator(".f-nav [data-go=people]").click()
    page.locator("[data-filter=aboard]").click()
    expect(page.locator(".f-row")).to_have_count(2)


def test_nothing_on_the_phone_can_be_read_without_the_code(cast: Cast, open_page):
    family = a_family("18-59")
    person = people_of(family)[0]
    person.surname, person.given_name = "Nechyporenko", "Olena"
    person.save(update_fields=["surname", "given_name"])
    day = a_day(family)
    page = open_page(390, 844)
    code = take(page, day)
    page.context.set_offline(True)
    find(page, family.case.ref)
    expect(page.get_by_role("heading", name="Nechyporenko Olena")).to_be_visible()
    board(card(page))
    expect(page.locator(".f-net")).to_contain_text("Words that wait here: 1.")

    kept = page.evaluate(KEPT)
    assert "lists" in kept and "words" in kept and "field/page.js" in kept
    for secret in ("Nechyporenko", "Olena", family.case.ref, family.case.spoken, code, code.replace("-", "")):
        assert secret not in kept
    assert "Nechyporenko" not in page.title() + page.url
    page.get_by_role("button", name="Lock").click()
    assert "Nechyporenko" not in page.content()


def test_a_token_that_is_not_on_the_list_is_told_apart(cast: Cast, open_page):
    family = a_family()
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    for typed, said in (
        (f"H1-{prefix_of(day.convoy)}-AAAAAAAAAA", "It may be forged"),
        ("H1-000000-AAAAAAAAAA", "This token is of another convoy."),
        ("0000 0000", "No household with this code is on the list."),
        ("12", "Type the eight digits"),
        ("https://example.invalid/", "neither a household's code"),
    ):
        find(page, typed)
        expect(page.locator("#found-error")).to_contain_text(said)
    for _again in range(2):
        find(page, token_of(day.convoy, family.case))
        expect(page.locator("#household-title")).to_have_text(family.case.spoken)
    board(card(page))
    find(page, token_of(day.convoy, family.case).lower())
    expect(page.get_by_text("This household was opened before: 1 of 2 aboard.")).to_be_visible()


def test_two_phones_that_send_in_the_other_order_agree(cast: Cast, open_page):
    family = a_family("18-59", "18-59")
    day = a_day(family)
    first, second = open_page(390, 844), open_page(390, 844)
    take(first, day)
    take(second, day)
    first.context.set_offline(True)
    find(first, family.case.ref)
    board(card(first))
    find(second, family.case.ref)
    card(second).get_by_role("button", name="Did not come").click()
    card(second, 1).get_by_role("button", name="Does not want to go").click()
    all_sent(second)
    assert seats(family) == ["no_show", "refused"]

    first.context.set_offline(False)
    expect(first.locator(".f-net").get_by_text("All sent")).to_be_visible()
    expect(card(first, 1).locator(".chip")).to_have_text("– Does not want to go")
    assert seats(family)[0] == "boarded"
    find(second, family.case.ref)
    second.get_by_role("button", name="Sync").click()
    expect(card(second).locator(".chip")).to_have_text("✓ Boarded")


def test_a_slip_of_the_thumb_is_taken_back_before_and_after_it_was_sent(cast: Cast, open_page):
    family = a_family("18-59", "18-59")
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    find(page, family.case.ref)
    for sent in (False, True):
        card(page).get_by_role("button", name="Did not come").click()
        expect(card(page).locator(".chip")).to_have_text("– Did not come")
        if sent:
            all_sent(page)
        page.locator("#undo").click()
        expect(card(page).locator(".chip")).to_have_text("○ to come")
    all_sent(page)
    assert seats(family) == ["confirmed", "confirmed"]
    assert sorted(FieldEntry.objects.values_list("act", flat=True)) == [
        "no_show",
        "no_show",
        "taken_back",
        "taken_back",
    ]


def test_on_the_road_everybody_is_counted_and_received(cast: Cast, open_page, picture, no_barriers):
    family = a_family("18-59", "18-59", "5-11")
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    page.context.set_offline(True)
    find(page, family.case.ref)
    board(card(page))
    board(card(page, 1))
    card(page, 2).get_by_role("button", name="Boarded").click()
    part(page, "leave")
    page.fill("#heads", "3")
    page.get_by_role("button", name="We leave", exact=True).click()
    page.fill("#road-note", "The bridge is gone")
    page.get_by_role("button", name="Halted").click()
    expect(page.get_by_text("0 of 3 present")).to_be_visible()
    expect(page.locator("#road-note")).to_have_value("")
    for _one in range(3):
        page.locator(".f-roll[aria-pressed=false]").first.click()
    expect(page.get_by_text("3 of 3 present")).to_be_visible()
    no_barriers(page)
    picture(page, "field-roll-call")
    page.get_by_role("button", name="Goes on").click()
    page.get_by_role("button", name="Came to the destination").click()
    page.get_by_role("button", name="Press again: we came").click()
    page.context.set_offline(False)
    expect(page.locator(".f-net").get_by_text("All sent")).to_be_visible()
    assert Incident.objects.get().rolled_at is not None
    assert Incident.objects.filter(note__isnull=False).count() == 1

    find(page, family.case.ref)
    card(page).get_by_role("button", name="In hospital").click()
    page.get_by_role("button", name="Everybody of this household arrived").click()
    expect(page.locator("[data-put=aboard]")).to_have_text("3 of 3 accounted for")
    no_barriers(page)
    all_sent(page)
    assert seats(family) == ["accounted", "arrived", "arrived"]
    assert ground.reconcile(day.convoy, by=day.plan.dmytro).status == "reconciled"


def test_who_has_no_place_in_the_books_is_called_in_the_roll_call(cast: Cast, open_page, no_barriers):
    day = a_day(seats=1)
    people = [{"band": "18-59", "sex": "f", "mobility": "", "kind": "seat", "name": "Olena", "freely": "yes"}] * 2
    day.send(day.phone(), day.line("walk_up", data={"stop": 0, "people": people, "animals": 0, "luggage": 0}))
    request = EvacuationRequest.objects.get()
    assert seats(request) == ["released", "released"]
    page = open_page(390, 844)
    take(page, day)
    find(page, request.case.ref)
    expect(card(page).get_by_text("Aboard, without a place in our books yet.")).to_be_visible()
    no_barriers(page)
    part(page, "leave")
    page.fill("#heads", "2")
    page.get_by_role("button", name="We leave", exact=True).click()
    page.get_by_role("button", name="Halted").click()
    expect(page.get_by_text("0 of 2 present")).to_be_visible()
    page.locator(".f-roll[aria-pressed=false]").first.click()
    expect(page.get_by_text("1 of 2 present")).to_be_visible()
    page.get_by_role("button", name="Sync").click()
    expect(page.get_by_role("button", name="Messages: 1")).to_be_visible()
    assert run("roll_call") == 1
    assert sorted(Seat.objects.values_list("missing", flat=True)) == [False, True]


def test_what_the_server_did_not_count_is_said_until_it_is_read(cast: Cast, open_page, no_barriers):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    find(page, family.case.ref)
    board(card(page), could_speak_freely="no")
    page.get_by_role("button", name="Sync").click()
    page.get_by_role("button", name="Messages: 1").click()
    expect(page.get_by_text("They could not speak freely. Let the protection officer")).to_be_visible()
    no_barriers(page)
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
    all_sent(page)
    expect(page.get_by_role("button", name="Messages: 1")).to_be_hidden()


def test_without_a_free_place_nobody_is_promised_one(cast: Cast, open_page):
    day = a_day(a_family(), seats=3)
    page = open_page(390, 844)
    take(page, day)
    part(page, "walk-up")
    expect(page.get_by_text("seats 1")).to_be_visible()
    page.get_by_role("button", name="One more person").click()
    page.get_by_label("I asked each adult alone").check()
    page.get_by_role("button", name="They are aboard").click()
    expect(page.get_by_text("No place is left: seats 1. Give them the line's number; do not promise.")).to_be_visible()
    page.get_by_role("button", name="Not this person").first.click()
    page.locator("[data-said=band]").select_option("5-11")
    page.get_by_role("button", name="They are aboard").click()
    expect(page.get_by_text("No adult is with these children.")).to_be_visible()


def test_a_seat_on_which_somebody_sits_is_not_offered_whoever_let_them_on(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family, seats=3)
    other = day.phone()
    day.send(other, day.line("no_show", place_of(family)))
    page = open_page(390, 844)
    take(page, day)
    part(page, "walk-up")
    expect(page.get_by_text("seats 3")).to_be_visible()

    find(page, family.case.ref)
    card(page).get_by_role("button", name="Say something else").click()
    board(card(page))
    part(page, "walk-up")
    expect(page.get_by_text("seats 2")).to_be_visible()
    all_sent(page)
    expect(page.get_by_text("seats 2")).to_be_visible()

    day.send(other, walk_up(day, *["18-59"] * 4))
    assert seats(EvacuationRequest.objects.latest("pk")) == ["released"] * 4
    all_sent(page)
    expect(page.get_by_text("seats 0")).to_be_visible()


def test_signed_out_in_the_field_loses_nothing(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    code = take(page, day)
    find(page, family.case.ref)
    board(card(page))
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Sync").click()
    expect(page.locator(".f-net")).to_contain_text("Sign in again to send. Words that wait here: 1. Nothing is lost.")
    page.get_by_role("link", name="Sign in").click()
    page.fill("[name=login]", "roman")
    page.fill("[name=password]", "a long pass phrase")
    page.keyboard.press("Enter")
    unlock(page, code)
    expect(page.locator(".f-net").get_by_text("All sent")).to_be_visible()
    assert seats(family) == ["boarded"]


def test_a_revoked_phone_loses_its_list_and_its_words_still_come(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    find(page, family.case.ref)
    board(card(page))
    ground.revoke(FieldDevice.objects.get(), by=day.plan.dmytro)
    page.get_by_role("button", name="Sync").click()
    expect(page.get_by_role("heading", name="The list is not on this phone any more")).to_be_visible()
    expect(page.get_by_text("Words that wait: 0")).to_be_visible()
    assert page.evaluate(ROWS, "lists") == 0
    assert FieldEntry.objects.get().code == "device_revoked"


def test_when_its_time_is_over_the_list_goes_and_the_words_stay(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    code = take(page, day)
    page.context.set_offline(True)
    find(page, family.case.ref)
    board(card(page))
    expect(page.locator(".f-net")).to_contain_text("Words that wait here: 1.")
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=5))
    page.reload()
    expect(page.get_by_text("Words that wait on this phone: 1.")).to_be_visible()
    assert page.evaluate(ROWS, "lists") == 0
    unlock(page, code)
    expect(page.get_by_text("Words that wait: 1")).to_be_visible()


def test_ten_minutes_without_a_touch_lock_the_page(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    page.clock.install()
    take(page, day)
    page.clock.fast_forward("11:00")
    expect(page.get_by_text("Locked, because nobody touched the page for ten minutes.")).to_be_visible()
    assert family.case.spoken not in page.content()


def test_signing_out_takes_the_list_off_the_phone(cast: Cast, open_page):
    day = a_day(a_family())
    page = open_page(390, 844)
    take(page, day)
    assert page.evaluate(ROWS, "lists") == 1
    page.goto("/field/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("[name=login]")).to_be_visible()
    assert page.evaluate(ROWS, "lists") == 0


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "dark"), (1366, 768, "light")])
def test_every_part_of_the_page_reads_well(cast: Cast, open_page, picture, no_barriers, width, height, scheme):
    lying = a_family("70+", fit="stretcher")
    families = [a_family("18-59", "18-59", "5-11"), lying, a_family()]
    day = a_day(*families, seats=8, stretchers=1, animals=2, luggage=6)
    page = open_page(width, height, scheme)

    def reads(name: str) -> None:
        no_barriers(page)
        assert fits(page), name
        picture(page, f"field-{name}-{width}-{scheme}")

    sign_in(page, "roman")
    page.goto("/field/")
    reads("convoys")
    page.goto(f"/field/{day.convoy.uid}/")
    expect(page.get_by_role("button", name="Take the list", exact=True)).to_be_visible()
    reads("take")
    page.get_by_role("button", name="Take the list", exact=True).click()
    expect(page.get_by_role("button", name="I have written it down")).to_be_visible()
    reads("code")
    page.get_by_role("button", name="I have written it down").click()
    expect(page.locator(".f-row").first).to_contain_text(lying.case.spoken)
    reads("people")
    find(page, families[0].case.ref)
    card(page).get_by_text("Ask alone").click()
    reads("household")
    for name in ("walk-up", "leave", "road"):
        part(page, name)
        reads(name)
    part(page, "people")
    page.locator("[data-mode=arrival]").click()
    reads("arrival")
    page.get_by_role("button", name="Lock").click()
    expect(page.locator("#code")).to_be_visible()
    reads("locked")


def test_a_count_that_differs_needs_a_second_word(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    find(page, family.case.ref)
    board(card(page))
    part(page, "leave")
    page.fill("#heads", "2")
    page.get_by_role("button", name="We leave", exact=True).click()
    expect(page.get_by_text("You counted 2. The list says 1 aboard: 1 more than on the list.")).to_be_visible()
    page.get_by_role("button", name="We leave with a difference").click()
    page.get_by_role("button", name="Sync").click()
    page.get_by_role("button", name="Messages: 1").click()
    expect(page.get_by_text("The count differs from the list. The dispatcher was told.")).to_be_visible()
    assert FieldEntry.objects.get(act="stop_left").data == {"stop": 0, "count": 2}


def test_without_its_code_a_list_is_taken_anew_and_old_words_wait_for_the_old_code(cast: Cast, open_page):
    family = a_family("18-59")
    day = a_day(family)
    page = open_page(390, 844)
    code = take(page, day)
    page.context.set_offline(True)
    find(page, family.case.ref)
    board(card(page))
    expect(page.locator(".f-net")).to_contain_text("Words that wait here: 1.")
    page.get_by_role("button", name="Lock").click()
    page.context.set_offline(False)
    page.get_by_text("I do not have the code").click()
    page.get_by_role("button", name="Take the list again").click()
    page.get_by_role("button", name="I have written it down").click()
    expect(page.locator("[data-put=aboard]")).to_have_text("0 of 1 aboard")
    assert page.evaluate(ROWS, "lists") == 1

    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_text("Words that wait on this phone: 1.")).to_be_visible()
    unlock(page, code)
    expect(page.get_by_text("Words that wait: 0")).to_be_visible()
    assert seats(family) == ["boarded"]


def test_without_network_the_list_of_convoys_leads_to_the_page_that_is_kept(cast: Cast, open_page):
    day = a_day(a_family())
    page = open_page(390, 844)
    take(page, day)
    page.reload()  # the worker stands before the page from here on
    expect(page.locator("#code")).to_be_visible()
    page.context.set_offline(True)
    page.goto("/field/")
    expect(page.get_by_role("heading", name="The list is locked")).to_be_visible()
    assert page.url.endswith(f"/field/{day.convoy.uid}/")


KEPT_ANEW = """async () => {
  const cache = await caches.open("field-shell");
  const { active } = await navigator.serviceWorker.ready;
  const ours = (one) => new URL(one.url).pathname === location.pathname;
  let least = Infinity, going = true;
  const watching = (async () => {
    while (going) least = Math.min(least, (await cache.keys()).filter(ours).length);
  })();
  for (let nth = 0; nth < 40; nth += 1) {
    await new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = done;
      active.postMessage({ keep: [location.origin + location.pathname] }, [port2]);
    });
  }
  going = false;
  await watching;
  return [least, (await cache.keys()).filter(ours).length];
}"""


def test_while_the_page_is_kept_anew_it_never_is_without_one(cast: Cast, open_page):
    page = open_page(390, 844)
    take(page, a_day(a_family()))
    page.reload()
    expect(page.locator("html[data-kept=yes]")).to_be_attached()
    assert page.evaluate(KEPT_ANEW) == [1, 1]


def test_a_child_boards_after_an_adult_of_its_own(cast: Cast, open_page):
    family = a_family("18-59", "5-11")
    day = a_day(family)
    page = open_page(390, 844)
    take(page, day)
    find(page, family.case.ref)
    child = card(page, 1)
    expect(child.get_by_text("Boards when an adult of this household is aboard.")).to_be_visible()
    expect(child.get_by_role("button", name="Boarded")).to_be_disabled()
    board(card(page))
    expect(child.get_by_text("Boards with Person 1.")).to_be_visible()
    child.get_by_role("button", name="Boarded").click()
    all_sent(page)
    entry = FieldEntry.objects.get(seat=place_of(family, 1))
    assert entry.data == {"guardian": str(place_of(family).uid)}


def test_the_marshal_stays_at_the_old_stop(cast: Cast, open_page, picture, no_barriers):
    day = a_day(a_family())
    roman = User.objects.get(pk=day.roman.user_id)
    ground.move_stop(
        day.convoy, seq=0, place=a_place("Guyevo"), landmark="by the school", marshal=roman, by=day.plan.dmytro
    )
    page = open_page(390, 844)
    take(page, day)
    expect(page.locator("[data-put=stay]")).to_contain_text("Stay at Sudzha until")
    expect(page.get_by_text("Moved to Guyevo, by the school")).to_be_visible()
    no_barriers(page)
    picture(page, "field-marshal")


def test_who_rides_in_no_private_car_is_told_apart_on_the_list_and_on_their_page(cast: Cast, open_page):
    kept, others = a_family("18-59", "5-11"), a_family()
    day = a_day(kept, others)
    by = day.plan.dmytro
    facts = VehicleFacts(VehicleKind.PRIVATE, 0, 1, seats=4, offer=vetted(by))
    evacuation.add_vehicle(day.convoy, facts=facts, key="car", by=by)
    page = open_page(390, 844)
    take(page, day)
    said = page.get_by_text("not in a private car").locator("visible=true")
    part(page, "people")
    expect(said).to_have_count(1)
    assert fits(page)
    find(page, others.case.ref)
    expect(said).to_have_count(0)
    find(page, kept.case.ref)
    expect(said).to_have_count(1)
