"""One search box: a reference, a number, a name in any spelling, a settlement; masked, and only what one may see."""

import base64
import dataclasses
import os
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls import people, place
from cases import policy
from cases.actors import System
from cases.domain import drafts, erasure, intake, lifecycle
from cases.domain.intake import Intake, NeedFacts
from cases.models import Case, IndexToken
from cases.queries import search
from factories import a_case, a_household

pytestmark = pytest.mark.django_db
# Every true pair of the field's list: written down as the first, asked for as each of the others.
PAIRS = [
    "Алексей Олексій Aleksey Oleksii Alexei Лёша",
    "Олексій Алексей",
    "Aleksey Олексій Алексей",
    "Николай Микола Mykola Коля",
    "Mykola Николай Микола",
    "Анна Ганна Аня Hanna",
    "Ганна Анна",
    "Дмитрий Дмитро Dmytro",
    "Dmytro Дмитрий",
    "Пётр Петро Петя",
    "Петро Пётр Petro",
    "Елена Олена Olena",
    "Олена Елена",
    "Сергей Сергій Serhii",
    "Serhii Сергей",
    "Евгений Євген Yevhen",
    "Євген Евгений",
    "Владимир Володимир Volodymyr",
    "Володимир Владимир",
    "Григорьев Григор'єв Hryhoriev",
    "Hryhoriev Григорьев Григор’єв",
    "Щербаков Shcherbakov",
    "Shcherbakov Щербаков",
    "Кузнецов Кузнецова Kuznetsova",
    "Кузнецова Кузнецов Repytwjd",
]
FALSE_FRIENDS = [
    ("Мария", "Марина"),
    ("Марина", "Мария"),
    ("Иван", "Ян"),
    ("Ян", "Иван"),
    ("Петров", "Петренко"),
    ("Петренко", "Петров"),
    ("Сидоров", "Сидоренко"),
    ("Сидоренко", "Сидоров"),
]
facts = iter(range(1, 10_000))


def called(by, **said):
    """A call that opened a case; returns the case."""
    said = {"number": "+79155550101", "settlement": place("Sudzha"), "needs": (NeedFacts("WATER", 1),), **said}
    call = intake.record(Intake(dispositions=("case_opened",), **said), key=f"search-{next(facts)}", by=by)
    return call.cases.get()


def refs(typed, by, **more):
    return [row.ref for row in search.find(typed, by=by, **more)]


def why(typed, by):
    return {row.ref: row.why for row in search.find(typed, by=by)}


def ended(case, status="cancelled", **dates):
    with transaction.atomic(), policy.running("escalation.fire", System("test")):
        policy.require()
        lifecycle.move(case, status)
    Case.objects.filter(pk=case.pk).update(**dates)
    return case


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spellings", PAIRS)
def test_a_name_is_found_in_every_spelling(cast, spellings):
    written, *typed = spellings.split()
    case = called(cast.olena, people=people(f"{written} 40"))

    assert {name: why(name, cast.oleh) for name in (written, *typed)} == {
        name: {case.ref: "name"} for name in (written, *typed)
    }


@pytest.mark.parametrize(("written", "typed"), FALSE_FRIENDS)
def test_a_false_friend_is_not_found(cast, written, typed):
    case = called(cast.olena, people=people(f"{written} 40"))

    assert case.ref not in refs(typed, cast.olena)
    assert refs(written, cast.olena) == [case.ref]


def test_two_names_must_both_fit_within_one_household(cast):
    ours = called(cast.olena, people=people("Пётр Кузнецов м 40", "Анна ж 38"))
    called(cast.olena, people=people("Кузнецов Олег м 50"), number="+79155550102")

    assert refs("Кузнєцова Ганна", cast.olena) == [ours.ref]
    assert refs("Кузнецова Мария", cast.olena) == []


@pytest.mark.parametrize(
    "typed", ["Кузнцов Петр", "Куузнецов Пётр", "Кузнедов Петро", "Пётр Кузенцов", "Кузнецов Пётор"]
)
def test_one_letter_off_is_found_after_what_fits(cast, typed):
    case = called(cast.olena, people=people("Кузнецов Пётр м 40"))

    assert why(typed, cast.olena) == {case.ref: "name"}


def test_whom_a_slip_finds_stands_behind_whom_the_letters_find(cast):
    slip = called(cast.olena, people=people("Кузнецов Пётр м 40"))
    exact = called(cast.olena, people=people("Кузнецев Пётр м 50"), number="+79155550102")

    assert refs("Кузнецев Пётр", cast.olena) == [exact.ref, slip.ref]


def test_a_birth_year_beside_the_name_tells_namesakes_apart(cast):
    older = called(cast.olena, people=people("Кузнецов Пётр м 1950"))
    younger = called(cast.olena, people=people("Кузнецов Пётр м 1988"), number="+79155550102")

    assert refs("Кузнецов Пётр 1988", cast.olena)[0] == younger.ref
    assert refs("Кузнецов Пётр 1950", cast.olena)[0] == older.ref


def test_whoever_told_that_patronymic_stands_first(cast):
    bare = called(cast.olena, people=people("Иван Кузнецов м 60"))
    full = called(cast.olena, people=people("Кузнецов Иван Петрович м 61"), number="+79155550102")

    assert refs("Іван Петрович", cast.olena) == [full.ref, bare.ref]


def test_a_callers_alias_is_found(cast):
    case = called(cast.olena, alias="Иванова Татьяна")

    assert why("Тетяна Іванова", cast.olena) == {case.ref: "name"}


def test_a_name_put_right_in_the_same_call_is_found_and_the_wrong_one_is_not(cast):
    key = "5f1f0a52-7c5e-4c8e-9d63-1f3f1a4d5e6f"
    said = {"number": "+79155550101", "settlement": place("Sudzha"), "needs": (NeedFacts("WATER", 1),)}
    first = Intake(people=people("Петров м 40", "Анна ж 38"), **said)
    drafts.save(uuid.UUID(key), serial=1, typed=drafts.Typed({}, first.to_json()), by=cast.olena)
    case = intake.red_key(first, key=key, by=cast.olena)

    put_right = Intake(people=people("Петренко м 40"), dispositions=("case_opened",), **said)
    intake.record(put_right, key=key, by=cast.olena)

    assert refs("Петренко", cast.olena) == [case.ref]
    assert (refs("Петров", cast.olena), refs("Анна", cast.olena)) == ([], [])


def test_nameless_people_cost_no_tokens(cast):
    called(cast.olena, people=people("ж 78", "м 80"))

    assert not IndexToken.objects.exists()


# --- references, numbers, settlements -------------------------------------------------------------------------------


def test_a_reference_is_found_however_it_is_spaced(cast):
    ref = called(cast.olena).ref

    for typed in (
        ref,
        f"{ref[:4]} {ref[4:]}",
        f" {ref[:4]}-{ref[4:]} ",
        f"№ {ref[:2]} {ref[2:4]} {ref[4:6]} {ref[6:]}",
    ):
        assert why(typed, cast.olena) == {ref: "reference"}


def test_a_misheard_reference_says_so(cast):
    ref = called(cast.olena).ref
    wrong = f"{ref[:7]}{(int(ref[7]) + 1) % 10}"

    assert [(row.ref, row.says) for row in search.find(wrong, by=cast.olena)] == [
        ("", "One digit is wrong. Ask again.")
    ]


@pytest.mark.parametrize("typed", ["+79155550101", "8 (915) 555-01-01", "+7 915 555 01 01", "915 555 01 01"])
def test_a_number_is_found_in_any_notation(cast, typed):
    case = called(cast.olena)

    assert why(typed, cast.olena) == {case.ref: "number"}


def test_several_households_may_share_a_number(cast):
    one, other = called(cast.olena), called(cast.olena, needs=(NeedFacts("MEDEVAC"),))

    assert set(refs("+79155550101", cast.olena)) == {one.ref, other.ref}


@pytest.mark.parametrize("typed", ["Суджа", "Sudzha", "суджi", "Cel;f"])
def test_a_settlement_gives_its_open_cases_the_most_urgent_first(cast, typed):
    low, high = called(cast.olena, needs=(NeedFacts("HYG"),)), called(cast.olena, needs=(NeedFacts("WATER", 0),))
    ended(called(cast.olena))

    assert refs(typed, cast.olena) == [high.ref, low.ref]
    assert {row.why for row in search.find(typed, by=cast.olena)} == {"settlement"}


@pytest.mark.parametrize(
    "typed", ["", "?", "Незнайко", "48", "12345678901234567890", "x@y.z", "@nobody_here", "\u0301"]
)
def test_what_nobody_is_called_finds_nothing(cast, typed):
    called(cast.olena, people=people("Пётр Кузнецов м 40"))

    assert search.find(typed, by=cast.olena) == []


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_what_is_found_names_nobody(cast):
    case = called(cast.olena, people=people("Пётр Кузнецов м 40", "ж 38"), alias="Кузнецова")

    (row,) = search.find("Кузнецова", by=cast.olena)

    case.refresh_from_db()
    assert dataclasses.asdict(row) | {"opened": ""} == {
        "why": "name",
        "ref": case.ref,
        "spoken": case.spoken,
        "priority": case.priority,
        "status": case.get_status_display(),
        "is_open": True,
        "settlement": "Sudzha",
        "size": "2 people",
        "opened": "",
        "uid": str(case.uid),
        "protected": False,
        "says": "",
    }


def test_a_protected_household_is_marked(cast):
    called(cast.olena, people=people("Кузнецова ж 30"), observations={"imminent_violence": 1.0})

    assert [row.protected for row in search.find("Кузнецов", by=cast.olena)] == [True]


def test_open_cases_stand_before_those_that_ended_of_late(cast):
    late = ended(called(cast.olena, people=people("Кузнецов м 40"), needs=(NeedFacts("WATER", 0),)))
    long_ago = timezone.now() - timedelta(days=91)
    ended(called(cast.olena, people=people("Кузнецов м 41")), opened_at=long_ago)
    still = called(cast.olena, people=people("Кузнецов м 42"), needs=(NeedFacts("HYG"),))

    assert refs("Кузнецов", cast.olena) == [still.ref, late.ref]


def test_no_more_than_the_limit(cast):
    for _ in range(4):
        called(cast.olena, people=people("Кузнецов м 40"))

    assert len(refs("Кузнецов", cast.olena, limit=3)) == 3


# --- who sees it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["outsider", "guest", "field_team", "administrator"])
def test_whoever_may_not_see_the_case_finds_nothing(cast, who):
    case = called(cast.olena, people=people("Пётр Кузнецов м 40"), alias="Анна")

    for typed in ("Кузнецов", "Анна", case.ref, "+79155550101", "Суджа"):
        assert search.find(typed, by=getattr(cast, who)) == []
        assert refs(typed, cast.olena) == [case.ref]


def test_a_dump_of_the_tokens_holds_no_name(cast):
    called(cast.olena, people=people("Пётр Кузнецов м 40"), alias="Щербакова Олена")

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM cases_indextoken t")
        rows = cursor.fetchall()

    dump = str(rows).lower()
    assert len(rows) == 2
    assert all(token.digests == sorted(set(token.digests)) for token in IndexToken.objects.all())
    assert [word for word in ("кузнец", "kuzne", "petr", "elena", "erbakov") if word in dump] == []


def test_another_index_key_finds_nothing(cast, settings):
    called(cast.olena, people=people("Кузнецов м 40"))
    settings.HOTLINE_INDEX_KEYS = a_ring_key("other")

    assert refs("Кузнецов", cast.olena) == []


def test_who_was_erased_is_not_found(cast):
    case = ended(called(cast.olena, people=people("Кузнецов м 40"), alias="Анна"))

    erasure.erase(case.household, by=cast.supervisor)

    assert (refs("Кузнецов", cast.olena), refs("Анна", cast.olena)) == ([], [])
    assert not IndexToken.objects.exists()


def a_ring_key(name):
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@pytest.mark.django_db(transaction=True)
def test_names_are_found_before_during_and_after_a_rotation(cast, settings):
    old, new = settings.HOTLINE_INDEX_KEYS, a_ring_key("n1")
    first = called(cast.olena, people=people("Кузнецов м 40"), alias="Анна")
    settings.HOTLINE_INDEX_KEYS = f"{new},{old}"
    between = called(cast.olena, people=people("Кузнецова ж 40"))
    assert set(refs("Кузнецов", cast.olena)) == {first.ref, between.ref}

    call_command("rotate_keys", verbosity=0)
    settings.HOTLINE_INDEX_KEYS = new

    assert set(refs("Кузнецов", cast.olena)) == {first.ref, between.ref}
    assert refs("Ганна", cast.olena) == [first.ref]
    assert set(IndexToken.objects.values_list("index_key", flat=True)) == {"n1"}


# --- what it costs ---------------------------------------------------------------------------------------------------

# Names: the digests, the people with the line that they were opened, and one for the settlements it might be; each list
# of cases takes two, with its people. A search for somebody is written down.
COSTS = {"Кузнецов": 7, "+79155550101": 4, "Суджа": 4, "reference": 2}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("typed", COSTS)
def test_a_search_costs_the_same_at_one_row_and_at_three(cast, typed, rows):
    cases = [called(cast.olena, people=people("Пётр Кузнецов м 40", "Анна ж 38")) for _ in range(rows)]
    with CaptureQueriesContext(connection) as statements:
        found = search.find(cases[0].ref if typed == "reference" else typed, by=cast.olena)
    assert len(found) == (1 if typed == "reference" else rows)
    assert len(statements) == COSTS[typed]


def test_a_case_without_people_or_place_is_shown_too(cast):
    case = a_case(a_household(settlement=None))

    (row,) = search.find(case.ref, by=cast.olena)

    assert (row.settlement, row.size) == ("", "Number not known")
