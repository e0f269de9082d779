"""Telephone numbers and other addresses as people say them, made comparable.

`8 (905)…` is +7 905…, `093…` is +380 93…, +7 7xx is Kazakhstan, and short codes are no E.164 numbers.
"""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from cases.enums import ContactKind
from cases.errors import Invalid

_SHORT = re.compile(r"^\d{2,5}$")
_RU_TRUNK = re.compile(r"^8\d{10}$")
_UA_TRUNK = re.compile(r"^0\d{9}$")
_HANDLE = re.compile(r"^@?[A-Za-z0-9_]{4,64}$")
SHORTEST = 10  # "+" and nine digits: shorter ones are slips, since short codes were taken out before
WRONG_NUMBER = _("This does not look like a phone number. Write it as +7…, 8…, +380… or 0…, with all its digits.")
WRONG_EMAIL = _("This does not look like an e-mail address.")
WRONG_HANDLE = _("A Telegram name has 4 to 64 letters, digits or _.")


def phone(said: str) -> tuple[ContactKind, str]:
    """Normalise a number as said; raises Invalid. Returns its kind and E.164 form (or the short code)."""
    digits = re.sub(r"[^\d+]", "", said)
    if len(re.sub(r"[\s\d()+./–—-]", "", said)) > 0:
        raise Invalid(WRONG_NUMBER, field="number")
    if _SHORT.match(said.strip()):
        return ContactKind.SHORT_CODE, digits
    if _RU_TRUNK.match(digits):
        digits = "+7" + digits[1:]
    elif _UA_TRUNK.match(digits):
        digits = "+38" + digits
    elif not digits.startswith("+"):
        digits = "+" + digits
    try:
        number = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        raise Invalid(WRONG_NUMBER, field="number") from None
    if len(digits) < SHORTEST or not phonenumbers.is_possible_number(number):
        raise Invalid(WRONG_NUMBER, field="number")
    return ContactKind.PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(said: str) -> tuple[ContactKind, str]:
    address = said.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid(WRONG_EMAIL, field="number") from None
    return ContactKind.EMAIL, address


def handle(said: str) -> tuple[ContactKind, str]:
    name = said.strip()
    if not _HANDLE.match(name):
        raise Invalid(WRONG_HANDLE, field="number")
    return ContactKind.TELEGRAM, name.removeprefix("@").lower()


def normalise(said: str, channel: str) -> tuple[ContactKind, str]:
    """An address as it came over a channel: "@" means mail or a handle, digits a phone."""
    said = said.strip()
    if channel == "email" or ("@" in said and "." in said.rpartition("@")[2] and not said.startswith("@")):
        return email(said)
    if channel == "telegram" and not re.match(r"^[+\d(]", said):
        return handle(said)
    return phone(said)


def country(e164: str) -> str:
    """ISO code of a number's country; +7 7xx is KZ, not RU. Empty when it has none."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""


def language_of(country: str) -> str:
    """The language to begin in with who calls from this country, before they have said a word."""
    return "uk" if country == "UA" else "ru"


def masked(address: str) -> str:
    """Enough to recognise, too little to ring: "+7 915 ··· ·1 01"."""
    if "@" in address:
        return f"{address[:1]}···@{address.rpartition('@')[2]}"
    return f"{address[:5]} ··· ·{address[-4:-2]} {address[-2:]}" if len(address) > 8 else "···"
