"""The doors beside the form: who may open which, what they show, and what each costs."""

import json
import uuid

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from calls import entered, place
from cases.actors import System
from cases.disclosure import reveal
from cases.domain import calls, inbox, intake
from cases.enums import Identity, TelephonyKind, Why
from cases.models import Alarm, Call, Case, Disclosure, Draft, Leg, Presence, Tie, User, Window
from cases.planning.telephony import Heard
from cases.queries import telling
from factories import a_convoy
from hotline import live as stream_door

pytestmark = pytest.mark.django_db
NUMBER = "8 (915) 555-01-01"
DIGITS = "9155550101"


def signed_in(client, who):
    client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
    return client


@pytest.fixture
def olena(client, cast):
    return signed_in(client, cast.olena)


@pytest.fixture
def c01(cast) -> Case:
    return intake.record(entered("C01"), key="c01", by=cast.oleh).cases.get()


def typed(key: str, **fields: str) -> dict[str, str]:
    return {"key": key, "channel": "phone", "language": "ru", "relation": "self", "identity": "unknown"} | fields


def saved(client, **fields: str) -> tuple[str, dict]:
    key = fields.pop("key", uuid.uuid4().hex)
    answer = client.post(reverse("draft-save"), typed(key, serial=fields.pop("serial", "1"), **fields))
    return key, answer.json()


# --- saving while typing -----------------------------------------------------------------------------------------


def test_a_half_typed_call_is_kept_with_the_class_it_would_have(olena):
    _, answer = saved(
        olena, number=NUMBER, settlement="Суджа", people="ж 78\nм лежачий", need_WATER="on", days_WATER="1"
    )
    assert (answer["priority"], answer["serial"], answer["ended"]) == ("P2", 1, False)
    assert any("Bedridden" in reason for reason in answer["reasons"])
    draft = Draft.objects.get()
    assert draft.settlement_id == place("Sudzha") and draft.wants_case


def test_what_cannot_be_read_is_kept_as_words(olena, cast):
    key, _ = saved(olena, number="915 55", settlement="Атлантида", people="ж 300\nм лежачий", days_WATER="много")
    draft = Draft.objects.select_related("data_key").get(uid=key)
    assert draft.wants_case, "a place that nobody knows is a place all the same"
    reveal([draft], by=cast.olena, why=Why.DRAFT, fields=["body"])
    facts = json.loads(str(draft.body))["facts"]
    assert all(word in facts["notes"] for word in ("915 55", "Атлантида", "ж 300", "много"))
    assert [person["mobility"] for person in facts["people"]] == ["bedridden"]


@pytest.mark.parametrize("key", ["", "nonsense", "1" * 40, "../../etc"])
def test_a_key_that_is_none_is_refused(olena, key):
    answer = olena.post(reverse("draft-save"), typed(key))
    assert answer.status_code == 422 and Draft.objects.count() == 0


@pytest.mark.parametrize(
    "name", ["draft-save", "draft-touch", "red-key", "card", "card-open", "search", "tell", "code-word"]
)
@pytest.mark.parametrize("who", ["auditor", "administrator", "guest", "field_team", "medic"])
def test_who_answers_no_calls_gets_nothing(client, cast, c01, name, who):
    answer = signed_in(client, getattr(cast, who)).post(
        reverse(name), typed(uuid.uuid4().hex, number=NUMBER, q=c01.ref)
    )
    assert answer.status_code in (403, 404)
    assert c01.spoken not in answer.content.decode()


def test_nobody_opens_a_colleagues_draft(client, cast):
    key, _ = saved(signed_in(client, cast.olena), notes="моё", settlement="Суджа")
    answer = signed_in(client, cast.oleh).get(f"{reverse('desk')}?draft={key}")
    assert answer.status_code == 404
    assert client.post(reverse("draft-take", args=[uuid.UUID(key)])).status_code == 404


def test_saving_costs_the_same_however_many_drafts_there_are(olena, django_assert_max_num_queries):
    for _ in range(3):
        key, _ = saved(olena, number=NUMBER, settlement="Суджа")
    with django_assert_max_num_queries(20):
        saved(olena, key=key, serial="5", number=NUMBER, settlement="Суджа")


# --- the card ----------------------------------------------------------------------------------------------------


def test_the_card_of_a_known_number_is_masked_and_opening_it_is_on_record(olena, cast, c01):
    key, _ = saved(olena, number=NUMBER)
    masked = olena.post(reverse("card"), typed(key, number=NUMBER)).content.decode()
    assert c01.spoken in masked and "рынком" not in masked and DIGITS not in masked
    before = Disclosure.objects.filter(actor=cast.olena.code, why="live_call").count()
    household = str(c01.household.uid)
    opened = olena.post(reverse("card-open"), typed(key, number=NUMBER, household=household)).content.decode()
    assert "за рынком" in opened
    assert Disclosure.objects.filter(actor=cast.olena.code, why="live_call").count() > before


def test_without_the_number_on_ones_own_call_no_card_opens(olena, c01):
    household = str(c01.household.uid)
    answer = olena.post(reverse("card-open"), typed(uuid.uuid4().hex, number=NUMBER, household=household))
    assert answer.status_code == 409 and "рынком" not in answer.content.decode()


def test_a_protected_household_is_a_protection_contact_and_stays_closed(olena, cast, c01):
    c01.household.protected = True
    c01.household.save(update_fields=["protected"])
    key, _ = saved(olena, number=NUMBER)
    assert "Protection contact" in olena.post(reverse("card"), typed(key, number=NUMBER)).content.decode()
    answer = olena.post(reverse("card-open"), typed(key, number=NUMBER, household=str(c01.household.uid)))
    assert answer.status_code == 403


def test_several_people_on_one_number_are_several_cards(olena, cast, c01):
    other = entered("C05")
    intake.record(
        other.__class__(**{**{f: getattr(other, f) for f in other.__dataclass_fields__}, "number": NUMBER}),
        key="c05",
        by=cast.oleh,
    )
    shown = olena.post(reverse("card"), typed(uuid.uuid4().hex, number=NUMBER)).content.decode()
    assert shown.count('class="panel card"') == 2


@pytest.mark.parametrize("households", [1, 3])
def test_the_cards_cost_the_same_however_many_there_are(olena, cast, django_assert_num_queries, households):
    for number in range(households):
        facts = entered("C01")
        intake.record(facts, key=f"k{number}", by=cast.oleh)
    with django_assert_num_queries(11):
        olena.post(reverse("card"), typed(uuid.uuid4().hex, number=NUMBER))


def test_the_code_word_confirms_who_is_on_the_line(olena, cast, c01):
    tie = Tie.objects.get()
    tie.code_word = calls.hash_word("Ласточка")
    tie.save(update_fields=["code_word"])
    key, _ = saved(olena, number=NUMBER)
    wrong = olena.post(reverse("code-word"), typed(key, tie=str(tie.uid), word="воробей")).json()
    right = olena.post(reverse("code-word"), typed(key, tie=str(tie.uid), word=" ласточка ")).json()
    assert (wrong["right"], right["right"]) == (False, True)
    assert Draft.objects.get(uid=key).identity == Identity.CONFIRMED


def test_a_form_cannot_say_that_somebody_is_confirmed(olena, c01):
    answer = olena.post(
        reverse("desk"),
        typed(uuid.uuid4().hex, number=NUMBER, identity="confirmed", group="unknown", contact_mode="voice",
              continues=c01.ref, way="russia", disposition="case_updated"),
    )  # fmt: skip
    assert answer.status_code == 422
    c01.refresh_from_db()
    assert c01.evacuations.get().direction == "ukraine"


def test_opening_needs_the_second_factor_of_a_higher_post(client, cast, c01, settings):
    settings.HOTLINE_SECOND_FACTOR = True
    higher = signed_in(client, cast.protection)
    fields = typed(uuid.uuid4().hex, number=NUMBER, household=str(c01.household.uid), serial="1")
    for name in ("draft-save", "card", "card-open"):
        answer = higher.post(reverse(name), fields)
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("mfa_activate_totp"))
    assert Draft.objects.count() == 0


def test_a_refused_answer_shows_no_colleagues_conversation(client, cast):
    written = inbox.receive(
        channel="email", sender="a@example.org", text="СЕКРЕТ", message_id="1", at=timezone.now(),
        by=System("telephony"),
    )  # fmt: skip
    calls.claim(written.call, by=cast.olena)
    answer = signed_in(client, cast.oleh).post(
        reverse("call-reply", args=[written.call.uid]), {"text": "Да", "reply_key": "r1"}, follow=True
    )
    assert "СЕКРЕТ" not in answer.content.decode()
    assert list(written.call.written.filter(outgoing=True)) == []


@pytest.mark.parametrize(
    "half",
    [
        {"safe_from": "08:00"},
        {"continues": "1234"},
        {"people": "50 дітей\n50 дітей"},
        {"latest": "завтра", "days_WATER": "много", "number": "12"},
    ],
)
def test_a_half_typed_page_stops_no_red_key(olena, half):
    answer = olena.post(
        reverse("red-key"), typed(uuid.uuid4().hex, serial="1", settlement="Суджа") | {"number": NUMBER} | half
    )
    assert answer.status_code < 400, answer.content.decode()[:300]
    assert Case.objects.get().red_key


# --- what may be told --------------------------------------------------------------------------------------------


def open_convoy(**places: int):
    convoy = a_convoy(**places)
    Window.objects.filter(pk=convoy.window_id).update(slot=convoy.window.slot)
    return convoy


def test_can_seat_is_a_yes_or_a_waiting_list_and_never_a_number(olena):
    key, _ = saved(olena, number=NUMBER)
    ask = {"direction": "ukraine", "seats": "1", "stretchers": "1", "wheelchairs": "0"}
    assert "Waiting list" in olena.post(reverse("tell"), typed(key, **ask)).content.decode()
    convoy = open_convoy(seats=7, stretchers=1)
    shown = olena.post(reverse("tell"), typed(key, **ask)).content.decode()
    assert "Can seat: yes" in shown and "7" not in shown
    Leg.objects.filter(convoy=convoy).update(stretchers=0)
    assert not telling.can_seat("ukraine", {"seats": 1, "stretchers": 1})
    assert telling.can_seat("ukraine", {"seats": 7})
    assert not telling.can_seat("ukraine", {"seats": 8})
    assert not telling.can_seat("russia", {"seats": 1})
    convoy.window.corridor.__class__.objects.update(status="suspended")
    assert not telling.can_seat("ukraine", {"seats": 1})


@pytest.mark.parametrize(
    "path", ["/desk/", "/desk/work/", "/live/", "/nowhere/", "/accounts/password/change/", "/accounts/2fa/"]
)
def test_what_a_signed_in_person_reads_stays_on_no_disk(olena, path):
    assert olena.get(path).headers["Cache-Control"] == "no-store"


# --- this moment -------------------------------------------------------------------------------------------------


def ring(number: int) -> Call:
    heard = Heard("t", f"e{number}", f"c{number}", TelephonyKind.RINGING, timezone.now(), caller=f"+7915555{number:04}")
    return calls.heard(heard, by=System("telephony"))


@pytest.mark.parametrize("waiting", [1, 3])
def test_the_state_of_the_moment_costs_the_same_whatever_waits(olena, django_assert_num_queries, waiting):
    for number in range(waiting):
        ring(number)
    with django_assert_num_queries(8):
        answer = olena.get(reverse("live"))
    assert len(answer.json()["rings"]) == waiting
    assert "7915555" not in answer.content.decode()


def test_alarms_sound_for_the_room_and_the_supervisor_alone(client, cast, c01):
    Alarm.objects.create(kind="red_key", case=c01)
    Alarm.objects.create(kind="silent", raised_by_id=cast.olena.user_id)
    heard = {
        name: {one["kind"] for one in signed_in(client, getattr(cast, name)).get(reverse("live")).json()["sounds"]}
        for name in ("olena", "taras", "supervisor", "auditor", "medic")
    }
    assert heard == {
        "olena": set(),
        "taras": {"red_key"},
        "supervisor": {"red_key", "silent"},
        "auditor": set(),
        "medic": set(),
    }


def test_a_ticket_names_only_the_topics_of_its_holder(olena, cast, settings):
    ticket = olena.get(reverse("live")).json()["ticket"]
    assert stream_door.admitted(f"ticket={ticket}".encode()) == {"desk", f"user:{cast.olena.user_id}"}
    forged = signing.dumps({"user": 1, "topics": ["supervisor"]}, salt="another")
    assert stream_door.admitted(f"ticket={forged}".encode()) is None
    assert stream_door.admitted(b"") is None


def test_a_stranger_is_told_nothing_of_the_moment(client):
    assert client.get(reverse("live")).status_code == 401


def test_claiming_twice_is_one_call_and_the_slower_is_told(client, cast):
    call = ring(1)
    fast = signed_in(client, cast.olena).post(reverse("call-claim", args=[call.uid]))
    assert fast.headers["Location"].startswith("/desk/?draft=")
    slow = signed_in(client, cast.oleh).post(reverse("call-claim", args=[call.uid]), follow=True)
    assert "A colleague was faster" in slow.content.decode()
    call.refresh_from_db()
    assert call.operator_id == cast.olena.user_id


def test_a_break_is_not_begun_on_an_unsaved_call(client, cast):
    client = signed_in(client, cast.olena)
    client.post(reverse("call-claim", args=[ring(1).uid]))
    answer = client.post(reverse("presence"), {"state": "break"}, follow=True)
    assert "not saved yet" in answer.content.decode()
    assert Presence.objects.get(user=cast.olena.user_id).state == "on_call"


def test_search_shows_a_case_and_no_name(olena, c01):
    for said in (c01.ref, f"{c01.ref[:4]} {c01.ref[4:]}", "+7 915 555 0101", "суджа"):
        shown = olena.post(reverse("search"), {"q": said}).content.decode()
        assert c01.spoken in shown and DIGITS not in shown
    digits = list(c01.ref)
    digits[3] = str((int(digits[3]) + 1) % 10)
    assert "digit" in olena.post(reverse("search"), {"q": "".join(digits)}).content.decode()


@pytest.mark.parametrize("said", ["", " ", "\0", "x" * 5000, "%", "'", "<script>", "+", "0"])
def test_search_bears_anything(olena, said):
    assert olena.post(reverse("search"), {"q": said}).status_code == 200


def test_the_work_page_costs_the_same_however_much_waits(olena, cast, django_assert_num_queries):
    counts = []
    for more in (1, 2):
        for number in range(more):
            ring(more * 10 + number)
            intake.record(entered("C16"), key=f"{more}-{number}", by=cast.oleh)
        with django_assert_num_queries(WORK_STATEMENTS):
            olena.get(reverse("work"))
        counts.append(more)
    assert counts == [1, 2]


WORK_STATEMENTS = 10
