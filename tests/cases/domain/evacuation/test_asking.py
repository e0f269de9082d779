"""Requests are checked, get a direction and change it; what ends them gives their places up in the same step."""

import pytest

from cases.domain import evacuation, follow_up, intake, merging
from cases.domain.intake import EvacuationFacts, Intake
from cases.enums import SEEKS_SEATS
from cases.errors import Forbidden
from cases.models import Case, Clock, EvacuationRequest, Event, Job, Seat
from factories import a_request
from families import called
from refusals import refused
from ways_out import a_family, a_way, agreed, fresh, on, people_of, rounds, seats, taken, tie

pytestmark = pytest.mark.django_db(transaction=True)


def wants_out(cast, *lines, **facts) -> Case:
    return called(cast.olena, *lines, evacuation=EvacuationFacts(direction="ukraine"), **facts)


def check_clock(case) -> list[str]:
    return list(Clock.objects.filter(case=case, kind="fact_check").order_by("pk").values_list("state", flat=True))


def test_a_request_that_nobody_checked_has_a_clock_at_the_pace_of_its_class(cast):
    case = wants_out(cast, "Ткач Ольга ж 34")
    clock = Clock.objects.get(case=case, kind="fact_check")
    recontact = Clock.objects.get(case=case, kind="recontact")
    assert clock.state == "running"
    assert abs((clock.due_at - recontact.due_at).total_seconds()) < 5
    assert Job.objects.filter(key=f"clock:{clock.uid}").exists()


def test_a_case_without_a_request_has_none(cast):
    assert check_clock(called(cast.olena, "Ткач Ольга ж 34")) == []


def test_checking_meets_the_clock_and_twice_is_once(cast):
    case = wants_out(cast, "Ткач Ольга ж 34")
    request = case.evacuations.get()

    assert evacuation.verify(request, by=cast.taras).status == "verified"
    lines = Event.objects.count()
    evacuation.verify(request, by=cast.iryna)

    assert fresh(request).verified_by_id == cast.taras.user_id
    assert check_clock(case) == ["met"]
    assert Event.objects.count() == lines


def test_an_operator_does_not_check(cast):
    with pytest.raises(Forbidden):
        evacuation.verify(a_family(checked=False), by=cast.olena)


def test_a_request_that_ends_needs_no_check(cast):
    case = wants_out(cast, "Ткач Ольга ж 34")
    follow_up.end_request(case.evacuations.get(), to="declined", by=cast.taras)
    assert check_clock(case) == ["met"]
    assert Clock.objects.filter(case=case, state="running").exists()


# --- direction --------------------------------------------------------------------------------------------------------


def test_a_direction_is_chosen_and_chosen_once(cast, both):
    a_way(both.dmytro)
    family = a_family(direction="")
    for _ in range(2):
        assert evacuation.redirect(family, direction="ukraine", by=cast.olena).direction == "ukraine"
    assert fresh(family).status == "verified"
    assert evacuation.hold(family, by=cast.olena).status == "held"


def test_another_direction_gives_the_places_up_in_the_same_step(cast, both):
    convoy, family, waits = a_way(both.dmytro, seats=2), a_family(), a_family()
    evacuation.hold(family, by=cast.olena)
    evacuation.hold(waits, by=cast.olena)

    assert evacuation.redirect(family, direction="russia", by=cast.olena).status == "verified"

    assert (seats(family), taken(convoy)) == (["released", "released"], [0])
    rounds()
    assert on(waits) == {convoy.pk}


def test_a_direction_that_is_none_is_refused(cast):
    assert refused(lambda: evacuation.redirect(a_family(), direction="north", by=cast.olena)) == "invalid"


# --- what ends a request gives its places up --------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["declined", "cancelled", "safe_by_own_means"])
def test_who_withdraws_frees_their_places_at_once(cast, both, to):
    convoy, family, waits = a_way(both.dmytro, seats=2), a_family(), a_family()
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    evacuation.confirm(family, by=cast.taras)
    evacuation.hold(waits, by=cast.olena)

    for _ in range(2):
        follow_up.end_request(family, to=to, by=cast.taras)

    assert (fresh(family).status, seats(family)) == (to, ["released", "released"])
    rounds()
    assert on(waits) == {convoy.pk}


def test_who_is_aboard_does_not_withdraw_on_the_telephone(cast, both):
    a_way(both.dmytro)
    family = a_family()
    evacuation.hold(family, by=cast.olena)
    Seat.objects.update(status="boarded")
    assert refused(lambda: follow_up.end_request(family, to="declined", by=cast.taras)) == "aboard"


def test_a_tie_to_who_withdrew_binds_nobody(cast, both):
    a_way(both.dmytro, seats=2)
    one, other = a_family(), a_family()
    tie(one, other)
    assert evacuation.hold(one, by=cast.olena).status == "waiting_list"
    follow_up.end_request(other, to="declined", by=cast.taras)
    assert evacuation.hold(one, by=cast.olena).status == "held"


def a_held_caller(cast, both):
    """A known caller whose household holds places."""
    a_way(both.dmytro)
    case = wants_out(cast, "Ткач Ольга ж 34", "Ткач Олег м 40")
    request = case.evacuations.get()
    evacuation.verify(request, by=cast.taras)
    evacuation.hold(request, by=cast.olena)
    return case, fresh(request)


@pytest.mark.parametrize(
    ("asked", "status", "seat"),
    [
        ({"direction": "russia"}, "verified", "released"),
        ({"reported": "no_show"}, "no_show", "no_show"),
        ({"reported": "arrived"}, "reported_safe", "released"),
    ],
)
def test_what_a_later_call_changes_frees_the_places_too(cast, both, asked, status, seat):
    case, request = a_held_caller(cast, both)
    said = {"reported": asked["reported"]} if "reported" in asked else {"evacuation": EvacuationFacts(**asked)}
    call = intake.record(
        Intake(number="+79990001122", continues=case.ref, dispositions=("case_updated",), **said),
        key="later",
        by=cast.olena,
    )
    follow_up.settle_proposal(call, accept=True, by=cast.taras)
    assert (fresh(request).status, set(seats(request))) == (status, {seat})


def test_who_parts_takes_their_places_and_their_hold_along(cast, both):
    case, request = a_held_caller(cast, both)
    woman = people_of(request)[0]

    own_case = merging.split(case.household, people=[woman.pk], by=cast.protection)

    own = EvacuationRequest.objects.get(case=own_case)
    assert (own.status, seats(own), seats(request)) == ("held", ["held"], ["held"])
    assert own.verified_at == request.verified_at
    assert Job.objects.filter(key=f"hold:{own.uid}", state="waiting").exists()


@pytest.mark.parametrize("before", ["registered", "verified", "waiting_list", "postponed"])
def test_a_merge_taken_back_leaves_no_place_without_a_request(cast, both, before):
    """Each takes their place along, and each has a request again."""
    convoy = a_way(both.dmytro)
    one, other = wants_out(cast, "Ткач Ольга ж 34"), wants_out(cast, "Бойко Анна ж 58")
    requests = [one.evacuations.get(), other.evacuations.get()]
    EvacuationRequest.objects.filter(pk=requests[1].pk).update(status=before)
    merge = merging.merge(one.household, other.household, by=cast.taras)
    standing = EvacuationRequest.objects.get(status__in=SEEKS_SEATS)
    evacuation.verify(standing, by=cast.taras)
    evacuation.hold(standing, by=cast.olena)
    assert taken(convoy) == [2]

    merging.undo(merge, by=cast.taras)

    assert [(fresh(row).status, seats(row)) for row in requests] == [("held", ["held"])] * 2
    assert taken(convoy) == [2]
    for row in requests:
        assert Job.objects.filter(key=f"hold:{row.uid}", state="waiting").exists()


# --- taken up again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["declined", "cancelled", "postponed", "no_show"])
def test_a_request_is_taken_up_again(cast, both, status):
    a_way(both.dmytro)
    family = a_family()
    EvacuationRequest.objects.filter(pk=family.pk).update(status=status)
    assert refused(lambda: evacuation.hold(family, by=cast.olena)) == "request_not_seeking"
    for _ in range(2):
        assert evacuation.take_up(family, by=cast.olena).status == "verified"
    assert evacuation.hold(family, by=cast.olena).status == "held"


def test_a_request_is_not_taken_up_beside_another_one(cast):
    family = a_family()
    EvacuationRequest.objects.filter(pk=family.pk).update(status="declined")
    a_request(family.case)
    assert refused(lambda: evacuation.take_up(family, by=cast.olena)) == "illegal_move"
