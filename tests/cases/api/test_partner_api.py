"""A partner reads what was referred to it with consent, and nothing else."""

from dataclasses import replace

import pytest
from django.test import Client

from calls import entered
from cases.domain import consents, erasure, intake, jobs, partners
from cases.errors import ConsentMissing, Forbidden
from cases.models import ApiKey, CallCase, DataKey, Disclosure, Job, Partner, Reach, Tie, User
from cases.planning.person_line import parse
from factories import a_household

pytestmark = pytest.mark.django_db
LIST = "/api/v1/cases/"


@pytest.fixture
def case(cast):
    return intake.record(entered("C01"), key="k", by=cast.olena).cases.get()


@pytest.fixture
def red(cast):
    return caller_of(cast, "Red")


@pytest.fixture
def blue(cast):
    return caller_of(cast, "Blue")


def caller_of(cast, name):
    """A function that asks the API with a fresh key of this partner."""
    _, token = partners.issue_key(Partner.objects.get(name=name), by=cast.administrator)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return lambda path=LIST, method="get": getattr(client, method)(path)


def offer(cast, case, *fields):
    return partners.offer(case, partner=Partner.objects.get(name="Red"), fields=fields, by=cast.taras)


def test_a_referred_case_is_read_in_the_agreed_fields(cast, case, red):
    offer(cast, case, "needs", "people", "evacuation")
    (row,) = red().json()["results"]
    assert row["ref"] == case.ref
    assert row["settlement"]["name_en"] == "Sudzha"
    assert {need["type"] for need in row["needs"]} == {"WATER", "FOOD"}
    assert row["evacuation"] == [
        {"direction": "ukraine", "status": "registered", "seats": 1, "wheelchairs": 0, "stretchers": 1, "animals": 0}
    ]
    assert not {"contact", "address"} & set(row)
    assert "surname" not in row["people"][0]
    assert not Disclosure.objects.exists()


def test_names_and_contact_are_revealed_on_record(cast, case, red):
    offer(cast, case, "names", "contact", "address")
    row = red(f"{LIST}{case.ref}/").json()
    assert row["contact"] == "+79155550101"
    assert row["address"] == "улица за рынком"
    assert set(Disclosure.objects.values_list("actor", "why")) == {(f"partner:{cast.red.partner_id}", "referral")}


def test_beside_the_contact_stand_the_terms_of_calling(cast, case, red):
    Reach.objects.update(text_ok=True, safe_from="09:00", safe_to="11:00")
    offer(cast, case, "contact")
    row = red(f"{LIST}{case.ref}/").json()
    terms = ("contact_mode", "safe_from", "safe_to", "text_ok", "neutral_opening")
    assert [row[name] for name in terms] == ["voice", "09:00:00", "11:00:00", True, True]


def may_not_be_called():
    Reach.objects.update(mode="none")


def is_doubtful():
    CallCase.objects.update(proposes=True)


def belongs_to_others():
    Tie.objects.update(household=a_household())


@pytest.mark.parametrize("somebody", [may_not_be_called, is_doubtful, belongs_to_others])
def test_no_contact_is_passed_on_of_somebody_who(cast, case, red, somebody):
    somebody()
    offer(cast, case, "contact")
    assert red(f"{LIST}{case.ref}/").json()["contact"] == ""
    assert not Disclosure.objects.exists()


def test_one_erased_household_does_not_close_the_list(cast, case, red):
    offer(cast, case, "names", "contact", "address")
    again = intake.record(replace(entered("C01"), number="+79155550199"), key="2", by=cast.olena).cases.get()
    offer(cast, again, "names", "contact", "address")
    erasure.destroy(DataKey.objects.exclude(pk__in=keys_of(again)).values_list("pk", flat=True))
    erased, standing = red().json()["results"]
    assert (erased["contact"], "address" in erased, "surname" in erased["people"][0]) == ("", False, False)
    assert (standing["contact"], standing["address"]) == ("+79155550199", "улица за рынком")


def keys_of(case):
    contacts = case.calls.values_list("contact__data_key", flat=True)
    return [case.household.data_key_id, *contacts, *case.household.people.values_list("data_key", flat=True)]


def test_of_a_protected_household_nothing_tells_who_and_where(cast, case, red):
    offer(cast, case, "names", "contact", "address", "people")
    case.household.protected = True
    case.household.save(update_fields=["protected"])
    row = red(f"{LIST}{case.ref}/").json()
    assert not {"contact", "address"} & set(row) and "surname" not in row["people"][0]
    assert not Disclosure.objects.exists()


def test_only_the_protection_officer_offers_who_and_where_of_a_protected_household(cast, case):
    case.household.protected = True
    case.household.save(update_fields=["protected"])
    with pytest.raises(Forbidden):
        offer(cast, case, "needs", "contact")
    assert not case.referrals.exists()
    relief = Partner.objects.get(name="Red")
    assert partners.offer(case, partner=relief, fields=["contact"], by=cast.protection).status == "offered"
    assert offer(cast, case, "needs").status == "offered"


def late(referral):
    """Time passes until an offer is over."""
    Job.objects.filter(kind="referral_expiry").update(due_at=referral.created_at)
    type(referral).objects.filter(pk=referral.pk).update(expires_at=referral.created_at)


@pytest.mark.django_db(transaction=True)
def test_an_offer_expires_by_itself_and_may_be_made_again(cast, case):
    referral = offer(cast, case, "needs")
    assert Job.objects.get(kind="referral_expiry").due_at == referral.expires_at
    late(referral)
    assert jobs.run([f"expire:{referral.uid}"]) == 1
    referral.refresh_from_db()
    assert referral.status == "expired"
    assert offer(cast, case, "needs").pk != referral.pk


def test_an_expired_offer_that_no_job_ended_yet_stands_in_nobodys_way(cast, case):
    referral = offer(cast, case, "needs")
    late(referral)
    assert offer(cast, case, "needs").pk != referral.pk


@pytest.mark.django_db(transaction=True)
def test_what_was_accepted_does_not_vanish(cast, case, red):
    referral = offer(cast, case, "needs")
    red(f"/api/v1/referrals/{referral.uid}/accept/", "post")
    late(referral)
    jobs.run([f"expire:{referral.uid}"])
    assert [row["status"] for row in red().json()["results"]] == ["accepted"]


def test_another_partner_sees_nothing_of_it(cast, case, blue):
    offer(cast, case, "needs")
    assert blue().json()["results"] == []
    assert blue(f"{LIST}{case.ref}/").status_code == 404


def test_a_case_that_was_not_referred_does_not_exist(case, red):
    assert red(f"{LIST}{case.ref}/").status_code == 404


def test_without_consent_there_is_no_offer(cast):
    case = intake.record(entered("C05"), key="k", by=cast.olena).cases.get()
    with pytest.raises(ConsentMissing):
        offer(cast, case, "needs")
    assert not case.referrals.exists()


def test_a_withdrawn_consent_closes_the_door_at_once(cast, case, red):
    referral = offer(cast, case, "needs")
    consents.withdraw(case.household.consents.get(purpose="share_partner"), by=cast.taras)
    referral.refresh_from_db()
    assert referral.status == "revoked"
    assert red().json()["results"] == []


def test_an_expired_offer_is_gone(cast, case, red):
    referral = offer(cast, case, "needs")
    type(referral).objects.update(expires_at=referral.created_at)
    assert red().json()["results"] == []


def test_offering_twice_is_one_referral(cast, case):
    assert offer(cast, case, "needs") == offer(cast, case, "needs")


def test_operators_do_not_refer(cast, case):
    with pytest.raises(Forbidden):
        partners.offer(case, partner=Partner.objects.get(name="Red"), fields=["needs"], by=cast.olena)


@pytest.mark.parametrize(("answer", "status"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_partner_answers(cast, case, red, answer, status):
    referral = offer(cast, case, "needs")
    path = f"/api/v1/referrals/{referral.uid}/{answer}/"
    assert red(path, "post").json()["status"] == status
    assert red(path, "post").status_code == 200


def test_another_partner_does_not_answer_for_it(cast, case, blue):
    referral = offer(cast, case, "needs")
    assert blue(f"/api/v1/referrals/{referral.uid}/accept/", "post").status_code == 404
    referral.refresh_from_db()
    assert referral.status == "offered"


def test_a_step_that_does_not_follow_is_a_problem_with_a_code(cast, case, red):
    referral = offer(cast, case, "needs")
    red(f"/api/v1/referrals/{referral.uid}/finish/", "post")
    answer = red(f"/api/v1/referrals/{referral.uid}/finish/", "post")
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["code"] == "illegal_move"


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Bearer hl_aa_bb", "Basic abc", "Bearer hl__", "Bearer é"])
def test_no_key_no_entry(client, case, token):
    answer = client.get(LIST, headers={"Authorization": token} if token else {})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_revoked_key_opens_nothing(cast, red):
    partners.revoke_key(ApiKey.objects.latest("pk"), by=cast.administrator)
    assert red().status_code == 401


def test_a_key_is_kept_only_as_a_hash(cast):
    key, token = partners.issue_key(Partner.objects.get(name="Red"), by=cast.administrator)
    _, _, secret = token.split("_", 2)  # the secret itself may hold underscores
    assert secret not in str(list(ApiKey.objects.values()))
    assert key.prefix in token


def test_staff_have_no_way_into_the_partner_api(client, cast):
    client.force_login(User.objects.get(pk=cast.taras.user_id), backend="cases.web.auth.SignInBackend")
    assert client.get(LIST).status_code == 401


@pytest.mark.parametrize("path", [f"{LIST}1234/", f"{LIST}00000001/", f"{LIST}?after=x", f"{LIST}?after={'9' * 40}"])
def test_nonsense_is_a_coded_4xx(red, path):
    answer = red(path)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_at_one_and_three(cast, red, django_assert_num_queries, count):
    for number in range(count):
        made = intake.record(entered("C01"), key=f"k{number}", by=cast.olena).cases.get()
        offer(cast, made, "people", "needs", "evacuation")
    with django_assert_num_queries(8):
        assert len(red().json()["results"]) == count


def test_the_schema_and_its_page_are_open(client):
    assert client.get("/api/v1/schema/").status_code == 200
    assert "ReferredCase" in client.get("/api/v1/schema/").content.decode()
    assert client.get("/api/v1/docs/").status_code == 200


def test_only_administrators_issue_keys(cast):
    with pytest.raises(Forbidden):
        partners.issue_key(Partner.objects.get(name="Red"), by=cast.taras)


@pytest.mark.parametrize("people", [1, 3])
def test_one_case_costs_the_same_at_one_person_and_at_three(cast, red, django_assert_num_queries, people):
    facts = replace(entered("C01"), people=parse("ж 78") * people, evacuation=None)
    made = intake.record(facts, key="k", by=cast.olena).cases.get()
    offer(cast, made, "people", "needs", "evacuation")
    with django_assert_num_queries(7):
        assert len(red(f"{LIST}{made.ref}/").json()["people"]) == people
