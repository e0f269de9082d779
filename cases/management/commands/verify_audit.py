"""`manage.py verify_audit`: walk the audit chain; names the first broken line and exits 1."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.domain import events


class Command(BaseCommand):
    help = "Check the hash chain of the audit lines against the database and the heads kept outside it."

    def handle(self, *args: Any, **options: Any) -> None:
        audit = events.verify()
        if audit.broken_at is not None:
            raise CommandError(f"Line {audit.broken_at} is {audit.what}; the {audit.lines} lines before it hold.")
        self.stdout.write(f"{audit.lines} lines hold; {audit.unsealed} wait for the sealer.")
