"""Reference data, staff, partners' keys and the audit, in the rooms of those who may."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from calls import entered
from cases.admin.base import CappedPaginator
from cases.domain import assignment, intake, partners
from cases.models import (
    ApiKey,
    Event,
    Job,
    NeedType,
    Partner,
    Place,
    PlaceKey,
    Post,
    TriageRules,
    User,
)
from factories import a_case

pytestmark = pytest.mark.django_db
NEED = {
    "label_en": "Clean water",
    "label_uk": "Питна вода",
    "label_ru": "Питьевая вода",
    "sort": 10,
    "active": "on",
    "sector": "WSH",
    "short": "wa",
    "unit": "L",
}


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def at(name, *args):
    return reverse(f"admin:cases_{name}", args=args)


READABLE = ["place", "needtype", "specificneedcode", "disposition", "observationcode", "unmetreason"]
VERSIONED = ["triagerules", "consenttext", "template"]


@pytest.mark.parametrize(
    "model", [*READABLE, *VERSIONED, "user", "post", "partner", "apikey", "event", "disclosure", "message"]
)
def test_every_list_and_page_opens_for_a_supervisor(cast, client, model):
    intake.record(entered("C01"), key="C01", by=cast.operator)
    sign_in(client, cast.supervisor)

    response = client.get(at(f"{model}_changelist"))

    assert response.status_code == 200
    row = response.context["cl"].result_list.first()
    if row is not None:
        assert client.get(at(f"{model}_change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", [*READABLE, "user", "post", "partner"])
def test_the_form_for_a_new_one_opens_for_who_may_add(cast, client, model):
    sign_in(client, cast.administrator)

    assert client.get(at(f"{model}_add")).status_code == 200


def test_a_label_is_mended_and_the_log_holds_no_value(cast, client):
    need = NeedType.objects.get(code="WATER")
    sign_in(client, cast.supervisor)

    client.post(at("needtype_change", need.pk), NEED)

    need.refresh_from_db()
    assert (need.code, need.label_en) == ("WATER", "Clean water")
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == ("WATER", "Label en")
    assert entry.user_id == cast.supervisor.user_id


def test_a_code_is_not_renamed(cast, client):
    need = NeedType.objects.get(code="WATER")
    sign_in(client, cast.supervisor)

    client.post(at("needtype_change", need.pk), {**NEED, "code": "AQUA", "protected": "on"})

    need.refresh_from_db()
    assert (need.code, need.protected) == ("WATER", False)


@pytest.mark.parametrize("who", ["operator", "coordinator", "auditor"])
def test_reference_data_is_not_edited_by_who_only_reads_it(cast, client, who):
    need = NeedType.objects.get(code="WATER")
    sign_in(client, getattr(cast, who))

    assert client.get(at("needtype_change", need.pk)).status_code == 200
    assert client.post(at("needtype_change", need.pk), NEED).status_code == 403
    assert client.get(at("needtype_add")).status_code == 403

    need.refresh_from_db()
    assert need.label_en == "Drinking water"


@pytest.mark.parametrize("model", [*READABLE, "user", "partner"])
def test_nothing_is_deleted(cast, client, model):
    sign_in(client, cast.administrator)
    pk = client.get(at(f"{model}_changelist")).context["cl"].result_list.first().pk

    assert client.post(at(f"{model}_delete", pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", VERSIONED)
def test_a_version_that_stands_is_only_read(cast, client, model):
    sign_in(client, cast.administrator)
    pk = client.get(at(f"{model}_changelist")).context["cl"].result_list.first().pk

    assert client.post(at(f"{model}_change", pk), {"number": 9}).status_code == 403
    assert client.get(at(f"{model}_add")).status_code == 403
    assert not TriageRules.objects.filter(number=9).exists()


def test_a_new_settlement_is_found_by_its_area_and_its_spellings(cast, client):
    raion = Place.objects.get(kind="raion", name_en="Sudzhansky")
    sign_in(client, cast.administrator)

    client.post(
        at("place_add"),
        {
            "kind": "settlement",
            "parent": raion.pk,
            "name_en": "Novy Khutor",
            "name_uk": "Новий Хутір",
            "name_ru": "Новый Хутор",
            "time_zone": "Europe/Moscow",
            "access": "unknown",
        },
    )

    made = Place.objects.get(name_en="Novy Khutor")
    assert made.path == f"{raion.path}{made.pk}/"
    assert PlaceKey.objects.filter(place=made).exists()


def test_places_are_chosen_by_typing(cast, client):
    sign_in(client, cast.administrator)

    found = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "cases", "model_name": "post", "field_name": "area", "term": "Sudzhansky"},
    )

    assert found.json()["results"][0]["text"] == "Sudzhansky"


def test_a_list_counts_no_further_than_the_cap(monkeypatch, db):
    monkeypatch.setattr("cases.admin.base.CAP", 3)

    assert CappedPaginator(Place.objects.order_by("pk"), 2).count == 3


# --- staff ---------------------------------------------------------------------------------------------------------


def somebody(**changes):
    return {
        "username": "nina",
        "name": "Nina R.",
        "email": "",
        "language": "uk",
        "time_zone": "Europe/Kyiv",
        "is_active": "on",
        "new_password": "a very long pass phrase",
        "partner": "",
        "posts-TOTAL_FORMS": "1",
        "posts-INITIAL_FORMS": "0",
        "posts-0-role": "operator",
        "posts-0-since_0": "2026-01-01",
        "posts-0-since_1": "00:00",
        "posts-0-capacity": "8",
        **changes,
    }


def test_an_administrator_hires_somebody_who_then_signs_in(cast, client):
    sign_in(client, cast.administrator)

    client.post(at("user_add"), somebody())

    nina = User.objects.get(username="nina")
    assert nina.check_password("a very long pass phrase")
    assert nina.as_actor().roles == {"operator"}
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == (str(nina.uid), "")


def edits():
    return list(Event.objects.filter(verb="staff.edit").order_by("pk").values_list("subject", "actor", "data"))


def test_who_was_hired_by_whom_stands_in_the_audit(cast, client):
    sign_in(client, cast.administrator)
    client.post(at("user_add"), somebody())
    nina, by = User.objects.get(username="nina"), cast.administrator.code
    (user, _, account), (post, who, codes) = edits()
    assert (user, post, who) == ("user", "post", by)
    assert {"name", "new_password", "username"} <= set(account["fields"])
    assert (codes["user"], codes["role"], codes["area"]) == (nina.pk, "operator", None)
    assert "Nina" not in str(edits()) and "pass phrase" not in str(edits())


def test_a_changed_post_stands_in_the_audit(cast, client):
    sign_in(client, cast.administrator)
    post = Post.objects.get(user=cast.olena.user_id)
    fields = {"user": post.user_id, "role": "supervisor", "since_0": "2026-01-01", "since_1": "00:00", "capacity": "8"}
    assert client.post(at("post_change", post.pk), fields).status_code == 302
    ((_, _, codes),) = edits()
    assert (codes["role"], codes["user"]) == ("supervisor", post.user_id)
    assert "role" in codes["fields"]


@pytest.mark.parametrize("on_duty", [True, False])
def test_duty_changed_in_a_post_wakes_what_waits_and_passes_on_what_is_left(cast, client, on_duty):
    owned, waiting = a_case(), a_case()
    assignment.claim(owned, by=cast.taras)
    later = timezone.now() + timedelta(minutes=1)
    Job.objects.create(kind="assign", key=f"assign:{waiting.uid}", subject=waiting.pk, due_at=later)
    sign_in(client, cast.administrator)
    post = Post.objects.get(user=cast.taras.user_id)
    fields = {"user": post.user_id, "role": "coordinator", "since_0": "2026-01-01", "since_1": "00:00", "capacity": "9"}

    assert client.post(at("post_change", post.pk), fields | ({"on_duty": "on"} if on_duty else {})).status_code == 302

    assert Job.objects.filter(kind="assign", due_at__lte=timezone.now()).exists() is on_duty
    assert Job.objects.filter(kind="orphan").exists() is not on_duty


def test_a_weak_password_is_refused(cast, client):
    sign_in(client, cast.administrator)

    response = client.post(at("user_add"), somebody(new_password="password"))

    assert "new_password" in response.context["adminform"].form.errors
    assert not User.objects.filter(username="nina").exists()


def test_an_empty_password_leaves_the_old_one(cast, client):
    user = User.objects.get(pk=cast.olena.user_id)
    before = user.password
    sign_in(client, cast.administrator)

    fields = somebody(username=user.username, name="Olena K.", new_password="")
    client.post(at("user_change", user.pk), {**fields, "posts-TOTAL_FORMS": "0"})

    user.refresh_from_db()
    assert (user.name, user.password) == ("Olena K.", before)


@pytest.mark.parametrize("who", ["supervisor", "coordinator"])
def test_who_is_no_administrator_makes_no_accounts(cast, client, who):
    sign_in(client, getattr(cast, who))

    assert client.get(at("user_changelist")).status_code == 200
    assert client.post(at("user_add"), somebody()).status_code == 403
    assert client.post(at("post_change", Post.objects.first().pk), {"role": "administrator"}).status_code == 403
    assert "password" not in client.get(at("user_change", cast.olena.user_id)).content.decode().lower().replace(
        "account_change_password", ""
    )


def test_somebody_with_posts_is_not_deleted_even_past_the_admin(cast):
    with pytest.raises(ProtectedError):
        User.objects.get(pk=cast.olena.user_id).delete()


# --- partners and their keys -----------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_opens_the_partners_door(cast, client):
    partner = Partner.objects.get(pk=cast.red.partner_id)
    sign_in(client, cast.administrator)

    response = client.post(at("partner_issue_key", partner.pk))

    plain = response.context["plain"]
    assert plain in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    key = partners.key_of(plain)
    assert key is not None and key.partner_id == partner.pk
    assert plain not in client.get(at("apikey_change", key.pk)).content.decode()


def test_a_revoked_key_opens_nothing(cast, client):
    _key, plain = partners.issue_key(Partner.objects.get(pk=cast.red.partner_id), by=cast.administrator)
    sign_in(client, cast.administrator)

    client.post(at("apikey_revoke", ApiKey.objects.latest("pk").pk))

    assert partners.key_of(plain) is None


@pytest.mark.parametrize("who", ["coordinator", "supervisor", "operator"])
def test_who_is_no_administrator_issues_and_revokes_no_key(cast, client, who):
    sign_in(client, getattr(cast, who))
    before = ApiKey.objects.count()

    assert client.post(at("partner_issue_key", cast.red.partner_id)).status_code == 403
    assert client.post(at("apikey_revoke", cast.red.key_id)).status_code == 403

    assert ApiKey.objects.count() == before
    assert ApiKey.objects.get(pk=cast.red.key_id).revoked_at is None


# --- the audit ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 200), ("supervisor", 200), ("coordinator", 403), ("operator", 403)]
)
def test_the_audit_is_read_by_who_may(cast, client, who, status):
    sign_in(client, getattr(cast, who))

    assert client.get(at("event_changelist")).status_code == status
    assert client.get(at("disclosure_changelist")).status_code == status


def test_the_audit_is_not_written(cast, client):
    intake.record(entered("C01"), key="C01", by=cast.operator)
    sign_in(client, cast.auditor)
    pk = client.get(at("event_changelist")).context["cl"].result_list.first().pk

    assert client.post(at("event_change", pk), {"verb": "nothing"}).status_code == 403


def test_lists_cost_the_same_at_one_row_and_at_three(cast, client, django_assert_num_queries):
    sign_in(client, cast.auditor)
    intake.record(entered("C01"), key="C01", by=cast.operator)
    client.get(at("message_changelist"))
    with django_assert_num_queries(4):
        client.get(at("message_changelist"))

    for call in ("C06", "C14", "C19"):
        intake.record(entered(call), key=call, by=cast.operator)
    with django_assert_num_queries(4):
        response = client.get(at("message_changelist"))

    assert len(response.context["cl"].result_list) >= 2


def test_the_rooms_an_actor_may_open_stand_on_the_index(cast, client):
    opened = {}
    for who in ("operator", "administrator", "auditor"):
        sign_in(client, getattr(cast, who))
        response = client.get(reverse("admin:index"))
        opened[who] = (bool(response.context["queue"]), [str(name) for name, _ in response.context["rooms"]])

    assert opened == {
        "operator": (True, ["Staff", "Reference data", "Rules and texts", "Audit"]),
        "administrator": (False, ["Partners", "Staff", "Reference data", "Rules and texts"]),
        "auditor": (True, ["Reference data", "Rules and texts", "Audit"]),
    }
