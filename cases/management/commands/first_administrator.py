"""`manage.py first_administrator USERNAME --name NAME`: the first account of a new installation."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.actors import System
from cases.domain import staff
from cases.errors import Refusal


class Command(BaseCommand):
    help = "Create the first administrator. The password is asked for, or read as one line from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="Administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            validate_password(password)
            staff.first_administrator(
                username=options["username"], name=options["name"], password=password, by=System("installation")
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except staff.AlreadyThere:
            raise CommandError("There is an administrator already; they make the other accounts.") from None
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Administrator {options['username']} can sign in now.")
