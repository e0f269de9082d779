"""One skeleton of Latin letters for the Russian, Ukrainian and Latin spellings of a word.

It is for comparing, not for reading: ж is j, ч c, ш w, щ x, ц q, г and h g, х h. A Latin spelling may be read in
several ways, since each country and each schoolbook writes Ш, Х and Щ otherwise.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

LETTERS: Final = {
    **dict(zip("абвгґдезклмнопрстуфх", "abvggdezklmnoprstufh", strict=True)),
    "э": "e", "є": "e", "и": "i", "і": "i", "ї": "i", "ы": "i", "й": "i",
    "ж": "j", "ц": "q", "ч": "c", "ш": "w", "щ": "x", "ю": "iu", "я": "ia", "ь": "", "ъ": "",
    "тс": "q", "тц": "q", "шч": "x",  # one sound, one letter: so that one slip stays one
    # ё after a hushing sound is о in Ukrainian: Горбачёв, Горбачов
    "ьо": "e", "йо": "e", "чо": "ce", "шо": "we", "жо": "je", "що": "xe",
    **dict(zip("abdefgiklmnoprstuvz", "abdefgiklmnoprstuvz", strict=True)),
    "h": "g", "j": "i", "y": "i", "q": "k", "w": "v", "x": "ks", "c": "q", "ck": "k", "ct": "kt",
    "ts": "q", "kh": "h", "zh": "j", "ch": "c", "sh": "w", "shch": "x", "sch": "x", "tz": "q", "ph": "f", "gh": "g",
    "yo": "e", "jo": "e", "cho": "ce", "sho": "we", "zho": "je", "shcho": "xe",
    # scholarly, Czech and Polish letters
    "š": "w", "č": "c", "ž": "j", "ż": "j", "ź": "z", "ś": "s", "ć": "c", "ń": "n", "ł": "l", "ó": "u", "ě": "e",
    "é": "e", "è": "e", "ê": "e", "ï": "i", "î": "i", "ì": "i", "â": "ia", "û": "iu", "ü": "iu", "ŝ": "x",
    "šč": "x", "ĭ": "i", "ǔ": "u", "ŭ": "u", "ĥ": "h", "ç": "q", "ğ": "g", "ı": "i", "ş": "w", "ä": "ia", "ö": "e",
}  # fmt: skip
# One Cyrillic letter, one letter of the skeleton.
PLAIN: Final = {
    letters: folded for letters, folded in LETTERS.items() if len(letters) == 1 or not re.search("[а-я]", letters)
} | {"ю": "u", "я": "a"}
# A Latin spelling may mean several things: Hryhoriev or Hohlov, Soloviov or Larionov, Schewtschenko, Szewczenko,
# Chevtchenko, Mixail, Sahakyan.
ALSO: Final[tuple[dict[str, str], ...]] = (
    {},
    {"h": "h"},
    {"io": "e"},
    {"h": "h", "io": "e"},
    {"sch": "w", "scho": "we", "tsch": "c", "tscho": "ce", "schtsch": "x", "ch": "h", "cho": "ho"},
    {"sz": "w", "cz": "c", "szcz": "x", "rz": "j", "ch": "h", "cho": "ho"},
    {"ch": "w", "cho": "we", "tch": "c", "tcho": "ce", "chtch": "x", "ou": "u"},
    {"x": "h"},
    {"h": ""},
    {"j": "j", "jo": "je"},
)
LOOKALIKES: Final = str.maketrans("aceiopxykmht", "асеіорхукмнт")
APOSTROPHES: Final = re.compile(r"(?<=\w)['’ʼ`´\"ʹ′‘“”*](?=\w)|['’ʼ`´\"ʹ′‘“”]")
STRESS: Final = re.compile("[\u0300\u0301]")
WORD: Final = re.compile(r"[^\W\d_]+")
DOTTED: Final = re.compile(r"(?<![^\W\d_])([^\W\d_]{2,5})\.")
CYRILLIC: Final = re.compile("[а-яёіїєґ]")
LATIN: Final = re.compile("[a-z]")
IOTATED: Final = re.compile(r"(?<!^)i+(?=[aeou])|^i+(?=e)")
DOUBLED: Final = re.compile(r"(.)\1+")
ENDINGS: Final = ("oi", "a", "i")  # Трубецкой, Трубецкая; Кузнецова; Белый
SHORTEST_STEM: Final = 3
KEYS: Final = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.~{}:\"<>/"
RUSSIAN: Final = "ёйцукенгшщзхъфывапролджэячсмитьбюёхъжэбю."
UKRAINIAN: Final = "'йцукенгшщзхїфівапролджєячсмитьбю'хїжєбю."
TO_CYRILLIC: Final = (str.maketrans(KEYS, RUSSIAN), str.maketrans(KEYS, UKRAINIAN))
TO_LATIN: Final = tuple({ord(typed): key for key, typed in zip(KEYS, row, strict=True)} for row in (RUSSIAN, UKRAINIAN))
INITIALS: Final = re.compile(r"(?:[а-яёіїєґ]\.)+")
SENSIBLE: Final = re.compile(r"[^ьъы][а-яёіїєґ']*(?:-[^ьъы][а-яёіїєґ']*)*\.?")
VOWEL: Final = re.compile("[аеёиоуыэюяіїєaeiouy]")


class Alphabet:
    """Letters and letter pairs with what they are in the skeleton; the longest that fits is taken."""

    def __init__(self, letters: dict[str, str]) -> None:
        self.letters = letters
        self.pattern = re.compile("|".join(sorted(letters, key=len, reverse=True)))

    def read(self, word: str) -> str:
        """The skeleton of a word, letter by letter; what is no letter is left out."""
        return "".join([self.letters[found] for found in self.pattern.findall(word)])


FIRST: Final = Alphabet(LETTERS)
EVERY: Final = tuple(Alphabet(LETTERS | other) for other in ALSO)
LITERAL: Final = Alphabet(PLAIN)


def skeleton(word: str) -> str:
    """The skeleton of one word, read in the likeliest way."""
    return skeletons(word)[0]


@lru_cache(maxsize=50_000)
def skeletons(word: str) -> tuple[str, ...]:
    """Every skeleton that a word may have, the likeliest first; more than one only in Latin letters."""
    if not LATIN.search(word):
        return (_folded(word, FIRST),)
    return tuple(dict.fromkeys(_folded(word, alphabet) for alphabet in EVERY))


def unfolded(word: str) -> str:
    """The skeleton letter by letter, with nothing taken out or drawn together: a slip may stand just there."""
    return LITERAL.read(word)


def _folded(word: str, alphabet: Alphabet) -> str:
    # "ья", "ия", "ya" and "a" after a consonant differ between spellings and tell nothing apart.
    return DOUBLED.sub(r"\1", IOTATED.sub("", alphabet.read(word)))


def stem(folded: str) -> str:
    """A surname without the ending that shows the sex: kuznetsova → kuznetsov, belski and belska → belsk."""
    for ending in ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= SHORTEST_STEM:
            return folded.removesuffix(ending)
    return folded


def deletions(folded: str) -> frozenset[str]:
    """What is left of a word when any one letter is missing: two words one slip apart meet in one of these."""
    return frozenset(folded[:at] + folded[at + 1 :] for at in range(len(folded)))


def written(text: str) -> list[str]:
    """The words of a text in lower case, single letters too, without stress marks and apostrophes; ё is е."""
    plain = STRESS.sub("", unicodedata.normalize("NFC", text.lower())).replace("ё", "е")
    return [_of_one_script(word) for word in WORD.findall(APOSTROPHES.sub("", plain))]


def shortened(text: str) -> frozenset[str]:
    """The words cut off by a dot (Вас. Петр.), as `written` gives them; one dot alone may be where a sentence ends."""
    dotted = DOTTED.findall(text)
    return frozenset(written(" ".join(dotted))) if text.count(".") > 1 else frozenset()


def words(text: str) -> list[str]:
    """The same without what is only a letter: initials are left out."""
    return [word for word in written(text) if len(word) > 1]


def _of_one_script(word: str) -> str:
    """A Latin i among Cyrillic letters is a slip that nobody sees."""
    return word.translate(LOOKALIKES) if CYRILLIC.search(word) and LATIN.search(word) else word


def switched(text: str) -> Iterable[str]:
    """A text in Latin keys as the Russian and the Ukrainian layout would have written it, where it could be a name."""
    low = text.lower()
    if not LATIN.search(low):
        return
    for layout in TO_CYRILLIC:
        # Only part of it may have been typed before the keyboard was switched.
        other = " ".join(word if CYRILLIC.search(word) else word.translate(layout) for word in low.split())
        if all(_could_be_said(word) for word in other.split()) and VOWEL.search(other):
            yield other


def _could_be_said(word: str) -> bool:
    return bool(INITIALS.fullmatch(word) or (SENSIBLE.fullmatch(word) and VOWEL.search(word)))


def unswitched(text: str) -> Iterable[str]:
    """A text in Cyrillic keys as a Latin layout would have written it: Фдуч is Alex."""
    low = text.lower()
    if LATIN.search(low) or not CYRILLIC.search(low):
        return
    for layout in TO_LATIN:
        other = low.translate(layout)
        if all(word.isalpha() and VOWEL.search(word) for word in other.split()):
            yield other
