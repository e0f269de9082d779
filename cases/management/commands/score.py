"""Score facts in a file, offline: `manage.py score FILE.jsonl`."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from cases.domain import reference
from cases.planning.triage import Codes, FactsError, Rules, RulesError, read, say, score
from cases.planning.triage.rules import LANGUAGES

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Command(BaseCommand):
    help = (
        "Prints the class, the points and the reasons for each line of a file of JSON objects, a case each (its "
        'fields: docs/triage.md). A line that cannot be scored is answered by {"error": …}; lines that are empty are '
        "left out. Needs no database."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a file of JSON objects, one a line; “-” reads standard input")
        parser.add_argument("--rules", default=str(reference.SEEDS / "triage.json"), help="another file of rules")
        parser.add_argument("--language", choices=LANGUAGES, default="en", help="the language of the reasons")

    def handle(self, *args: Any, **options: Any) -> None:
        rules = _rules(options["rules"])
        codes = _codes(rules)
        try:
            file = sys.stdin.buffer if options["file"] == "-" else open(options["file"], "rb")  # noqa: SIM115
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        with file:
            lines, wrong = self.score_all(file, rules, codes, options["language"])
        if wrong:
            raise CommandError(f"{wrong} of {lines} could not be scored. Mend the lines named above and run it again.")

    def score_all(self, file: BinaryIO, rules: Rules, codes: Codes, language: str) -> tuple[int, int]:
        """Answer line by line, as they come; returns how many there were, and how many were wrong."""
        lines = wrong = 0
        for number, raw in enumerate(file, 1):
            line = raw.removeprefix(BYTE_ORDER_MARK).strip()
            if not line:
                continue
            lines += 1
            try:
                answer = _answer(line, rules, codes, language)
            except FactsError as error:
                wrong += 1
                answer = {"error": str(error)}
                self.stderr.write(f"line {number}: {error}")
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        return lines, wrong


def _answer(line: bytes, rules: Rules, codes: Codes, language: str) -> dict[str, Any]:
    try:
        facts = read(line.decode("utf-8"), codes)
    except UnicodeDecodeError as error:
        raise FactsError(["this is not UTF-8; save the file as UTF-8"]) from error
    verdict = score(facts, rules)
    reasons = [say(reason, rules, language) for reason in verdict.reasons]
    return {"class": verdict.cls, "points": verdict.points, "reasons": reasons}


def _rules(name: str) -> Rules:
    try:
        return Rules.load(json.loads(Path(name).read_text("utf-8")))
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    except RulesError as error:
        raise CommandError("\n".join([f"{name} cannot be used:", *error.problems])) from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{name} is not JSON: {error}") from error


def _codes(rules: Rules) -> Codes:
    """Observations as the rules know them; needs and specific needs as the reference files do."""
    needs, specific = (
        frozenset(row["code"] for row in reference.rows(name)) for name in ("needs.csv", "specific_needs.csv")
    )
    return Codes(rules.observations, needs, specific)
