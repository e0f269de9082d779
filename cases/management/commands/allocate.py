"""Plan the convoys of a file, offline: `manage.py allocate --instance FILE.json --out PLAN.json`."""

import json
import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.planning import allocation
from cases.planning.allocation import Instance, InstanceError
from cases.planning.allocation.bound import SECONDS

MOST_SAID = 20


class Command(BaseCommand):
    help = (
        "Plans all households of a file onto all its convoys and writes the plan, with a reason for everybody who is "
        "not seated (docs/allocation.md). Needs no database. Nothing is written when anything is wrong."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--instance", required=True, help="a JSON file of convoys and households")
        parser.add_argument("--out", required=True, help="where the plan is written, as JSON")
        parser.add_argument(
            "--bound-seconds",
            type=float,
            default=SECONDS,
            help="how long to work on the upper bound, after the plan is made; 0 leaves it out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        out = Path(options["out"])
        if not out.parent.is_dir() or out.is_dir():
            raise CommandError(f"{out}: it cannot be written there; name a file in a folder that exists.")
        instance = self._read(options["instance"])
        self.say(f"{len(instance.parties)} households, {len(instance.convoys)} convoys", options)
        plan = allocation.plan(instance)
        self.say(f"{len(plan.seated)} seated, {len(plan.left)} not, in {plan.seconds:.1f} s", options)
        limit = None
        if options["bound_seconds"] > 0:
            self.say(f"how good a plan could be at most: at most {options['bound_seconds']:g} s", options)
            limit = allocation.bound(instance, options["bound_seconds"])
        _write(out, json.dumps(plan.written(None if limit is None else round(limit, 3)), ensure_ascii=False, indent=1))
        if limit:
            self.say(
                f"{plan.weighted_people} weighted people, {plan.weighted_people / limit:.2%} of the bound", options
            )

    def say(self, text: str, options: dict[str, Any]) -> None:
        if options["verbosity"]:
            self.stderr.write(text)

    def _read(self, name: str) -> Instance:
        try:
            text = Path(name).read_bytes().decode("utf-8-sig")
            instance, remarks = allocation.read(text)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{name}: this is not UTF-8; save the file as UTF-8") from error
        except InstanceError as error:
            said = [*error.problems[:MOST_SAID]]
            if len(error.problems) > MOST_SAID:
                said.append(f"and {len(error.problems) - MOST_SAID} more")
            raise CommandError("\n".join([f"{name} cannot be planned:", *said])) from error
        for remark in remarks[:MOST_SAID]:
            self.stderr.write(f"{name}: {remark}")
        return instance


def _write(out: Path, text: str) -> None:
    """All of it or nothing: beside the file first, then in its place."""
    try:
        handle, beside = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            os.chmod(beside, 0o600)  # who travels when is for those who plan
            os.replace(beside, out)
        except BaseException:
            os.unlink(beside)
            raise
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror}") from error
