"""The words of the person line in Russian, Ukrainian, Surzhyk and English.

A table, so that a missing word is one more word and no more code. All in lower case, ё as е.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Mark:
    """What a word or phrase says. `kind`: sex, role, mobility, code, pregnant, alone, count, unit, join.

    For a role: `value` is its sex, `band` its age band, `plural` whether it names several people.
    For an attribute: `band` is "f" where the word's ending shows a woman.
    """

    kind: str
    value: str = ""
    band: str = ""
    plural: bool = False
    codes: frozenset[str] = frozenset()


def vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _roles() -> Mapping[str, Mark]:
    table = {}
    for line in ROLES.strip().splitlines():
        head, words = line.split("|")
        sex, band, number, *codes = head.split()
        mark = Mark("role", sex.strip("-"), band.strip("-"), number == "pl", frozenset(codes))
        table.update(dict.fromkeys(words.split(), mark))
    return table


# sex, band, sg|pl, UNHCR codes | words.  "-" means not said by the word.
# A grandparent is taken for an older person (ER): asking again is cheaper than overlooking one.
ROLES = """
f adult sg | женщина женщину женщиной жінка жінку жінкою woman lady
f adult pl | женщины женщин жінки жінок women ladies
m adult sg | мужчина мужчину мужик man чоловік чоловіка
m adult pl | мужчины мужчин мужики чоловіки men
f adult sg | мать мама маму мати матір mother mom mum жена жену жінкою дружина дружину wife невестка невістка
m adult sg | отец отца папа папу батько батька тато тата father dad муж мужа husband зять
f adult sg ER | бабушка бабушку баба бабу бабка бабуся бабусю старушка старенькая grandmother grandma granny
f adult pl ER | бабушки бабушек баби бабусі старушки grandmothers
m adult sg ER | дедушка дедушку дед деда дедуля дід діда дідусь дідуся старик старика
m adult sg ER | grandfather grandpa granddad
m adult pl ER | деды дедушки діди дідусі старики grandfathers
f - sg | дочь дочка дочку донька доньку daughter сестра сестру sister внучка внучку онука онучка granddaughter
f - pl | дочери дочки доньки daughters сестры сестри sisters внучки онуки granddaughters
m - sg | сын сына син сина son брат брата brother внук внука онук grandson
m - pl | сыновья сини синів sons братья брати brothers внуки grandsons
f adult sg | тетя тетка тетку тітка тітку aunt соседка сусідка свекровь свекруха теща
m adult sg | дядя дядько дядьку uncle сосед сусід свекор тесть
f - sg | девушка дівчина племянница племінниця niece
f - pl | девушки дівчата
m - sg | парень хлопець племянник племінник nephew
m - pl | парни хлопці
f child sg | девочка девочку дівчинка дівчинку girl
f child pl | девочки девочек дівчатка дівчаток girls
m child sg | мальчик мальчика хлопчик хлопчика пацан boy
m child pl | мальчики мальчиков хлопчики хлопчиків boys
- child sg | ребенок дитина дитину дитя child kid малыш малюк школьник школяр
- child pl | дети детей детки ребенка діти дітей дитини дітки діток children kids детишки
- 0-1 sg | младенец младенца грудничок новорожденный новорожденная немовля немовлятко baby infant newborn
- 0-1 pl | младенцы младенцев немовлята немовлят babies infants
- adult sg | взрослый взрослая дорослий доросла adult
- adult pl | взрослых взрослые дорослих дорослі adults
- - sg | человек людина особа person
- - pl | человека людей люди люда осіб особи людини people persons чел
- adult sg ER | пенсионер пенсионерка пенсіонер пенсіонерка pensioner
- adult pl ER | пенсионеры пенсионеров пенсіонери пенсіонерів pensioners
"""

SEX = {
    "ж": "f", "жен": "f", "жін": "f", "f": "f", "w": "f", "female": "f", "женский": "f", "жіноча": "f",
    "м": "m", "чол": "m", "m": "m", "male": "m", "мужской": "m", "чоловіча": "m",
}  # fmt: skip

UNITS = {
    "years": "лет год года годик годика рок роки років року р г л year years yr yrs yo y y/o y.o old",
    "months": "мес месяц месяца месяцев месяцам месяце місяць місяці місяців місяців міс month months mo mos",
    "weeks": "нед неделя недели недель неделе тиж тиждень тижні тижнів тижня week weeks wk wks",
    "days": "день дня дней дні днів доба дней сут day days",
    "born": "р.н рн г.р гр рождения народження born г.рожд року.народження",
}

NUMBERS = {
    "ноль": 0, "нуль": 0, "zero": 0,
    "одного": 1, "однієї": 1, "one": 1, "перший": 1,
    "два": 2, "две": 2, "дві": 2, "two": 2, "двух": 2, "двох": 2,
    "три": 3, "three": 3, "трех": 3, "трьох": 3, "четыре": 4, "чотири": 4, "four": 4,
    "пять": 5, "п'ять": 5, "five": 5, "шесть": 6, "шість": 6, "six": 6, "семь": 7, "сім": 7, "seven": 7,
    "восемь": 8, "вісім": 8, "eight": 8, "девять": 9, "дев'ять": 9, "nine": 9,
    "десять": 10, "ten": 10,
}  # fmt: skip

COLLECTIVE = {
    "двое": 2, "двоє": 2, "оба": 2, "обоє": 2, "трое": 3, "троє": 3, "четверо": 4,
    "пятеро": 5, "п'ятеро": 5, "шестеро": 6, "семеро": 7, "восьмеро": 8, "девятеро": 9, "десятеро": 10,
}  # fmt: skip

ONE_OR_ALONE = frozenset({"один", "одна"})
# "П'ять чоловік", "6 человек": a singular form that counts people of either sex.
COUNTING_NOUNS = frozenset({"чоловік", "человек"})
# "Одна з дитиною", "один с мамой", "одна я с ней": not alone.
WITH = frozenset({"с", "со", "з", "із", "зі", "with", "я"})
JOINERS = frozenset({"и", "й", "і", "та", "and", "&", "плюс", "plus", "+"})
NEGATIONS = frozenset({"не", "not", "ни", "ні", "no", "без", "without"})
# Capitalised at the start of a sentence, and never a name.
NOT_NAMES = vocabulary(
    "нас нам мы ми я у в на с со з зі из із за он она вона він они вони это це есть є еще ще также тоже теж "
    "только тільки очень дуже надо нужно треба потрібно мой моя мої мои наш наша наши наші их їх там тут "
    "здесь может може хочет хоче болен больна хворий хвора ранен ранена поранений поранена the he she we "
    "they my our has have needs is are i a an with from"
)
ADJECTIVES = {
    "лежач": Mark("mobility", "bedridden"),
    "неходяч": Mark("mobility", "bedridden"),
    "парализованн": Mark("mobility", "bedridden"),
    "паралізован": Mark("mobility", "bedridden"),
    "маломобильн": Mark("mobility", "assisted"),
    "маломобільн": Mark("mobility", "assisted"),
    "ходяч": Mark("mobility", "walks"),
    "глух": Mark("code", "DS-DF"),
    "слабослышащ": Mark("code", "DS-DF"),
    "нечующ": Mark("code", "DS-DF"),
    "слеп": Mark("code", "DS-BD"),
    "сліп": Mark("code", "DS-BD"),
    "незряч": Mark("code", "DS-BD"),
    "слабовидящ": Mark("code", "DS-BD"),
    "слабозор": Mark("code", "DS-BD"),
    "глухонем": Mark("codes", codes=frozenset({"DS-DF", "DS-SD"})),
    "глухонім": Mark("codes", codes=frozenset({"DS-DF", "DS-SD"})),
    "беременн": Mark("pregnant"),
    "вагітн": Mark("pregnant"),
    "одинок": Mark("alone"),
    "самотн": Mark("alone"),
}
FEMININE = frozenset({"ая", "яя", "а", "я", "ую", "у", "ою"})
PLURAL = frozenset({"ие", "ые", "і", "их", "ых", "ні"})
ENDINGS = FEMININE | PLURAL | {"ий", "ый", "ой", "ого", "ої", "им", "ым", "ому", "ей", ""}

PLAIN = {
    "mobility:bedridden": "bedridden bed-ridden",
    "mobility:wheelchair": "wheelchair колясочник колясочница візочник візочниця коляска візок",
    "mobility:assisted": "assisted walker crutches костыли милиці ходунки палочка паличка трость ціпок",
    "mobility:walks": "walks ходит ходить ambulant",
    "code:DS-DF": "deaf",
    "code:DS-BD": "blind",
    "code:DS-SD": "mute немой немая немого німий німа німого",
    "code:DS": "disabled инвалид инвалида інвалід інваліда инвалидность інвалідність инвалидка дцп",
    "code:DS-MM": "аутизм аутист аутистка autism autistic",
    "code:SM-CC": "диализ діаліз dialysis онкология онкологія рак cancer",
    "code:SM-CI": (
        "диабет діабет diabetes diabetic диабетик діабетик инсулин інсулін insulin давление тиск гипертония "
        "гіпертонія астма asthma эпилепсия епілепсія epilepsy сердце серце сердечник сердечница"
    ),
    "code:SM-MI": "шизофрения шизофренія schizophrenia психиатрия психіатрія",
    "pregnant": "pregnant берем вагіт",
    "alone": "сам сама alone одиноко одиночка наодинці",
}  # fmt: skip

# Longest first; a star stands for any ending.
PHRASES = {
    "mobility:bedridden": "не ходит|не ходить|не может ходить|не може ходити|ходить не может|cannot walk|"
    "can't walk|прикован* к постели|прикут* до ліжка|не встает|не встає",
    "mobility:wheelchair": "на инвалидн* коляск*|на інвалідн* візк*|в инвалидн* коляск*|инвалидн* коляск*|"
    "інвалідн* візок|на коляск*|в коляск*|у візку|на візку|на візочку|in a wheelchair|"
    "in wheelchair|uses a wheelchair|у колясці|в колясці|на колясці",
    "mobility:assisted": "плохо ходит|погано ходить|еле ходит|ледве ходить|с трудом ходит|с палочк*|с палк*|"
    "з паличк*|з палиц*|на костыл*|на милиц*|ходит с палк*|ходит с палочк*|ходить з паличк*|"
    "с ходунк*|з ходунк*|walks with help|walks with a stick|with a stick|on crutches|needs help walking",
    "mobility:walks": "сам ходит|сама ходит|сам ходить|сама ходить|ходит сам|ходит сама|ходить сам|"
    "ходить сама",
    "code:DS-BD": "плохо видит|погано бачить|не видит|не бачить|почти не видит|майже не бачить|sees poorly|"
    "cannot see|can't see|poor sight",
    "code:DS-DF": "плохо слышит|погано чує|не слышит|не чує|почти не слышит|майже не чує|hard of hearing|"
    "cannot hear|can't hear",
    "code:DS-SD": "не говорит|не говорить|не розмовляє|cannot speak|can't speak",
    "code:DS-PS": "без ноги|без ног|без руки|без рук|без ніг",
    "code:LP-ND": "без документов|без документів|нет документов|немає документів|no documents|no papers",
    "code:SC": "без родителей|без батьків|no parents|without parents|unaccompanied",
    "code:SP:f": "мать одиночка|мать-одиночка|мати-одиначка|мати одиначка|single mother",
    "code:SP": "отец-одиночка|single parent",
}  # fmt: skip


def _mark(text: str) -> Mark:
    kind, value, sex, *_ = [*text.split(":"), "", ""]
    return Mark(kind, value, sex)


ROLE_WORDS = _roles()
WORDS: Mapping[str, Mark] = {
    **{word: _mark(key) for key, words in PLAIN.items() for word in words.split()},
    **{word: Mark("unit", unit) for unit, words in UNITS.items() for word in words.split()},
    **{word: Mark("count", str(count)) for word, count in COLLECTIVE.items()},
    **{word: Mark("number", str(number)) for word, number in NUMBERS.items()},
    **{word: Mark("one") for word in ONE_OR_ALONE},
    **{word: Mark("join") for word in JOINERS},
    **{word: Mark("sex", sex) for word, sex in SEX.items()},
    **ROLE_WORDS,
}
PHRASE_LIST = sorted(
    ((tuple(phrase.split()), _mark(key)) for key, text in PHRASES.items() for phrase in text.split("|")),
    key=lambda pair: -len(pair[0]),
)


def normal(word: str) -> str:
    """The form in which words are looked up: lower case, ё as е, one apostrophe, no outer punctuation."""
    lowered = re.sub("[’ʼ`´]", "'", word.lower().replace("ё", "е"))
    return lowered.strip(".:!?()[]«»\"'…") if len(lowered) > 1 else lowered


@lru_cache(maxsize=4096)
def mark_of(word: str) -> Mark | None:
    """What a normal word says, or None for a word the table does not know."""
    if word in WORDS:
        return WORDS[word]
    for cut in range(len(word), 2, -1):
        stem, ending = word[:cut], word[cut:]
        if stem in ADJECTIVES and ending in ENDINGS:
            found = ADJECTIVES[stem]
            # A feminine ending tells the sex; a masculine one may stand for anybody.
            band = "f" if ending in FEMININE and ending != "у" else ""
            return Mark(found.kind, found.value, band, ending in PLURAL, found.codes)
    return None


def phrase_at(words: list[str], start: int) -> tuple[int, Mark] | None:
    """The longest known phrase that begins at `start`: its length in words, and what it says."""
    for pattern, mark in PHRASE_LIST:
        window = words[start : start + len(pattern)]
        if len(window) == len(pattern) and all(map(_fits, window, pattern)):
            return len(pattern), mark
    return None


def _fits(word: str, pattern: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
