"""What a verb says no with."""

from collections.abc import Callable
from typing import Any

import pytest

from cases.errors import Refusal


def refused(work: Callable[[], Any]) -> str:
    """Run it; the code of the refusal it must end in."""
    with pytest.raises(Refusal) as caught:
        work()
    assert str(caught.value)
    return caught.value.code
