"""What would harm somebody at the desk, each shown not to happen: people betrayed, forgotten, or not heard."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from calls import people, place
from cases.actors import System
from cases.domain import callbacks, calls, handover, inbox, intake, jobs, presence
from cases.domain.intake import EvacuationFacts, Intake, NeedFacts
from cases.enums import AlarmKind, CallbackReason
from cases.errors import AlreadyTaken, Refusal
from cases.models import (
    Alarm,
    Call,
    Callback,
    Case,
    Disclosure,
    Draft,
    Event,
    Household,
    Job,
    Listening,
    Place,
    Presence,
    Reach,
    Traveller,
)
from cases.queries import live, search, work
from cast import hire
from chaos.waiting import end_heartbeat
from factories import a_case, a_household, a_request
from saved import save
from telephone import NUMBER, a_contact, a_tie, hung_up, in_verb, later, ringing, tell
from together import together

pytestmark = pytest.mark.django_db(transaction=True)
GATEWAY = System("telephony")


@pytest.fixture(autouse=True)
def no_heartbeat():
    yield
    end_heartbeat()


def receive(text="hi", key="m-1", sender="a@example.org"):
    return inbox.receive(channel="email", sender=sender, text=text, message_id=key, at=timezone.now(), by=GATEWAY)


def test_nothing_hides_a_red_key(cast):
    for _n in range(20):
        Alarm.objects.create(kind=AlarmKind.UNANSWERED)
    d = save(Intake(settlement=place("Sudzha")), cast.olena)
    intake.red_key(Intake(settlement=place("Sudzha"), anonymous=True), key=d.uid.hex, by=cast.olena)
    assert "red_key" in [s.kind for s in live.sounds(cast.taras)]


def test_an_alarm_is_heard_where_its_case_is(cast):
    d = save(Intake(settlement=place("Sudzha")), cast.olena)
    case = intake.red_key(Intake(settlement=place("Sudzha"), anonymous=True), key=d.uid.hex, by=cast.olena)
    assert not Case.objects.visible_to(cast.outsider).filter(pk=case.pk).exists()
    assert [s.ref + s.place for s in live.sounds(cast.outsider)] == []


@pytest.mark.parametrize(
    "facts",
    [
        {"continues": "1234"},
        {"safe_from": time(8)},
    ],
)
def test_a_half_typed_field_stops_neither_the_red_key_nor_a_dropped_page(cast, facts):
    f = Intake(settlement=place("Sudzha"), number=NUMBER, needs=(NeedFacts("WATER", 0),), **facts)
    d = save(f, cast.olena)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        jobs.sweep()
    dropped = Case.objects.count()
    intake.red_key(f, key=d.uid.hex, by=cast.olena)
    assert dropped == Case.objects.count() == 1


def test_a_message_after_an_answer_waits_with_a_clock(cast):
    w = receive()
    calls.claim(w.call, by=cast.olena)
    inbox.reply(w.call, text="Передзвоніть нам", key="r", by=cast.olena)
    receive("help", key="m-2")
    assert Job.objects.filter(kind="first_answer", state="waiting").exists() or work.messages()


def test_a_left_call_is_taken_with_its_page_and_saved(cast):
    d = calls.claim(ringing(), by=cast.olena)
    handover.leave(by=cast.olena)
    d = calls.take_over(Draft.objects.get(), by=cast.oleh)
    intake.record(Intake(number=NUMBER, dispositions=("information_only",)), key=d.uid.hex, by=cast.oleh)


def test_nobody_takes_the_page_from_who_types(cast):
    calls.claim(ringing(), by=cast.olena)
    handover.leave(by=cast.olena)
    d = calls.take_over(Draft.objects.get(), by=cast.oleh)
    with pytest.raises(AlreadyTaken):
        calls.claim(Call.objects.get(), by=cast.taras)
    d.refresh_from_db()
    assert d.operator_id == cast.oleh.user_id


def test_a_red_key_on_a_known_household_moves_only_its_own_people(cast):
    known = a_case(a_household())
    f = Intake(
        settlement=place("Sudzha"),
        anonymous=True,
        people=people("Анна ж 81"),
        evacuation=EvacuationFacts(direction="ukraine"),
    )
    d = save(f, cast.olena)
    intake.red_key(f, key=d.uid.hex, by=cast.olena)
    intake.record(replace(f, continues=known.spoken, dispositions=("case_updated",)), key=d.uid.hex, by=cast.olena)
    t = Traveller.objects.filter(request__case=known)
    assert [x.person.household_id for x in t] == [known.household_id] * len(t)
    assert known.household.people.count() == 1


def test_who_turns_out_to_be_text_only_is_recorded_whoever_was_to_ring_them(cast):
    c = a_contact()
    tie = a_tie(c)
    case = a_case(tie.household)
    hung_up()
    calls.call_back(Callback.objects.get(), by=cast.oleh)
    intake.record(
        Intake(number=NUMBER, continues=case.spoken, contact_mode="text_only", dispositions=("callback_scheduled",)),
        key="k",
        by=cast.olena,
    )


def test_and_who_was_to_ring_them_may_leave(cast):
    c = a_contact()
    tie = a_tie(c)
    case = a_case(tie.household)
    hung_up()
    calls.call_back(Callback.objects.get(), by=cast.oleh)
    intake.record(
        Intake(number=NUMBER, continues=case.spoken, contact_mode="text_only", dispositions=("case_updated",)),
        key="k",
        by=cast.olena,
    )
    handover.leave(by=cast.oleh)


def test_safe_hours_are_those_of_their_place(cast):
    with time_machine.travel(datetime(2027, 1, 15, 8, 30, tzinfo=UTC), tick=True):  # 11:30 Moscow, 10:30 Kyiv
        c = a_contact()
        tie = a_tie(c)
        a_case(tie.household)
        Reach.objects.filter(contact=c).update(safe_from=time(10), safe_to=time(11))
        hung_up()
        with pytest.raises(callbacks.NotSafeNow):
            calls.call_back(Callback.objects.get(), by=cast.olena)


def test_saving_the_first_call_frees_nobody_from_the_second(cast):
    d1 = calls.claim(ringing(), by=cast.olena)
    calls.hang_up(d1.call, by=cast.olena)
    calls.claim(ringing("+79155550102", "c-2"), by=cast.olena)
    intake.record(Intake(number=NUMBER, dispositions=("information_only",)), key=d1.uid.hex, by=cast.olena)
    assert Presence.objects.get(user=cast.olena.user_id).state == "on_call"


def test_a_red_key_on_a_written_talk_leaves_them_free(cast):
    presence.choose("free", by=cast.olena)
    d = calls.claim(receive().call, by=cast.olena)
    f = Intake(channel="email", number="a@example.org", settlement=place("Sudzha"))
    save(f, cast.olena, key=d.uid, contact=None)
    intake.red_key(f, key=d.uid.hex, by=cast.olena)
    intake.record(replace(f, dispositions=("case_opened",)), key=d.uid.hex, by=cast.olena)
    assert Presence.objects.get(user=cast.olena.user_id).state == "free"


def test_an_answered_call_whose_page_dies_is_somebodys(cast):
    d = calls.claim(ringing(), by=cast.olena)
    save(Intake(number=NUMBER, notes="мама в подвале, не знаю где, перезвоните"), cast.olena, key=d.uid)
    tell("ended")
    with time_machine.travel(timezone.now() + timedelta(hours=30), tick=True):
        jobs.sweep()
    seen = work.work(cast.oleh)
    assert seen.callbacks or seen.left or Case.objects.exists() or Alarm.objects.exists()


def test_nobody_listens_to_a_call_from_a_protected_household(cast):
    c = a_contact()
    tie = a_tie(c, a_household(protected=True))
    case = a_case(tie.household)
    d = calls.claim(ringing(), by=cast.olena)
    save(Intake(number=NUMBER, continues=case.spoken), cast.olena, key=d.uid)
    with pytest.raises(Refusal):
        calls.listen(d.call, by=cast.supervisor)


def test_listening_ends_with_the_call(cast):
    d = calls.claim(ringing(), by=cast.olena)
    calls.listen(d.call, by=cast.supervisor)
    intake.record(Intake(number=NUMBER, dispositions=("information_only",)), key=d.uid.hex, by=cast.olena)
    assert live.now(cast.olena).listening == []


@pytest.mark.parametrize("kind", ["ended", "abandoned"])
def test_listening_ends_when_the_exchange_says_that_the_call_is_over(cast, kind):
    d = calls.claim(ringing(), by=cast.olena)
    calls.listen(d.call, by=cast.supervisor)
    tell(kind)
    assert live.now(cast.olena).listening == []


def test_listening_ends_when_the_operator_steps_back(cast):
    d = calls.claim(ringing(), by=cast.olena)
    calls.listen(d.call, by=cast.supervisor)
    calls.recuse(d, by=cast.olena)
    assert not Listening.objects.filter(ended_at__isnull=True).exists()


def test_who_steps_back_from_the_first_call_stays_on_the_second(cast):
    first = calls.claim(ringing(), by=cast.olena)
    calls.hang_up(first.call, by=cast.olena)
    calls.claim(ringing("+79155550102", "c-2"), by=cast.olena)
    calls.recuse(first, by=cast.olena)
    assert Presence.objects.get(user=cast.olena.user_id).state == "on_call"


def test_nobody_claims_the_record_that_a_colleague_left(cast):
    d = calls.claim(ringing(), by=cast.olena)
    calls.hang_up(d.call, by=cast.olena)
    Draft.objects.update(operator=None)
    with pytest.raises(AlreadyTaken):
        calls.claim(Call.objects.get(), by=cast.oleh)
    assert calls.take_over(Draft.objects.get(), by=cast.oleh).operator_id == cast.oleh.user_id


def test_a_page_that_is_taken_again_is_watched_again(cast):
    d = calls.claim(ringing(), by=cast.olena)
    calls.recuse(d, by=cast.olena)
    Job.objects.filter(kind="stranded").update(state="done")
    calls.claim(Call.objects.get(), by=cast.oleh)
    assert Job.objects.filter(kind="stranded", state="waiting").exists()


def test_a_search_for_a_name_is_on_record_and_places_nobody_protected(cast):
    f = Intake(
        settlement=place("Sudzha"), number=NUMBER, people=people("Ганна Григор'єва ж 81"), dispositions=("case_opened",)
    )
    intake.record(replace(f, needs=(NeedFacts("WATER", 1),)), key="k", by=cast.olena)
    Household.objects.update(protected=True)
    before = Disclosure.objects.count() + Event.objects.count()
    found = search.find("Анна Григорьева", by=cast.oleh)
    assert Disclosure.objects.count() + Event.objects.count() > before
    assert not any(r.settlement for r in found)


def test_of_six_who_change_the_same_at_once_one_is_not_asked(cast):
    case = a_case(a_household(), need="WATER")
    keys = []
    who = [cast.olena, cast.oleh, cast.taras, cast.iryna, cast.supervisor, cast.protection]
    for _n, w in enumerate(who):
        keys.append(save(Intake(anonymous=True, continues=case.spoken), w, contact=None).uid.hex)
    got = together(
        len(who),
        lambda n: intake.record(
            Intake(
                anonymous=True,
                continues=case.spoken,
                needs=(NeedFacts("WATER", n + 1),),
                dispositions=("case_updated",),
            ),
            key=keys[n],
            by=who[n],
        ),
    )
    kinds = [type(g).__name__ for g in got]
    assert kinds.count("Call") == 1


def test_a_message_that_was_recorded_does_not_sound(cast):
    d = calls.claim(receive().call, by=cast.olena)
    intake.record(
        Intake(channel="email", number="a@example.org", dispositions=("wrong_number",)), key=d.uid.hex, by=cast.olena
    )
    later("first_answer")
    assert not Alarm.objects.exists()


def test_the_alarm_ends_with_the_answer(cast):
    w = receive()
    later("first_answer")
    calls.claim(w.call, by=cast.olena)
    inbox.reply(w.call, text="Передзвоніть нам", key="r", by=cast.olena)
    assert not Alarm.objects.live().exists()


def test_an_answer_by_nobody_we_know_forgets_no_caller(cast):
    ringing()
    tell("ended")
    later("call")
    assert Callback.objects.live().exists()
    tell("answered", agent="queue-7")
    assert Callback.objects.live().exists()


def test_not_reached_frees_the_operator(cast):
    a_contact()
    hung_up()
    calls.call_back(Callback.objects.get(), by=cast.olena)
    calls.not_reached(Callback.objects.get(), outcome="no_answer", by=cast.olena)
    calls.claim(ringing("+79155550102", "c-2"), by=cast.olena)


def test_who_steps_back_in_wrap_up_is_free(cast):
    calls.claim(ringing(), by=cast.olena)
    tell("ended")
    calls.recuse(Draft.objects.get(), by=cast.olena)
    presence.choose("break", by=cast.olena)


def test_second_proposal_of_the_same_call_is_seen(cast):
    case = a_case(a_household())
    a_request(case, direction="ukraine")
    f = Intake(anonymous=True, continues=case.spoken, evacuation=EvacuationFacts(destination="Суми"))
    d = save(f, cast.olena, contact=None)
    intake.red_key(f, key=d.uid.hex, by=cast.olena)
    Call.objects.update(proposal_settled_at=timezone.now())  # as a coordinator settles it while they talk
    intake.record(
        replace(
            f, evacuation=EvacuationFacts(direction="russia", destination="Курськ"), dispositions=("case_updated",)
        ),
        key=d.uid.hex,
        by=cast.olena,
    )
    assert case.calls.filter(proposal__isnull=False, proposal_settled_at__isnull=True).exists()


def test_a_hundred_people_are_proposed(cast):
    case = a_case(a_household())
    intake.record(
        Intake(
            anonymous=True,
            identity="doubtful",
            continues=case.spoken,
            people=people("50 дітей", "50 дітей"),
            dispositions=("case_updated",),
        ),
        key="k",
        by=cast.olena,
    )


def test_a_long_note_keeps_the_words_of_the_lines_too(cast):
    intake.record(
        Intake(
            anonymous=True,
            notes="я" * 19_990,
            people=people("ж 78 живе біля церкви на горі за мостом"),
            settlement=place("Sudzha"),
            needs=(NeedFacts("WATER", 1),),
            dispositions=("case_opened",),
        ),
        key="k",
        by=cast.olena,
    )


def test_nobody_rings_a_household_out_of_their_area(cast):
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    op = hire("zoya", "operator", area=sumy)
    c = a_contact()
    tie = a_tie(c)
    case = a_case(tie.household)
    in_verb("calls.heard", System("telephony"), lambda: callbacks.open_step(c, CallbackReason.ABANDONED, case=case))
    with pytest.raises(Refusal):
        calls.call_back(Callback.objects.get(), by=op)
