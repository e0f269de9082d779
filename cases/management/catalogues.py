"""Catalogues of translations without the system's gettext: read from the sources, kept as .po, compiled to .mo.

Django reads what is made here as it reads its own; only the tools differ, so that a fresh clone needs no package of
the system. Files carry no dates and no line numbers: a change shows what was said differently and nothing else.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as babel_extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

FOLDERS: Final = ("cases", "hotline", "templates")
LEFT_OUT: Final = frozenset({"migrations", "static", "locale", "__pycache__"})
TEMPLATES: Final = frozenset({".html", ".txt"})
KEYWORDS: Final = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# One, few, many (CLDR plural rules for whole numbers): 1 день, 2 дні, 5 днів, 11 днів, 21 день.
SLAVIC: Final = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
PLURALS: Final = {"uk": SLAVIC, "ru": SLAVIC}
PLACEHOLDER: Final = re.compile(r"%\(\w+\)[a-z]|%[sd]|(?<!\{)\{\w*[^{}]*\}(?!\})")

Key = tuple[str, str]  # context, singular


@dataclass(slots=True)
class Said:
    """One text of the sources: its singular and plural, and the files it stands in."""

    context: str
    singular: str
    plural: str = ""
    files: set[str] = field(default_factory=set)


def extract(root: Path) -> dict[Key, Said]:
    """Every text under `root` that is marked for translation."""
    found: dict[Key, Said] = {}
    for path in sources(root):
        for context, ids in _texts(path):
            singular, plural = (ids[0], ids[1]) if isinstance(ids, tuple) else (ids, "")
            if not singular:
                continue
            said = found.setdefault((context or "", singular), Said(context or "", singular))
            said.plural = said.plural or plural
            said.files.add(path.relative_to(root).as_posix())
    return found


def sources(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", *TEMPLATES} and not LEFT_OUT.intersection(path.relative_to(root).parts):
                yield path


def _texts(path: Path) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix in TEMPLATES:
        # What is left of the page around the texts would not be read as Python if it kept its indentation.
        source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).splitlines())
    options = {"encoding": "utf-8"}
    for _, ids, _, context in babel_extract("python", io.BytesIO(source.encode()), KEYWORDS, (), options):
        yield context, ids


def po_file(locale: Path, language: str) -> Path:
    return locale / language / "LC_MESSAGES" / "django.po"


def read(locale: Path, language: str) -> Catalog:
    """The catalogue of a language; empty when there is no file yet."""
    path = po_file(locale, language)
    if not path.exists():
        return Catalog(locale=language, header_comment="")
    with path.open("rb") as file:
        return read_po(file, locale=language, ignore_obsolete=True)


def update(locale: Path, language: str, found: dict[Key, Said]) -> int:
    """Write the catalogue anew from what the sources say, keeping translations; returns how many are missing."""
    old, new = read(locale, language), _empty(language)
    missing = 0
    for said in found.values():
        message = _message(said, old.get(said.singular, said.context or None), new.num_plurals)
        new[message.id] = message
        missing += bool(_untranslated(message, new.num_plurals))
    body = io.BytesIO()
    write_po(body, new, width=0, omit_header=True, sort_output=True, ignore_obsolete=True, include_lineno=False)
    path = po_file(locale, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{_header(language)}\n{body.getvalue().decode().rstrip()}\n", encoding="utf-8")
    return missing


def _header(language: str) -> str:
    lines = ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit", f"Language: {language}"]
    lines.append(f"Plural-Forms: {PLURALS[language]}")
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines)


def _empty(language: str) -> Catalog:
    return read_po(io.BytesIO(_header(language).encode()), locale=language)


def _message(said: Said, old: Message | None, forms: int) -> Message:
    """A text with the translation it had, in as many forms as it now needs."""
    known = [] if old is None else list(old.string) if isinstance(old.string, list | tuple) else [old.string or ""]
    string: str | tuple[str, ...] = known[0] if known else ""
    if said.plural:
        string = tuple((known + [""] * forms)[:forms])
    return Message(
        (said.singular, said.plural) if said.plural else said.singular,
        string,
        locations=[(name, 0) for name in sorted(said.files)],
        flags={"fuzzy"} if old is not None and old.fuzzy else (),
        user_comments=old.user_comments if old is not None else (),
        context=said.context or None,
    )


def compiled(locale: Path, language: str) -> Path | None:
    """Write django.mo beside django.po; None when the language has no catalogue yet."""
    path = po_file(locale, language)
    if not path.exists():
        return None
    target, draft = path.with_suffix(".mo"), path.with_suffix(".mo.new")
    with draft.open("wb") as file:
        write_mo(file, read(locale, language))
    draft.replace(target)
    return target


def problems(locale: Path, language: str, found: dict[Key, Said]) -> Iterator[str]:
    """What keeps a catalogue from saying everything the sources say, one line each."""
    catalog = read(locale, language)
    if catalog.num_plurals != _empty(language).num_plurals:
        yield f"has {catalog.num_plurals} plural forms, not {_empty(language).num_plurals}"
    for key, said in sorted(found.items()):
        message = catalog.get(said.singular, said.context or None)
        if message is None:
            yield f"missing: {_shown(key)}"
            continue
        yield from (f"{problem}: {_shown(key)}" for problem in _wrong(message, said, catalog.num_plurals))
    for message in catalog:
        key = (message.context or "", message.id[0] if isinstance(message.id, tuple | list) else message.id)
        if key[1] and key not in found:
            yield f"obsolete: {_shown(key)}"


def _wrong(message: Message, said: Said, forms: int) -> Iterator[str]:
    if bool(said.plural) != bool(message.pluralizable):
        yield "differs in its plural"
    elif _untranslated(message, forms):
        yield "untranslated"
    elif message.fuzzy:
        yield "fuzzy"
    else:
        # A form for 1 also stands for 21 and 31, so each form needs the number that the plural shows.
        wanted = _placeholders([said.plural or said.singular])
        if any(_placeholders([form]) != wanted for form in _forms(message)):
            yield "placeholders differ"


def _untranslated(message: Message, forms: int) -> bool:
    said = _forms(message)
    return not all(said) or (bool(message.pluralizable) and len(said) != forms)


def _forms(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]


def _placeholders(texts: Iterable[str]) -> set[str]:
    return {found for text in texts for found in PLACEHOLDER.findall(text.replace("%%", ""))}


def _shown(key: Key) -> str:
    context, singular = key
    return f"{singular!r} ({context})" if context else repr(singular)
