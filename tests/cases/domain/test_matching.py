"""Pairs the machine proposes: who is compared, who sees them, and decisions that stand."""

import base64
import os

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from cases.actors import System
from cases.domain import erasure, jobs, matching, merging, naming
from cases.enums import MatchState
from cases.errors import Forbidden
from cases.models import Case, Disclosure, Event, Household, IndexToken, Job, Match, Message, PersonLink, Post
from cases.privacy import names
from cases.queries import search
from families import called, looked

pytestmark = pytest.mark.django_db(transaction=True)
SPELLINGS = ("Петренко Алексей", "Петренко Олексій", "Petrenko Oleksii")


def pairs():
    return [
        (match.first.household_id, match.second.household_id, match.verdict) for match in Match.objects.order_by("pk")
    ]


def test_who_calls_again_in_another_alphabet_is_proposed_once(cast):
    first = called(cast.olena, "Петренко Алексей м 1957", "ж 50")
    second = called(cast.oleh, "Oleksii Petrenko m 1957")

    looked()
    called(cast.oleh, "Незнайко Иван м 1957")
    looked()

    assert pairs() == [(first.household_id, second.household_id, "maybe")]
    match = Match.objects.get()
    assert match.evidence == [
        ["given", "same"],
        ["surname", "same"],
        ["sex", "same"],
        ["birth", "part"],
        ["phone", "differs"],
        ["settlement", "same"],
    ]


def test_a_slip_in_the_surname_is_proposed_as_well(cast):
    called(cast.olena, "Кравченко Тетяна ж 1971")
    called(cast.oleh, "Карвченко Татьяна ж 1971")

    looked()

    assert len(pairs()) == 1


def test_behind_one_number_a_pet_name_is_enough_to_be_looked_at(cast):
    called(cast.olena, "Кудинова Зинаида ж 1948", number="+79155550101")
    called(cast.oleh, "баба Зина ж 78", number="+79155550101")

    looked()

    assert [verdict for *_sides, verdict in pairs()] == ["maybe"]


def test_namesakes_alone_fill_no_queue(cast):
    called(cast.olena, "Петренко Алексей м", settlement="Sudzha")
    called(cast.oleh, "Петренко Алексей м", settlement="Rylsk")

    looked()

    assert pairs() == []


def test_people_of_one_household_are_never_a_pair(cast):
    called(cast.olena, "Петренко Алексей м 1957", "Петренко Алексей м 1957")

    looked()

    assert pairs() == []


def test_a_decision_is_remembered_and_survives_another_look_and_another_index(cast, settings):
    called(cast.olena, "Петренко Алексей м 1957")
    second = called(cast.oleh, "Петренко Олексій м 1957")
    looked()

    matching.keep_apart(Match.objects.get(), by=cast.taras)
    settings.HOTLINE_INDEX_KEYS = f"n1:{base64.b64encode(os.urandom(32)).decode()},{settings.HOTLINE_INDEX_KEYS}"
    Household.objects.filter(pk=second.household_id).update(in_cellar=True)
    matching.enqueue_step(second.household)
    looked()

    match = Match.objects.get()
    assert (match.state, match.decided_by_id) == (MatchState.APART, cast.taras.user_id)
    assert matching.keep_apart(match, by=cast.iryna).decided_by_id == cast.taras.user_id


def test_what_was_decided_of_a_record_holds_for_what_it_was_merged_into(cast):
    earliest, first, namesake = (called(cast.olena, f"{name} м 1957") for name in SPELLINGS)
    looked()
    one, other = (case.household.people.get().pk for case in (first, namesake))
    matching.keep_apart(Match.objects.get(first=one, second=other), by=cast.taras)
    stays = earliest.household.people.get().pk

    merging.merge(earliest.household, first.household, pairs=[(stays, one)], by=cast.taras)
    looked()

    assert not Match.objects.open().exists()
    assert Match.objects.get(first=stays, second=other).state == MatchState.APART


@pytest.mark.parametrize("who", ["olena", "outsider", "auditor", "field_team", "administrator"])
def test_whose_post_does_not_allow_it_decides_nothing(cast, who):
    called(cast.olena, "Петренко Алексей м 1957")
    called(cast.oleh, "Петренко Олексій м 1957")
    looked()

    with pytest.raises(Forbidden):
        matching.keep_apart(Match.objects.get(), by=getattr(cast, who))
    assert Match.objects.get().state == MatchState.OPEN


def test_a_pair_with_a_protected_household_is_for_the_protection_officer_alone(cast):
    called(cast.olena, "Петренко Анна ж 1957", observations={"imminent_violence": 1.0})
    called(cast.oleh, "Петренко Ганна ж 1957")

    looked()

    seen = {who: Match.objects.visible_to(getattr(cast, who)).count() for who in ("taras", "outsider", "protection")}
    assert seen == {"taras": 0, "outsider": 0, "protection": 1}
    with pytest.raises(Forbidden):
        matching.keep_apart(Match.objects.get(), by=cast.taras)


def test_what_is_on_record_holds_no_name(cast):
    called(cast.olena, "Петренко Алексей м 1957")
    called(cast.oleh, "Петренко Олексій м 1957")
    before = Disclosure.objects.count()

    looked()

    lines = [*Disclosure.objects.order_by("pk").values()[before:], *Event.objects.values(), *Match.objects.values()]
    assert Disclosure.objects.filter(actor=System("matching").code, why="match").exists()
    assert [word for word in ("петренко", "petrenko", "алексей", "1957") if word in str(lines).lower()] == []


def test_who_was_erased_waits_for_no_decision(cast):
    called(cast.olena, "Петренко Алексей м 1957")
    second = called(cast.oleh, "Петренко Олексій м 1957")
    looked()
    Case.objects.filter(pk=second.pk).update(status="cancelled")
    assert Match.objects.open().exists()

    erasure.erase(second.household, by=cast.supervisor)

    assert not Match.objects.open().exists()


# --- people sought ---------------------------------------------------------------------------------------------------


def sought_and_found(cast):
    seeking = called(cast.olena, "Ткач Олег м 40", "Ткач Ольга ж 1991", missing=(1,))
    found = called(cast.oleh, "Ткач Ольга ж 1991", settlement="Rylsk")
    looked()
    return seeking, found


def test_who_is_sought_and_who_was_found_are_linked_and_never_a_pair_to_merge(cast):
    seeking, found = sought_and_found(cast)

    link = PersonLink.objects.get()
    assert (link.sought.household_id, link.found.household_id) == (seeking.household_id, found.household_id)
    assert (link.state, link.found_consents, pairs()) == ("proposed", None, [])


@pytest.mark.parametrize(
    "who", ["olena", "taras", "supervisor", "auditor", "outsider", "medic", "administrator", "red"]
)
def test_a_link_is_seen_by_the_protection_officer_alone(cast, who):
    sought_and_found(cast)

    assert not PersonLink.objects.visible_to(getattr(cast, who)).exists()
    assert PersonLink.objects.visible_to(cast.protection).exists()


def test_the_protection_officer_on_duty_is_told_and_told_nothing_but_where_to_look(cast):
    Post.objects.filter(role="protection").update(on_duty=True)

    sought_and_found(cast)

    (message,) = Message.objects.filter(template__code="person_found")
    assert (message.user_id, message.case_id) == (cast.protection.user_id, None)
    assert message.params == {
        "path": f"http://127.0.0.1:8000/admin/cases/personlink/{PersonLink.objects.get().pk}/change/"
    }


def test_nothing_about_a_link_stands_on_either_case(cast):
    seeking, found = sought_and_found(cast)

    assert not Event.objects.filter(case__in=[seeking, found], verb__startswith="matching").exists()


@pytest.mark.parametrize("who", ["olena", "taras", "supervisor", "auditor"])
def test_nobody_else_answers_for_the_person_who_was_found(cast, who):
    sought_and_found(cast)

    with pytest.raises(Forbidden):
        matching.answer(PersonLink.objects.get(), found_consents=True, by=getattr(cast, who))
    assert PersonLink.objects.get().state == "proposed"


def test_only_a_yes_of_the_found_confirms_and_a_no_may_become_a_yes(cast):
    sought_and_found(cast)
    link = PersonLink.objects.get()

    assert matching.answer(link, found_consents=False, by=cast.protection).state == "refused"
    matching.enqueue_step(link.found.household)
    looked()
    assert PersonLink.objects.get().state == "refused"
    assert matching.answer(link, found_consents=True, by=cast.protection).state == "confirmed"


def test_whoever_seeks_finds_no_more_than_a_masked_case(cast):
    seeking, found = sought_and_found(cast)

    rows = search.find("Ткач Ольга", by=cast.olena)

    assert {row.ref for row in rows} == {seeking.ref, found.ref}
    assert "Rylsk" not in str([row for row in rows if row.ref == seeking.ref])


# --- the table of given names grows ----------------------------------------------------------------------------------


def test_a_name_added_to_the_table_is_found_after_indexing_again(cast, settings, tmp_path):
    case = called(cast.olena, "Борщ Золтан м 40")
    assert search.find("Zolik", by=cast.olena) == []
    (tmp_path / "seeds").mkdir()
    table = names.seed_file().read_text("utf-8") + "zoltan,m,Золтан Золік Zoltan Zolik\n"
    (tmp_path / "seeds" / "given_names.csv").write_text(table, "utf-8")
    settings.BASE_DIR = tmp_path

    assert search.find("Zolik", by=cast.olena) == []
    call_command("reindex_names", verbosity=0)
    assert [row.ref for row in search.find("Zolik", by=cast.olena)] == [case.ref]
    assert Case.objects.count() == 1


def test_the_workers_index_again_what_is_stale_batch_by_batch(cast, monkeypatch):
    monkeypatch.setattr(naming, "BATCH", 2)
    cases = [called(cast.olena, f"{name} Иван м 40", alias="Анна") for name in ("Борщ", "Кравец", "Мельник")]
    IndexToken.objects.update(scheme="old", digests=[])
    assert search.find("Кравец", by=cast.olena) == []
    with transaction.atomic(durable=True):
        naming.enqueue_step()

    for _ in range(6):
        Job.objects.filter(kind="reindex", state="waiting").update(due_at=timezone.now())
        jobs.run(list(Job.objects.filter(kind="reindex", state="waiting").values_list("key", flat=True)))

    assert set(Job.objects.filter(kind="reindex").values_list("state", flat=True)) == {"done"}
    assert not IndexToken.objects.exclude(scheme=names.scheme()).exists()
    assert [row.ref for row in search.find("Кравец Иван", by=cast.olena)] == [cases[1].ref]
