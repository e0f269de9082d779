"""Compare pairs of person records in a file, offline: `manage.py match_names FILE.csv`."""

import csv
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.planning import matching
from cases.planning.matching import Profile

FIELDS = ("name", "sex", "birth_year", "phone", "settlement")


class Command(BaseCommand):
    help = "Prints verdict,score,evidence for each row of name_a,sex_a,birth_year_a,phone_a,settlement_a,name_b,…"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a CSV file with a header; “-” reads standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            file = sys.stdin if options["file"] == "-" else open(options["file"], encoding="utf-8-sig", newline="")  # noqa: SIM115
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        with file:
            rows = csv.DictReader(file)
            missing = [name for name in ("name_a", "name_b") if name not in (rows.fieldnames or ())]
            if missing:
                raise CommandError(f"{options['file']}: the header lacks {', '.join(missing)}.")
            writer = csv.writer(self.stdout, lineterminator="\n")
            writer.writerow(["verdict", "score", "evidence"])
            for row in rows:
                found = matching.compare(_profile(row, "a"), _profile(row, "b"))
                writer.writerow([found.verdict, found.score, "; ".join(matching.in_words(found.evidence))])


def _profile(row: dict[str, Any], side: str) -> Profile:
    name, sex, birth, phone, settlement = (row.get(f"{field}_{side}") or "" for field in FIELDS)
    return Profile.read(name=name, sex=sex, birth=birth, phone=phone, settlement=settlement)
