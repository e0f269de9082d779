"""The papers of a convoy: what stands on each, what never does, and that words are only ever words."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from cases.planning.papers import KINDS, Papers, Party, Rider, Stopping, pdf

NAME = "Ґалаґан Єва Їжаківна"
STOPS = (Stopping(0, "Суджа", "біля школи"), Stopping(1, "Юнаківка"), Stopping(2, "Суми"))
FAMILY = Party(
    "48210937",
    "H1-AB12CD-ABCDEFGHIJ",
    0,
    2,
    (Rider(1, "seat", name=NAME, age="18-59"), Rider(2, "seat", child=True, name="Галаґан Ілля", age="5-11")),
    animals=1,
    luggage=3,
)
ANNA = Rider(1, "stretcher", medic=True, name="Петренко Анна")
LYING = Party("90000001", "H1-AB12CD-ABCDEFGHIK", 0, 2, (ANNA,), oxygen=True)
WHEELS = Party("80000001", "H1-AB12CD-ABCDEFGHIL", 0, 2, (Rider(1, "wheelchair"), Rider(2, "seat", helped=True)))
LATER = Party("10000001", "H1-AB12CD-ABCDEFGHIM", 1, 2, (Rider(1, "stretcher"),))


def papers(*parties: Party, line: str = "") -> Papers:
    digest = "0123456789abcdef" * 4
    return Papers("Суджа – Суми · 1", 2, digest, "12.08 10:11", "12.08 14:00", STOPS, parties, line)


def pages(kind: str, *parties: Party, language: str = "en", line: str = "") -> list[str]:
    made = pdf(kind, papers(*(parties or (FAMILY, WHEELS, LYING, LATER)), line=line), language=language)
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(made)).pages]


def text(kind: str, *parties: Party, **more: str) -> str:
    return " ".join(pages(kind, *parties, **more))


def test_drivers_read_codes_and_needs_and_no_name_and_no_age() -> None:
    said = text("driver")
    assert set(re.findall(r"\d{4} \d{4}", said)) == {"4821 0937", "9000 0001", "8000 0001", "1000 0001"}
    assert not [word for word in (*NAME.split(), "Петренко", "5-11", "18-59") if word in said]
    expected = ("Суджа", "біля школи", "Юнаківка", "Суми", "O₂", "List 2", "12.08 10:11")
    assert [word for word in expected if word not in said] == []
    assert "0123456789abcdef" in said
    assert "0123456789abcdef0" not in said


def test_stretchers_come_first_then_wheelchairs_stop_by_stop() -> None:
    order = ["9000 0001", "8000 0001", "4821 0937", "1000 0001"]
    for kind in ("driver", "boarding", "slips"):
        assert re.findall(r"\d{4} \d{4}", text(kind)) == order


def test_totals_stand_by_stop_and_by_kind_of_place() -> None:
    said = text("driver")
    # people, children, stretchers, wheelchairs, seats, with help, with a medic, oxygen, animals, luggage, get off
    assert "1. Суджа, біля школи 5 1 1 1 3 1 1 1 1 3 –" in said
    assert "2. Юнаківка 1 – 1 – – – – – – – –" in said
    assert "3. Суми – – – – – – – – – – 6" in said
    assert "In all 6 1 2 1 3 1 1 1 1 3 6" in said


def test_the_boarding_team_reads_names_and_has_three_boxes_a_person() -> None:
    said = text("boarding")
    assert NAME in said
    assert [said.count(words) for words in ("Boarded", "Does not want to", "Did not come")] == [6, 6, 6]


def test_a_slip_has_a_code_and_a_headcount_and_no_name() -> None:
    said = pages("slips", *[FAMILY] * 9)
    assert len(said) == 2
    assert said[0].count("4821 0937") == 8
    assert "People: 2" in said[0]
    assert "Суджа" in said[0]
    assert not [word for word in (*NAME.split(), "Суми") if word in said[0]]


def test_who_boards_in_which_number_stands_on_every_sheet_but_the_childs_card() -> None:
    numbered = replace(FAMILY, turn=77)
    for kind in ("driver", "boarding", "slips"):
        assert re.search(r"\b77\b", text(kind, numbered))
        assert not re.search(r"\b77\b", text(kind, FAMILY))
    assert "Boarding no. 77" in text("slips", numbered)
    assert "Boarding no." not in text("slips", FAMILY)
    assert "77" not in text("cards", numbered)


def test_a_childs_card_has_a_code_and_a_number_and_nothing_of_where_to() -> None:
    said = pages("cards", *[FAMILY] * 11, line="000 00 00")
    assert len(said) == 2
    assert (said[0].count("4821 0937 · 2"), said[0].count("000 00 00")) == (10, 10)
    assert not [word for word in ("Суджа", "Суми", "Юнаківка", "Галаґан", "Ілля", "5-11") if word in said[0]]


def test_without_a_number_of_the_line_a_card_has_a_blank() -> None:
    said = text("cards", FAMILY)
    assert "The number of the line" in said
    assert re.sub(r"4821 0937 · 2|List 2 · 0123456789abcdef|Page 1 of 1", "", said).count("0") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_says_which_it_is_and_that_it_is_destroyed(kind: str) -> None:
    said = pages(kind, *[FAMILY] * 60)
    assert len(said) > 1
    for number, page in enumerate(said, start=1):
        assert f"Page {number} of {len(said)}" in page
        assert "Destroy after the convoy is closed." in page


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_list_is_a_paper_too(kind: str) -> None:
    empty = pdf(kind, papers(), language="en")
    assert len(PdfReader(BytesIO(empty)).pages) == 1


def test_what_people_said_is_never_read_as_typesetting() -> None:
    evil = ('#image("/etc/passwd")', '"; \\ $x$ *a* <b> @ref [#]', '#read("page.typ") // \'', "= Head\\u{41}")
    party = Party("48210937", "H1", 0, 2, tuple(Rider(n, "seat", name=one) for n, one in enumerate(evil, 1)))
    said = text("boarding", party).replace("“", '"')
    assert [one for one in evil if one not in said] == []


def test_letters_of_ukrainian_are_printed() -> None:
    said = text("boarding", FAMILY, language="uk")
    assert [letter for letter in "ҐґЄєІіЇї" if letter in NAME and letter not in said] == []


def test_the_language_is_the_one_asked_for() -> None:
    said = {language: text("driver", language=language) for language in ("en", "uk", "ru")}
    assert len(set(said.values())) == 3


def test_drivers_read_who_travels_with_a_medic_by_code_alone() -> None:
    said = text("driver", FAMILY, LYING)
    # people, of them children, stretchers, wheelchairs, seats, with help, with a medic, oxygen
    assert "With a medic" in said
    assert "9000 0001 1 – 1 – – – 1 O₂" in said
    assert "4821 0937 2 1 – – 2 – – –" in said


def test_who_rides_in_no_private_car_is_told_apart_on_both_sheets() -> None:
    kept = replace(FAMILY, apart=True)
    for kind in ("driver", "boarding"):
        assert text(kind, kept, WHEELS).count("not in a private car") == 1
        assert "not in a private car" not in text(kind, FAMILY, WHEELS)
    for kind in ("slips", "cards"):
        assert "not in a private car" not in text(kind, kept)
