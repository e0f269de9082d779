"""Ways out of the house. Each channel is one function; what it raises never carries an address or a token."""

from django.conf import settings

from cases.channels import email, gateway
from cases.channels.letter import Letter, TryLater, Undeliverable

__all__ = ["Letter", "TryLater", "Undeliverable", "rings", "send"]


def rings() -> bool:
    """Whether a telephone server is set that rings members of staff."""
    return bool(settings.GATEWAYS.get("ring"))


def send(channel: str, letter: Letter) -> str:
    """Send one letter; returns the receipt. Raises TryLater or Undeliverable, both with a stable code."""
    if not letter.address:
        raise Undeliverable("no_address")
    if channel == "email":
        return email.send(letter)
    if channel not in settings.GATEWAYS:
        raise Undeliverable("no_channel")
    return gateway.send(letter, channel=channel, url=settings.GATEWAYS[channel])
