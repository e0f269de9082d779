"""Run as a script with `tests` on the path: fifty operators at their desks for a minute, in a system of their own.

The load comes from this machine too. It asserts nothing: it prints.
"""

import os
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
django.setup()

from chaos.fifty import FIFTY, at_work  # noqa: E402
from chaos.floor import ENVIRONMENT, NOTHING, Floor, resident, rings_for  # noqa: E402
from chaos.pages import quantile  # noqa: E402
from chaos.system import running  # noqa: E402

WARM_SECONDS, SECONDS = 5.0, 60.0
PAGES = ("autosave", "claim", "desk page", "live", "record", "touch", "work page")


def fifty() -> None:
    """Print what a minute of fifty operators is like, beside the page that does nothing."""
    with tempfile.TemporaryDirectory() as data, running(Path(data), **ENVIRONMENT) as system:
        floor = Floor(system)
        with at_work(floor):
            rings_for(floor, WARM_SECONDS)
            floor.forget()
            floor.memory = [resident(system)]
            rings_for(floor, SECONDS)
            floor.memory.append(resident(system))
        tell(floor)


def tell(floor: Floor) -> None:
    taken = [seconds for kind in PAGES for seconds in floor.figures.seconds[kind]]
    page, nothing = quantile(taken, 95), quantile(floor.figures.seconds[NOTHING], 95)
    rings = floor.seen_by_all()
    print(f"{FIFTY} operators, {SECONDS:.0f} s, {len(taken) / SECONDS:.0f} pages a second")
    print(f"errors                        {len(floor.figures.errors):8}")
    print(f"page, p95                     {1000 * page:8.0f} ms   ratio to {NOTHING} {page / nothing:.1f}")
    print(f"ring seen by all, p95         {1000 * quantile(rings, 95):8.0f} ms   slowest {1000 * max(rings):.0f} ms")
    print(
        f"memory of the web             {floor.memory[0] / 1024:8.0f} MB   at the end {floor.memory[1] / 1024:.0f} MB"
    )
    floor.tell()


if __name__ == "__main__":
    fifty()
