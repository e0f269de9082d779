"""`manage.py replay_erasures`: after restoring a backup, destroy again what had been erased."""

from typing import Any

from django.core.management.base import BaseCommand

from cases.domain import erasure


class Command(BaseCommand):
    help = "Destroy again every key that the erasure list names."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{erasure.replay()} keys destroyed again.")
