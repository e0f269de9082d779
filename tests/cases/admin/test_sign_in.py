"""Signing in and out, the second factor, and the pages that say no."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import server_error

from cases.models import Partner, Post, User
from cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = reverse("account_login")


def user(staff):
    return User.objects.get(pk=staff.user_id)


def sign_in(client, name, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": name, "password": password, **extra}, follow=True)


def confirm(client):
    """The password once more, before anything about the account is changed."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def code(secret):
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def test_the_rooms_send_to_the_one_sign_in_and_back(cast, client):
    response = client.get(reverse("admin:cases_case_changelist"), follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN)

    response = sign_in(client, "taras", next=reverse("admin:cases_case_changelist"))
    assert response.redirect_chain[-1][0] == reverse("admin:cases_case_changelist")


def test_the_admin_has_no_sign_in_of_its_own(cast, client):
    response = client.post(reverse("admin:login"), {"username": "taras", "password": PASSWORD})

    assert response.status_code == 302
    assert response.url.startswith(LOGIN)


def test_a_wrong_password_is_said_and_lets_nobody_in(cast, client):
    response = sign_in(client, "taras", "not the pass phrase")

    assert "summary" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_somebody_without_a_post_is_told_so(cast, client):
    client.force_login(user(cast.guest))

    response = client.get(reverse("admin:index"), follow=True)

    assert response.status_code == 403
    assert "You hold no post now." in response.content.decode()


def test_a_post_that_has_ended_opens_nothing(cast, client):
    client.force_login(user(cast.taras))
    assert client.get(reverse("admin:index")).status_code == 200

    now = timezone.now()
    ended = {"since": now - timedelta(days=2), "until": now - timedelta(days=1)}
    Post.objects.filter(user=cast.taras.user_id).update(**ended)

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_a_partners_person_does_not_come_into_the_rooms(cast, client):
    taras = user(cast.taras)
    User.objects.filter(pk=taras.pk).update(partner=Partner.objects.get(pk=cast.red.partner_id))
    client.force_login(taras)

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_somebody_who_left_is_signed_out_at_once(cast, client):
    client.force_login(user(cast.taras))
    User.objects.filter(pk=cast.taras.user_id).update(is_active=False)

    assert client.get(reverse("admin:index")).status_code == 302


def test_the_second_factor_is_set_up_and_then_asked_for(cast, client):
    sign_in(client, "taras")
    confirm(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert 'class="qr" src="data:image/svg+xml' in page.content.decode()

    client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert codes

    again = Client()
    response = sign_in(again, "taras")
    assert response.redirect_chain[-1][0] == reverse("mfa_authenticate")
    assert again.get(reverse("admin:index")).status_code == 302
    again.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert again.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (30, True), (60, False)])
def test_a_code_holds_for_one_step_more(cast, client, seconds, accepted):
    moment = timezone.now()
    with time_machine.travel(moment, tick=False) as clock:
        sign_in(client, "taras")
        confirm(client)
        shown = code(client.get(reverse("mfa_activate_totp")).context["form"].secret)
        clock.shift(seconds)
        answer = client.post(reverse("mfa_activate_totp"), {"code": shown})
    assert (answer.status_code == 302) is accepted


def test_signing_out_is_a_button(cast, client):
    client.force_login(user(cast.taras))
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session

    client.post(reverse("account_logout"))

    assert "_auth_user_id" not in client.session


PAGES = [
    "account_login",
    "account_logout",
    "account_change_password",
    "account_reset_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
    "admin:index",
    "admin:cases_case_changelist",
    "admin:cases_user_changelist",
    "admin:cases_needtype_changelist",
]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_carries_script_or_style_of_its_own(cast, client, name):
    if name not in ("account_login", "account_reset_password"):
        sign_in(client, "svitlana")
        confirm(client)

    response = client.get(reverse(name))
    text = response.content.decode()

    assert response.status_code == 200
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all("src=" in script or "application/json" in script for script in scripts)


def test_what_is_not_there_is_said_in_plain_words(cast, client):
    client.force_login(user(cast.taras))

    response = client.get("/admin/no/such/page/")

    assert response.status_code == 404
    assert "Nothing here" in response.content.decode()


def test_what_a_post_does_not_allow_is_said_in_plain_words(cast, client):
    client.force_login(user(cast.administrator))

    response = client.get(reverse("admin:cases_case_changelist"))

    assert response.status_code == 403
    assert "Not for your post" in response.content.decode()


def test_what_broke_is_said_without_asking_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "write the call on paper" in response.content.decode()


@pytest.mark.parametrize(("who", "asked"), [("taras", True), ("olena", False)])
def test_a_post_that_opens_the_rooms_needs_a_second_factor_where_it_is_demanded(cast, client, settings, who, asked):
    settings.HOTLINE_SECOND_FACTOR = True
    client.force_login(User.objects.get(pk=getattr(cast, who).user_id), backend="cases.web.auth.SignInBackend")
    answer = client.get("/admin/")
    expected = (302, "/accounts/2fa/totp/activate/") if asked else (200, None)
    assert (answer.status_code, answer.headers.get("Location")) == expected
