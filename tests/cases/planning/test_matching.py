"""Who is whom: the labelled pairs, and the rules that stand above the sum of what agrees."""

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cases.planning.matching import Profile, compare, in_words, read_birth

PAIRS = Path(__file__).parents[2] / "data" / "name_pairs.csv"
HEADER = "name_a,sex_a,birth_year_a,phone_a,settlement_a,name_b,sex_b,birth_year_b,phone_b,settlement_b\n"


def one(name, sex="", birth="", phone="", settlement=""):
    return Profile.read(name=name, sex=sex, birth=birth, phone=phone, settlement=settlement)


def verdict(first, second):
    found, other_way = compare(first, second), compare(second, first)
    assert (found.verdict, found.score) == (other_way.verdict, other_way.score)
    return str(found.verdict)


def judged(file):
    said = io.StringIO()
    call_command("match_names", str(file), stdout=said)
    return list(csv.DictReader(said.getvalue().splitlines()))


def test_the_labelled_pairs_meet_and_nobody_false_is_the_same():
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = Counter((row["label"], line["verdict"]) for row, line in zip(rows, judged(PAIRS), strict=True))
    true, false = (sum(n for (label, _), n in found.items() if label == said) for said in ("same", "different"))

    assert true + false >= 400 and min(true, false) >= 150
    assert (found["same", "same"] + found["same", "maybe"]) / true >= 0.98
    assert found["different", "same"] == 0
    # Neither by calling everything a maybe:
    assert found["different", "maybe"] / false <= 0.15
    assert found["same", "same"] / true >= 0.3


NAMES_ALONE = [
    ("Алексей Петренко", "Oleksii Petrenko"),
    ("Кузнецова Ганна Миколаївна", "Анна Николаевна Кузнецова"),
    ("Bdfyjd Gtnh", "Иванов Пётр"),
    ("Petrenko O. I.", "Петренко Олексій Іванович"),
]


@pytest.mark.parametrize(("first", "second"), NAMES_ALONE)
def test_names_alone_are_never_the_same(first, second):
    assert verdict(one(first), one(second)) == "maybe"


def test_a_telephone_and_a_year_beside_the_names_are_enough():
    assert (
        verdict(
            one("Алексей Петренко", birth="1957", phone="8 905 000-12-34"),
            one("Олексій Петренко", birth="57", phone="+79050001234"),
        )
        == "same"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            one("Петренко Марія", "f", "2010", "0930001234", "Суджа"),
            one("Петренко Марина", "f", "2012", "0930001234", "Суджа"),
        ),
        (one("Иван Петров", "", "1960", "89050001234"), one("Ян Петров", "", "1961", "89050001234")),
        (one("Петров Иван", "m", "1960", "", "Суджа"), one("Петренко Иван", "m", "1960", "", "Суджа")),
        (one("Кузнецов Саша", "m", "1960", "89050001234"), one("Кузнецова Саша", "f", "1962", "89050001234")),
        (one("Иванов Пётр", "m", "1940", "", "Суджа"), one("Иванов Пётр", "m", "1987", "", "Суджа")),
        (one("Иванов Пётр Ильич", "m", "", "", "Суджа"), one("Иванов Пётр Сергеевич", "m", "", "", "Суджа")),
    ],
)
def test_what_looks_alike_and_is_two_people_is_different(first, second):
    assert verdict(first, second) == "different"


TRAPS = [
    (
        "father and son",
        one("Иванов Пётр Петрович", "m", "1950", "89050001234", "Суджа"),
        one("Иванов Пётр Петрович", "m", "1980", "89050001234", "Суджа"),
    ),
    (
        "twins",
        one("Петренко Марія", "f", "2010", "0930001234", "Суджа"),
        one("Петренко Марина", "f", "2010", "0930001234", "Суджа"),
    ),
    (
        "one sex told, the other by the name",
        one("Валентина Сорока", "", "1960", "0930001234"),
        one("Валентин Сорока", "", "1960", "0930001234"),
    ),
]


@pytest.mark.parametrize(("trap", "first", "second"), TRAPS)
def test_one_contradiction_is_never_outweighed(trap, first, second):
    assert verdict(first, second) != "same"


def test_evidence_is_in_words_and_holds_no_name():
    found = compare(
        one("Алексей Петренко", birth="1957", phone="8 905 000-12-34", settlement="Суджа"),
        one("Олексій Петренкo", birth="1958", phone="+79050001234", settlement="Sudzha"),
    )

    assert in_words(found.evidence) == [
        "given name the same",
        "surname the same",
        "birth about the same",
        "phone the same",
        "settlement the same",
    ]


def test_the_names_of_relatives_count():
    born = {"born": (1957, 0, 0)}
    alone = compare(Profile("Петренко Иван", **born), Profile("Петренко Иван", **born))
    with_kin = compare(
        Profile("Петренко Иван", kin=("Оксана", "Саша"), **born),
        Profile("Петренко Іван", kin=("Александр", "Oksana", "Олег"), **born),
    )

    assert (str(alone.verdict), str(with_kin.verdict)) == ("maybe", "same")
    assert in_words(with_kin.evidence)[-1] == "2 relatives the same"


def test_one_name_one_telephone_and_one_house_are_a_father_and_a_son_as_well():
    first = one("Иванов Сергей", "m", "", "89200005872", "Суджа")

    assert verdict(first, one("Іванов Сергій", "m", "", "8 920 000-58-72", "Sudzha")) == "maybe"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1957", (1957, 0, 0)),
        ("57", (1957, 0, 0)),
        ("12", (2012, 0, 0)),
        ("1957 г.", (1957, 0, 0)),
        ("12.03.1957", (1957, 3, 12)),
        ("1957-03-12", (1957, 3, 12)),
        ("", (0, 0, 0)),
        ("не знает", (0, 0, 0)),
    ],
)
def test_a_birth_is_read_as_people_type_it(typed, read):
    assert read_birth(typed) == read


# --- the tool -----------------------------------------------------------------------------------------


def test_a_line_a_row_in_their_order_whatever_is_in_them(tmp_path):
    file = tmp_path / "pairs.csv"
    rows = ["Анна,,,,,Ганна,,,,", ",,,,,,,,,", '"O\'Neil, ""Bob""",x,abc,000,?,Иванов,,,,', "\u0000\u0301,,,,,—,,,,"]
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), "utf-8-sig")

    found = judged(file)

    assert len(found) == len(rows)
    assert {line["verdict"] for line in found} <= {"same", "maybe", "different"}
    assert all(0 <= int(line["score"]) <= 100 for line in found)


def test_a_file_that_cannot_be_read_says_what_is_wrong(tmp_path):
    (tmp_path / "bad.csv").write_text("name_a,sex_a\n", "utf-8")

    with pytest.raises(CommandError, match="header lacks name_b"):
        judged(tmp_path / "bad.csv")
    with pytest.raises(CommandError, match="No such file"):
        judged(tmp_path / "none.csv")
