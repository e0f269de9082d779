"""Drafts: kept as they are typed, one operator's at a time, and one call in the end, whatever happens in between."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from calls import entered, place
from cases.disclosure import reveal
from cases.domain import calls, drafts, intake, jobs
from cases.domain.drafts import Elsewhere
from cases.domain.intake import Clash, EvacuationFacts, Intake, NeedFacts
from cases.enums import Why
from cases.errors import AlreadyTaken, Forbidden, Invalid
from cases.models import Alarm, Call, Callback, Case, DataKey, Draft, Event, Job, Observation, Person, Presence
from cases.planning.person_line import parse
from rawsql import refused
from saved import save
from telephone import NUMBER
from together import together

pytestmark = pytest.mark.django_db(transaction=True)


def keep(facts: Intake, by, *, key=None, serial=1) -> Draft:
    return save(facts, by, key, serial, ("phone", NUMBER) if facts.number else None)


def words(draft: Draft, by) -> dict:
    fresh = Draft.objects.select_related("data_key").get(pk=draft.pk)
    reveal([fresh], by=by, why=Why.DRAFT, fields=["body"])
    return json.loads(str(fresh.body))


def drop(draft: Draft) -> None:
    """The page is silent for a minute, and the sweep comes."""
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        jobs.sweep()


C01 = "C01"


def test_facts_survive_their_way_through_the_draft():
    for call in ("C01", "C02", "C03", "C12", "C17", "C19", "C21"):
        facts = entered(call)
        assert Intake.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_an_older_save_that_comes_late_changes_nothing(cast):
    key = uuid.uuid4()
    keep(Intake(notes="второе"), cast.olena, key=key, serial=2)
    draft = keep(Intake(notes="первое"), cast.olena, key=key, serial=1)
    assert draft.serial == 2
    assert words(draft, cast.olena)["fields"]["notes"] == ["второе"]
    assert refused("UPDATE cases_draft SET serial = 1") == "draft_serial_rises"


def test_fifty_first_saves_at_once_are_one_draft(cast):
    key = uuid.uuid4()
    together(20, lambda number: keep(Intake(notes=str(number)), cast.olena, key=key, serial=number + 1))
    draft = Draft.objects.get()
    assert (draft.uid, draft.serial) == (key, 20)
    assert words(draft, cast.olena)["fields"]["notes"] == ["19"]
    assert DataKey.objects.count() >= 1


def test_nobody_else_writes_into_a_draft(cast):
    draft = keep(Intake(notes="моё"), cast.olena)
    with pytest.raises(Elsewhere):
        keep(Intake(notes="чужое"), cast.oleh, key=draft.uid, serial=9)
    assert words(draft, cast.olena)["fields"]["notes"] == ["моё"]


def test_who_does_not_answer_calls_keeps_no_draft(cast):
    for who in (cast.auditor, cast.guest, cast.field_team):
        with pytest.raises(Forbidden):
            keep(Intake(), who)
    assert Draft.objects.count() == 0


@pytest.mark.parametrize("text", ["a\0b", "x" * 200_001])
def test_what_no_call_can_hold_is_refused(cast, text):
    with pytest.raises(Invalid):
        keep(Intake(notes=text), cast.olena)


def test_a_recorded_draft_holds_no_words_and_does_not_come_back(cast):
    facts = replace(entered(C01), dispositions=("case_opened",))
    draft = keep(facts, cast.olena)
    call = intake.record(facts, key=draft.uid.hex, by=cast.olena)
    draft.refresh_from_db()
    assert (draft.call, draft.__dict__["body"]) == (call, None)
    late = keep(facts, cast.olena, key=draft.uid, serial=99)
    assert late.ended_at is not None and late.serial == 1
    assert refused("UPDATE cases_draft SET ended_at = NULL") == "draft_ends_once"
    assert not Job.objects.open().filter(kind="draft").exists()


def test_only_its_operator_records_a_draft(cast):
    facts = entered(C01)
    draft = keep(facts, cast.olena)
    with pytest.raises(Elsewhere):
        intake.record(facts, key=draft.uid.hex, by=cast.oleh)
    assert Call.objects.count() == 0


def test_a_left_draft_goes_to_exactly_one(cast):
    draft = keep(entered(C01), cast.olena)
    Draft.objects.update(operator=None)
    got = together(
        8, lambda number: calls.take_over(draft, by=(cast.oleh, cast.taras, cast.iryna, cast.supervisor)[number % 4])
    )
    winners = {row.operator_id for row in got if isinstance(row, Draft)}
    assert len(winners) == 1
    assert all(isinstance(row, Draft | AlreadyTaken) for row in got)


def test_an_empty_page_is_put_away_and_one_with_words_is_not(cast):
    empty = keep(Intake(), cast.olena)
    assert drafts.close(empty, by=cast.olena).ended_at is not None
    full = keep(entered(C01), cast.olena)
    with pytest.raises(Invalid):
        drafts.close(full, by=cast.olena)


# --- dropped ---------------------------------------------------------------------------------------------------------


def test_a_dropped_draft_with_a_need_becomes_a_case_by_itself_once(cast):
    draft = keep(entered(C01), cast.olena)
    jobs.sweep()
    assert Case.objects.count() == 0, "the page showed a sign of life just now"
    drop(draft)
    drop(draft)
    case = Case.objects.get()
    assert (case.priority, case.household.people.count()) == ("P2", 2)
    call = case.calls.get()
    assert call.operator_id == cast.olena.user_id and call.status == "callback_due"
    assert Callback.objects.get().reason == "dropped"
    assert Event.objects.filter(verb="drafts.kept", case=case).exists()
    draft.refresh_from_db()
    assert draft.ended_at is None, "the operator may come back and say the rest"


def test_a_page_that_shows_signs_of_life_is_not_dropped(cast):
    draft = keep(entered(C01), cast.olena)
    with time_machine.travel(timezone.now() + timedelta(seconds=50), tick=True):
        drafts.touch(draft.uid, by=cast.olena)
    drop(draft)
    assert Case.objects.count() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=130), tick=True):
        jobs.sweep()
    assert Case.objects.count() == 1


def watching() -> int:
    return Job.objects.filter(kind="draft", state="waiting").count()


@pytest.mark.parametrize("shows_life", ["types", "touches"])
def test_a_page_that_comes_back_after_it_was_dropped_is_watched_again(cast, shows_life):
    draft = keep(entered(C01), cast.olena)
    drop(draft)
    assert watching() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=130), tick=True):
        if shows_life == "touches":
            drafts.touch(draft.uid, by=cast.olena)
        keep(replace(entered(C01), notes="и вода кончилась"), cast.olena, key=draft.uid, serial=2)
    assert watching() == 1


def test_a_page_on_which_a_place_is_said_later_is_watched_from_then_on(cast):
    draft = keep(Intake(notes="алло"), cast.olena)
    assert watching() == 0
    keep(Intake(settlement=place("Sudzha")), cast.olena, key=draft.uid, serial=2)
    assert watching() == 1


def test_a_draft_without_place_and_need_stays_a_draft(cast):
    draft = keep(Intake(notes="алло"), cast.olena)
    drop(draft)
    assert Case.objects.count() == 0 and Draft.objects.open().count() == 1


def test_a_settlement_alone_is_enough(cast):
    draft = keep(Intake(settlement=place("Sudzha")), cast.olena)
    drop(draft)
    assert Case.objects.get().household.settlement_id == place("Sudzha")


def test_a_dropped_call_under_fire_waits_for_a_supervisor_before_anybody_rings(cast):
    drop(keep(replace(entered("C07"), number="+7 920 555 01 07"), cast.olena))
    assert Callback.objects.get().needs_word


def test_the_operator_who_comes_back_completes_the_dropped_call_and_doubles_nothing(cast):
    said = replace(entered(C01), people=parse("ж 78"), dispositions=())
    draft = keep(said, cast.olena)
    drop(draft)
    case = Case.objects.get()
    rest = replace(
        entered(C01),
        people=parse("ж 79") + parse("м лежачий"),
        needs=(NeedFacts("WATER", 0.0),),
        address="другая улица",
        notes="всё",
    )
    call = intake.record(rest, key=draft.uid.hex, by=cast.olena)
    assert Call.objects.get() == call and Case.objects.get() == case
    people = list(case.household.people.filter(merged_into=None).order_by("pk"))
    assert [person.age_years for person in people] == [79, None]
    assert {need.type_id: need.status for need in case.needs.all()} == {"WATER": "open", "FOOD": "cancelled"}
    assert case.evacuations.get().travellers.count() == 2
    assert call.dispositions.get().code_id == "case_opened"
    assert case.clocks.filter(kind="promise").count() == 0, "nothing is proposed: it is the same call"


def test_a_person_taken_back_counts_nowhere(cast):
    draft = keep(replace(entered(C01), people=parse("ж 78") + parse("м лежачий")), cast.olena)
    drop(draft)
    intake.record(replace(entered(C01), people=parse("ж 78")), key=draft.uid.hex, by=cast.olena)
    case = Case.objects.get()
    assert case.household.people.filter(merged_into=None).count() == 1
    case.refresh_from_db()
    assert case.household.headcount_high == 1


def test_dropping_and_saving_at_once_is_one_case(cast):
    facts = entered(C01)
    draft = keep(facts, cast.olena)
    Draft.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    Job.objects.filter(kind="draft").update(due_at=timezone.now() - timedelta(seconds=1))
    works = [jobs.sweep, lambda: intake.record(facts, key=draft.uid.hex, by=cast.olena)]
    got = together(2, lambda number: works[number]())
    assert not [error for error in got if isinstance(error, Exception)]
    assert Case.objects.count() == Call.objects.count() == 1
    assert Person.objects.filter(merged_into=None).count() == 2


# --- the red key ----------------------------------------------------------------------------------------------------


def red(cast, facts: Intake | None = None) -> tuple[Draft, Case]:
    facts = facts or Intake(settlement=place("Martynovka"))
    draft = keep(facts, cast.olena)
    return draft, intake.red_key(facts, key=draft.uid.hex, by=cast.olena)


def test_the_red_key_makes_a_p1_case_before_anything_else_is_known(cast):
    _, case = red(cast)
    assert (case.priority, case.red_key, case.status) == ("P1", True, "triaged")
    assert case.scores.latest().reasons[0]["code"] == "red_key"
    assert {clock.kind for clock in case.clocks.all()} == {"acknowledge", "recontact"}
    call = case.calls.get()
    assert (call.status, call.operator_id, call.dispositions.count()) == ("in_progress", cast.olena.user_id, 0)
    assert Alarm.objects.get().place_id == place("Martynovka")
    assert Presence.objects.get(user=cast.olena.user_id).state == "on_call"
    assert jobs.sweep() >= 1
    case.refresh_from_db()
    assert case.status == "assigned"


def test_the_red_key_works_with_no_place_at_all(cast):
    _, case = red(cast, Intake())
    assert case.priority == "P1" and case.household.settlement is None
    assert Alarm.objects.count() == 1


def test_pressed_again_it_makes_no_second_case_and_sounds_again_only_when_answered(cast):
    draft, case = red(cast)
    again = intake.red_key(Intake(settlement=place("Martynovka")), key=draft.uid.hex, by=cast.olena)
    assert again == case and Alarm.objects.count() == 1
    Alarm.objects.update(answered_at=timezone.now(), answered_by=cast.taras.user_id)
    intake.red_key(Intake(settlement=place("Martynovka")), key=draft.uid.hex, by=cast.olena)
    assert Alarm.objects.count() == 2 and Case.objects.count() == 1


def test_what_is_said_after_the_red_key_completes_the_same_case(cast):
    draft, case = red(cast)
    call = intake.record(entered("C07"), key=draft.uid.hex, by=cast.olena)
    case.refresh_from_db()
    assert Case.objects.count() == Call.objects.count() == 1
    assert (case.priority, case.household.headcount_high, call.status) == ("P1", 3, "completed")
    live = Observation.objects.filter(case=case, cleared_at=None).values_list("code", flat=True)
    assert {"red_key", "severe_bleeding", "shelling_now"} <= set(live)
    assert Presence.objects.get(user=cast.olena.user_id).state == "free"


def test_the_red_key_on_an_open_case_raises_it_and_lets_nobody_redirect_people(cast):
    case = intake.record(entered("C06"), key="c06", by=cast.oleh).cases.get()
    facts = replace(entered("C18", {"C06": case.ref}), dispositions=())
    draft = keep(facts, cast.olena)
    assert intake.red_key(facts, key=draft.uid.hex, by=cast.olena) == case
    case.refresh_from_db()
    assert case.priority == "P1"
    assert case.evacuations.get().direction == "russia", "a doubtful caller only proposes, red key or not"
    done = replace(facts, dispositions=("case_updated",))
    call = intake.record(done, key=draft.uid.hex, by=cast.olena)
    assert case.evacuations.get().direction == "russia"
    assert call.links.get().proposes and case.calls.count() == 2


def test_who_does_not_answer_calls_has_no_red_key(cast):
    draft = keep(Intake(settlement=place("Sudzha")), cast.olena)
    for who in (cast.auditor, cast.guest, cast.medic):
        with pytest.raises(Forbidden):
            intake.red_key(Intake(), key=draft.uid.hex, by=who)
    assert Case.objects.count() == Alarm.objects.count() == 0


# --- two at once ----------------------------------------------------------------------------------------------------


def on_case(case: Case, by, **changes) -> tuple[Draft, Intake]:
    facts = Intake(number="+7 915 555 01 01", continues=case.ref, dispositions=("case_updated",), **changes)
    return keep(facts, by), facts


def test_two_on_one_case_see_each_other(cast):
    case = intake.record(entered(C01), key="c01", by=cast.oleh).cases.get()
    mine, _ = on_case(case, cast.olena)
    assert drafts.colleagues(mine) == []
    theirs, _ = on_case(case, cast.oleh)
    assert [user.pk for user in drafts.colleagues(mine)] == [cast.oleh.user_id]
    assert [user.pk for user in drafts.colleagues(theirs)] == [cast.olena.user_id]


def test_a_change_somebody_else_saved_meanwhile_is_shown_and_not_overwritten(cast):
    case = intake.record(entered(C01), key="c01", by=cast.oleh).cases.get()
    mine, my_facts = on_case(case, cast.olena, needs=(NeedFacts("WATER", 0.0),))
    theirs, their_facts = on_case(case, cast.oleh, needs=(NeedFacts("WATER", 3.0),))
    intake.record(their_facts, key=theirs.uid.hex, by=cast.oleh)
    standing = case.needs.get(type="WATER").lasts_until
    with pytest.raises(Clash) as clash:
        intake.record(my_facts, key=mine.uid.hex, by=cast.olena)
    assert clash.value.fields == ["need:WATER"]
    assert case.needs.get(type="WATER").lasts_until == standing
    intake.record(my_facts, key=mine.uid.hex, agreed=clash.value.token, by=cast.olena)
    assert case.needs.get(type="WATER").lasts_until < standing


def test_a_change_of_something_else_is_no_clash(cast):
    case = intake.record(entered(C01), key="c01", by=cast.oleh).cases.get()
    mine, my_facts = on_case(case, cast.olena, needs=(NeedFacts("WATER", 0.0),))
    theirs, their_facts = on_case(case, cast.oleh, needs=(NeedFacts("MEDS", 3.0),))
    intake.record(their_facts, key=theirs.uid.hex, by=cast.oleh)
    intake.record(my_facts, key=mine.uid.hex, by=cast.olena)
    assert case.calls.count() == 3


def test_a_third_change_after_the_choice_is_shown_again(cast):
    case = intake.record(entered(C01), key="c01", by=cast.oleh).cases.get()
    mine, my_facts = on_case(case, cast.olena, needs=(NeedFacts("WATER", 0.0),))
    for days in (3.0, 4.0):
        theirs, their_facts = on_case(case, cast.oleh, needs=(NeedFacts("WATER", days),))
        intake.record(their_facts, key=theirs.uid.hex, by=cast.oleh)
        with pytest.raises(Clash) as clash:
            intake.record(my_facts, key=mine.uid.hex, agreed=getattr(clash, "token", ""), by=cast.olena)
    assert case.needs.get(type="WATER").lasts_until > timezone.now() + timedelta(days=3)


def test_an_address_is_compared_without_being_opened(cast):
    case = intake.record(entered(C01), key="c01", by=cast.oleh).cases.get()
    mine, my_facts = on_case(case, cast.olena, address="моя")
    theirs, their_facts = on_case(case, cast.oleh, address="их", evacuation=EvacuationFacts(direction="russia"))
    Draft.objects.filter(pk=theirs.pk).update(identity="confirmed", confirmed_household=case.household)
    intake.record(their_facts, key=theirs.uid.hex, by=cast.oleh)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_disclosure WHERE fields::text LIKE '%address%'")
        before = cursor.fetchone()
        with pytest.raises(Clash) as clash:
            intake.record(my_facts, key=mine.uid.hex, by=cast.olena)
        cursor.execute("SELECT count(*) FROM cases_disclosure WHERE fields::text LIKE '%address%'")
        assert cursor.fetchone() == before
    assert clash.value.fields == ["address"]
