"""Convoys planned in many shapes: the share of the bound that a plan reaches, and the seconds it took.

BENCH_SHAPES names some (a part of their names, by commas), BENCH_BOUND the most seconds for a bound, BENCH_SEED others.
"""

import json
import os
import time

from cases.planning import allocation
from tests.allocation_rules import broken
from tests.crowds import SHAPES, crowd

WANTED = [word for word in os.environ.get("BENCH_SHAPES", "").split(",") if word]
BOUND = float(os.environ.get("BENCH_BOUND", "90"))
SEED = int(os.environ.get("BENCH_SEED", "0"))


def main() -> None:
    for name, shape in SHAPES.items():
        if WANTED and not any(word in name for word in WANTED):
            continue
        data = crowd(shape, SEED)
        instance, _remarks = allocation.read(json.dumps(data))
        plan = allocation.plan(instance)
        begun = time.perf_counter()
        limit = allocation.bound(instance, BOUND)
        took = time.perf_counter() - begun
        wrong = broken(data, plan.written(limit)) if shape.households < 1_000 else []
        share = f"{plan.weighted_people / limit:8.3%}" if limit else "  no bound"
        print(
            f"{name:15} {shape.households:6,} households, {shape.convoys:5,} convoys: {share} of the bound"
            f" ({took:5.1f} s), planned in {plan.seconds:5.2f} s, {len(plan.seated):6,} seated {' '.join(wrong)}",
            flush=True,
        )
