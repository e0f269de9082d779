"""A text to a caller carries no time, day or word that a checkpoint could read ("Do no harm", 2)."""

import pytest

from cases.planning.plain_text import betrays


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Приходите к школе в девять", "time"),
        ("Будьте в 9 утра у магазина", "time"),
        ("Be there at nine", "time"),
        ("Виїзд 14:05", "time"),
        ("14 г 05", "time"),
        ("Чекайте о дев'ятій біля школи", "time"),
        ("приїдемо по вас о сьомій", "time"),
        ("О 9-й ранку", "time"),
        ("5 августа приедем", "day"),
        ("Завтра приїде людина", "day"),
        ("We come on Monday", "day"),
        ("Автобус від пошти", "word"),
        ("Ваша эвакуация подтверждена", "word"),
        ("Пункт збору змінено", "word"),
    ],
)
def test_a_time_a_day_or_a_word_is_seen(text: str, what: str) -> None:
    assert betrays(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "Позвоните нам, когда сможете.",
        "Зателефонуйте нам, будь ласка.",
        "Please call us when it is safe.",
        "Мы вас услышали. Напишите, сколько вас человек: 3 или больше?",
        "Ліки є, нас двоє. Вода на 4 дні.",
        "",
    ],
)
def test_what_says_nothing_may_be_sent(text: str) -> None:
    assert betrays(text) == ""
