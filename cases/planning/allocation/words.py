"""Why a party is not seated, in words for a planner, in three languages. Never read to callers: convoys are named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cases.planning.triage.verdict import plural_form

LANGUAGES: Final = ("en", "uk", "ru")
Says = Mapping[str, str]

REASONS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType({
    "no_convoy_in_direction": (
        "No open convoy goes in the direction they chose.",
        "Жодна відкрита колона не йде в обраному ними напрямку.",
        "Ни одна открытая колонна не идёт в выбранном ими направлении.",
    ),
    "no_convoy_at_stop": (
        "No convoy in their direction calls at their stop.",
        "Жодна колона в їхньому напрямку не заходить на їхню зупинку.",
        "Ни одна колонна в их направлении не заходит на их остановку.",
    ),
    "outside_dates": (
        "No convoy at their stop leaves within their dates.",
        "Жодна колона з їхньої зупинки не вирушає в їхні дати.",
        "Ни одна колонна с их остановки не отправляется в их даты.",
    ),
    "only_private_cars": (
        "Only private cars have room for them, and a child or a woman alone with children rides in none.",
        "Місця для них є лише в приватних авто, а дитина чи жінка сама з дітьми в них не їде.",
        "Места для них есть только в частных машинах, а ребёнок или женщина одна с детьми в них не едет.",
    ),
    "no_seat": (
        "There are not enough seats on the convoys that suit them.",
        "У колонах, що їм підходять, бракує сидячих місць.",
        "В подходящих им колоннах не хватает сидячих мест.",
    ),
    "no_wheelchair_place": (
        "There are not enough wheelchair places on the convoys that suit them.",
        "У колонах, що їм підходять, бракує місць для крісел колісних.",
        "В подходящих им колоннах не хватает мест для инвалидных колясок.",
    ),
    "no_stretcher_place": (
        "There are not enough stretcher places on the convoys that suit them.",
        "У колонах, що їм підходять, бракує місць для нош.",
        "В подходящих им колоннах не хватает мест для носилок.",
    ),
    "no_animal_place": (
        "There are not enough places for animals on the convoys that suit them.",
        "У колонах, що їм підходять, бракує місць для тварин.",
        "В подходящих им колоннах не хватает мест для животных.",
    ),
    "no_luggage_place": (
        "There is not enough room for luggage on the convoys that suit them.",
        "У колонах, що їм підходять, бракує місця для багажу.",
        "В подходящих им колоннах не хватает места для багажа.",
    ),
    "group_too_large": (
        "They travel together, and no one convoy can take the whole group.",
        "Вони їдуть разом, і жодна колона не може взяти всю групу.",
        "Они едут вместе, и ни одна колонна не может взять всю группу.",
    ),
    "more_urgent_first": (
        "The seats went to people who are more urgent or have waited longer.",
        "Місця дістали ті, кому терміновіше, або хто чекає довше.",
        "Места получили те, кому срочнее, или кто ждёт дольше.",
    ),
})  # fmt: skip
TORN: Final = (
    " Its members are confirmed on different convoys.",
    " Її учасників підтверджено на різні колони.",
    " Её участники подтверждены на разные колонны.",
)
# Kind → for each language the four plural forms: 1, 2 to 4, many, a fraction.
PLACES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType({
    "seats": (("seat", "seats", "seats"), ("сидяче місце", "сидячі місця", "сидячих місць"),
              ("сидячее место", "сидячих места", "сидячих мест")),
    "wheelchairs": (("wheelchair place", "wheelchair places", "wheelchair places"),
                    ("місце для крісла колісного", "місця для крісел колісних", "місць для крісел колісних"),
                    ("место для коляски", "места для колясок", "мест для колясок")),
    "stretchers": (("stretcher place", "stretcher places", "stretcher places"),
                   ("місце для нош", "місця для нош", "місць для нош"),
                   ("место для носилок", "места для носилок", "мест для носилок")),
    "animals": (("place for an animal", "places for animals", "places for animals"),
                ("місце для тварини", "місця для тварин", "місць для тварин"),
                ("место для животного", "места для животных", "мест для животных")),
    "luggage": (("place for luggage", "places for luggage", "places for luggage"),
                ("місце для багажу", "місця для багажу", "місць для багажу"),
                ("место для багажа", "места для багажа", "мест для багажа")),
})  # fmt: skip
HELPS: Final = (
    " With {places} more on {convoy} they would be seated.",
    " Ще {places} в {convoy} — і вони мали б місце.",
    " Ещё {places} в {convoy} — и у них было бы место.",
)
REMEMBERED: Final = 10_000  # sentences: thousands of one plan are few different ones
AND: Final = (" and ", " і ", " и ")


def says(reason: str, convoy: str = "", missing: Mapping[str, int] | None = None, *, torn: bool = False) -> Says:
    """The sentence in each language, with what is missing on the convoy where the least is."""
    return _says(reason, convoy, tuple((missing or {}).items()), torn)


@lru_cache(maxsize=REMEMBERED)
def _says(reason: str, convoy: str, missing: tuple[tuple[str, int], ...], torn: bool) -> Says:
    told = {}
    for at, language in enumerate(LANGUAGES):
        text = REASONS[reason][at] + (TORN[at] if torn else "")
        told[language] = text + (_help(dict(missing), convoy, at) if missing else "")
    return MappingProxyType(told)


def helps(convoy: str, missing: Mapping[str, int]) -> Says:
    """What would seat them, by itself: so many places more on this convoy."""
    return MappingProxyType({language: _help(missing, convoy, at).strip() for at, language in enumerate(LANGUAGES)})


def _help(missing: Mapping[str, int], convoy: str, at: int) -> str:
    places = AND[at].join(_counted(kind, count, at) for kind, count in missing.items())
    return HELPS[at].format(places=places, convoy=convoy)


def _counted(kind: str, count: int, at: int) -> str:
    return f"{count} {PLACES[kind][at][plural_form(count, LANGUAGES[at])]}"
