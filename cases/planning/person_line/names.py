"""Which of some capitalised words is the surname, the given name, the patronymic."""

from __future__ import annotations

import re

PATRONYMIC_M = re.compile(r"(ович|евич|йович|ьич|[ио]вич|ovych|ovich|evich|yovych|ich)$")
PATRONYMIC_F = re.compile(r"(овна|евна|івна|ївна|ична|инична|ovna|evna|ivna|yivna|ichna)$")
SURNAME_F = re.compile(r"(.{2}(ова|ева|єва|ьова)|ская|цкая|ська|цька|.{2}(ova|eva|ieva|yeva)|skaya|ska)$")
SURNAME_M = re.compile(r"(.{2}(ов|ев|єв|ьов|їв)|ский|цкий|ський|цький|.{2}(ov|ev|iev|yev)|skyi|skiy|sky|skii)$")
SURNAME_ANY = re.compile(r"(енко|чук|юк|ишин|швили|дзе|ян|ови|ови|ych|enko|chuk|iuk|yuk)$")
NAME = re.compile(r"^[A-ZА-ЯЁІЇЄҐ][\w'’ʼ-]+$")


def looks_like_name(word: str) -> bool:
    """A capitalised word of letters; one in capitals throughout is likelier an abbreviation."""
    return bool(NAME.match(word)) and not any(c.isdigit() or c == "_" for c in word) and not word.isupper()


def is_patronymic(word: str) -> bool:
    low = word.lower().replace("ё", "е")
    return len(low) > 5 and bool(PATRONYMIC_M.search(low) or PATRONYMIC_F.search(low))


def is_surname(word: str) -> bool:
    low = word.lower().replace("ё", "е")
    return bool(SURNAME_F.search(low) or SURNAME_M.search(low) or (len(low) > 4 and SURNAME_ANY.search(low)))


def arrange(words: list[str]) -> tuple[str, str, str]:
    """Up to three words as (surname, given, patronymic), in whichever order they were typed.

    Official order ends in the patronymic, spoken order in the surname; of two words the one with a
    surname's ending is the surname, and the last one if both or neither have it.
    """
    patronymic = next((word for word in words[1:] if is_patronymic(word)), "")
    if patronymic:
        at = words.index(patronymic, 1)
        others = words[:at] + words[at + 1 :]
        if len(others) == 2:
            return (others[0], others[1], patronymic) if at == 2 else (others[1], others[0], patronymic)
        return "", others[0], patronymic
    if len(words) == 1:
        return (words[0], "", "") if is_surname(words[0]) else ("", words[0], "")
    if len(words) == 2:
        first, second = words
        return (first, second, "") if is_surname(first) and not is_surname(second) else (second, first, "")
    return words[2], words[0], words[1]


def sex_of(surname: str, patronymic: str) -> str:
    """The sex that a patronymic or a surname shows, or "" where it shows none (Петренко)."""
    late, last = patronymic.lower(), surname.lower().replace("ё", "е")
    if PATRONYMIC_F.search(late) or SURNAME_F.search(last):
        return "f"
    return "m" if PATRONYMIC_M.search(late) or SURNAME_M.search(last) else ""
