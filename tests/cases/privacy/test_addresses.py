"""Numbers as people say them."""

import pytest

from cases.errors import Invalid
from cases.privacy import addresses


@pytest.mark.parametrize(
    ("said", "kind", "means"),
    [
        ("8 (915) 555-01-01", "phone", "+79155550101"),
        ("8 915 555 01 01", "phone", "+79155550101"),
        ("+7 915 555 01 01", "phone", "+79155550101"),
        ("7 915 555 01 01", "phone", "+79155550101"),
        ("093 555 01 02", "phone", "+380935550102"),
        ("+380 93 555 01 02", "phone", "+380935550102"),
        ("380935550102", "phone", "+380935550102"),
        ("+7 701 555 01 15", "phone", "+77015550115"),
        ("112", "short_code", "112"),
        ("0800", "short_code", "0800"),
    ],
)
def test_a_number_as_said(said, kind, means):
    assert addresses.normalise(said, "phone") == (kind, means)


@pytest.mark.parametrize("said", ["915 55", "call me", "+7", "8915555010", "+7 915 555 01 01 99999", "1", "++7", "д"])
def test_what_is_no_number(said):
    with pytest.raises(Invalid):
        addresses.normalise(said, "phone")


def test_plus_seven_seven_is_kazakhstan():
    assert (addresses.country("+77015550115"), addresses.country("+79155550101")) == ("KZ", "RU")


@pytest.mark.parametrize(
    ("said", "channel", "means"),
    [
        ("Shukaiu@Example.org ", "email", ("email", "shukaiu@example.org")),
        ("@hanna_k", "telegram", ("telegram", "hanna_k")),
        ("+7 951 555 01 06", "telegram", ("phone", "+79515550106")),
    ],
)
def test_other_addresses(said, channel, means):
    assert addresses.normalise(said, channel) == means


@pytest.mark.parametrize(("said", "channel"), [("x@", "email"), ("a b", "telegram"), ("@x", "telegram")])
def test_what_is_no_address(said, channel):
    with pytest.raises(Invalid):
        addresses.normalise(said, channel)


def test_a_masked_number_cannot_be_rung():
    assert addresses.masked("+79155550101") == "+7915 ··· ·01 01"
    assert "shukaiu" not in addresses.masked("shukaiu@example.org")
