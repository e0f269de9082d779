"""`manage.py messages`: bring the translations up to date, compile them, or say what is missing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.management import catalogues


class Command(BaseCommand):
    help = "Translations without the system's gettext: --extract, --compile or --check."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--extract", action="store_true", help="update the .po files from the sources")
        what.add_argument("--compile", action="store_true", help="write the .mo files")
        what.add_argument("--check", action="store_true", help="exit 1 unless everything is translated")

    def handle(self, *, extract: bool, compile: bool, check: bool, **options: Any) -> None:
        self.root, self.locale = Path(settings.BASE_DIR), Path(settings.LOCALE_PATHS[0])
        self.languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        if extract:
            self._extract()
        elif compile:
            for language in self.languages:
                catalogues.compiled(self.locale, language)
        else:
            self._check()

    def _extract(self) -> None:
        found = catalogues.extract(self.root)
        for language in self.languages:
            missing = catalogues.update(self.locale, language, found)
            self.stdout.write(f"{language}: {len(found)} texts, {missing} untranslated")

    def _check(self) -> None:
        found = catalogues.extract(self.root)
        wrong = [
            f"{language}: {problem}"
            for language in self.languages
            for problem in catalogues.problems(self.locale, language, found)
        ]
        if wrong:
            raise CommandError("\n".join([*wrong, "Run `manage.py messages --extract`, then translate what is empty."]))
        self.stdout.write(f"{len(found)} texts are translated into {' and '.join(self.languages)}.")
