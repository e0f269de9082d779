"""Families that called, the way operators would have entered them, and two of them found to be one."""

from itertools import count
from typing import Any

from calls import people, place
from cases.actors import Staff
from cases.domain import intake, jobs, merging
from cases.domain.intake import Intake, NeedFacts
from cases.models import (
    Case,
    Clock,
    Consent,
    EvacuationRequest,
    Event,
    Household,
    Job,
    Merge,
    Need,
    Note,
    Person,
    Seat,
    Tie,
    Traveller,
)
from cast import Cast

_numbers = count(1_000_000)


def called(by: Staff, *lines: str, number: str = "", needs: tuple[str, ...] = ("WATER",), **facts: Any) -> Case:
    """The case of a new call from Sudzha with these person lines, from a number nobody called from before."""
    settlement = facts.pop("settlement", "Sudzha")
    facts.setdefault("dispositions", ("case_opened",))
    said = Intake(
        number=number or f"+7915{next(_numbers)}",
        people=people(*lines),
        needs=tuple(NeedFacts(code, 1) for code in needs),
        settlement=place(settlement),
        **facts,
    )
    return intake.record(said, key=f"call {next(_numbers)}", by=by).cases.get()


def two(cast: Cast, **other: Any) -> tuple[Case, Case]:
    """Two calls about one family: the man stands in both, one of the others in each."""
    first = called(cast.olena, "Петренко Олексей м 60", "Петренко Анна ж 58", needs=("WATER", "FOOD"))
    second = called(cast.oleh, "Олексій Петренко м 60 лежачий", "внук м 9", needs=("WATER", "MEDS"), **other)
    return first, second


def merged(cast: Cast, first: Case, second: Case, *, by: Staff | None = None) -> Merge:
    """The two made one, with the first person of each being one."""
    pair = (first.household.people.order_by("pk")[0].pk, second.household.people.order_by("pk")[0].pk)
    return merging.merge(first.household, second.household, pairs=[pair], by=by or cast.taras)


def looked() -> None:
    """The machine looks at everybody who waits to be looked at."""
    waiting = Job.objects.filter(kind="match", state="waiting")
    waiting.update(due_at="2026-01-01T00:00Z")
    assert jobs.run(list(waiting.values_list("key", flat=True)))
    assert not Job.objects.filter(kind="match").exclude(state="done").exists()


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of what a merge may touch."""
    models = (
        Household,
        Person,
        Case,
        Need,
        Note,
        EvacuationRequest,
        Traveller,
        Seat,
        Tie,
        Consent,
        Merge,
        Clock,
        Event,
    )
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}
