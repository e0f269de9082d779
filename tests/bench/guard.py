"""What the guards of the database cost: eight threads give, confirm, move and take back seats on eight convoys.

The same statements run with the triggers of Seat and, switched off by the owner in the bench's own database, without.
`bare` are statements alone, each in a transaction of its own as nobody in the product writes them; `locked` take the
legs' locks before, as every verb does. BENCH_SECONDS makes a round longer.
"""

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any

from tests.bench.database import own_database

THREADS, CONVOYS, PARTY = 8, 8, 3
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = 3
PARTIES = 200  # of each thread, so that nobody sits twice
GUARDS = "ALTER TABLE cases_seat {} TRIGGER USER"
LOCK = "SELECT id FROM cases_leg WHERE convoy_id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"
GIVE = """
INSERT INTO cases_seat (uid, version, created_at, convoy_id, traveller_id, person_id, kind, from_seq, to_seq, animals,
    luggage, status, accounted_as, missing, expires_at)
  SELECT gen_random_uuid(), 0, now(), %s, id, person_id, 'seat', 0, 1, 0, 0, 'held', '', false, now()
    FROM cases_traveller WHERE id = ANY (%s)
"""
CONFIRM = (
    "UPDATE cases_seat SET status = 'confirmed', expires_at = NULL WHERE traveller_id = ANY (%s) AND status = 'held'"
)
TAKE = """
UPDATE cases_seat SET status = 'released', version = version + 1 WHERE traveller_id = ANY (%s)
   AND status IN ('held', 'confirmed')
"""


class Hand:
    """One thread: a connection as the app role, and travellers that nobody else seats."""

    def __init__(self, number: int, convoys: list[int], locks: bool) -> None:
        self.dice = random.Random(number)
        self.convoys, self.locks, self.statements = convoys, locks, 0
        first = 2 + number * PARTIES * PARTY
        self.parties = [list(range(first + n * PARTY, first + (n + 1) * PARTY)) for n in range(PARTIES)]

    def work(self, until: float) -> int:
        import psycopg

        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as app:
            while time.perf_counter() < until:
                self._one(app, self.dice.choice(self.parties))
        return self.statements

    def _one(self, app: Any, party: list[int]) -> None:
        """A party gets seats, confirms them, moves, and gives them back."""
        here, there = self.dice.sample(self.convoys, 2)
        self._do(app, [here], (GIVE, here, party))
        self._do(app, [here], (CONFIRM, party))
        if self.locks:
            self._do(app, [here, there], (TAKE, party), (GIVE, there, party))
        else:  # two convoys in one transaction and no order between them would be a deadlock, not a measure
            self._do(app, [], (TAKE, party))
            self._do(app, [], (GIVE, there, party))
        self._do(app, [there], (TAKE, party))

    def _do(self, app: Any, convoys: list[int], *statements: tuple[Any, ...]) -> None:
        with app.transaction():
            if self.locks:
                app.execute(LOCK, [convoys])
            for query, *parameters in statements:
                app.execute(query, parameters)
        self.statements += len(statements)


@contextmanager
def unguarded(owner: Any) -> Iterator[None]:
    owner.execute(GUARDS.format("DISABLE"))
    try:
        yield
    finally:
        owner.execute(GUARDS.format("ENABLE"))


def rate(convoys: list[int], *, locks: bool) -> float:
    """Statements a second of all threads."""
    hands = [Hand(number, convoys, locks) for number in range(THREADS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        done = sum(pool.map(lambda hand: hand.work(begun + SECONDS), hands))
    return done / (time.perf_counter() - begun)


def main() -> None:
    """Print what is kept of the unguarded rate, both ways."""
    with own_database():
        _main()


def _main() -> None:
    import psycopg

    from cases.models import Leg
    from tests.bench.travellers import HOUSEHOLD, lay_down

    people = THREADS * PARTIES * PARTY
    laid = lay_down(people + people % HOUSEHOLD, CONVOYS, seats=200, seated=False)
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for name, locks in (("bare", False), ("locked", True)):
            pairs = []
            for _round in range(ROUNDS):
                owner.execute("DELETE FROM cases_seat")
                owner.execute("VACUUM ANALYZE cases_seat, cases_leg")
                guarded = rate(list(laid.convoys), locks=locks)
                assert not Leg.objects.filter(seats_taken__gt=0).exists()
                with unguarded(owner):
                    owner.execute("DELETE FROM cases_seat")
                    owner.execute("VACUUM ANALYZE cases_seat, cases_leg")
                    pairs.append((guarded, rate(list(laid.convoys), locks=locks)))
            ours, theirs = (median(pair[at] for pair in pairs) for at in (0, 1))
            share = median(one / other for one, other in pairs)
            print(f"{name:6} with the guards {ours:8.0f} statements /s, without {theirs:8.0f} /s   kept {share:.0%}")
