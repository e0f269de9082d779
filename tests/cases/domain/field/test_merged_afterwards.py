"""One of two records of a family came to its destination; the other still waits, or belongs to somebody else."""

import pytest

from cases.domain import field as ground
from cases.domain import merging
from cases.domain.merging import CannotMerge
from on_the_ground import a_day, freely, place_of
from ways_out import a_family, fresh, people_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def arrived(cast):
    family = a_family("18-59", "18-59")
    day = a_day(family)
    phone, both = day.phone(), (place_of(family), place_of(family, 1))
    day.send(phone, *[day.line("boarded", one, data=freely()) for one in both])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("came"))
    day.send(phone, *[day.line("arrived", one) for one in both])
    return fresh(family)


def merged(cast, one, other, pairs):
    return merging.merge(one.case.household, other.case.household, pairs=pairs, by=cast.taras)


@pytest.mark.parametrize("waiting_first", [True, False])
def test_who_came_has_come_and_their_other_wish_ends(cast, arrived, waiting_first):
    double = a_family("18-59")
    pair = (people_of(arrived)[0].pk, people_of(double)[0].pk)
    sides = (double, arrived) if waiting_first else (arrived, double)
    merged(cast, *sides, [pair])
    assert (fresh(arrived).status, fresh(double).status) == ("arrived", "cancelled")
    assert len(people_of(arrived)) == 2


def test_nobody_who_still_waits_is_taken_for_somebody_who_left(cast, arrived):
    double = a_family("18-59", "60-69")
    pair = (people_of(arrived)[0].pk, people_of(double)[0].pk)
    with pytest.raises(CannotMerge, match="left already"):
        merged(cast, arrived, double, [pair])
    assert (fresh(arrived).status, fresh(double).status) == ("arrived", "verified")


def test_who_was_heard_under_another_record_is_not_asked_again(cast, arrived):
    first, second = people_of(arrived)
    ground.heard_safe(arrived, person=first, how="heard", by=cast.olena)
    known = a_family("18-59", checked=False)
    merged(cast, known, arrived, [(people_of(known)[0].pk, first.pk)])
    standing = next(one for one in people_of(arrived) if one.pk != second.pk)

    ground.heard_safe(fresh(arrived), person=standing, how="heard", by=cast.olena)
    ground.heard_safe(fresh(arrived), person=second, how="heard", by=cast.olena)

    assert fresh(arrived).status == "safe"
    assert fresh(arrived).heard.count() == 2
