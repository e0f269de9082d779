"""A plan is applied in one step: whole parties, each by itself, and what changed meanwhile stays as it is."""

from contextlib import contextmanager
from threading import Barrier

import pytest

from cases.domain import evacuation, follow_up
from cases.domain.evacuation import applying, locking
from cases.errors import Forbidden
from cases.models import Event, Job, Seat, Vehicle
from cases.queries.evacuation import propose
from together import together
from ways_out import a_family, a_way, agreed, fresh, on, seats, taken, tie

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by(both):
    return both.dmytro


def proposed(by):
    return propose(by).planned


def codes(done) -> dict[int, str]:
    return {pk: refusal.code for pk, refusal in done.left.items()}


# --- applied ---------------------------------------------------------------------------------------------------------


def test_a_plan_seats_whom_it_seats_and_they_are_called(by):
    convoy = a_way(by, seats=5)
    one, other, late = a_family(priority="P2"), a_family(priority="P3"), a_family()

    done = evacuation.apply_plan(proposed(by), by=by)

    assert (sorted(done.seated), done.moved, done.already, done.left) == ([one.pk, other.pk], [], [], {})
    assert (on(one), on(other), on(late), taken(convoy)) == ({convoy.pk}, {convoy.pk}, set(), [4])
    assert seats(one) == ["held", "held"] and fresh(one).status == "held"
    assert Job.objects.filter(kind="hold", state="waiting").count() == 2
    called = set(Job.objects.filter(kind="call_household").values_list("subject", flat=True))
    assert called == {one.case_id, other.case_id}


def test_a_hold_moves_and_leaves_its_place_to_who_was_planned_for_it(cast, by):
    large, small = a_way(by, hours=20, seats=4), a_way(by, hours=40, seats=2)
    held = a_family()
    evacuation.hold(held, by=cast.olena)
    waits = a_family("18-59", "18-59", "18-59", "18-59")

    done = evacuation.apply_plan(proposed(by), by=by)

    assert (done.seated, done.moved, done.left) == ([waits.pk], [held.pk], {})
    assert (on(held), on(waits)) == ({small.pk}, {large.pk})
    assert seats(held) == ["released", "released", "held", "held"]


def test_a_group_is_seated_whole(by):
    convoy = a_way(by, seats=4)
    one, other = a_family(), a_family()
    tie(one, other)
    done = evacuation.apply_plan(proposed(by), by=by)
    assert sorted(done.seated) == [one.pk, other.pk]
    assert on(one) == on(other) == {convoy.pk}


def test_who_is_tied_to_a_confirmed_one_follows_and_the_confirmed_stay_confirmed(cast, by):
    convoy = a_way(by, seats=4)
    family, other = a_family(), a_family()
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    evacuation.confirm(family, by=cast.taras)
    tie(family, other)
    done = evacuation.apply_plan(proposed(by), by=by)
    assert (done.seated, done.left) == ([other.pk], {})
    assert (on(other), seats(family)) == ({convoy.pk}, ["confirmed", "confirmed"])


def test_applying_twice_changes_nothing(by):
    a_way(by)
    family = a_family()
    planned = proposed(by)
    evacuation.apply_plan(planned, by=by)
    lines, jobs = Event.objects.count(), Job.objects.count()
    done = evacuation.apply_plan(planned, by=by)
    assert (done.seated, done.moved, done.already, done.left) == ([], [], [family.pk], {})
    assert (Event.objects.count(), Job.objects.count()) == (lines, jobs)


def test_nothing_planned_is_nothing_done(by):
    done = evacuation.apply_plan([], by=by)
    assert (done.seated, done.left) == ([], {})


def test_who_may_not_move_applies_no_plan(cast, by):
    a_way(by)
    family = a_family()
    planned = proposed(by)
    with pytest.raises(Forbidden):
        evacuation.apply_plan(planned, by=cast.taras)
    assert seats(family) == []


# --- changed meanwhile -----------------------------------------------------------------------------------------------


def cancelled(cast, family, by):
    follow_up.end_request(family, to="cancelled", by=cast.taras)


def redirected(cast, family, by):
    evacuation.redirect(family, direction="russia", by=cast.olena)


def unfit(cast, family, by):
    evacuation.assess(family.travellers.first().person, fit="not_fit", by=cast.medic)


def seated_by_the_desk(cast, family, by):
    a_way(by, hours=2, seats=2)
    evacuation.hold(family, by=cast.olena)


def tied_meanwhile(cast, family, by):
    tie(family, a_family())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (cancelled, "request_not_seeking"),
        (redirected, "changed_meanwhile"),
        (unfit, "not_fit_to_travel"),
        (seated_by_the_desk, "changed_meanwhile"),
        (tied_meanwhile, "changed_meanwhile"),
    ],
)
def test_who_changed_meanwhile_is_left_as_they_are_and_undoes_no_other(cast, by, change, code):
    convoy = a_way(by)
    changed, other = a_family(), a_family()
    planned = proposed(by)
    change(cast, changed, by)
    had = seats(changed)

    done = evacuation.apply_plan(planned, by=by)

    assert (done.seated, codes(done)) == ([other.pk], {changed.pk: code})
    assert seats(changed) == had
    assert on(other) == {convoy.pk}


def test_who_follows_somebody_that_moved_meanwhile_is_left_and_moves_nobody(cast, by):
    early, late = a_way(by, hours=20, seats=4), a_way(by, hours=40, seats=4)
    held, follows = a_family(), a_family()
    evacuation.hold(held, by=cast.olena)
    tie(held, follows)
    planned = proposed(by)
    assert [(one.request, one.convoy) for one in planned] == [(follows.pk, early.pk)]
    Seat.objects.filter(traveller__request=held).update(convoy=late)
    done = evacuation.apply_plan(planned, by=by)
    assert codes(done) == {follows.pk: "changed_meanwhile"}
    assert (on(held), on(follows)) == ({late.pk}, set())


def test_who_confirmed_meanwhile_is_not_moved(cast, by):
    large, _small = a_way(by, hours=20, seats=4), a_way(by, hours=40, seats=2)
    held = a_family()
    evacuation.hold(held, by=cast.olena)
    waits = a_family("18-59", "18-59", "18-59", "18-59")
    planned = proposed(by)
    agreed(held, cast.olena)
    evacuation.confirm(held, by=cast.taras)

    done = evacuation.apply_plan(planned, by=by)

    assert codes(done) == {held.pk: "changed_meanwhile", waits.pk: "no_room"}
    assert (on(held), seats(held), on(waits)) == ({large.pk}, ["confirmed", "confirmed"], set())


def test_a_convoy_that_filled_up_meanwhile_leaves_the_others_out(cast, by):
    convoy = a_way(by, seats=4)
    first, second = a_family(priority="P2"), a_family(priority="P3")
    planned = proposed(by)
    evacuation.hold(a_family(priority="P1", fit="seated"), by=cast.olena)
    done = evacuation.apply_plan(planned, by=by)
    assert (done.seated, codes(done)) == ([first.pk], {second.pk: "no_room"})
    assert taken(convoy) == [4] and fresh(second).status == "verified"


def test_a_mover_without_room_keeps_the_hold(cast, by):
    large, small = a_way(by, hours=20, seats=4), a_way(by, hours=40, seats=2)
    held = a_family()
    evacuation.hold(held, by=cast.olena)
    waits = a_family("18-59", "18-59", "18-59", "18-59")
    planned = proposed(by)
    evacuation.move(a_family(), to=small, by=by)
    done = evacuation.apply_plan(planned, by=by)
    assert codes(done) == {held.pk: "no_room", waits.pk: "no_room"}
    assert (on(held), seats(held), fresh(held).status) == ({large.pk}, ["held", "held"], "held")


def test_a_suspended_corridor_takes_nobody_and_another_one_does(by):
    stopped, goes = a_way(by, hours=20, seats=2), a_way(by, hours=40, seats=2)
    families = [a_family(), a_family()]
    planned = proposed(by)
    evacuation.suspend(stopped.window.corridor, reason="unsafe", by=by)
    done = evacuation.apply_plan(planned, by=by)
    assert len(done.seated) == 1 and list(codes(done).values()) == ["convoy_closed"]
    assert taken(goes) == [2] and len([one for one in families if on(one)]) == 1


def test_a_vehicle_that_dropped_out_meanwhile_seats_nobody(by):
    convoy = a_way(by, seats=2)
    family = a_family()
    planned = proposed(by)
    evacuation.drop_out(Vehicle.objects.get(convoy=convoy), by=by)
    assert codes(evacuation.apply_plan(planned, by=by)) == {family.pk: "no_room"}


# --- two planners at once --------------------------------------------------------------------------------------------


def two_plans(both):
    """Two plans for the same four places: each is right by itself, and both together are not."""
    convoy = a_way(both.dmytro, seats=4)
    families = [a_family(), a_family()]
    first = proposed(both.dmytro)
    for family in families:
        evacuation.release(family, by=both.dmytro)
    others = [a_family(priority="P2"), a_family(priority="P2")]
    second = [one for one in proposed(both.daria) if one.request in {other.pk for other in others}]
    return convoy, first, second


def apply_both(both, first, second):
    plans = ((first, both.dmytro), (second, both.daria))

    def one(number):
        planned, by = plans[number]
        return evacuation.apply_plan(planned, by=by)

    return together(2, one)


def test_two_planners_apply_the_same_plan_at_once(both):
    convoy = a_way(both.dmytro, seats=6)
    families = [a_family() for _ in range(3)]
    planned = proposed(both.dmytro)
    ended = apply_both(both, planned, planned)
    assert sorted(len(done.seated) for done in ended) == [0, 3]
    assert sorted(len(done.already) for done in ended) == [0, 3]
    assert taken(convoy) == [6]
    assert all(seats(family) == ["held", "held"] for family in families)


def test_two_planners_with_different_plans_never_fill_a_place_twice(both):
    convoy, first, second = two_plans(both)
    assert len(first) == len(second) == 2
    ended = apply_both(both, first, second)
    assert sorted(len(done.seated) for done in ended) == [0, 2]
    assert sorted(tuple(codes(done).values()) for done in ended) == [(), ("no_room", "no_room")]
    assert taken(convoy) == [4]


@contextmanager
def all_look_before_anybody_takes(monkeypatch):
    """Both find their places before either takes them: what the locks make impossible."""
    barrier, look = Barrier(2), applying.require_fits

    def looked(party, room):
        placed = look(party, room)
        barrier.wait(10)
        return placed

    with monkeypatch.context() as patch:
        patch.setattr(applying, "require_fits", looked)
        patch.setattr(locking, "legs_step", lambda convoys: None)
        yield


def test_without_the_lock_on_the_legs_the_database_has_to_refuse(both, monkeypatch):
    convoy = a_way(both.dmytro, seats=2)
    one = a_family()
    first = proposed(both.dmytro)
    other = a_family(priority="P2")
    second = [planned for planned in proposed(both.daria) if planned.request == other.pk]
    with all_look_before_anybody_takes(monkeypatch):
        ended = apply_both(both, first, second)
    assert sorted(type(done).__name__ for done in ended) == ["Applied", "GuardRefused"]
    assert taken(convoy) == [2] and Seat.objects.filter(status="held").count() == 2
    assert len(on(one) | on(other)) == 1
