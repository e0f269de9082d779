"""Who fits where: stops, days, legs, and the order in which places are given."""

from datetime import UTC, date, datetime

import pytest

from cases.planning.seating import Halt, Load, Part, Party, Room, Spot, boards_at, fill, fit, kilometres, place

SUDZHA, SUMY = (51.1976, 35.2726), (50.9216, 34.8003)
AT = datetime(2030, 1, 2, 6, tzinfo=UTC)
HALTS = (Halt(0, Spot(1, 10, SUDZHA)), Halt(1, Spot(2, 11, None)), Halt(2, Spot(3, 12, SUMY)))


def party(key=1, seats=1, home=HALTS[0].spot, rank="P4", **more):
    fields = {name: more.pop(name) for name in ("earliest", "latest", "verified", "apart") if name in more}
    part = Part(key, home, Load(seats=seats, **more.pop("load", {})), "ukraine", **fields)
    return Party((part,), (rank, AT, key), **more)


def room(key=1, seats=(5, 5), window=1, **more):
    left = {seq: Load(seats=count, **more) for seq, count in enumerate(seats)}
    return Room(key, window, "ukraine", AT.date(), AT, HALTS, left)


def test_distance():
    assert kilometres(SUDZHA, SUMY) == pytest.approx(45.1, abs=0.5)


@pytest.mark.parametrize(
    ("home", "seq"),
    [
        (Spot(1, 10, SUDZHA), 0),
        (Spot(2, 11, None), 1),  # in its own settlement, wherever that lies
        (Spot(9, 99, (51.25, 35.30)), 0),  # near
        (Spot(9, 99, (51.9, 36.9)), None),  # far
        (Spot(9, 10, None), 0),  # no position: the first stop in its raion
        (Spot(9, 11, (51.9, 36.9)), 1),  # far from the known stops, in the raion of one that is not known
        (Spot(9, 12, None), None),  # nobody gets on where everybody gets off
        (Spot(3, 12, SUMY), None),
        (None, None),
    ],
)
def test_where_people_board(home, seq):
    assert boards_at(home, HALTS) == seq


def test_every_leg_from_where_they_board_has_room():
    assert place(party(seats=3), room(seats=(3, 3))) is not None
    assert place(party(seats=3), room(seats=(3, 2))) is None
    assert place(party(seats=3, home=HALTS[1].spot), room(seats=(0, 3))) is not None


def test_a_kind_that_is_lacking_is_no_matter_to_who_does_not_need_it():
    assert place(party(), room(animals=-1)) is not None
    assert place(party(load={"animals": 1}), room()) is None


@pytest.mark.parametrize(
    ("days", "fits"),
    [
        ({"earliest": date(2030, 1, 2), "latest": date(2030, 1, 2)}, True),
        ({"earliest": date(2030, 1, 3)}, False),
        ({"latest": date(2030, 1, 1)}, False),
    ],
)
def test_days(days, fits):
    assert (place(party(**days), room()) is not None) == fits


@pytest.mark.parametrize(
    ("more", "rooms", "why"),
    [
        ({}, {}, None),
        ({"only": frozenset({7})}, {}, "elsewhere"),
        ({"earliest": date(2030, 1, 3)}, {}, "days"),
        ({"earliest": date(2030, 1, 3), "home": None}, {}, "days"),  # the first rule that is broken
        ({"home": None}, {}, "stop"),
        ({"seats": 6}, {}, "room"),
    ],
)
def test_why_a_convoy_is_none_for_a_party(more, rooms, why):
    found = fit(party(**more), room(**rooms))
    assert found.why == why
    assert (why is None) == (place(party(**more), room(**rooms)) is not None)


def test_another_way():
    other = room()
    other.direction = "russia"
    assert fit(party(), other).why == "way"


def test_what_lacks_is_told_by_the_leg_that_lacks_most_of_it():
    found = fit(party(seats=4, load={"animals": 2}), room(seats=(3, 1), animals=1))
    assert (found.why, found.lacks) == ("room", Load(seats=3, animals=1))


def test_who_sits_already_is_joined_there_or_nowhere():
    assert place(party(only=frozenset({1})), room(1)) is not None
    assert place(party(only=frozenset({2})), room(1)) is None


def test_places_are_given_in_order_whole_and_on_the_first_convoy_with_room():
    one, two, three = party(1, 4), party(2, 4), party(3, 1)
    rooms = [room(1), room(2, seats=(3, 3))]
    given = [(placed.party, placed.room.convoy) for placed in fill([one, two, three], rooms, {1: 0})]
    assert given == [(one, 1), (three, 1)]
    assert [load.seats for load in rooms[0].left.values()] == [0, 0]


def test_unchecked_ones_stay_within_their_share():
    doubtful = [party(key, 1, verified=False) for key in (1, 2, 3)]
    left = {1: 2}
    assert [placed.party for placed in fill(doubtful, [room()], left)] == doubtful[:2]
    assert left == {1: 0}


def test_whom_the_machine_may_not_seat_takes_nothing():
    assert fill([party(barred=frozenset({"medical"}))], [room()], {1: 9}) == []


# --- private cars ----------------------------------------------------------------------------------------------------


def with_cars(*apart, **more):
    """A convoy of two legs, private cars on the last ones; so many seats are left in its other vehicles."""
    made = room(**more)
    made.apart = {seq: Load(seats=count) for seq, count in zip((1, 0), reversed(apart), strict=False)}
    return made


def test_who_rides_in_no_private_car_needs_places_in_the_others_on_every_leg():
    kept = party(seats=2, apart=True)
    assert [fit(kept, with_cars(*left)).why for left in ((2, 2), (2, 1), (1, 2), (2,), (1,))] == [
        None,
        "private",
        "private",
        None,
        "private",
    ]
    assert fit(kept, with_cars(0, 1)).lacks == Load(seats=2)
    assert place(party(seats=2), with_cars(0, 0)) is not None


def test_the_first_rule_that_is_broken_is_room():
    assert fit(party(seats=6, apart=True), with_cars(0, 0)).why == "room"


def test_animals_are_no_people():
    assert place(party(seats=1, apart=True, load={"animals": 1}), with_cars(1, 1, animals=1)) is not None


def test_who_gets_on_later_needs_none_before():
    assert place(party(seats=2, apart=True, home=HALTS[1].spot), with_cars(0, 2)) is not None


def test_places_in_the_other_vehicles_are_given_once_and_only_to_who_needs_them():
    kept, others, late = party(1, 2, apart=True), party(2, 2), party(3, 1, apart=True)
    there = with_cars(2, 2)
    assert [placed.party for placed in fill([kept, others, late], [there], {1: 9})] == [kept, others]
    assert (there.left[0].seats, there.apart[0].seats) == (1, 0)
