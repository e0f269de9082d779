"""Personal names: which spellings meet, which stay apart, and how what was typed may be understood."""

import csv

import pytest

from cases.privacy import names

SAME_GIVEN = [
    ("aleksei", "Алексей Олексій Aleksey Oleksii Alexei Лёша Льоша Леша АЛЕКСЕЙ"),
    ("nikolai", "Николай Микола Mykola Коля"),
    ("anna", "Анна Ганна Hanna Аня"),
    ("dmitri", "Дмитрий Дмитро Dmytro Dmitrij Діма"),
    ("petr", "Пётр Петр Петро Petro Петя"),
    ("elena", "Елена Олена Olena Yelena Лена"),
    ("sergei", "Сергей Сергій Serhii Sergey"),
    ("evgeni", "Евгений Євген Yevhen Evgenij"),
    ("vladimir", "Владимир Володимир Volodymyr Вова"),
    ("tatiana", "Татьяна Тетяна Таня Tetiana"),
    ("lidia", "Лидия Лідія Лида Lidiia"),
    ("leonid", "Лёня Льоня"),
]
SAME_SURNAME = [
    "Григорьев Григор'єв Григор’єв Hryhoriev Григорьева",
    "Щербаков Shcherbakov Щербакова Shcherbakova",
    "Кузнецов Кузнецова Кузнєцов Kuznetsov Kuznecov",
    "Горбачёв Горбачов Горбачева Gorbachev Horbachov",
    "Соловьёв Соловйов Solovyov Soloviov Soloviev",
    "Трубецкой Трубецкая Трубецький Трубецька Trubetskoy",
    "Белый Белая Belyi",
    "Хохлов Khokhlov Hohlov",
    "Ларионов Larionov",
    "Андреев Андрєєв Андреева Andreyev",
    "Иванов Іванов Ivanova Iванов",
    "Чорний Черный Чёрная",
]
APART = [
    ("Мария", "Марина"),
    ("Маша", "Марина"),
    ("Иван", "Ян"),
    ("Петров", "Петренко"),
    ("Сидоров", "Сидоренко"),
    ("Анна", "Яна"),
    ("Лёня", "Лена"),
    ("Александр", "Александра"),
    ("Иванов", "Иван"),
]


@pytest.mark.parametrize(("key", "spellings"), SAME_GIVEN)
def test_spellings_of_a_given_name_are_one(key, spellings):
    assert {spelling: names.tokens(spelling) for spelling in spellings.split()} == {
        spelling: frozenset({f"g:{key}"}) for spelling in spellings.split()
    }


@pytest.mark.parametrize("spellings", SAME_SURNAME)
def test_spellings_of_a_surname_meet(spellings):
    first, *others = spellings.split()
    (token,) = names.tokens(first)
    assert [other for other in others if token not in names.tokens(other)] == []


@pytest.mark.parametrize(("one", "other"), APART)
def test_false_friends_stay_apart(one, other):
    assert names.tokens(one) & names.tokens(other) == frozenset()


def exactly(typed):
    """For each way to understand what was typed, what each of its words is met by."""
    return [[word.exact for word in way] for way in names.asked(typed)]


def test_a_name_of_both_sexes_is_indexed_as_both_and_asked_for_as_either():
    both = {"g:aleksandr", "g:aleksandra"}
    assert names.tokens("Саша") == both
    assert exactly("Саша") == [[both]]


@pytest.mark.parametrize(
    "patronymic", ["Николаевич", "Николаевна", "Миколайович", "Миколаївна", "Mykolaivna", "Nikolaevich"]
)
def test_a_patronymic_is_the_fathers_and_nobodys_given_name(patronymic):
    found = names.tokens(f"Ольга {patronymic}")
    assert {token for token in found if token[0] in "gp"} == {"g:olga", "p:nikolai"}


@pytest.mark.parametrize("said", ["Шевченко Илья Ильич", "Илья Ильич Шевченко"])
def test_a_short_patronymic_is_one_where_the_father_is_known(said):
    assert {"p:ilia", "g:ilia", "s:wevcenko"} <= names.tokens(said)


def test_a_surname_is_no_patronymic_by_its_ending():
    assert names.tokens("Бабич") == {"s:babic"}
    assert names.tokens("Петрович") == {"s:petrovic"}
    assert "s:abramovic" in names.tokens("Роман Абрамович")


def test_who_told_no_patronymic_is_found_when_one_is_typed():
    (way,) = names.asked("Кузнецов Иван Петрович")
    assert [(word.exact, word.optional) for word in way] == [
        ({"s:kuzneqov"}, False),
        ({"g:ivan"}, False),
        ({"p:petr"}, True),
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Bdfyjd", "Иванов"),
        ("Bdfyjd Gtnh", "Иванов Петр"),
        ("Rjdfkm", "Коваль"),
        ("K.,jdm", "Любовь"),
        ("Fyyf", "Анна"),
    ],
)
def test_a_wrong_keyboard_is_one_more_reading(typed, meant):
    found = exactly(typed)
    assert exactly(meant)[0] in found[1:]


@pytest.mark.parametrize(("typed", "meant"), [("Фдуч Зуекщм", "Alex Petrov"), ("Шмфт", "Ivan")])
def test_latin_typed_on_a_cyrillic_keyboard_is_one_more_reading(typed, meant):
    assert exactly(meant)[0] in exactly(typed)[1:]


@pytest.mark.parametrize("typed", ["Ivanov", "Shcherbakov Ivan", "Иванов"])
def test_what_makes_sense_is_read_only_as_it_stands(typed):
    assert len(names.asked(typed)) == 1


@pytest.mark.parametrize("said", ["", "  ", "1950", "И.", "баба", "+7 915 555 01 01"])
def test_what_names_nobody_gives_nothing(said):
    assert (names.index_tokens(said), names.asked(said)) == (frozenset(), [])


def test_courtesy_and_initials_are_left_out():
    assert names.tokens("баба Нюра") == {"g:anna"}
    assert names.tokens("Кузнецов И. П.") == {"s:kuzneqov"}


def test_a_long_text_stays_bounded():
    assert len(names.asked("Саша Женя Валя Слава Паша Шура Саня Славик " * 20)[0]) == names.MOST_WORDS


def slips(word):
    """Every word one slip away: a letter dropped, doubled, changed, or two swapped."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        yield word[:at] + ("б" if word[0] > "z" else "b") + word[at + 1 :]
        yield word[:at] + ("р" if word[0] > "z" else "r") + word[at:]
        if at:
            yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


@pytest.mark.parametrize("word", ["Кравченко", "Мельник", "Зайцева", "Ткач", "Алексей", "Тетяна", "Petrenko"])
def test_one_slip_on_either_side_still_meets(word):
    right = names.index_tokens(word)
    (asked,) = names.asked(word)[0]
    missed = [
        slip
        for slip in slips(word.lower())
        if not any((one.exact | one.slipped) & right for way in names.asked(slip) for one in way)
        or not (asked.exact | asked.slipped) & names.index_tokens(slip)
    ]
    assert missed == []


def test_two_slips_do_not_meet():
    (asked,) = names.asked("Кравченко")[0]
    assert not (asked.exact | asked.slipped) & names.index_tokens("Кваченкa".replace("a", "ов"))


def test_a_table_that_somebody_extended_is_another_scheme(settings, tmp_path):
    before = names.scheme()
    (tmp_path / "seeds").mkdir()
    table = names.seed_file().read_text("utf-8") + "zoltan,m,Золтан Золтан Zoltan\n"
    (tmp_path / "seeds" / "given_names.csv").write_text(table, "utf-8")

    settings.BASE_DIR = tmp_path

    assert (names.tokens("Золтан"), names.scheme() == before) == ({"g:zoltan"}, False)


def test_the_table_is_whole_and_holds_what_people_are_called():
    with names.seed_file().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 120
    assert len({row["key"] for row in rows}) == len(rows)
    assert {row["sex"] for row in rows} == {"m", "f"}
    spelled = [row["spellings"].lower() for row in rows]
    assert all(names.LATIN.search(said) and names.CYRILLIC.search(said) for said in spelled)
