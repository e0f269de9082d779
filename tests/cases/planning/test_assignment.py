"""Who should have a case, without a database."""

from datetime import UTC, datetime, timedelta

from cases.planning.assignment import Candidate, Wanted, choose, stays

NOW = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
SUDZHA = "/1/2/3/"


def who(*people: Candidate, wanted: Wanted | None = None) -> int | None:
    return choose(people, wanted or Wanted(path=SUDZHA), NOW).user


def test_nobody_on_duty_is_told_as_such():
    choice = choose([], Wanted(), NOW)
    assert (choice.user, choice.because["on_duty"], choice.because["covering"]) == (None, 0, 0)


def test_who_covers_another_area_is_no_candidate():
    assert who(Candidate(1, area="/1/9/")) is None
    assert who(Candidate(1, area="/1/9/"), Candidate(2, area="/1/2/", load=10)) == 2


def test_a_place_nobody_told_is_everybodys():
    assert who(Candidate(1, area="/1/9/"), wanted=Wanted()) == 1


def test_who_is_full_is_named_and_not_given_it():
    choice = choose([Candidate(1, load=16, capacity=8), Candidate(2, load=15, capacity=8)], Wanted(), NOW)
    assert (choice.user, choice.because["full"], choice.because["load"]) == (2, [1], 15)


def test_who_just_returned_it_is_not_given_it_even_when_alone():
    choice = choose([Candidate(1, returned=True)], Wanted(), NOW)
    assert (choice.user, choice.because["returned"], choice.because["full"]) == (None, [1], [])


def test_the_least_loaded_for_their_capacity_has_it():
    assert who(Candidate(1, load=4, capacity=4), Candidate(2, load=6, capacity=8)) == 2


def test_among_equals_who_was_given_least_has_it():
    assert who(Candidate(1, given=6), Candidate(2, given=4), Candidate(3, given=4)) == 2


def test_the_language_of_the_caller_comes_before_the_load():
    ukrainian = Wanted(path=SUDZHA, language="uk")
    people = Candidate(1, speaks=frozenset({"ru"})), Candidate(2, speaks=frozenset({"uk", "ru"}), load=8)
    choice = choose(people, ukrainian, NOW)
    assert (choice.user, choice.because["speaks"], choice.because["language_missing"]) == (2, "uk", "")


def test_somebody_without_the_language_is_better_than_nobody_and_it_is_said():
    choice = choose([Candidate(1, speaks=frozenset({"ru"}))], Wanted(language="uk"), NOW)
    assert (choice.user, choice.because["language_missing"]) == (1, "uk")


def test_no_language_on_record_is_held_against_nobody():
    choice = choose([Candidate(1), Candidate(2, speaks=frozenset({"uk"}), load=2)], Wanted(language="uk"), NOW)
    assert (choice.user, choice.because["speaks"], choice.because["language_missing"]) == (1, "", "")


def test_skills_come_before_whoever_knows_the_household_and_that_before_the_load():
    medical = Wanted(skills=frozenset({"medical"}))
    nurse, known, idle = (
        Candidate(1, skills=frozenset({"medical"}), load=9),
        Candidate(2, knows=True, load=9),
        Candidate(3),
    )
    assert who(nurse, known, idle, wanted=medical) == 1
    assert who(known, idle, wanted=medical) == 2
    assert choose([known, idle], medical, NOW).because["skills_missing"] == ["medical"]


def test_who_leaves_within_half_an_hour_is_passed_over_and_the_hour_is_said():
    leaving = Candidate(1, off_at=NOW + timedelta(minutes=29))
    choice = choose([leaving, Candidate(2, load=15, off_at=NOW + timedelta(minutes=30))], Wanted(), NOW)
    assert choice.user == 2
    assert choice.because["off"] == {"1": leaving.off_at.isoformat()}
    assert who(leaving) == 1


def test_the_order_they_come_in_does_not_matter():
    people = [Candidate(n, load=n % 3, given=n % 2) for n in range(1, 9)]
    assert {who(*people[n:], *people[:n]) for n in range(8)} == {who(*people)}


def test_a_case_stays_with_an_owner_who_is_back_in_time():
    soon, due = NOW + timedelta(hours=10), NOW + timedelta(hours=12)
    assert stays(True, False, soon, due)
    assert not stays(True, False, due + timedelta(minutes=1), due)
    assert not stays(True, True, soon, due)
    assert not stays(False, False, soon, due)
    assert not stays(True, False, None, due)
