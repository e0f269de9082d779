"""Who rides in no private car: a child alone, and whoever may be a woman alone with children."""

import pytest

from cases.planning.private_cars import Rider, must_not_ride


@pytest.mark.parametrize(
    ("people", "must_not"),
    [
        ([], False),
        (["18-59 f"], False),
        (["70+ f", "18-59 f"], False),
        (["5-11 m"], True),
        (["12-17 m", "12-17 f"], True),
        (["18-59 f", "0-1 f"], True),
        (["60-69 f", "child f", "1-4 m"], True),
        (["18-59 ", "5-11 m"], True),  # nobody said who the adult is
        (["18-59 m", "5-11 m"], False),
        (["18-59 f", "adult f", "5-11 m"], False),
        (["18-59 f", " m", "5-11 m"], True),  # of unknown age: perhaps a brother
        ([" m", "5-11 m"], True),
        ([" f", " f"], False),
    ],
)
def test_who_must_not_ride_in_a_private_car(people, must_not):
    assert must_not_ride(Rider(*one.split(" ")) for one in people) is must_not
