"""`migrate`, as the owner role: the app role cannot change tables."""

from argparse import ArgumentParser

from django.core.management.commands.migrate import Command as Migrate


class Command(Migrate):
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
