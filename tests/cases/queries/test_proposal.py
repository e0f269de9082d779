"""A proposal is made of what is stored, and says what it would change and why somebody is left."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from cases.domain import evacuation
from cases.models import EvacuationRequest, Place
from cases.queries import seating
from cases.queries.evacuation import propose
from cases.queries.evacuation.stored import stored
from cast import hire
from ways_out import (
    a_column,
    a_corridor,
    a_family,
    a_slot,
    a_vehicle,
    a_way,
    agreed,
    fresh,
    on,
    people_of,
    planners,
    tie,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by(cast):
    return planners().dmytro


def a_party_of(by, request):
    """The request as the planner of all convoys reads it."""
    return next(party for party in stored(by).instance(()).parties if party.id == str(request.pk))


def pairs(proposal) -> dict[int, int]:
    return {one.request: one.convoy for one in proposal.planned}


def whys(proposal) -> dict[str, tuple[str, str]]:
    return {line.case.spoken: (line.why, line.helps) for line in proposal.unseated}


def confirmed(cast, *bands):
    family = a_family(*bands)
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    return evacuation.confirm(family, by=cast.taras)


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_household_is_read_with_its_needs_and_its_days(by):
    convoy = a_way(by, hours=30)
    family = a_family("18-59", "70+", priority="P2", animals=1, luggage=3, earliest=convoy.departs_at.date())
    family.travellers.filter(person=people_of(family)[1]).update(kind="wheelchair")

    instance = stored(by).instance(())

    (party,), (there,) = instance.parties, instance.convoys
    assert (party.cls, party.needs, party.direction) == ("P2", (1, 1, 0, 1, 3), "ukraine")
    assert (party.together, party.confirmed, party.lone_older) == (None, None, False)
    assert party.waiting_since == family.waiting_since
    assert (there.places, party.stop in there.stops) == ((10, 0, 0, 0, 0), True)
    assert party.earliest.date() == family.earliest and party.latest is None


def test_an_older_person_who_travels_alone_is_known(by):
    a_way(by)
    assert a_party_of(by, a_family("70+")).lone_older
    assert not a_party_of(by, a_family("18-59")).lone_older
    two = a_family("70+"), a_family("18-59")
    tie(*two)
    assert not a_party_of(by, two[0]).lone_older


def test_those_who_travel_together_are_one_group(by):
    a_way(by)
    one, other, third = a_family(), a_family(), a_family()
    tie(one, other)
    tie(other, third)
    groups = {a_party_of(by, request).together for request in (one, other, third)}
    assert groups == {str(one.pk)}


def test_a_convoy_stands_for_its_tightest_leg(by):
    window = a_slot(by, a_corridor(by, stops=("Sudzha", "Sumy", "Romny")))
    convoy = a_column(by, window, seats=4)
    a_vehicle(by, convoy, way=(1, 2), seats=6)
    (there,) = stored(by).instance(()).convoys
    assert there.places[0] == 4


def test_who_lives_at_no_stop_is_told_so(by):
    a_way(by)  # to Sumy: nobody gets on where all get off
    far = a_family(place="Sumy")
    assert whys(propose(by)) == {
        far.case.spoken: (
            "No convoy in their direction calls at their stop.",
            "A stop near them, or somebody who brings them to one.",
        )
    }


def test_confirmed_places_are_kept_and_taken_off(cast, by):
    a_way(by, seats=5)
    family = confirmed(cast)
    waits = a_family("18-59", "18-59", "18-59")
    instance = stored(by).instance(())
    assert [party.id for party in instance.parties] == [str(waits.pk)]
    assert instance.convoys[0].places[0] == 3
    assert family.pk not in pairs(propose(by))


def test_who_is_tied_to_a_confirmed_one_follows_to_that_convoy_alone(cast, by):
    early = a_way(by, hours=20, seats=4)
    a_way(by, hours=40, seats=4)
    family, other = confirmed(cast), a_family()
    tie(family, other)
    assert a_party_of(by, other).confirmed == str(early.pk)
    assert pairs(propose(by)) == {other.pk: early.pk}


def test_the_unchecked_are_left_out_and_who_is_tied_to_them_is_told(by):
    a_way(by)
    unchecked, alone, tied_one = a_family(checked=False), a_family(checked=False), a_family()
    tie(unchecked, tied_one)
    proposal = propose(by)
    assert proposal.planned == []
    why = ("They travel with somebody whose facts nobody has checked.", "Check the facts of that request.")
    assert whys(proposal) == {tied_one.case.spoken: why, unchecked.case.spoken: why}
    assert alone.pk not in pairs(proposal)


def test_a_medical_case_that_no_medic_has_seen_is_left_out(by):
    a_way(by)
    family = a_family(priority="P1", fit="unknown")
    proposal = propose(by)
    assert proposal.planned == []
    assert whys(proposal)[family.case.spoken][1] == "A medic says whether they are fit to travel."


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_who_seeks_no_place_is_not_planned(by, status):
    a_way(by)
    EvacuationRequest.objects.filter(pk=a_family().pk).update(status=status)
    proposal = propose(by)
    assert (proposal.planned, proposal.unseated) == ([], [])


def test_a_planner_of_another_area_plans_nobody_here_and_reads_nothing_of_them(cast, by):
    a_way(by)
    mine, theirs = a_family(), a_family()
    tie(mine, theirs)
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    proposal = propose(hire("stranger dispatcher", "dispatcher", area=sumy))
    assert (proposal.planned, proposal.seated, proposal.unseated) == ([], [], [])


def test_who_is_tied_to_somebody_of_another_area_is_left_out_and_told(by):
    a_way(by)
    theirs, mine = a_family(), a_family(place="Sumy")
    tie(mine, theirs)
    sumy = Place.objects.get(kind="oblast", name_en="Sumy oblast")
    proposal = propose(hire("another dispatcher", "dispatcher", area=sumy))
    assert proposal.planned == []
    assert {ref: why for ref, (why, _helps) in whys(proposal).items()} == {
        mine.case.spoken: "They travel with somebody of another area."
    }


# --- what it would change --------------------------------------------------------------------------------------------


def test_the_difference_in_one_line(by):
    convoy = a_way(by, seats=5)
    urgent, family = a_family(priority="P2"), a_family(priority="P3")
    late = a_family(waiting_since=timezone.now())
    proposal = propose(by)
    assert proposal.headline == "+2 households, 0 moved, 1 not seated"
    assert [line.case.spoken for line in proposal.seated] == [urgent.case.spoken, family.case.spoken]
    assert pairs(proposal) == {urgent.pk: convoy.pk, family.pk: convoy.pk}
    why, helps = whys(proposal)[late.case.spoken]
    assert why == "The seats went to people who are more urgent or have waited longer."
    assert helps.startswith("With 1 seat more on Convoy 1, ")


def test_a_hold_is_moved_where_that_seats_more_and_only_there(cast, by):
    large, small = a_way(by, hours=20, seats=4), a_way(by, hours=40, seats=2)
    held = a_family()
    evacuation.hold(held, by=cast.olena)
    assert on(held) == {large.pk}
    assert propose(by).planned == []

    waits = a_family("18-59", "18-59", "18-59", "18-59")
    proposal = propose(by)
    assert pairs(proposal) == {held.pk: small.pk, waits.pk: large.pk}
    assert proposal.headline == "+1 household, 1 moved, 0 not seated"
    (moved,) = proposal.moved
    assert moved.was != moved.to and moved.was.startswith("Convoy 1")


def test_nobody_loses_a_hold_to_somebody_more_urgent(cast, by):
    a_way(by, seats=2)
    held = a_family(priority="P4")
    evacuation.hold(held, by=cast.olena)
    urgent = a_family(priority="P1")
    proposal = propose(by)
    assert proposal.planned == []
    assert list(whys(proposal)) == [urgent.case.spoken]


def test_a_convoy_that_is_suspended_or_gone_is_no_place(by):
    convoy = a_way(by)
    evacuation.suspend(convoy.window.corridor, reason="unsafe", by=by)
    family = a_family()
    assert whys(propose(by))[family.case.spoken] == (
        "No open convoy goes in the direction they chose.",
        "A convoy in their direction.",
    )


def test_days_are_those_of_the_place(by):
    convoy = a_way(by)
    day = stored(by).rooms[0].day
    too_late = a_family(earliest=day + timedelta(days=1))
    just = a_family(earliest=day, latest=day)
    proposal = propose(by)
    assert pairs(proposal) == {just.pk: convoy.pk}
    assert whys(proposal)[too_late.case.spoken][0] == "No convoy at their stop leaves within their dates."


def test_reasons_are_in_the_language_of_the_reader(by):
    family = a_family()
    with translation.override("uk"):
        assert whys(propose(by))[family.case.spoken][0] == "Жодна відкрита колона не йде в обраному ними напрямку."


def test_the_same_rows_give_the_same_proposal_and_change_nothing(by):
    a_way(by, seats=5)
    families = [a_family() for _ in range(4)]
    before = [fresh(family).version for family in families]
    assert pairs(propose(by)) == pairs(propose(by))
    assert [fresh(family).version for family in families] == before


def test_who_gets_places_while_the_plan_is_made_is_for_the_next_one(cast, by, monkeypatch):
    a_way(by)
    changed, other = a_family(), a_family()
    real = seating.parties

    def meanwhile(requests):
        evacuation.hold(changed, by=cast.olena)
        return real(requests)

    with monkeypatch.context() as patch:
        patch.setattr(seating, "parties", lambda requests: (patch.undo(), meanwhile(requests))[1])
        assert list(pairs(propose(by))) == [other.pk]
