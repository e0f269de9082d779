"""`manage.py messages` on small projects of its own: what is found, what is kept, and what fails the check."""

import gettext
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from cases.management import catalogues

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext

HELLO = _("Hello, {name}")
LONG = _("Two halves "
         "of one text")

def days(count):
    return ngettext("%(count)s day", "%(count)s days", count), pgettext("verb", "Open")
"""
TEMPLATE = """{% load i18n %}
      <p title="{% translate 'A hint' %}">{{ text|default:_("Nothing yet") }}</p>
   {# a comment with "an open quote #}
  {% blocktranslate trimmed with name=user.name %}
      Signed in
      as {{ name }}
  {% endblocktranslate %}
 {% blocktranslate count n=rows|length trimmed %}
    {{ n }} case
 {% plural %}
    {{ n }} cases
 {% endblocktranslate %}
 {% translate "Open" context "adjective" %}
"""
TEXTS = {
    ("", "Hello, {name}"),
    ("", "Two halves of one text"),
    ("", "%(count)s day"),
    ("verb", "Open"),
    ("", "A hint"),
    ("", "Nothing yet"),
    ("", "Signed in as %(name)s"),
    ("", "%(n)s case"),
    ("adjective", "Open"),
}


@pytest.fixture
def project(tmp_path: Path, settings: Any) -> Path:
    settings.BASE_DIR, settings.LOCALE_PATHS = tmp_path, [tmp_path / "cases" / "locale"]
    (tmp_path / "cases").mkdir()
    (tmp_path / "templates").mkdir()
    return tmp_path


def po(project: Path, language: str = "uk") -> Path:
    return catalogues.po_file(project / "cases" / "locale", language)


def write_python(project: Path, body: str) -> None:
    source = f"from django.utils.translation import gettext as _, ngettext\n{body}\n"
    (project / "cases" / "words.py").write_text(source, encoding="utf-8")


def translate(project: Path, was: str, now: str, *languages: str) -> None:
    """Write one translation into the catalogues of these languages, or of both."""
    for language in languages or ("uk", "ru"):
        path = po(project, language)
        text = path.read_text(encoding="utf-8")
        assert was in text
        path.write_text(text.replace(was, now), encoding="utf-8")


def check_says() -> str:
    with pytest.raises(CommandError) as failure:
        call_command("messages", "--check")
    return str(failure.value)


def test_texts_of_python_and_templates_are_found(project: Path) -> None:
    (project / "cases" / "words.py").write_text(PYTHON)
    (project / "templates" / "page.html").write_text(TEMPLATE)

    found = catalogues.extract(project)

    assert set(found) == TEXTS
    assert found[("", "%(count)s day")].plural == "%(count)s days"
    assert found[("", "%(n)s case")].plural == "%(n)s cases"
    assert found[("", "Signed in as %(name)s")].files == {"templates/page.html"}


def test_a_fully_translated_project_passes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_python(project, '_("Water")')
    call_command("messages", "--extract")
    translate(project, 'msgid "Water"\nmsgstr ""', 'msgid "Water"\nmsgstr "Вода"')

    call_command("messages", "--check")

    assert capsys.readouterr().out.splitlines()[-1] == "1 texts are translated into uk and ru."


def test_a_text_left_untranslated_fails_the_check(project: Path) -> None:
    write_python(project, '_("Water")')
    call_command("messages", "--extract")
    translate(project, 'msgid "Water"\nmsgstr ""', 'msgid "Water"\nmsgstr "Вода"', "uk")

    assert check_says().splitlines()[:-1] == ["ru: untranslated: 'Water'"]


def test_a_text_missing_from_the_catalogue_fails_the_check(project: Path) -> None:
    write_python(project, "")
    call_command("messages", "--extract")
    write_python(project, '_("Water")')

    assert check_says().splitlines()[:-1] == ["uk: missing: 'Water'", "ru: missing: 'Water'"]


def test_an_obsolete_text_fails_the_check_and_goes_with_the_next_extraction(project: Path) -> None:
    write_python(project, '_("Water")')
    call_command("messages", "--extract")
    write_python(project, "")

    assert check_says().splitlines()[:-1] == ["uk: obsolete: 'Water'", "ru: obsolete: 'Water'"]
    call_command("messages", "--extract")
    call_command("messages", "--check")


def test_a_fuzzy_text_fails_the_check_and_stays_fuzzy(project: Path) -> None:
    write_python(project, '_("Water")')
    call_command("messages", "--extract")
    translate(project, 'msgid "Water"\nmsgstr ""', '#, fuzzy\nmsgid "Water"\nmsgstr "Вода"')
    call_command("messages", "--extract")

    assert check_says().splitlines()[:-1] == ["uk: fuzzy: 'Water'", "ru: fuzzy: 'Water'"]


@pytest.mark.parametrize(
    ("source", "said"),
    [("Call {name}", "Дзвінок {nom}"), ("Call %(name)s", "Дзвінок"), ("Call %s", "Дзвінок %d"), ("Call", "{a}")],
)
def test_other_placeholders_fail_the_check(project: Path, source: str, said: str) -> None:
    write_python(project, f'_("{source}")')
    call_command("messages", "--extract")
    translate(project, f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{said}"')

    assert check_says().splitlines()[0] == f"uk: placeholders differ: {source!r}"


def test_a_plural_form_without_its_number_fails_the_check(project: Path) -> None:
    """The form for 1 is also said of 21."""
    write_python(project, 'ngettext("One case", "%(n)s cases", 2)')
    call_command("messages", "--extract")
    translate(project, 'msgstr[0] ""', 'msgstr[0] "Одна справа"')
    translate(project, 'msgstr[1] ""', 'msgstr[1] "%(n)s справи"')
    translate(project, 'msgstr[2] ""', 'msgstr[2] "%(n)s справ"')

    assert check_says().splitlines()[0] == "uk: placeholders differ: 'One case'"


def test_extraction_keeps_translations_and_changes_nothing_when_repeated(project: Path) -> None:
    write_python(project, '_("Water")\n_("Food")')
    call_command("messages", "--extract")
    translate(project, 'msgid "Water"\nmsgstr ""', '# for drinking\nmsgid "Water"\nmsgstr "Вода"')
    call_command("messages", "--extract")
    first = po(project).read_text(encoding="utf-8")

    write_python(project, '# further down\n\n_("Food")\n_("Water")')
    call_command("messages", "--extract")

    assert po(project).read_text(encoding="utf-8") == first
    assert 'msgstr "Вода"' in first
    assert "# for drinking" in first
    assert "#: cases/words.py\n" in first
    assert "Date" not in first


@pytest.mark.parametrize(
    ("count", "uk", "ru"),
    [
        (1, "1 день", "1 день"),
        (2, "2 дні", "2 дня"),
        (5, "5 днів", "5 дней"),
        (11, "11 днів", "11 дней"),
        (12, "12 днів", "12 дней"),
        (21, "21 день", "21 день"),
        (104, "104 дні", "104 дня"),
        (0, "0 днів", "0 дней"),
    ],
)
def test_what_was_compiled_speaks_with_the_right_plural(project: Path, count: int, uk: str, ru: str) -> None:
    write_python(project, 'ngettext("{n} day", "{n} days", 2)')
    call_command("messages", "--extract")
    for language, forms in (("uk", ("день", "дні", "днів")), ("ru", ("день", "дня", "дней"))):
        for place, form in enumerate(forms):
            translate(project, f'msgstr[{place}] ""', f'msgstr[{place}] "{{n}} {form}"', language)
    call_command("messages", "--compile")
    call_command("messages", "--check")

    for language, expected in (("uk", uk), ("ru", ru)):
        with po(project, language).with_suffix(".mo").open("rb") as file:
            said = gettext.GNUTranslations(file).ngettext("{n} day", "{n} days", count)
        assert said.format(n=count) == expected


def test_compiling_without_catalogues_is_harmless(project: Path) -> None:
    call_command("messages", "--compile")

    assert not po(project).with_suffix(".mo").exists()
