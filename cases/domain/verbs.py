"""What makes a function a verb: its own durable transaction, its policy, and retries when rows fought."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, transaction

from cases import policy
from cases.actors import Actor
from cases.errors import IllegalMove

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 4
RETRYABLE = frozenset({"40001", "40P01"})  # serialisation failure, deadlock (PostgreSQL, appendix A)
CHECK_VIOLATION = "23514"
# Unique values drawn at random: another draw is all it takes.
TRY_AGAIN = frozenset({"cases_case_ref_key"})


class VerbInsideVerb(AssertionError):
    """Verbs never call verbs; they share undecorated steps."""


def sqlstate(error: BaseException | None) -> str:
    """The SQLSTATE below a Django database error; empty when the server sent none."""
    return getattr(getattr(error, "__cause__", None), "sqlstate", None) or ""


def constraint(error: BaseException) -> str:
    """The name of the constraint that a database error broke."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""


class GuardRefused(IllegalMove):
    """The database's own guard said no; `guard` names it."""

    def __init__(self, guard: str) -> None:
        super().__init__()
        self.guard = guard


def verb(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Run the function as the verb `name` of policy.VERBS; its keyword `by` is the actor.

    Its own durable transaction; deadlocks and serialisation failures are tried again up to three times. A verb that
    never checked its policy raises NeverChecked and leaves nothing. A database guard becomes GuardRefused.
    """
    assert name in policy.VERBS, name

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            by = kwargs["by"]
            if policy.current() is not None:
                raise VerbInsideVerb(name)
            return in_transaction(lambda: function(*args, **kwargs), name, by)  # type: ignore[arg-type]

        run.verb = name  # type: ignore[attr-defined]
        return run

    return decorate


def in_transaction(work: Callable[[], T], name: str, by: Actor) -> T:
    """Run `work` as verb `name` in a durable transaction, with the retries."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic(durable=True), policy.running(name, by):
                return work()
        except OperationalError as error:
            if sqlstate(error) not in RETRYABLE or attempt == TRIES:
                raise
            time.sleep(random.uniform(0.005, 0.02) * attempt)  # noqa: S311 - back-off, not a secret
        except IntegrityError as error:
            if constraint(error) in TRY_AGAIN and attempt < TRIES:
                continue
            if sqlstate(error) == CHECK_VIOLATION:
                raise GuardRefused(constraint(error)) from error
            raise
    raise AssertionError("unreachable")
