"""How far two values of one field agree."""

from collections.abc import Iterable
from enum import StrEnum

from rapidfuzz.distance import OSA, JaroWinkler

from cases.planning.matching.profile import Profile
from cases.planning.matching.roles import Reading
from cases.privacy.names import Word, given_names, said

NEAR_LENGTH, FAR_LENGTH = 4, 7  # one slip in a word of four letters is a slip; two need a longer word
ALIKE = 0.86
SLIP_IN_YEAR = 2
ENDINGS = {
    "ov": ("ov", "ev", "iv"),
    "enko": ("enko",),
    "uk": ("cuk", "iuk"),
    "sk": ("sk", "qk"),
    "ic": ("ovic", "evic"),
}


class Level(StrEnum):
    """From agreement to contradiction; `UNKNOWN` where one side is silent."""

    SAME = "same"
    LOOSE = "loose"  # the same by a pet name that others bear too
    NEAR = "near"
    PART = "part"
    INITIAL = "initial"
    ALIKE = "alike"
    UNKNOWN = "unknown"
    DIFFERS = "differs"


def _distance(one: Iterable[str], other: Iterable[str]) -> Level:
    """Of two words in every way they may be read: the same, one or two slips apart, alike, or neither."""
    left, right = set(one), set(other)
    if left & right:
        return Level.SAME
    best = Level.DIFFERS
    for mine in left:
        for theirs in right:
            apart, shorter = OSA.distance(mine, theirs), min(len(mine), len(theirs))
            if (apart == 1 and shorter >= NEAR_LENGTH - 1) or (apart == 2 and shorter >= FAR_LENGTH):
                return Level.NEAR
            if JaroWinkler.similarity(mine, theirs) >= ALIKE and shorter >= NEAR_LENGTH:
                best = Level.ALIKE
    return best


def given(one: Reading, other: Reading) -> Level:
    """Given names; an initial agrees with any spelling of the name."""
    if one.given is None or other.given is None:
        return _initial_of_given(one, other)
    mine, theirs = one.given, other.given
    if mine.given and theirs.given:
        both = mine.given & theirs.given
        if not both:
            return Level.DIFFERS
        return Level.SAME if len(mine.given) == len(theirs.given) == 1 or mine.text == theirs.text else Level.LOOSE
    close = _distance(mine.folded, theirs.folded)
    if close in (Level.SAME, Level.NEAR):
        return close
    if (mine.given | mine.nearly) & (theirs.given | theirs.nearly):
        return Level.NEAR
    return Level.ALIKE if close is Level.ALIKE else Level.DIFFERS


def _initial_of_given(one: Reading, other: Reading) -> Level:
    letters, name = (one.initials, other.given) if one.given is None else (other.initials, one.given)
    if name is None:
        mine, theirs = one.initials[:1], other.initials[:1]
        if not mine or not theirs:
            return Level.UNKNOWN
        return Level.INITIAL if set(mine[0].folded) & set(theirs[0].folded) else Level.UNKNOWN
    if not letters:
        return Level.UNKNOWN
    return Level.INITIAL if any(_stands_for(letter, name) for letter in letters) else Level.DIFFERS


def _stands_for(letter: Word, name: Word) -> bool:
    known = given_names().letters
    first = {folded[:size] for folded in name.folded for size in range(1, 6)}
    for key in name.given | name.nearly:
        first |= known.get(key, frozenset())
    return any(folded in first or (len(letter.text) < 3 and folded[:1] in first) for folded in letter.folded)


def patronymic(one: Reading, other: Reading) -> Level:
    """Fathers' names; one side often tells none."""
    if one.patronymic is None or other.patronymic is None:
        return Level.UNKNOWN
    mine, theirs = one.patronymic, other.patronymic
    if mine.fathers & theirs.fathers:
        return Level.SAME
    close = _distance(mine.folded, theirs.folded)
    if close in (Level.SAME, Level.NEAR):
        return Level.NEAR
    return Level.ALIKE if close is Level.ALIKE else Level.DIFFERS


def surname(one: Reading, other: Reading) -> Level:
    """Surnames without what shows the sex; of double ones a half is enough."""
    if not one.surnames or not other.surnames:
        return Level.UNKNOWN
    if len(one.surnames) == len(other.surnames) == 1:
        mine, theirs = one.surnames[0], other.surnames[0]
        if _family(mine) and _family(theirs) and _family(mine) != _family(theirs):
            return Level.DIFFERS  # Петров and Петренко are two families
        return _distance(mine.surnames, theirs.surnames)
    found = {_distance(mine.surnames, theirs.surnames) for mine in one.surnames for theirs in other.surnames}
    whole = _distance(*(("".join(word.surnames[0] for word in side.surnames),) for side in (one, other)))
    if whole in (Level.SAME, Level.NEAR):
        return whole
    if Level.SAME in found:
        return Level.PART
    return next((level for level in (Level.NEAR, Level.ALIKE) if level in found), Level.DIFFERS)


def _family(word: Word) -> str:
    """What kind of surname it is by its ending; empty where it shows none."""
    return next(
        (kind for kind, endings in ENDINGS.items() if any(stem.endswith(endings) for stem in word.surnames)), ""
    )


def sexes(profile: Profile, reading: Reading) -> frozenset[str]:
    """What the record says of the sex: as told, else by the given name, the patronymic, the surname's ending."""
    if profile.sex:
        return frozenset({profile.sex})
    known = given_names().sexes
    by_name = {known[key] for key in (reading.given.given if reading.given else ())}
    if len(by_name) == 1:
        return frozenset(by_name)
    if reading.patronymic is not None:
        return frozenset({"f" if reading.patronymic.folded[0].endswith("na") else "m"})
    by_ending = {_sex_of_surname(word) for word in reading.surnames} - {""}
    return frozenset(by_ending) if len(by_ending) == 1 else frozenset()


def _sex_of_surname(word: Word) -> str:
    folded = word.folded[0]
    if folded.endswith(("ova", "eva", "ska", "qka", "aia")):
        return "f"
    if folded.endswith(("ov", "ev", "ski", "qki")):
        return "m"
    return ""


def sex(one: Profile, mine: Reading, other: Profile, theirs: Reading) -> Level:
    left, right = sexes(one, mine), sexes(other, theirs)
    if not left or not right:
        return Level.UNKNOWN
    return Level.SAME if left == right else Level.DIFFERS


def birth(one: Profile, other: Profile) -> Level:
    """Birth dates, else years. `NEAR`: a year apart, or within what an age leaves open; `ALIKE`: two digits swapped
    or one of them another; `PART`: the year agrees and no more is known."""
    (year, *day), (other_year, *other_day) = one.born, other.born
    if not year or not other_year:
        return Level.UNKNOWN
    if year == other_year and not (one.about or other.about):
        if any(day) and any(other_day):
            return Level.SAME if day == other_day else Level.NEAR
        return Level.PART
    if abs(year - other_year) <= 1 + one.about + other.about:
        return Level.NEAR
    mine, theirs = str(year), str(other_year)
    swapped = sorted(mine) == sorted(theirs) and OSA.distance(mine, theirs) == 1
    slipped = sum(left != right for left, right in zip(mine, theirs, strict=True)) == 1
    return Level.ALIKE if swapped or slipped or abs(year - other_year) <= SLIP_IN_YEAR else Level.DIFFERS


def phone(one: Profile, other: Profile) -> Level:
    """Numbers; people have several, so that two others contradict little. `NEAR`: one digit off."""
    if not one.phones or not other.phones:
        return Level.UNKNOWN
    pairs = [(mine, theirs) for mine in one.phones for theirs in other.phones]
    if any(mine == theirs or mine[-9:] == theirs[-9:] for mine, theirs in pairs):
        return Level.SAME
    if any(OSA.distance(mine[-10:], theirs[-10:]) == 1 for mine, theirs in pairs):
        return Level.NEAR
    return Level.DIFFERS


def settlement(one: Profile, other: Profile) -> Level:
    """Settlements; whoever fled is in another one, so that two others contradict little."""
    if not one.places or not other.places:
        return Level.UNKNOWN
    return Level.SAME if _distance(one.places, other.places) in (Level.SAME, Level.NEAR) else Level.DIFFERS


def kin(one: Profile, other: Profile) -> int:
    """How many given names of the others in both households agree."""
    mine = [known for name in one.kin if (known := _keys(name))]
    theirs = [known for name in other.kin if (known := _keys(name))]
    met = 0
    for keys in mine:
        found = next((place for place, other_keys in enumerate(theirs) if keys & other_keys), None)
        if found is not None:
            theirs.pop(found)
            met += 1
    return met


def _keys(name: str) -> frozenset[str]:
    return next((word.given for word in said(name) if word.given), frozenset())
