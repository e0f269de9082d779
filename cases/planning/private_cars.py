"""Who must not ride in somebody's private car: "never a lone minor or a lone woman with children" (Do no harm, 8)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from cases.enums import AgeBand, Sex
from cases.planning.triage.facts import CHILD_BANDS

ADULT_BANDS: Final = frozenset(AgeBand.values) - CHILD_BANDS


class Rider(NamedTuple):
    """What is known of somebody's age and sex, as codes; empty where it is not."""

    band: str
    sex: str


def must_not_ride(people: Iterable[Rider]) -> bool:
    """Must these people, who travel together, be kept out of private cars?

    A minor without an adult must, and minors with one adult who is not known to be a man. The safe side: whose age is
    not known is taken for neither an adult nor a minor.
    """
    party = list(people)
    adults = [one for one in party if one.band in ADULT_BANDS]
    if not any(one.band in CHILD_BANDS for one in party):
        return False
    return not adults or (len(adults) == 1 and adults[0].sex != Sex.MALE)
