"""Whether a text to a caller could betray them: a phone is evidence at a checkpoint ("Do no harm", 2)."""

import re
from typing import Final

# "14:05", "9.30", "14 г 05", "о 9-й", "9 утра", "в девять", "at nine"; and days and dates said as such.
HOUR_WORDS: Final = (
    r"перв\w+|втор\w+|трет\w+|четверт\w+|пят\w+|шест\w+|седьм\w+|восьм\w+|девят\w+|десят\w+|одиннадцат\w+|двенадцат\w+|"
    r"один|два|три|четыре|пять|шесть|семь|восемь|девять|десять|одиннадцать|двенадцать|полдень|полночь|"
    r"перш\w+|друг\w+|трет\w+|четверт\w+|п['’ʼ]ят\w+|шост\w+|сьом\w+|восьм\w+|дев['’ʼ]ят\w+|десят\w+|одинадцят\w+|дванадцят\w+|"
    r"опівдні|опівночі"
)
TIME: Final = re.compile(
    r"\b\d{1,2}\s*(?:[:.]|г\.?|ч\.?)\s*\d{2}\b|\b\d{1,2}\s*(?:ч\b|час\w*|год\w*|h\b|am\b|pm\b|o.?clock)|\b\d{1,2}-?(?:й|ї|ій|ой)\b|"
    r"\b\d{1,2}\s*(?:утра|вечера|дня|ночи|ранку|вечора|ночі|дня)\b|"
    rf"\b(?:в|во|об?|к|до|после|після|о)\s+(?:\d{{1,2}}|{HOUR_WORDS})\b|"
    r"\bat\s+(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight)\b",
    re.IGNORECASE,
)
MONTHS: Final = (
    r"январ\w+|феврал\w+|март\w*|апрел\w+|мая|июн\w+|июл\w+|август\w*|сентябр\w+|октябр\w+|ноябр\w+|декабр\w+|"
    r"січн\w+|лют\w+|березн\w+|квітн\w+|травн\w+|червн\w+|липн\w+|серпн\w+|вересн\w+|жовтн\w+|листопад\w*|грудн\w+|"
    r"january|february|march|april|may|june|july|august|september|october|november|december"
)
DAY: Final = re.compile(
    r"\b(?:завтра|сегодня|сьогодні|післязавтра|послезавтра|утром|вечером|вранці|увечері|today|tomorrow|tonight|"
    r"понед\w+|вторн\w+|вівтор\w+|сред[ауы]|серед[аиу]|четвер\w*|пятниц\w+|п['’ʼ]ятниц\w+|субб?от\w+|воскрес\w+|неділ\w+|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|"
    rf"\b\d{{1,2}}\s+(?:{MONTHS})\b",
    re.IGNORECASE,
)
WORDS: Final = re.compile(
    r"эвакуац|евакуац|evacuat|коридор|corridor|колонн|колон[аиіу]|convoy|горяч\w+ лини|гаряч\w+ ліні|hot\s?line|"
    r"автобус|bus\b|маршрут|route|пункт\w* (?:сбор|збор)|collection point|убежищ|сховищ|прихист",
    re.IGNORECASE,
)


def betrays(text: str) -> str:
    """What in a text could betray: "time", "day", "word"; empty when nothing does."""
    for code, pattern in (("time", TIME), ("day", DAY), ("word", WORDS)):
        if pattern.search(text):
            return code
    return ""
