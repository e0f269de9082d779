"""One step for many cases: each goes by itself, and what was refused is said with its reference and the reason."""

import pytest
from django.urls import reverse

from cases.domain import assignment
from cases.models import Assignment, Case, User
from families import called

QUEUE = reverse("admin:cases_case_changelist")
MANY = reverse("admin:cases_case_many")
OWNERS = reverse("admin:cases_case_owners")

pytestmark = pytest.mark.django_db


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def several(cast, count):
    return [called(cast.operator, "ж 40") for _ in range(count)]


def owners():
    return dict(Assignment.objects.filter(ended_at=None).values_list("case", "owner"))


def press(client, do, cases, **more):
    given = {"do": do, "case": [case.pk for case in cases], "from": QUEUE} | more
    return client.post(MANY, given, follow=True)


def test_several_cases_are_given_at_once(cast, client):
    cases = several(cast, 3)
    sign_in(client, cast.taras)

    response = press(client, "assign", cases, owner=cast.iryna.user_id)

    assert owners() == {case.pk: cast.iryna.user_id for case in cases}
    assert "3 cases were given to them, and they were told." in response.content.decode()
    assert response.redirect_chain == [(QUEUE, 302)]


def test_what_is_refused_is_said_with_its_reference_and_stops_no_other(cast, client):
    mine, theirs, free = several(cast, 3)
    assignment.claim(theirs, by=cast.iryna)
    sign_in(client, cast.taras)

    response = press(client, "claim", [mine, theirs, free])

    assert owners() == {mine.pk: cast.taras.user_id, theirs.pk: cast.iryna.user_id, free.pk: cast.taras.user_id}
    result = response.context["result"]
    assert (result.done, result.refused) == (2, [(theirs, "Somebody else has taken it.")])
    said = response.content.decode()
    assert "2 cases are yours." in said
    assert theirs.spoken in said
    assert free.spoken not in said


def test_several_cases_go_back(cast, client):
    cases = several(cast, 2)
    for case in cases:
        assignment.claim(case, by=cast.taras)
    sign_in(client, cast.taras)

    press(client, "hand_back", cases)

    assert owners() == {}


@pytest.mark.parametrize(
    ("do", "said"), [("assign", "Choose who should have the cases."), ("close", "Choose what to do with the cases.")]
)
def test_half_a_question_does_nothing(cast, client, do, said):
    sign_in(client, cast.taras)

    assert said in press(client, do, several(cast, 1)).content.decode()
    assert owners() == {}


def test_nothing_ticked_is_said(cast, client):
    sign_in(client, cast.taras)
    assert "Tick the cases first." in press(client, "claim", []).content.decode()


def test_more_than_a_page_is_refused_whole(cast, client, monkeypatch):
    monkeypatch.setattr("cases.admin.case_many.PAGE", 2)
    sign_in(client, cast.taras)

    assert "At most 2 cases at once." in press(client, "claim", several(cast, 3)).content.decode()
    assert owners() == {}


def test_who_does_not_see_a_case_does_nothing_with_it(cast, client):
    cases = several(cast, 1)
    sign_in(client, cast.outsider)

    said = press(client, "claim", cases).content.decode()

    assert "Nothing was done." in said
    assert cases[0].spoken not in said
    assert owners() == {}


@pytest.mark.parametrize(("who", "do"), [("operator", "claim"), ("medic", "assign"), ("auditor", "hand_back")])
def test_whose_post_does_not_allow_it_is_told_so(cast, client, who, do):
    cases = several(cast, 1)
    sign_in(client, getattr(cast, who))

    assert press(client, do, cases, owner=cast.iryna.user_id).status_code == 403
    assert owners() == {}


def test_an_open_page_hears_who_took_what_as_far_as_it_may_see(cast, client, django_assert_num_queries):
    taken, free, mine = several(cast, 3)
    assignment.claim(taken, by=cast.iryna)
    assignment.claim(mine, by=cast.taras)
    asked = {"uid": [str(case.uid) for case in Case.objects.all()] + ["no uid"]}
    sign_in(client, cast.taras)
    client.get(OWNERS, asked)

    with django_assert_num_queries(3):
        assert client.get(OWNERS, asked).json() == {str(taken.uid): "Taken by Iryna"}

    sign_in(client, cast.outsider)
    assert client.get(OWNERS, asked).json() == {}
    assert free.uid != taken.uid
