"""`manage.py seed`: load the reference data of `seeds/`; harmless when it is there already."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from cases.domain import naming, reference


class Command(BaseCommand):
    help = "Load reference data from seeds/."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = reference.load()
        with transaction.atomic(durable=True):
            naming.enqueue_step()  # the table of given names may be another one now
        if options["verbosity"] > 0:
            self.stdout.write("Reference data: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
