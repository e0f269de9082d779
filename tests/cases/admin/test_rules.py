"""The triage rules in the rooms: read by all, written as a draft, tried, published."""

import copy

import pytest
from django.urls import reverse

from calls import entered
from cases.domain import intake, rules
from cases.models import Disclosure, Event, Job, TriageRules, User
from cases.planning.triage.written import as_text

pytestmark = pytest.mark.django_db
WRITERS = ["supervisor", "administrator"]
READERS = ["operator", "coordinator", "protection", "auditor"]
# Session, user with posts, the draft, the rules in force, cases, scores with keys, the opening, duty.
TRIAL = 8


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def at(name, *args):
    return reverse(f"admin:cases_triagerules_{name}", args=args)


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def draft(cast):
    return rules.start_draft(by=cast.supervisor)


def body(draft, **parts):
    return as_text({**copy.deepcopy(draft.body), **parts})


def graver(draft):
    """The draft with insulin for 2 days as P1."""
    other = copy.deepcopy(draft.body)
    next(floor for floor in other["floors"] if floor["code"] == "insulin_3_days")["class"] = "P1"
    return as_text(other)


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [*WRITERS, *READERS])
def test_a_published_version_is_read_by_all_and_says_that_nobody_signed_it(cast, client, who):
    sign_in(client, getattr(cast, who))
    version = TriageRules.objects.latest("number")
    assert "unsigned" in client.get(at("changelist")).content.decode()
    page = client.get(at("change", version.pk)).content.decode()
    assert "unsigned" in page and "severe_bleeding" in page


def test_who_signed_is_shown(cast, client, draft):
    rules.publish(draft, version=0, signed_by="Dr. Bondar", by=cast.supervisor)
    sign_in(client, cast.olena)
    assert "Dr. Bondar" in client.get(at("changelist")).content.decode()


@pytest.mark.parametrize(("who", "numbers"), [("supervisor", [3, 2]), ("administrator", [3, 2]), ("operator", [2])])
def test_a_draft_is_seen_by_those_who_write_it(cast, client, draft, who, numbers):
    sign_in(client, getattr(cast, who))
    rows = client.get(at("changelist")).context["cl"].result_list
    assert [row.number for row in rows] == numbers


@pytest.mark.parametrize("more", [1, 3])
def test_the_list_costs_the_same_at_one_row_and_at_three(cast, client, django_assert_num_queries, more):
    published = TriageRules.objects.latest("number")
    for number in range(10, 9 + more):
        TriageRules.objects.create(number=number, body=published.body, published_at=published.published_at)
    sign_in(client, cast.supervisor)
    with django_assert_num_queries(6):
        assert len(client.get(at("changelist")).context["cl"].result_list) == more


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [*READERS, "outsider", "medic"])
def test_who_may_not_write_rules_finds_no_door_open(cast, client, draft, who):
    sign_in(client, getattr(cast, who))
    pages = ("draft", "dry_run", "publish")
    answers = [client.get(at(page, draft.pk)).status_code for page in pages]
    answers += [client.post(at(page, draft.pk), {"version": 0, "body": "{}"}).status_code for page in pages]
    answers += [client.post(at("discard", draft.pk), {"version": 0}).status_code, client.post(at("start")).status_code]
    assert answers == [403] * 8
    assert TriageRules.objects.filter(published_at=None, version=0).count() == 1
    assert list(Event.objects.values_list("verb", flat=True)) == ["rules.start_draft"]


def test_who_may_not_write_rules_is_offered_no_draft(cast, client):
    sign_in(client, cast.taras)
    assert at("start") not in client.get(at("changelist")).content.decode()


# --- writing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", WRITERS)
def test_one_button_makes_the_draft_and_opens_it(cast, client, who):
    sign_in(client, getattr(cast, who))
    assert at("start") in client.get(at("changelist")).content.decode()

    answer = client.post(at("start"))

    draft = TriageRules.objects.get(published_at=None)
    assert answer.url == at("draft", draft.pk)
    assert client.get(at("change", draft.pk)).url == at("draft", draft.pk)
    assert at("draft", draft.pk) in client.get(at("changelist")).content.decode()


def test_the_text_of_the_draft_saved_as_it_is_changes_no_rule(cast, client, draft):
    sign_in(client, cast.supervisor)
    form = client.get(at("draft", draft.pk)).context["form"]

    client.post(at("draft", draft.pk), {"version": form["version"].value(), "body": form["body"].value()})

    before = draft.body
    draft.refresh_from_db()
    assert (draft.body, draft.version) == (before, 1)


def test_a_changed_rule_is_kept(cast, client, draft):
    sign_in(client, cast.supervisor)
    answer = client.post(
        at("draft", draft.pk), {"version": 0, "body": body(draft, default_class="P3", version=99)}, follow=True
    )
    assert said(answer) == ["The draft is kept. Nothing changes until it is published."]
    draft.refresh_from_db()
    assert (draft.body["default_class"], draft.body["version"]) == ("P3", draft.number)


def test_everything_wrong_is_listed_and_nothing_typed_is_lost(cast, client, draft):
    sign_in(client, cast.supervisor)
    typed = body(draft, default_class="P9", site_class_up_from=0, standing="my long work")

    answer = client.post(at("draft", draft.pk), {"version": 0, "body": typed})

    assert answer.status_code == 422
    assert answer.context["form"].errors["body"] == [
        "default_class: unknown class 'P9'; known are P1, P2, P3, P4",
        "site_class_up_from: how many people, 1 or more",
    ]
    page = answer.content.decode()
    assert "my long work" in page and 'aria-invalid="true"' in page
    draft.refresh_from_db()
    assert draft.version == 0


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ('{\n  "version": ,\n}', "This is not JSON yet: line 2, character 14: Expecting value."),
        ('{"a": 1, "a": 2}', "“a” stands twice in one pair of braces; keep one."),
        ('{"a": NaN}', "NaN is no number."),
        ("[" * 5_000, "Brackets stand in brackets too deeply to be read."),
        ("[]", "the rules are one object in braces"),
        ("  ", "The rules are empty. Reload the page to have them back."),
    ],
)
def test_what_is_no_set_of_rules_is_said_in_words(cast, client, draft, typed, problem):
    sign_in(client, cast.supervisor)
    answer = client.post(at("draft", draft.pk), {"version": 0, "body": typed})
    assert (answer.status_code, answer.context["form"].errors["body"]) == (422, [problem])


def test_a_page_that_grew_old_keeps_what_was_typed_and_changes_nothing(cast, client, draft):
    rules.save_draft(draft, body={**draft.body, "default_class": "P3"}, version=0, by=cast.administrator)
    sign_in(client, cast.supervisor)

    answer = client.post(at("draft", draft.pk), {"version": 0, "body": body(draft, standing="mine")})

    assert answer.context["form"].errors["body"] == [
        "Somebody else changed this meanwhile. Your text is kept; reload to see theirs."
    ]
    assert "mine" in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.body["default_class"], draft.version) == ("P3", 1)


def test_a_draft_is_discarded(cast, client, draft):
    sign_in(client, cast.supervisor)
    for _ in range(2):
        answer = client.post(at("discard", draft.pk), {"version": 0}, follow=True)
        assert said(answer) == ["The draft is discarded. The rules in force stay as they are."]
    assert not TriageRules.objects.filter(published_at=None).exists()


@pytest.mark.parametrize("version", ["7", "", "x"])
def test_a_draft_that_a_colleague_went_on_with_is_not_discarded(cast, client, draft, version):
    sign_in(client, cast.supervisor)
    client.post(at("discard", draft.pk), {"version": version})
    assert TriageRules.objects.filter(pk=draft.pk).exists()


# --- trying --------------------------------------------------------------------------------------------------------


def test_the_trial_says_who_would_move_and_why(cast, client, draft):
    case = intake.record(entered("C05"), key="C05", by=cast.operator).cases.get()
    sign_in(client, cast.supervisor)
    client.post(at("draft", draft.pk), {"version": 0, "body": graver(draft)})

    page = client.get(at("dry_run", draft.pk)).content.decode()

    assert "1 case would move from P2 to P1." in page
    assert case.spoken in page and page.count("Insulin, 2 days left") == 2
    case.refresh_from_db()
    assert case.priority == "P2"


def test_who_writes_rules_and_reads_no_cases_does_not_try_them(cast, client, draft):
    intake.record(entered("C05"), key="C05", by=cast.operator)
    sign_in(client, cast.administrator)
    before = Disclosure.objects.count()
    assert client.get(at("dry_run", draft.pk)).status_code == 403
    page = client.get(at("publish", draft.pk)).content.decode()
    assert "Ask a supervisor to look at it" in page
    assert at("dry_run", draft.pk) not in client.get(at("draft", draft.pk)).content.decode()
    assert Disclosure.objects.count() == before


@pytest.mark.parametrize("size", [1, 3])
def test_the_trial_costs_the_same_at_one_case_and_at_three(cast, client, draft, django_assert_num_queries, size):
    for number in range(size):
        intake.record(entered("C05"), key=f"C05 {number}", by=cast.operator)
    rules.save_draft(draft, body={**draft.body, "default_class": "P3"}, version=0, by=cast.supervisor)
    sign_in(client, cast.supervisor)
    client.get(at("dry_run", draft.pk))
    with django_assert_num_queries(TRIAL):
        assert client.get(at("dry_run", draft.pk)).context["run"].looked_at == size


# --- publishing ----------------------------------------------------------------------------------------------------


def test_publishing_asks_once_more_beside_the_trial(cast, client, draft):
    intake.record(entered("C05"), key="C05", by=cast.operator)
    sign_in(client, cast.supervisor)
    client.post(at("draft", draft.pk), {"version": 0, "body": graver(draft)})

    page = client.get(at("publish", draft.pk))

    assert "1 case would move from P2 to P1." in page.content.decode()
    draft.refresh_from_db()
    assert draft.published_at is None
    assert page.context["form"]["version"].value() == 1


@pytest.mark.parametrize("signed_by", ["Dr. Bondar", ""])
def test_a_draft_is_published_and_open_cases_are_scored_again(cast, client, draft, signed_by):
    sign_in(client, cast.supervisor)

    for _ in range(2):
        answer = client.post(at("publish", draft.pk), {"version": 0, "signed_by": signed_by}, follow=True)
        said_so = f"Version {draft.number} is in force. Open cases are scored again in the background."
        assert said(answer) == [said_so]

    draft.refresh_from_db()
    assert (draft.published_at is not None, draft.signed_by) == (True, signed_by)
    assert Job.objects.filter(kind="rescore_all").count() == 1
    assert client.get(at("publish", draft.pk)).url == at("change", draft.pk)
    assert client.get(at("draft", draft.pk)).url == at("change", draft.pk)


def test_what_a_colleague_changed_since_is_not_published(cast, client, draft):
    rules.save_draft(draft, body={**draft.body, "default_class": "P3"}, version=0, by=cast.administrator)
    sign_in(client, cast.supervisor)

    answer = client.post(at("publish", draft.pk), {"version": 0, "signed_by": "Dr. Bondar"})

    assert answer.status_code == 422
    assert "Somebody else changed this meanwhile." in answer.content.decode()
    assert "Dr. Bondar" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.published_at is None


def test_a_name_that_is_too_long_comes_back(cast, client, draft):
    sign_in(client, cast.supervisor)
    answer = client.post(at("publish", draft.pk), {"version": 0, "signed_by": "x" * 81})
    assert answer.status_code == 422
    assert not TriageRules.objects.filter(pk=draft.pk, published_at__isnull=False).exists()
