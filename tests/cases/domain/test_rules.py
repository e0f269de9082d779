"""The triage rules: a draft, its publication, and the open cases that follow."""

import copy
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from cases import policy
from cases.actors import System
from cases.domain import events, jobs, reference, rules
from cases.errors import Forbidden, IllegalMove, StalePage
from cases.models import Case, Event, Job, TriageRules
from cases.queries.triage import rules_in_force
from factories import a_case
from together import together

pytestmark = pytest.mark.django_db


def lines():
    return list(Event.objects.filter(verb__startswith="rules.").order_by("pk").values_list("verb", "actor", "data"))


def drafts():
    return list(TriageRules.objects.filter(published_at=None).values_list("number", "version"))


def changed(draft, **parts):
    return {**copy.deepcopy(draft.body), **parts}


@pytest.fixture
def draft(cast):
    return rules.start_draft(by=cast.supervisor)


# --- a draft -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["supervisor", "administrator"])
def test_a_draft_is_the_newest_version_under_the_next_number(cast, who):
    before = TriageRules.objects.latest("number")

    draft = rules.start_draft(by=getattr(cast, who))

    assert (draft.number, draft.published_at, draft.signed_by) == (before.number + 1, None, "")
    assert draft.body == {**before.body, "version": before.number + 1}
    assert lines() == [("rules.start_draft", getattr(cast, who).code, {"number": draft.number})]
    assert rules_in_force()[1].version == before.number


def test_there_is_one_draft_at_a_time(cast, draft):
    assert rules.start_draft(by=cast.administrator).pk == draft.pk
    assert len(lines()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_start_at_once_share_one_draft(cast):
    try:
        made = together(4, lambda _: rules.start_draft(by=cast.supervisor).pk)
        assert made == [TriageRules.objects.get(published_at=None).pk] * 4
    finally:
        TriageRules.objects.filter(published_at=None).delete()


@pytest.mark.parametrize("who", ["operator", "coordinator", "protection", "auditor", "guest", "red"])
def test_who_may_not_write_rules_leaves_no_trace(cast, draft, who):
    by, before = getattr(cast, who), (drafts(), lines())
    for attempt in (
        lambda: rules.start_draft(by=by),
        lambda: rules.save_draft(draft, body=changed(draft, default_class="P3"), version=0, by=by),
        lambda: rules.discard(draft, version=0, by=by),
        lambda: rules.publish(draft, version=0, signed_by="", by=by),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert (drafts(), lines()) == before
    assert Job.objects.count() == 0


def test_a_draft_is_kept_under_its_own_number_whatever_was_typed(cast, draft):
    kept = rules.save_draft(draft, body=changed(draft, default_class="P3", version=77), version=0, by=cast.supervisor)

    kept.refresh_from_db()
    assert (kept.body["version"], kept.body["default_class"], kept.version) == (draft.number, "P3", 1)
    assert lines()[-1] == ("rules.save_draft", cast.supervisor.code, {"number": draft.number})


def test_rules_that_cannot_be_used_are_refused_with_all_that_is_wrong(cast, draft):
    with pytest.raises(rules.RulesUnusable) as caught:
        rules.save_draft(draft, body=changed(draft, default_class="P9", floors=None), version=0, by=cast.supervisor)

    assert caught.value.problems == (
        "floors: missing, or not of the kind list",
        "default_class: unknown class 'P9'; known are P1, P2, P3, P4",
    )
    assert drafts() == [(draft.number, 0)]


@pytest.mark.parametrize("body", [[], "rules", None, 3])
def test_what_is_no_object_is_refused(cast, draft, body):
    with pytest.raises(rules.RulesUnusable):
        rules.save_draft(draft, body=body, version=0, by=cast.supervisor)


def test_a_draft_cannot_make_a_protected_fact_speak(cast, draft):
    """Else its trial would name, case by case, what only the protection officer may know."""
    body = changed(draft)
    next(floor for floor in body["floors"] if floor["code"] == "imminent_violence")["protected"] = False

    with pytest.raises(rules.RulesUnusable) as caught:
        rules.save_draft(draft, body=body, version=0, by=cast.supervisor)

    assert caught.value.problems == (
        "floor imminent_violence: it names the protected imminent_violence; set protected to true",
    )


def test_an_observation_nobody_can_tell_is_refused(cast, draft):
    body = changed(draft, observations={**draft.body["observations"], "moonlight": "flag"})
    with pytest.raises(rules.RulesUnusable) as caught:
        rules.save_draft(draft, body=body, version=0, by=cast.supervisor)
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["observation moonlight"]


@pytest.mark.parametrize("character", ["\x00", "\ud800"])
def test_a_character_that_no_text_holds_is_refused(cast, draft, character):
    with pytest.raises(rules.RulesUnusable):
        rules.save_draft(draft, body=changed(draft, standing=character), version=0, by=cast.supervisor)


@pytest.mark.parametrize("late", ["save", "discard", "publish"])
def test_a_page_that_grew_old_changes_nothing(cast, draft, late):
    rules.save_draft(draft, body=changed(draft, default_class="P3"), version=0, by=cast.supervisor)
    attempts = {
        "save": lambda: rules.save_draft(draft, body=changed(draft), version=0, by=cast.administrator),
        "discard": lambda: rules.discard(draft, version=0, by=cast.administrator),
        "publish": lambda: rules.publish(draft, version=0, signed_by="", by=cast.administrator),
    }
    with pytest.raises(StalePage):
        attempts[late]()
    draft.refresh_from_db()
    assert (draft.body["default_class"], draft.published_at) == ("P3", None)


def test_a_draft_is_discarded_once_and_its_number_is_free_again(cast, draft):
    for _ in range(2):
        rules.discard(draft, version=0, by=cast.supervisor)
    assert drafts() == []
    assert [verb for verb, _, _ in lines()] == ["rules.start_draft", "rules.discard"]
    assert rules.start_draft(by=cast.supervisor).number == draft.number


# --- publishing ----------------------------------------------------------------------------------------------------


def test_a_published_draft_is_in_force_and_on_record_without_a_name(cast, draft):
    rules.publish(draft, version=0, signed_by=" Dr. Bondar ", by=cast.supervisor)

    row, in_force = rules_in_force()
    assert (row.pk, in_force.version, row.signed_by) == (draft.pk, draft.number, "Dr. Bondar")
    assert lines()[-1] == ("rules.publish", cast.supervisor.code, {"number": draft.number, "signed": True})


def test_publishing_twice_changes_nothing(cast, draft):
    first = rules.publish(draft, version=0, signed_by="", by=cast.supervisor)
    again = rules.publish(draft, version=0, signed_by="Somebody", by=cast.administrator)
    assert (again.published_at, again.signed_by) == (first.published_at, "")
    assert (len(lines()), Job.objects.count()) == (2, 1)


def test_a_published_version_is_neither_written_nor_discarded(cast, draft):
    rules.publish(draft, version=0, signed_by="", by=cast.supervisor)
    with pytest.raises(IllegalMove):
        rules.save_draft(draft, body=changed(draft, default_class="P3"), version=1, by=cast.supervisor)
    with pytest.raises(IllegalMove):
        rules.discard(draft, version=1, by=cast.supervisor)


def test_a_draft_that_newer_rules_overtook_is_not_published(cast, draft):
    published = TriageRules.objects.get(number=draft.number - 1)
    TriageRules.objects.create(number=draft.number + 1, body=published.body, published_at=published.published_at)
    with pytest.raises(rules.NewerRules):
        rules.publish(draft, version=0, signed_by="", by=cast.supervisor)


def test_a_draft_makes_room_for_a_file_of_its_number(cast, draft, tmp_path, monkeypatch):
    """An upgrade brings version N+1 while the rooms write a draft of that number: the file is in force."""
    for file in reference.SEEDS.iterdir():
        if file.name != "triage.json":
            (tmp_path / file.name).symlink_to(file)
    text = (reference.SEEDS / "triage.json").read_text("utf-8")
    (tmp_path / "triage.json").write_text(text.replace('"version": 2', f'"version": {draft.number}', 1), "utf-8")
    monkeypatch.setattr(reference, "SEEDS", tmp_path)

    reference.load()

    assert rules_in_force()[1].version == draft.number
    draft.refresh_from_db()
    assert (draft.number, draft.body["version"], draft.version) == (draft.number, draft.number, 1)
    assert drafts() == [(rules_in_force()[1].version + 1, 1)]


# --- the cases that follow -----------------------------------------------------------------------------------------


def rescores():
    return list(Job.objects.filter(kind="rescore").order_by("subject").values_list("key", "subject", "lane", "state"))


@pytest.fixture
def after_publishing(transactional_db):
    """The job that publishing leaves; what is published would stay for the tests to come."""
    jobs.enqueue("rescore_all", "rescore_all:uid:0", subject=0)


def test_publishing_leaves_one_job_and_no_case_waits_for_it(cast, draft):
    a_case()
    rules.publish(draft, version=0, signed_by="", by=cast.supervisor)
    jobs_left = Job.objects.values_list("kind", "key", "subject", "lane", "state")
    assert Job.objects.get().due_at == TriageRules.objects.get(pk=draft.pk).published_at + rules.UNDER_WAY
    assert list(jobs_left) == [("rescore_all", f"rescore_all:{draft.uid}:0", 0, "bulk", "waiting")]


def test_every_open_case_is_to_be_scored_again(after_publishing):
    one, two, closed = a_case(), a_case(), a_case()
    Case.objects.filter(pk=closed.pk).update(**{"status": "closed", "close_reason": "helped"})

    jobs.sweep()

    assert rescores() == [(f"rescore:{case.uid}", case.pk, "bulk", "waiting") for case in (one, two)]


def test_they_are_taken_in_chunks_by_ascending_key(after_publishing, monkeypatch):
    monkeypatch.setattr(rules, "CHUNK", 2)
    cases = [a_case() for _ in range(5)]

    jobs.sweep()

    chunks = Job.objects.filter(kind="rescore_all").order_by("pk").values_list("key", "subject", "state")
    ends = [0, cases[1].pk, cases[3].pk]
    assert list(chunks) == [(f"rescore_all:uid:{end}", end, "done") for end in ends]
    assert [subject for _, subject, _, _ in rescores()] == [case.pk for case in cases]


def test_a_case_that_waits_for_a_score_already_gets_no_second(after_publishing):
    case = a_case()
    later = timezone.now() + timedelta(hours=1)
    jobs.enqueue("rescore", f"rescore:{case.uid}", subject=case.pk, due_at=later)
    jobs.sweep()
    assert rescores() == [(f"rescore:{case.uid}", case.pk, "normal", "waiting")]


@pytest.mark.parametrize("count", [1, 3])
def test_a_chunk_costs_the_same_at_one_case_and_at_three(cast, django_assert_num_queries, count):
    for _ in range(count):
        a_case()
    job = Job(kind="rescore_all", key="rescore_all:x:0", subject=0)
    with django_assert_num_queries(3), policy.running("rules.rescore_all", System("jobs")):
        rules.rescore_all(job)


def test_the_line_of_what_happened_holds_no_sentence_of_the_rules(cast, draft):
    rules.publish(draft, version=0, signed_by="Dr. Bondar", by=cast.supervisor)
    events.seal()
    assert "Bondar" not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_published_version_is_deleted_by_nobody():
    with pytest.raises(DatabaseError), transaction.atomic():
        TriageRules.objects.latest("number").delete()
