"""Ways out of the house. Each channel is one function; what it raises never carries an address or a token."""

from cases.channels import email, sms
from cases.channels.letter import Letter, TryLater, Undeliverable

__all__ = ["Letter", "TryLater", "Undeliverable", "send"]

_CHANNELS = {"email": email.send, "sms": sms.send}


def send(channel: str, letter: Letter) -> str:
    """Send one letter; returns the receipt. Raises TryLater or Undeliverable, both with a stable code."""
    if not letter.address:
        raise Undeliverable("no_address")
    try:
        way = _CHANNELS[channel]
    except KeyError:
        raise Undeliverable("no_channel") from None
    return way(letter)
