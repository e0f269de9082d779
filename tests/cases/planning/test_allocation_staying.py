"""Nobody is moved for nothing."""

from datetime import UTC, datetime

from cases.planning.allocation import Convoy, Instance, Party, plan, stay

DAY = datetime(2026, 1, 10, 12, tzinfo=UTC)


def a_convoy(name: str, seats: int) -> Convoy:
    return Convoy(name, "ukraine", DAY, ("S",), (seats, 0, 0, 0, 0))


def a_party(name: str, seats: int = 2, cls: str = "P4", together: str | None = None) -> Party:
    return Party(name, cls, (seats, 0, 0, 0, 0), "ukraine", "S", together=together)


def an_instance(*parties: Party, seats: tuple[int, ...] = (4, 4)) -> Instance:
    return Instance(DAY, tuple(a_convoy(f"V{n}", places) for n, places in enumerate(seats, 1)), parties)


def test_who_fits_where_they_were_goes_back():
    instance = an_instance(a_party("A"), a_party("B"))
    assert stay(instance, {"A": "V2", "B": "V2"}, {"A": "V1"}) == {"A": "V1", "B": "V2"}


def test_two_of_one_size_exchange_their_places():
    instance = an_instance(a_party("A"), a_party("B"), seats=(2, 2))
    assert stay(instance, {"A": "V2", "B": "V1"}, {"A": "V1"}) == {"A": "V1", "B": "V2"}


def test_a_move_that_seats_somebody_stays_a_move():
    instance = an_instance(a_party("A"), a_party("B", 4), seats=(4, 2))
    planned = plan(instance).seated
    assert planned == {"A": "V2", "B": "V1"}
    assert stay(instance, planned, {"A": "V1"}) == planned


def test_a_group_goes_back_whole():
    instance = an_instance(a_party("A", together="F"), a_party("B", together="F"))
    assert stay(instance, {"A": "V2", "B": "V2"}, {"A": "V1", "B": "V1"}) == {"A": "V1", "B": "V1"}


def test_who_lost_a_place_that_is_free_has_it_back():
    assert stay(an_instance(a_party("A")), {}, {"A": "V1"}) == {"A": "V1"}
