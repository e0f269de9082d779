"""Open an encrypted list where there is no line: `manage.py open_list FILE`."""

import json
import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.privacy.sealed_file import NotOurFile, WrongPassphrase, unseal


class Command(BaseCommand):
    help = (
        "Asks for the passphrase of a list that was taken as a file (or reads it from standard input) and prints what "
        "is in it as JSON. Needs no database and no secret of ours."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file, as it was downloaded")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sealed = Path(options["file"]).read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        try:
            plain = unseal(sealed, _passphrase())
        except NotOurFile:
            raise CommandError(f"{options['file']} is not a list of ours, or was cut short.") from None
        except WrongPassphrase:
            raise CommandError("This passphrase does not open the file. Read it once more; case is all one.") from None
        self.stdout.write(json.dumps(json.loads(plain), ensure_ascii=False, indent=2))


def _passphrase() -> str:
    """Never an argument: arguments are seen by everybody on the machine."""
    return getpass("Passphrase: ") if sys.stdin.isatty() else sys.stdin.readline()
