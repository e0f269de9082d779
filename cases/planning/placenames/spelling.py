"""One Latin skeleton for Russian, Ukrainian and both transliterations, and its stem.

The skeleton is for comparing, not for reading: ж is j, ч is c, ш is w, г and h are g, х is h.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LETTERS = {
    **dict(zip("абвгґдезклмнопрстуфх", "abvggdezklmnoprstufh", strict=True)),
    "ё": "e", "э": "e", "є": "e", "и": "i", "і": "i", "ї": "i", "ы": "i", "й": "i",
    "ж": "j", "ц": "ts", "ч": "c", "ш": "w", "щ": "wc", "ю": "iu", "я": "ia", "ь": "", "ъ": "",
    "ьо": "e", "йо": "e",
    **dict(zip("abdefgiklmnoprstuvz", "abdefgiklmnoprstuvz", strict=True)),
    "h": "g", "j": "i", "y": "i", "q": "k", "w": "v", "x": "ks", "c": "k", "ce": "tse", "ci": "tsi",
    "kh": "h", "zh": "j", "ch": "c", "sh": "w", "shch": "wc", "sch": "wc", "tz": "ts", "ph": "f",
    "yo": "e", "jo": "e", "io": "e",
}  # fmt: skip
LONGEST_LETTER = 4
APOSTROPHES = re.compile(r"['’ʼ`´\"ʹ]")
IOTATED = re.compile(r"i(?=[aeou])")
DOUBLED = re.compile(r"(.)\1+")

PREPOSITIONS = (
    "из изо із зі з с со в во у до от ото від од под під над за на при около возле біля коло близ поблизу "
    "через по from near in at to of the"
)
KINDS = (
    "село села селе селі селом с деревня деревни деревне дер д хутор хутора хуторі хуторе хут х "
    "поселок поселка поселке поселення пос п пгт смт рп селище селища селищі "
    "город города городе г гор місто міста місті мисто м слобода станция станція ст "
    "town village city settlement hamlet"
)
LEADING = frozenset(f"{PREPOSITIONS} {KINDS}".split())
TRAILING_KINDS = "town village city settlement hamlet місто город село хутор смт пгт"
TRAILING = frozenset(TRAILING_KINDS.split())

# Of nouns and adjectives in both languages, as the skeleton shows them; the longest that fits is cut.
ENDINGS = (
    "ogo", "ego", "omu", "emu", "imi", "ami", "ovi",
    "oi", "ei", "oe", "ou", "eu", "ih", "im", "am", "ah", "om", "em",
    "a", "e", "i", "o", "u",
)  # fmt: skip
SHORTEST_STEM = 3
FLEETING = re.compile(r"(?<=[^aeiou])[eoi](?=(?:k|ts|n|l|v|r)$)")
GENITIVE_PLURAL = re.compile(r"(?<=..[^aeiou])(?:ov|ev|iv)$")


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """The skeleton of a name: lower-case Latin letters and single spaces.

    Prepositions and words for the kind of place go ("із села …"), unless nothing else was said.
    """
    composed = unicodedata.normalize("NFC", text.lower())
    plain = re.sub("[\u0300\u0301]", "", composed).replace("ё", "е")  # stress marks
    words = re.findall(r"[^\W\d_]+|\d+", APOSTROPHES.sub("", plain))
    while len(words) > 1 and words[0] in LEADING:
        words = words[1:]
    while len(words) > 1 and words[-1] in TRAILING:
        words = words[:-1]
    return " ".join(filter(None, map(_fold_word, words)))


def _fold_word(word: str) -> str:
    letters, at = [], 0
    while at < len(word):
        for length in range(LONGEST_LETTER, 0, -1):
            letter = word[at : at + length]
            if letter in LETTERS and len(letter) == length:
                letters.append(LETTERS[letter])
                break
        else:
            length = 1
            letters.append(word[at] if word[at] in string.digits else "")
        at += length
    # "ья", "ия", "ya" and "a" after a vowel differ between spellings and tell nothing apart.
    return DOUBLED.sub(r"\1", IOTATED.sub("", "".join(letters)))


@lru_cache(maxsize=200_000)
def stem(folded: str) -> str:
    """The skeleton without case endings, word by word: "mala lokna" and "maloi lokni" → "mal lokn"."""
    return " ".join(_stem_word(word) for word in folded.split())


def _stem_word(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    # Щеголёк, Щеголька; Глухів, Глухова; Ямпіль, Ямполя: a vowel that comes and goes.
    shorter = FLEETING.sub("", word)
    word = shorter if len(shorter) >= SHORTEST_STEM else word
    # Гончарівка, у Гончарівці; and so Кролевець falls in with them, harmlessly.
    return f"{word[:-2]}k" if word.endswith("ts") else word


def stems(folded: str) -> tuple[str, ...]:
    """The stem, and for a possible genitive plural (Борков, Погребків) the stem without its ending."""
    words = folded.split()
    if words and GENITIVE_PLURAL.search(words[-1]):
        shorter = " ".join([*words[:-1], GENITIVE_PLURAL.sub("", words[-1])])
        return stem(folded), stem(shorter)
    return (stem(folded),)


def keys(names: Iterable[str]) -> set[str]:
    """What a settlement is indexed by: each name's skeleton and stem, and the stem of each word."""
    found: set[str] = set()
    for name in names:
        folded = fold(name)
        found |= {folded, stem(folded), *stem(folded).split()}
    return found - {""}
