"""What one word of a name may be: a given name, a patronymic, a surname, an initial.

A word may be several of these at once (Роман Абрамович, Мартин Богдан), so nothing is decided here.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from cases.privacy.names.given import given_names, root
from cases.privacy.names.spelling import (
    CYRILLIC,
    LATIN,
    VOWEL,
    shortened,
    skeletons,
    stem,
    switched,
    unfolded,
    unswitched,
    written,
)

PATRONYMIC: Final = re.compile(r"(?P<root>.{2,}?)(?:ovic|evic|ovna|evna|ivna)$")
SHORT_PATRONYMIC: Final = re.compile(r"(?P<root>.{2,}?)(?:inicna|icna|ic|na)$")  # Ильич, Иванна: known roots only
SURNAME_ENDING: Final = re.compile(
    r"(?:ov|ova|ev|eva|enko|cuk|[sq]ki|[sq]ka)$"
)  # such a word was meant for no given name
# Fathers whose name changes inside a patronymic: Яковлевич, Львович, Палыч, Михалыч, Саныч.
IRREGULAR: Final = {"iakovl": "iakov", "lv": "lev", "pal": "pavl", "mihal": "mihail", "san": "aleksandr"}
COURTESY: Final = frozenset(
    "баба бабушка бабуся бабця дед дедушка дід дідусь дядя дядько тётя тетя тітка пан пані мама тато папа мать отец "
    "мати батько бабка дедок гражданин гражданка громадянин громадянка господин госпожа оглы кызы огли кизи "
    "mr mrs ms baba babushka ded did pan pani tetia tetya tiotia diadia dyadya titka".split()
)
MOST_WORDS: Final = 8
INITIAL_PAIRS: Final = frozenset("yu ya ye yo yi zh ch sh ts kh iu ia ie ju ja дж".split())


@dataclass(frozen=True, slots=True)
class Word:
    """One word as heard. `given` are keys of the table, `nearly` those it may have been meant for.

    `fathers` are the patronymic's keys, or its root where the table has no such father; `surnames` its stems. `forms`
    are the whole skeleton, and the one before folding, where they are not the stem: a slip may stand at the end.
    """

    text: str
    folded: tuple[str, ...]
    surnames: tuple[str, ...]
    given: frozenset[str]
    nearly: frozenset[str]
    fathers: frozenset[str]
    forms: tuple[str, ...] = ()
    cut: bool = False

    @property
    def initial(self) -> bool:
        """A letter that stands for a name, or its beginning with a dot."""
        return self.cut or len(self.text) == 1 or (self.text in INITIAL_PAIRS and not self.given)

    @property
    def ends_like_surname(self) -> bool:
        """Абрамович is a surname as well, Абрамовна is none."""
        return any(one.endswith("c") for one in self.folded)


def said(text: str) -> tuple[Word, ...]:
    """The words of a name, without words of courtesy; of a long text the first few."""
    found = written(text)
    kept, cut = [word for word in found if word not in COURTESY], shortened(text)
    return tuple(replace(word(one), cut=True) if one in cut else word(one) for one in kept[:MOST_WORDS])


def ways(text: str) -> list[tuple[Word, ...]]:
    """What was typed; where no given name is in it, or only part of it was switched, as another keyboard had it too."""
    plain, low = said(text), text.lower()
    found = [plain]
    if (LATIN.search(low) and CYRILLIC.search(low)) or not any(word.given for word in plain):
        found += map(said, switched(text))
        # Almost anything in Cyrillic keys gives some Latin letters: only what has a given name in it was meant.
        found += [words for words in map(said, unswitched(text)) if any(word.given for word in words)]
    return [words for words in dict.fromkeys(found) if words]


def word(text: str) -> Word:
    """What one written word may be."""
    return _word(text, given_names().mark)


@lru_cache(maxsize=100_000)
def _word(text: str, mark: str) -> Word:
    table = given_names()
    folded = tuple(one for one in skeletons(text) if one) or (text,)
    given = table.of(text)
    stems = tuple(dict.fromkeys(stem(one) for one in folded))
    return Word(
        text=text,
        folded=folded,
        surnames=stems,
        forms=tuple(one for one in dict.fromkeys((folded[0], unfolded(text))) if one not in stems),
        given=given,
        nearly=frozenset() if given or SURNAME_ENDING.search(folded[0]) else table.nearly(text),
        fathers=frozenset().union(*(_fathers(one) for one in folded)) if len(text) > 3 else frozenset(),
    )


def _fathers(folded: str) -> frozenset[str]:
    """The father's keys where the table has him, else the root of his name; nothing where it is no patronymic."""
    fathers = given_names().fathers
    long, short = PATRONYMIC.match(folded), SHORT_PATRONYMIC.match(folded)
    if long is not None and VOWEL.search(long["root"] + "a"):
        stem_of = IRREGULAR.get(root(long["root"]), root(long["root"]))
        return fathers.get(stem_of, frozenset({stem_of}))
    if short is not None:
        stem_of = IRREGULAR.get(root(short["root"]), root(short["root"]))
        return fathers.get(stem_of, frozenset())
    return frozenset()
