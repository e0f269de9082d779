"""The dispatchers who plan the ways out in these tests."""

import pytest

from cast import Cast
from ways_out import Planners, planners


@pytest.fixture
def both(cast: Cast) -> Planners:
    return planners()
