"""Who cannot decide: one of the staff proposes what is best for them, another from another post confirms it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cases import tasks
from cases.domain import assignment, evacuation, jobs, opening
from cases.enums import SECOND_WITHIN, Role, Why
from cases.errors import Forbidden
from cases.models import Alarm, BestInterests, Case, Decision, Event, Household, Job, Message, Note, Post
from cases.queries import case_page, interests, live, second
from cast import hire
from factories import a_person
from rawsql import refused as refused_by_the_database
from rawsql import run
from refusals import refused
from ways_out import a_family, a_way, people_of, said_yes, seats

pytestmark = pytest.mark.django_db(transaction=True)
assert tasks.HANDLERS  # importing them is what registers every kind of job
DAY, BLINK = timedelta(days=1), timedelta(milliseconds=1)
WHY = "does not understand where she is"
YES = {"could_speak_freely": "yes", "voluntary": True, "own_direction": True, "informed": True}


@pytest.fixture
def held(cast, both):
    a_way(both.dmytro)
    family = evacuation.hold(a_family(), by=cast.olena)
    said_yes(family, people_of(family)[1], cast.olena)
    return family


def propose(family, by, *, person=None, **more):
    said = {"goes": True, "reason": WHY} | YES | more
    return evacuation.propose_interests(family, person=person or people_of(family)[0], by=by, **said)


def agree(row, by):
    return lambda: evacuation.agree_interests(row, by=by)


def confirm(family, by):
    return lambda: evacuation.confirm(family, by=by)


def test_what_is_only_proposed_confirms_no_place(cast, held):
    propose(held, cast.taras)
    assert Decision.objects.count() == 1
    assert refused(confirm(held, cast.taras)) == "decision_missing"
    assert seats(held) == ["held", "held"]


def test_who_proposed_that_somebody_stays_has_taken_no_place_from_them(cast, held):
    row = propose(held, cast.taras, goes=False)
    assert seats(held) == ["held", "held"]
    evacuation.agree_interests(row, by=cast.protection)
    assert sorted(seats(held)) == ["held", "released"]


def test_confirmed_by_the_second_it_counts_with_both_names_and_the_reason(cast, held):
    row = propose(held, cast.taras)
    made = evacuation.agree_interests(row, by=cast.protection)
    assert (made.by, made.recorded_by, made.second_staff_id) == (
        "best_interests",
        cast.taras.code,
        cast.protection.user_id,
    )
    note = Note.objects.get()
    assert (made.note_id, note.protected, note.author_id) == (note.pk, True, cast.taras.user_id)
    line = Event.objects.get(verb="evacuation.agree_interests")
    assert (line.actor, line.data["proposed_by"]) == (cast.protection.code, cast.taras.user_id)
    assert evacuation.confirm(held, by=cast.taras).status == "confirmed"


def test_who_proposed_it_does_not_confirm_it(cast, held):
    row = propose(held, cast.protection)
    assert refused(agree(row, cast.protection)) == "second_person_needed"
    assert Decision.objects.count() == 1


def test_one_of_the_two_is_the_protection_officer_and_the_other_is_not(cast, held):
    row = propose(held, cast.taras)
    assert refused(agree(row, cast.iryna)) == "wrong_decider"
    evacuation.refuse_interests(row, by=cast.taras)
    row = propose(held, cast.protection)
    assert refused(agree(row, hire("ostap", Role.PROTECTION))) == "wrong_decider"
    assert evacuation.agree_interests(row, by=cast.iryna).second_staff_id == cast.iryna.user_id


@pytest.mark.parametrize("who", ["auditor", "medic", "field_team", "administrator", "guest", "outsider", "olena"])
def test_a_post_that_may_not_confirm_does_not(cast, held, who):
    row = propose(held, cast.protection)
    with pytest.raises(Forbidden):
        evacuation.agree_interests(row, by=getattr(cast, who))
    assert BestInterests.objects.get().outcome == ""


@pytest.mark.parametrize("who", ["auditor", "medic", "field_team", "administrator", "guest", "outsider"])
def test_a_post_that_may_not_decide_proposes_nothing(cast, held, who):
    with pytest.raises(Forbidden):
        propose(held, getattr(cast, who))
    assert not BestInterests.objects.exists()


def test_nobody_else_records_it_by_themselves(cast, held):
    person = people_of(held)[0]
    assert refused(lambda: said_yes(held, person, cast.protection, decided_by="best_interests")) == "wrong_decider"


def test_there_is_a_reason_and_a_traveller(cast, held):
    assert refused(lambda: propose(held, cast.taras, reason=" ")) == "note_needed"
    assert refused(lambda: propose(held, cast.taras, person=a_person(age_band="18-59"))) == "not_a_traveller"


def test_proposed_and_confirmed_twice_is_once(cast, held):
    row = propose(held, cast.taras)
    assert propose(held, cast.taras).pk == row.pk
    assert Note.objects.count() == Alarm.objects.count() == 1
    first, second = (evacuation.agree_interests(row, by=cast.protection) for _ in range(2))
    assert first.pk == second.pk
    assert Decision.objects.filter(by="best_interests").count() == 1
    assert Event.objects.filter(verb="evacuation.agree_interests").count() == 1


def test_another_proposal_for_the_same_person_waits_for_the_first(cast, held):
    propose(held, cast.taras)
    assert refused(lambda: propose(held, cast.taras, goes=False)) == "interests_proposed"
    assert refused(lambda: propose(held, cast.iryna)) == "interests_proposed"


def test_a_decision_made_meanwhile_overtakes_it(cast, held):
    row, person = propose(held, cast.taras), people_of(held)[0]
    assert [sound.kind for sound in live.sounds(cast.protection)] == ["second"]
    said_yes(held, person, cast.olena, goes=False)
    assert live.sounds(cast.protection) == []
    assert refused(agree(row, cast.protection)) == "decided_meanwhile"
    assert Decision.objects.filter(person=person).get().goes is False

    again = propose(held, cast.taras)
    assert evacuation.agree_interests(again, by=cast.protection).goes
    assert list(BestInterests.objects.order_by("pk").values_list("outcome", flat=True)) == ["overtaken", "agreed"]


def test_another_direction_overtakes_it(cast, both):
    family = a_family(direction="russia")
    row = propose(family, cast.taras)
    evacuation.redirect(family, direction="ukraine", by=cast.olena)
    assert refused(agree(row, cast.protection)) == "decided_meanwhile"


def test_a_request_that_ended_decides_nothing_more(cast, held):
    row = propose(held, cast.taras)
    type(held).objects.filter(pk=held.pk).update(status="declined")
    assert refused(agree(row, cast.protection)) == "decided_meanwhile"


def test_the_second_refuses_and_the_first_takes_back(cast, held):
    row = propose(held, cast.taras)
    assert refused(lambda: evacuation.refuse_interests(row, by=cast.iryna)) == "wrong_decider"
    assert evacuation.refuse_interests(row, by=cast.protection).outcome == "refused"
    assert refused(agree(row, cast.protection)) == "nothing_proposed"
    own = propose(held, cast.taras)
    assert evacuation.refuse_interests(own, by=cast.taras).settled_by_id == cast.taras.user_id
    assert not Alarm.objects.live().exists()
    assert Decision.objects.filter(by="best_interests").count() == 0


def test_what_was_confirmed_is_not_refused_afterwards(cast, held):
    row = propose(held, cast.taras)
    evacuation.agree_interests(row, by=cast.protection)
    assert refused(lambda: evacuation.refuse_interests(row, by=cast.taras)) == "nothing_proposed"


def test_for_a_child_without_anybody_it_is_the_guardians_word(cast, both):
    family = a_family("12-17")
    evacuation.agree_interests(propose(family, cast.protection), by=cast.supervisor)
    assert Decision.objects.get().by == "best_interests"


def test_where_only_the_officer_reads_the_officer_confirms(cast, held):
    Household.objects.filter(pk=held.case.household_id).update(protected=True)
    assert refused(lambda: propose(held, cast.protection)) == "wrong_decider"
    assert evacuation.agree_interests(propose(held, cast.taras), by=cast.protection).goes


def test_what_the_officer_proposed_is_overtaken_where_the_household_is_protected_by_now(cast, held):
    row = propose(held, cast.protection)
    Household.objects.filter(pk=held.case.household_id).update(protected=True)

    for who in (cast.taras, cast.iryna, cast.supervisor, hire("ostap", Role.PROTECTION)):
        assert refused(agree(row, who)) == "decided_meanwhile"
        assert refused(lambda who=who: evacuation.refuse_interests(row, by=who)) == "wrong_decider"
        assert second.waiting_for(who) == []
        assert not BestInterests.objects.get().second_may_be(who)
    assert live.sounds(cast.protection) == []
    assert not Decision.objects.filter(by="best_interests").exists()

    again = propose(held, cast.taras)
    assert [line.key for line in second.waiting_for(cast.protection)] == [held.case_id]
    assert evacuation.agree_interests(again, by=cast.protection).goes
    assert list(BestInterests.objects.order_by("pk").values_list("outcome", flat=True)) == ["overtaken", "agreed"]


def test_whoever_was_asked_reads_why_no_more_once_the_household_is_protected(cast, held):
    propose(held, cast.protection)
    case = case_page.for_page(Case.objects.visible_to(cast.iryna)).get(pk=held.case_id)
    assert interests.reasons_for(case.evacuations.all(), cast.iryna) == {Note.objects.get().pk}
    Household.objects.filter(pk=held.case.household_id).update(protected=True)
    case = case_page.for_page(Case.objects.visible_to(cast.iryna)).get(pk=held.case_id)
    assert interests.reasons_for(case.evacuations.all(), cast.iryna) == set()


def test_whoever_is_asked_to_confirm_reads_why_and_nobody_afterwards(cast, held):
    row = propose(held, cast.protection)

    def read(who):
        case = case_page.for_page(Case.objects.visible_to(who)).get(pk=held.case_id)
        return list(opening.open_names(case, why=Why.COMPLAINT, by=who).notes.values())

    assert read(cast.iryna) == [WHY]
    assert read(cast.medic) == []
    evacuation.agree_interests(row, by=cast.taras)
    assert read(cast.iryna) == []


# --- the database ----------------------------------------------------------------------------------------------------

DECIDED = (
    "INSERT INTO cases_decision (uid, version, created_at, request_id, person_id, by, goes, direction,"
    " could_speak_freely, voluntary, own_direction, informed, note_id, interests_id, second_staff_id, recorded_by)"
    " SELECT gen_random_uuid(), 0, now(), request_id, person_id, 'best_interests', %s, direction, could_speak_freely,"
    " voluntary, own_direction, informed, note_id, {interests}, %s, %s FROM cases_bestinterests WHERE id = %s"
)


def decided(row, second, first, *, goes=True, interests="id"):
    sql = DECIDED.format(interests=interests)
    return refused_by_the_database(sql, goes, second.user_id, first.code, row.pk)


def settle(row, by, outcome="agreed", *, post="protection"):
    return (
        "UPDATE cases_bestinterests SET outcome = %s, settled_at = now(), settled_by_id = %s, settled_as = %s"
        " WHERE id = %s",
        outcome,
        by.user_id,
        post,
        row.pk,
    )


def test_the_database_takes_no_decision_that_nobody_else_agreed_to(cast, held):
    both = hire("ostap", Role.PROTECTION)
    Post.objects.create(user_id=both.user_id, role=Role.COORDINATOR)
    row = propose(held, both)
    by_two = "decision_best_interests_by_two"
    assert decided(row, cast.taras, both) == by_two
    assert refused_by_the_database(*settle(row, both, post="coordinator")) == "best_interests_by_two"
    evacuation.refuse_interests(row, by=both)
    row = propose(held, cast.taras)
    assert decided(row, cast.protection, cast.taras) == by_two
    assert decided(row, cast.taras, cast.taras) == by_two
    assert decided(row, cast.protection, cast.taras, interests="NULL") == by_two


def test_the_database_takes_nothing_else_than_what_was_agreed_to(cast, held):
    row = propose(held, cast.taras)
    run(*settle(row, cast.protection))
    by_two = "decision_best_interests_by_two"
    assert decided(row, cast.protection, cast.iryna) == by_two
    assert decided(row, cast.iryna, cast.taras) == by_two
    assert decided(row, cast.protection, cast.taras, goes=False) == by_two
    said_yes(held, people_of(held)[0], cast.olena)
    assert decided(row, cast.protection, cast.taras) == by_two


def test_the_database_settles_once_and_changes_nothing_that_was_proposed(cast, held):
    row = propose(held, cast.taras)
    no_right = "42501"
    assert refused_by_the_database("UPDATE cases_bestinterests SET goes = false") == no_right
    assert refused_by_the_database("DELETE FROM cases_bestinterests") == no_right
    run(*settle(row, cast.protection, "refused"))
    assert refused_by_the_database(*settle(row, cast.protection)) == "best_interests_settled_once"


def test_the_database_asks_that_one_of_the_two_acts_as_the_protection_officer_and_the_other_does_not(cast, held):
    row = propose(held, cast.taras)
    two_posts, not_theirs = "best_interests_two_posts", "best_interests_post_held"
    assert refused_by_the_database(*settle(row, cast.iryna, post="coordinator")) == two_posts
    assert refused_by_the_database(*settle(row, cast.iryna)) == not_theirs
    assert refused_by_the_database(*settle(row, cast.protection, post="")) == not_theirs
    run(*settle(row, cast.protection))
    assert BestInterests.objects.get().outcome == "agreed"


def test_of_two_officers_the_database_takes_nothing_and_of_one_the_word_of_another_post(cast, held):
    row = propose(held, cast.protection)
    assert refused_by_the_database(*settle(row, hire("ostap", Role.PROTECTION))) == "best_interests_two_posts"
    run(*settle(row, cast.iryna, post="coordinator"))
    assert BestInterests.objects.get().outcome == "agreed"


def test_a_post_that_ended_confirms_nothing_and_one_that_ends_later_leaves_what_was_confirmed(cast, held):
    former = hire("ostap", Role.PROTECTION)
    Post.objects.filter(user=former.user_id).update(since=timezone.now() - DAY, until=timezone.now())
    row = propose(held, cast.taras)
    assert refused_by_the_database(*settle(row, former)) == "best_interests_post_held"
    evacuation.agree_interests(row, by=cast.protection)
    Post.objects.filter(user__in=[cast.taras.user_id, cast.protection.user_id]).update(until=timezone.now())
    row.refresh_from_db()
    assert (row.proposed_as, row.settled_as) == ("coordinator", "protection")


def test_nobody_proposes_in_a_post_they_do_not_hold(cast, held):
    row = propose(held, cast.taras)
    copied = (
        "INSERT INTO cases_bestinterests (uid, version, created_at, request_id, person_id, goes, direction,"
        " could_speak_freely, voluntary, own_direction, informed, over_id, note_id, proposed_by_id, proposed_as,"
        " outcome, settled_as)"
        " SELECT gen_random_uuid(), 0, now(), request_id, person_id, goes, direction, could_speak_freely, voluntary,"
        " own_direction, informed, over_id, note_id, proposed_by_id, %s, '', '' FROM cases_bestinterests WHERE id = %s"
    )
    evacuation.refuse_interests(row, by=cast.taras)
    assert refused_by_the_database(copied, "protection", row.pk) == "best_interests_post_held"
    run(copied, "coordinator", row.pk)
    assert BestInterests.objects.filter(outcome="", proposed_as="coordinator").count() == 1


# --- in time ---------------------------------------------------------------------------------------------------------


def after(row, gone):
    """So long after it was proposed."""
    return time_machine.travel(row.created_at + gone, tick=False)


def test_until_a_day_is_over_it_is_confirmed(cast, held):
    row = propose(held, cast.taras)
    with after(row, SECOND_WITHIN - BLINK):
        jobs.run([f"interests:{row.uid}"])
        assert [sound.kind for sound in live.sounds(cast.protection)] == ["second"]
        assert evacuation.agree_interests(row, by=cast.protection).goes
    assert Job.objects.get(kind="interests_lapse").state == "done"


def test_when_a_day_is_over_it_is_not_confirmed_even_before_the_machine_came_round(cast, held):
    row = propose(held, cast.taras)
    with after(row, SECOND_WITHIN):
        assert live.sounds(cast.protection) == []
        assert refused(agree(row, cast.protection)) == "proposal_lapsed"
    assert not Decision.objects.filter(by="best_interests").exists()
    assert BestInterests.objects.get().outcome == ""


def test_the_database_confirms_nothing_after_a_day_either(cast, held):
    with time_machine.travel(timezone.now() - SECOND_WITHIN, tick=False):
        late = propose(held, cast.taras)
    assert refused_by_the_database(*settle(late, cast.protection)) == "best_interests_in_time"
    run(*settle(late, cast.protection, "refused"))
    with time_machine.travel(timezone.now() - SECOND_WITHIN + timedelta(minutes=5), tick=False):
        row = propose(held, cast.taras)
    run(*settle(row, cast.protection))
    assert list(BestInterests.objects.order_by("pk").values_list("outcome", flat=True)) == ["refused", "agreed"]


def test_it_lapses_once_on_record_and_whoever_proposed_it_is_told(cast, held):
    row = propose(held, cast.taras)
    with after(row, SECOND_WITHIN):
        for _twice in range(2):
            Job.objects.filter(kind="interests_lapse").update(state="waiting", done_at=None)
            jobs.run([f"interests:{row.uid}"])
        assert refused(agree(row, cast.protection)) == "proposal_lapsed"
        row.refresh_from_db()
        assert (row.outcome, row.settled_by_id, row.settled_as) == ("lapsed", None, "")
        line = Event.objects.get(verb="evacuation.interests_lapsed")
        assert (line.case_id, line.data["proposed_by"]) == (held.case_id, cast.taras.user_id)
        message = Message.objects.get(template__code="second_lapsed")
        assert (message.user_id, message.case_id) == (cast.taras.user_id, held.case_id)
        assert message.params == {"path": assignment.case_link(held.case)}


def test_what_lapsed_is_proposed_anew_and_confirmed(cast, held):
    first = propose(held, cast.taras)
    with after(first, SECOND_WITHIN + BLINK):
        again = propose(held, cast.taras)
        assert again.pk != first.pk
        assert [sound.kind for sound in live.sounds(cast.protection)] == ["second"]
        jobs.run([f"interests:{row.uid}" for row in (first, again)])
        assert evacuation.agree_interests(again, by=cast.protection).goes
    assert list(BestInterests.objects.order_by("pk").values_list("outcome", flat=True)) == ["lapsed", "agreed"]
    assert Message.objects.filter(template__code="second_lapsed").count() == 1


def test_what_was_overtaken_ends_in_silence(cast, held):
    row = propose(held, cast.taras)
    said_yes(held, people_of(held)[0], cast.olena, goes=False)
    with after(row, SECOND_WITHIN):
        jobs.run([f"interests:{row.uid}"])
    assert BestInterests.objects.get().outcome == "overtaken"
    assert not Message.objects.filter(template__code="second_lapsed").exists()
