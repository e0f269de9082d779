"""The buttons on the page of a case: a POST for every step that follows, and no others."""

import pytest
from django.test import Client
from django.urls import reverse

from calls import entered
from case_pages import opened, page, press, said, sign_in, trace
from cases.domain import assignment, consents, follow_up, intake
from cases.enums import CaseStatus, PartnerKind
from cases.models import Note, Partner, Referral

pytestmark = pytest.mark.django_db


def test_from_taking_a_case_to_closing_and_reopening_it(cast, client):
    case = opened(cast, "C05")
    sign_in(client, cast.taras)
    steps = [
        ("claim", {}, CaseStatus.ASSIGNED),
        ("hand_back", {}, CaseStatus.TRIAGED),
        ("assign", {"owner": cast.iryna.user_id}, CaseStatus.ASSIGNED),
        ("start", {}, CaseStatus.IN_PROGRESS),
        ("wait", {"what": "waiting_access"}, CaseStatus.WAITING_ACCESS),
        ("wait", {"what": "waiting_partner"}, CaseStatus.WAITING_PARTNER),
        ("start", {}, CaseStatus.IN_PROGRESS),
        ("resolve", {}, CaseStatus.RESOLVED),
    ]
    for name, fields, status in steps:
        response = press(client, case, name, **fields)
        case.refresh_from_db()
        assert (name, case.status) == (name, status)
        assert response.redirect_chain[-1][0] == page(case)

    press(client, case, "close", reason="helped")
    case.refresh_from_db()
    assert case.status == CaseStatus.RESOLVED  # a need is open still
    press(client, case, "end_need", need=case.needs.get().pk, to="unmet", reason="no_access")
    press(client, case, "close", reason="helped")
    case.refresh_from_db()
    assert (case.status, case.close_reason) == (CaseStatus.CLOSED, "helped")

    press(client, case, "reopen")
    case.refresh_from_db()
    assert case.status == CaseStatus.TRIAGED


ALWAYS = {"split", "offer", "withdraw", "settle", "set_class", "note", "end_need", "end_request"}


def test_the_page_offers_the_steps_that_follow_and_no_others(cast, client):
    case = opened(cast, "C05")
    sign_in(client, cast.taras)
    offered = {}
    for step in (None, "claim", "start", "resolve"):
        if step:
            press(client, case, step)
        offered[step] = set(client.get(page(case)).context["may"]) - ALWAYS

    assert offered == {
        None: {"claim", "assign"},
        "claim": {"assign", "decline", "start", "hand_back"},
        "start": {"assign", "wait", "resolve", "hand_back"},
        "resolve": {"close", "reopen"},
    }


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("claim", {}),
        ("assign", {"owner": 1}),
        ("start", {}),
        ("wait", {"what": "waiting_access"}),
        ("hand_back", {}),
        ("resolve", {}),
        ("close", {"reason": "helped"}),
        ("reopen", {}),
        ("set_class", {"priority": "P1", "note": "because"}),
        ("offer", {"partner": 1, "fields_shared": ["people"]}),
        ("settle", {"call": 1, "accept": "1"}),
        ("end_need", {"need": 1, "to": "met"}),
        ("end_request", {"wish": 1, "to": "declined"}),
    ],
)
def test_an_operator_presses_none_of_the_coordinators_buttons(cast, client, name, fields):
    case = opened(cast)
    sign_in(client, cast.operator)
    before = trace()

    assert press(client, case, name, **fields).status_code == 403

    case.refresh_from_db()
    assert (case.status, case.priority, case.overridden) == (CaseStatus.TRIAGED, "P2", False)
    assert trace() == before


@pytest.mark.parametrize("name", ["claim", "start", "set_class", "open", "settle"])
def test_a_button_is_a_post_and_needs_its_token(cast, name):
    case = opened(cast)
    client = Client(enforce_csrf_checks=True)
    sign_in(client, cast.taras)
    where = reverse(f"admin:cases_case_{name}", args=[case.pk])

    assert client.get(where).status_code == 405
    assert client.post(where).status_code == 403


def test_a_refusal_is_said_and_nothing_changes(cast, client):
    case = opened(cast, "C05")
    assignment.claim(case, by=cast.iryna)
    sign_in(client, cast.taras)
    before = trace()

    response = press(client, case, "claim")

    assert said(response) == ["Somebody else has taken it."]
    assert trace() == before


def test_a_case_with_an_open_need_is_not_closed_and_it_is_said_why(cast, client):
    case = opened(cast, "C05")
    assignment.claim(case, by=cast.taras)
    follow_up.start(case, by=cast.taras)
    follow_up.resolve(case, by=cast.taras)
    sign_in(client, cast.taras)

    response = press(client, case, "close", reason="helped")

    assert said(response) == ["A need is still open. End each need first: met, or unmet with its reason."]


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("assign", {}, "Choose who should have the case."),
        ("wait", {}, "Choose what the case waits for."),
        ("close", {}, "Choose a reason from the list."),
        ("set_class", {"priority": "P1", "note": " "}, "Say why in a short note."),
        ("offer", {"fields_shared": ["people"]}, "Choose the partner."),
    ],
)
def test_what_a_button_lacks_is_said(cast, client, name, fields, sentence):
    case = opened(cast)
    sign_in(client, cast.taras)

    assert sentence in said(press(client, case, name, **fields))


def test_the_class_is_set_by_hand_with_a_sealed_note(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)

    response = press(client, case, "set_class", priority="P1", note="Rang back: the water is gone")

    case.refresh_from_db()
    assert (case.priority, case.overridden) == ("P1", True)
    assert Note.objects.get(case=case).author_id == cast.taras.user_id
    assert "the water is gone" not in response.content.decode()
    assert "the water is gone" in press(client, case, "open", why="correction").content.decode()


def test_a_case_is_offered_to_a_partner_whose_kind_the_household_agreed_to(cast, client):
    case = opened(cast)
    medics = Partner.objects.create(name="Medics", kind=PartnerKind.MEDICAL)
    sign_in(client, cast.taras)
    text = client.get(page(case)).content.decode()
    assert "Medics" in text and "no consent" in text

    press(client, case, "offer", partner=cast.red.partner_id, fields_shared=["people", "needs"])
    assert Referral.objects.get().fields == ["needs", "people"]

    response = press(client, case, "offer", partner=medics.pk, fields_shared=["people"])
    assert said(response) == ["There is no consent for this. Ask for it at the next call."]
    assert Referral.objects.count() == 1


def test_a_consent_is_withdrawn_and_its_referral_revoked(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    press(client, case, "offer", partner=cast.red.partner_id, fields_shared=["people"])
    consent = case.household.consents.get(purpose="share_partner")

    press(client, case, "withdraw", consent=consent.pk)

    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert Referral.objects.get().status == "revoked"


def test_a_consent_of_another_household_is_not_withdrawn_here(cast, client):
    case, other = opened(cast, "C01"), opened(cast, "C05")
    sign_in(client, cast.taras)
    consent = other.household.consents.first()

    press(client, case, "withdraw", consent=consent.pk)

    consent.refresh_from_db()
    assert consent.withdrawn_at is None


@pytest.mark.parametrize(("accept", "direction"), [("1", "ukraine"), ("0", "russia")])
def test_a_proposal_is_read_opened_and_settled(cast, client, accept, direction):
    case = opened(cast, "C06")
    call = intake.record(entered("C18", {"C06": case.ref}), key="C18", by=cast.operator)
    assignment.claim(case, by=cast.taras)
    sign_in(client, cast.taras)
    assert "Wants to go to Ukraine" not in client.get(page(case)).content.decode()
    assert "Wants to go to Ukraine" in press(client, case, "open").content.decode()

    press(client, case, "settle", call=call.pk, accept=accept)

    assert case.evacuations.get().direction == direction
    call.refresh_from_db(fields=["proposal_settled_at"])
    assert call.proposal_settled_at is not None


def test_a_medic_takes_a_case_and_does_not_set_its_class(cast, client):
    case = opened(cast)
    sign_in(client, cast.medic)

    assert press(client, case, "claim").status_code == 200
    assert press(client, case, "set_class", priority="P4", note="x").status_code == 403


def test_the_timeline_says_who_did_what(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    press(client, case, "claim")
    consents.withdraw(case.household.consents.get(purpose="contact"), by=cast.olena)

    entries = [(entry.words, entry.actor) for entry in client.get(page(case)).context["page"].timeline]

    assert entries[0] == ("A consent was withdrawn", "Olena")
    assert ("Case: Triaged → Assigned", "Taras") in entries
    assert ("The case has an owner: Taras (took it themselves)", "Taras") in entries
    assert ("The case was opened", "Olena") in entries


def test_who_covers_the_place_may_be_given_the_case_those_on_duty_first(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)

    names = [one.name for one in client.get(page(case)).context["candidates"]]

    assert names[0] == "Taras"
    assert set(names) == {"Taras", "Iryna", "Oksana", "Maksym"}


def test_no_form_of_the_admin_writes_a_case(cast, client):
    case = opened(cast)
    sign_in(client, cast.supervisor)

    client.post(page(case), {"status": "closed", "priority": "P4"})
    case.refresh_from_db()

    assert case.status == CaseStatus.TRIAGED
    for address in ("add/", f"{case.pk}/delete/", f"{case.pk}/history/"):
        assert client.get(reverse("admin:cases_case_changelist") + address).status_code == 404


def test_a_note_is_kept_once_however_often_it_is_sent(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    for _ in range(2):
        press(client, case, "note", key="n1", text="Сын встретит в Сумах.")
    assert case.notes.count() == 1
    assert "Сын" not in client.get(page(case)).content.decode()
    answer = press(client, case, "note", key="n2", text=" ")
    assert "Say why in a short note" in answer.content.decode()
    assert case.notes.count() == 1


def test_a_request_ends_and_a_need_of_another_case_is_not_ended(cast, client):
    case, other = opened(cast), opened(cast, "C05")
    sign_in(client, cast.taras)
    press(client, case, "end_request", wish=case.evacuations.get().pk, to="declined")
    assert case.evacuations.get().status == "declined"
    press(client, case, "end_need", need=other.needs.get().pk, to="met")
    assert other.needs.get().status == "open"


def test_the_page_speaks_in_words_and_not_in_codes(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    press(client, case, "claim")
    text = client.get(page(case)).content.decode()
    assert f"Case {case.spoken}, P2" in text
    assert "case_assigned" not in text and "follow_up." not in text and "notifications." not in text


@pytest.mark.parametrize(
    ("name", "fields", "typed"),
    [
        ("note", {"key": "n1", "text": "слово " * 4_000}, "слово слово"),
        ("set_class", {"priority": "P1", "note": "причина " * 400}, "причина причина"),
    ],
)
def test_a_refused_text_comes_back_and_nothing_is_saved(cast, client, name, fields, typed):
    case = opened(cast)
    sign_in(client, cast.taras)
    answer = press(client, case, name, **fields)
    assert answer.status_code == 422
    assert typed in answer.content.decode()
    assert case.notes.count() == 0


# --- back to the rules ---------------------------------------------------------------------------------------------


def timeline(response):
    return [(entry.words, entry.actor) for entry in response.context["page"].timeline]


def test_the_way_back_to_the_rules_is_offered_only_where_a_class_was_set_by_hand(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    button = reverse("admin:cases_case_lift", args=[case.pk])
    assert button not in client.get(page(case)).content.decode()

    response = press(client, case, "set_class", priority="P1", note="Rang back")

    assert button in response.content.decode() and "set by hand" in response.content.decode()
    assert ("The class was set by hand: P2 → P1", "Taras") in timeline(response)
    sign_in(client, cast.medic)
    assert button not in client.get(page(case)).content.decode()


def test_a_class_is_lifted_with_a_note_and_the_timeline_says_by_whom(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    press(client, case, "set_class", priority="P1", note="Rang back")
    sign_in(client, cast.iryna)

    response = press(client, case, "lift", lift="1", note="The water came")

    assert said(response) == ["The class is what the rules say."]
    assert ("The class set by hand was lifted, the rules say: P1 → P2", "Iryna") in timeline(response)
    case.refresh_from_db()
    assert (case.priority, case.overridden) == ("P2", False)
    assert "The water came" not in response.content.decode()


def test_a_note_that_was_refused_comes_back_where_it_was_typed(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    press(client, case, "set_class", priority="P1", note="Rang back")

    response = client.post(reverse("admin:cases_case_lift", args=[case.pk]), {"lift": "1", "note": "y" * 2_001})

    assert response.status_code == 422
    assert response.content.decode().count("y" * 2_001) == 1
    case.refresh_from_db()
    assert case.overridden is True


def test_who_does_not_see_the_case_or_may_not_set_classes_lifts_nothing(cast, client):
    case = opened(cast)
    sign_in(client, cast.taras)
    press(client, case, "set_class", priority="P1", note="Rang back")
    for who, status in ((cast.outsider, 404), (cast.medic, 403), (cast.olena, 403)):
        sign_in(client, who)
        assert client.post(reverse("admin:cases_case_lift", args=[case.pk]), {"note": "y"}).status_code == status
    case.refresh_from_db()
    assert (case.priority, case.overridden) == ("P1", True)
