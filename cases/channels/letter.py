"""What is sent, and how sending can fail."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Letter:
    """One text to one address. `key` lets the receiver drop a repeat."""

    key: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)


class _Failed(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryLater(_Failed):
    """The channel is away; the letter may go later."""


class Undeliverable(_Failed):
    """The channel said no for good."""
