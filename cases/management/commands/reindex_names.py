"""`manage.py reindex_names`: bring every name's digests up to date, online."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from cases.domain import naming


class Command(BaseCommand):
    help = (
        "After the table of given names or the index key changed, or an upgrade: index names again in batches, while "
        "the line stays open. Harmless at any time; it may be stopped and begun again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        begun, done = time.monotonic(), 0
        for done in naming.reindex():
            if options["verbosity"]:
                self.stdout.write(f"{done} names indexed, {done / (time.monotonic() - begun):.0f} a second")
        self.stdout.write("Done." if done else "Nothing to do: every name is indexed as it should be.")
