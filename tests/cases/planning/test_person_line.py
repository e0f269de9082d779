"""The person line: what operators type at speed, in three languages, and what must never happen."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planning.person_line import LineError, PersonDraft, band_of_age, parse, parse_headcount
from cases.planning.person_line.words import vocabulary


def said(person: PersonDraft) -> dict[str, Any]:
    """The fields that are not empty, the codes sorted."""
    fields = {name: getattr(person, name) for name in PersonDraft.__dataclass_fields__}
    fields["specific"] = sorted(person.specific)
    return {name: value for name, value in fields.items() if value not in ("", None, False, [])}


def f(age: float, **more: Any) -> dict[str, Any]:
    older = {"specific": ["ER"]} if age > 60 else {}
    return {"sex": "f", "age_years": age, "age_band": band_of_age(age), **older, **more}


def m(age: float, **more: Any) -> dict[str, Any]:
    return {**f(age, **more), "sex": "m"}


DMYTRO = {"given": "Дмитро", "surname": "Щербаков", "sex": "m", "birth_year": 1949}
ONE: list[tuple[str, dict[str, Any]]] = [
    ("ж 78", f(78)),
    ("Ж 78", f(78)),
    ("ж, 78", f(78)),
    ("78 ж", f(78)),
    ("78ж", f(78)),
    ("f 78", f(78)),
    ("female 78 yo", f(78)),
    ("чол 60", m(60)),
    ("м 61", m(61)),
    ("ж 78 лежачая", f(78, mobility="bedridden")),
    ("ж 78, лежача", f(78, mobility="bedridden")),
    ("м лежачий", {"sex": "m", "mobility": "bedridden"}),
    ("лежачая", {"sex": "f", "mobility": "bedridden"}),
    ("лежачий", {"mobility": "bedridden"}),
    ("дитина 4 міс", {"age_years": 4 / 12, "age_band": "0-1", "role": "дитина"}),
    ("ребёнок 4 месяца", {"age_years": 4 / 12, "age_band": "0-1", "role": "ребёнок"}),
    ("baby 3 weeks", {"age_years": 3 / 52, "age_band": "0-1", "role": "baby"}),
    ("немовля", {"age_band": "0-1", "role": "немовля"}),
    ("мальчик 1,5 года", m(1.5, role="мальчик")),
    ("девочка 16 глухая", f(16, specific=["DS-DF"], role="девочка")),
    ("16-річна дівчина", f(16, role="дівчина")),
    ("мальчик 7 один", m(7, specific=["SC"], alone=True, role="мальчик")),
    ("хлопчик 7, сам", m(7, specific=["SC"], alone=True, role="хлопчик")),
    ("boy 7 alone", m(7, specific=["SC"], alone=True, role="boy")),
    ("ж 81 одна", f(81, alone=True)),
    ("один мальчик 7", m(7, role="мальчик")),
    ("девочка 16 одна с мамой", f(16, role="девочка", rest="одна с мамой")),
    (
        "Ганна Григор'єва ж 81 погано бачить",
        f(81, given="Ганна", surname="Григор'єва", specific=["DS-BD", "ER"]),
    ),
    ("woman 78 assisted", f(78, mobility="assisted", role="woman")),
    ("старик 85 с палочкой", m(85, mobility="assisted", role="старик")),
    ("man 50 can't walk", m(50, mobility="bedridden", role="man")),
    (
        "бабушка на коляске",
        {"sex": "f", "age_band": "adult", "mobility": "wheelchair", "specific": ["ER"], "role": "бабушка"},
    ),
    ("бабуся 58 на візку", f(58, mobility="wheelchair", role="бабуся")),
    ("ребенок 1 год в коляске", {"age_years": 1, "age_band": "1-4", "role": "ребенок", "rest": "в коляске"}),
    (
        "жінка вагітна 38 тиж",
        {"sex": "f", "age_band": "adult", "pregnancy_week": 38, "pregnant": True, "role": "жінка"},
    ),
    ("жена 25 беременна 38", f(25, pregnancy_week=38, pregnant=True, role="жена")),
    ("ж 25 38 недель беременности", f(25, pregnancy_week=38, pregnant=True)),
    ("woman 25 pregnant", f(25, pregnant=True, role="woman")),
    ("ж 25 беременна 9 месяц", f(25, pregnancy_week=36, pregnant=True)),
    ("Дмитро Щербаков 1949", DMYTRO),
    ("Дмитро Щербаков, 1949 р.н.", DMYTRO),
    ("Щербаков Дмитро 1949 г.р.", DMYTRO),
    (
        "Сидорова Лидия Петровна 12.05.1949",
        {
            "surname": "Сидорова",
            "given": "Лидия",
            "patronymic": "Петровна",
            "sex": "f",
            "birth_year": 1949,
            "rest": "12.05.1949",
        },
    ),
    ("Лидия Петровна Сидорова 54", f(54, surname="Сидорова", given="Лидия", patronymic="Петровна")),
    ("Мария, 66 лет, давление", {
        "given": "Мария", "age_years": 66, "age_band": "60-69", "specific": ["ER", "SM-CI"],
    }),
    ("Лидия Сидорова 54 диализ", f(54, given="Лидия", surname="Сидорова", specific=["SM-CC"])),
    ("Петя Кузнецов м 7", m(7, given="Петя", surname="Кузнецов")),
    ("Mykola Petrenko m 70", m(70, given="Mykola", surname="Petrenko")),
    ("не лежачий м 50", m(50, rest="не лежачий")),
    ("м 50 хромает, боится собак и кошек", m(50, rest="хромает боится собак и кошек")),
    ("м 50 +79105550101", m(50, rest="+79105550101")),
    ("ж 30 без документов", f(30, specific=["LP-ND"])),
    ("мати-одиначка 30", f(30, specific=["SP"])),
    ("Ж 78 бабушка", f(78, role="бабушка")),
    ("ж 78 80", f(78, rest="80")),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), ONE, ids=[line for line, _ in ONE])
def test_one_person(line: str, expected: dict[str, Any]) -> None:
    assert [said(person) for person in parse(line)] == [expected]


def child(age: float, role: str, **more: Any) -> dict[str, Any]:
    return {"age_years": age, "age_band": band_of_age(age), "role": role, **more}


ADULT = {"age_band": "adult", "role": "взрослых"}
GRANNY = {"sex": "f", "age_band": "adult", "specific": ["ER"], "role": "баба"}
GRANDDAD = {"sex": "m", "age_band": "adult", "specific": ["ER"], "role": "дед"}
SEVERAL: list[tuple[str, list[dict[str, Any]]]] = [
    ("2 дети 5 9", [child(5, "дети"), child(9, "дети")]),
    ("2 дети 5, 9", [child(5, "дети"), child(9, "дети")]),
    ("двое детей 5 и 9 лет", [child(5, "детей"), child(9, "детей")]),
    ("двоє дітей 5 і 9 років", [child(5, "дітей"), child(9, "дітей")]),
    ("2 children 5 9", [child(5, "children"), child(9, "children")]),
    ("дети 3 и 12", [child(3, "дети"), child(12, "дети")]),
    ("2-х детей 5 9", [child(5, "детей"), child(9, "детей")]),
    (
        "трое детей, младшему 4 месяца",
        [
            child(4 / 12, "детей", rest="младшему"),
            {"age_band": "child", "role": "детей"},
            {"age_band": "child", "role": "детей"},
        ],
    ),
    ("2 дети Петя 5 Маша 7", [child(5, "дети", given="Петя"), child(7, "дети", given="Маша")]),
    ("2 дети глухие 5 9", [child(a, "дети", specific=["DS-DF"]) for a in (5, 9)]),
    ("3 взрослых", [ADULT, ADULT, ADULT]),
    ("баба, дед", [GRANNY, GRANDDAD]),
    ("баба и дед", [GRANNY, GRANDDAD]),
    ("ж 78, м лежачий", [f(78), {"sex": "m", "mobility": "bedridden"}]),
    ("ж 78 м 80", [f(78), m(80)]),
    ("ж 78 ж 50", [f(78), f(50)]),
    ("78ж 80м", [f(78), m(80)]),
    ("2 ж 40 45", [f(40), f(45)]),
    ("мать 40 дочь 5", [f(40, role="мать"), f(5, role="дочь")]),
    ("мать 40 Петя 7", [f(40, role="мать"), {"given": "Петя", "age_years": 7, "age_band": "5-11"}]),
    ("девочка 16 глухая, мать", [
        f(16, specific=["DS-DF"], role="девочка"), {"sex": "f", "age_band": "adult", "role": "мать"},
    ]),
    ("Ганна Петренко ж 81; Петро Петренко м 80", [
        f(81, given="Ганна", surname="Петренко"), m(80, given="Петро", surname="Петренко"),
    ]),
    ("6 человек", [{"role": "человек"}] * 6),
    ("п'ять чоловік", [{"role": "чоловік"}] * 5),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), SEVERAL, ids=[line for line, _ in SEVERAL])
def test_several_persons(line: str, expected: list[dict[str, Any]]) -> None:
    assert [said(person) for person in parse(line)] == expected


@pytest.mark.parametrize("line", ["", "   ", "\n", ","])
def test_an_empty_line_names_nobody(line: str) -> None:
    assert parse(line) == ()


@pytest.mark.parametrize(
    ("line", "code", "fragment"),
    [
        ("ж 121", "age", "121"),
        ("ж 1800", "age", "1800"),
        ("ж -5", "age", "-5"),
        ("51 детей", "too_many", "51 детей"),
        ("9999 детей", "too_many", "9999 детей"),
        ("30 взрослых 30 детей", "too_many", "30 взрослых 30 детей"),
        ("0 детей", "count", "0 детей"),
        ("2 дети 5 9 11", "too_many_ages", "11"),
        ("ж вагітна 50 тиж", "pregnancy_week", "50"),
        ("м 2150", "birth_year", "2150"),
        ("добрый день", "nobody", "добрый день"),
    ],
)
def test_what_cannot_be_right_is_refused(line: str, code: str, fragment: str) -> None:
    with pytest.raises(LineError) as caught:
        parse(line)
    assert (caught.value.code, caught.value.fragment) == (code, fragment)


def test_ages_and_numbers_at_their_limits() -> None:
    assert parse("ж 120")[0].age_years == 120
    assert len(parse("50 детей")) == 50
    assert [parse(f"ж {age}")[0].age_band for age in (0, 1, 5, 12, 18, 60, 70)] == [
        "0-1",
        "1-4",
        "5-11",
        "12-17",
        "18-59",
        "60-69",
        "70+",
    ]


def test_a_birth_year_gives_a_band_when_the_year_is_known() -> None:
    assert parse("м 1949")[0].age_band == ""
    person = parse("м 1949", this_year=2025)[0]
    assert said(person) == {"sex": "m", "birth_year": 1949, "age_band": "70+", "specific": ["ER"]}
    with pytest.raises(LineError):
        parse("м 2026", this_year=2025)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("11", (11, 11)),
        ("100-150", (100, 150)),
        ("100 – 150", (100, 150)),
        ("150-100", (100, 150)),
        ("от 100 до 150", (100, 150)),
        ("від 100 до 150 людей", (100, 150)),
        ("около 200", (180, 220)),
        ("близько 200", (180, 220)),
        ("about 200", (180, 220)),
        ("~200", (180, 220)),
        ("человек двести", (200, 200)),
        ("до 50", (1, 50)),
        ("понад 50", (50, 60)),
        ("нас 11", (11, 11)),
        ("site 200", (200, 200)),
        ("нас тут одиннадцать человек в подвале", (11, 11)),
        ("сто пятьдесят", (150, 150)),
        ("нас троє", (3, 3)),
        ("нас 6 человек, из них двое детей 5 и 9 лет", (6, 6)),
        ("ж 78", None),
        ("2 дети 5 9", None),
        ("Ганна 81", None),
        ("0", None),
        ("", None),
        ("нас много", None),
    ],
)
def test_a_headcount_is_a_range(line: str, expected: tuple[int, int] | None) -> None:
    assert parse_headcount(line) == expected


def test_a_headcount_of_a_town_is_refused() -> None:
    with pytest.raises(LineError):
        parse_headcount("нас 25900")


KNOWN = vocabulary(
    "ж м 78 5 9 1949 2 дети двое детей лежачая глухая погано бачить вагітна 38 тиж бабушка , ; "
    "один не на коляске Ганна Григор'єва и 4 міс woman assisted -5 130 без родителей года 78ж 16-річна"
)
UNKNOWN = st.text("щжфъцгꙮxqz", min_size=4, max_size=9)


def kept(people: tuple[PersonDraft, ...]) -> list[str]:
    return [
        word for p in people for text in (p.surname, p.given, p.patronymic, p.rest, p.role) for word in text.split()
    ]


@given(st.lists(st.sampled_from(sorted(KNOWN)) | UNKNOWN, max_size=14))
def test_no_word_that_is_not_understood_is_lost(words: list[str]) -> None:
    try:
        people = parse(" ".join(words))
    except LineError:
        return
    strange = sorted(word for word in words if word not in KNOWN)
    assert sorted(word for word in kept(people) if word in strange) == strange


@given(st.lists(st.sampled_from(["Оксана", "Іван", "Бондар", "Ганна", "Лев"]), min_size=1, max_size=8))
def test_no_name_is_lost(names: list[str]) -> None:
    assert sorted(kept(parse(" ".join(names)))) == sorted(names)


@given(st.text(max_size=80))
def test_no_text_breaks_it(line: str) -> None:
    codes: set[str] = set()
    for read in (parse, parse_headcount):
        try:
            read(line)
        except LineError as refusal:
            codes.add(refusal.code)
    assert "" not in codes
