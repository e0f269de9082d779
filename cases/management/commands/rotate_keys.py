"""`manage.py rotate_keys`: rewrap every data key and re-index contacts and names under the writing keys, online."""

from typing import Any

from django.core.management.base import BaseCommand

from cases.domain import erasure, naming


class Command(BaseCommand):
    help = "After a new key was put first on a ring: rewrap and re-index in batches, while the line stays open."

    def handle(self, *args: Any, **options: Any) -> None:
        for done in erasure.rewrap():
            self.stdout.write(f"{done} keys rewrapped")
        for done in erasure.reindex_contacts():
            self.stdout.write(f"{done} contacts re-indexed")
        for done in naming.reindex():
            self.stdout.write(f"{done} names re-indexed")
        self.stdout.write("Done. The old keys may leave their rings.")
