"""Every route keeps to the access matrix: who is not signed in, or has no key, gets nowhere else."""

import pytest
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from access_matrix import ROUTES
from cases.models import User

SAMPLE = {"app_label": "cases", "ref": "12345678", "uid": "00000000-0000-4000-8000-000000000000", "answer": "accept"}


def addresses():
    """Each named route with a sample address."""
    for name in sorted(ROUTES):
        if not set(name) & set("^(</"):
            yield name


def address(name: str) -> str:
    for kwargs in ({}, {"pk": "1"}, *({key: SAMPLE.get(key, "1") for key in keys} for keys in parameters(name))):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    raise AssertionError(f"no address for {name}")


def parameters(name: str, resolver: URLResolver | None = None, namespace: str = ""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if f"{namespace}{pattern.name}" == name:
                yield list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)
        else:
            yield from parameters(name, pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)


STAFF = [name for name in addresses() if ROUTES[name] == "staff"]
PARTNER = [name for name in addresses() if ROUTES[name] == "partner"]
SIGNED = [name for name in addresses() if ROUTES[name] == "signed"]


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", STAFF)
def test_a_stranger_opens_no_staff_route(client, name, method):
    answer = getattr(client, method)(address(name))
    assert answer.status_code in (302, 401, 403, 404, 405)
    if answer.status_code == 302:
        assert "/accounts/" in answer.headers["Location"] or answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PARTNER)
def test_without_a_key_no_partner_route_opens(client, name, method):
    assert getattr(client, method)(address(name)).status_code in (401, 405)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", SIGNED)
def test_without_a_signature_no_machine_is_heard(client, name, method):
    assert getattr(client, method)(address(name)).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in STAFF if name.startswith("admin:")])
def test_who_holds_no_post_opens_no_room(client, cast, name):
    client.force_login(User.objects.get(pk=cast.guest.user_id), backend="cases.web.auth.SignInBackend")
    answer = client.get(address(name))
    assert answer.status_code in (302, 403, 404, 405)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in addresses() if ROUTES[name] == "ops"])
def test_the_machinery_answers_without_sign_in(client, name):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.django_db
def test_nobody_signs_up(client):
    answer = client.post(
        reverse("account_signup"), {"username": "mallory", "password1": "a long phrase", "password2": "a long phrase"}
    )
    assert not User.objects.filter(username="mallory").exists()
    assert answer.status_code == 200


def test_the_matrix_names_no_route_twice():
    assert len(STAFF) == len(set(STAFF)) > 100
