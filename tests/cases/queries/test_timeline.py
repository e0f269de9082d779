"""The timeline of a case has words for everything that is recorded about one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from cases.domain import evacuation
from cases.models import Event, User
from cases.queries import timeline
from ways_out import a_family, a_way, planners

DOMAIN = Path(__file__).resolve().parents[3] / "cases" / "domain"
# Steps that record under the verb they run in, and lines whose kind is a parameter: "function" → the kinds.
UNDER = {
    "drafts.py take_step": {"drafts.take"},
    "escalation.py fire": {"clock.fired", "clock.escalated"},
    "inbox.py _settle": {"inbox.settle"},
    "lifecycle.py move": set[str](),  # said by status: "Way out: Held → Confirmed"
    "lifecycle.py claim": set[str](),
}


def own_kind(function: ast.FunctionDef) -> str | None:
    """The kind of the lines that a verb, or the handler of an inside job, records."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call):
            name = ast.unparse(decorator.func)
            named = {keyword.arg: keyword.value for keyword in decorator.keywords}
            if name == "verb" or (name == "jobs.inside" and "verb" in named):
                return str(ast.literal_eval(named.get("verb") or decorator.args[0]))
    return None


def kinds_in(place: str, tree: ast.Module) -> Iterator[tuple[str, str | None]]:
    """Where in a module a line about a case is recorded, and its kind; None where that is not written there."""
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "events.record" and any(word.arg == "case" for word in call.keywords):
                given = call.args[1] if len(call.args) > 1 else None
                kind = given.value if isinstance(given, ast.Constant) else None if given else own_kind(function)
                yield f"{place} {function.name}", kind and str(kind)


def recorded() -> set[str]:
    """Every kind of line of the product that can stand in a case's timeline."""
    found = set[str]()
    for path in sorted(DOMAIN.rglob("*.py")):
        for place, kind in kinds_in(path.name, ast.parse(path.read_text("utf-8"))):
            found |= {kind} if kind else UNDER[place]
    return found


def test_every_kind_that_is_recorded_about_a_case_has_words():
    found = recorded()
    assert {"evacuation.waits", "evacuation.seated", "evacuation.lapsed", "evacuation.decide"} <= found
    assert sorted(found - set(timeline.HAPPENED)) == []


def test_a_kind_without_words_is_found():
    source = "@verb('convoys.sing')\ndef sing(case, *, by):\n    events.record(case, case=case)\n"
    assert list(kinds_in("x.py", ast.parse(source))) == [("x.py sing", "convoys.sing")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "No place could be given: on the waiting list"),
        (
            {"fit": "not_fit"},
            "No place could be given: on the waiting list. A medic says one of them is not fit to travel",
        ),
    ],
)
def test_the_page_of_a_case_that_waits_for_a_place_says_so(cast, client, more, said):
    family = evacuation.hold(a_family(**more), by=cast.olena)
    assert family.status == "waiting_list"
    client.force_login(User.objects.get(pk=cast.taras.user_id))

    answer = client.get(reverse("admin:cases_case_change", args=[family.case_id]))

    assert answer.status_code == 200
    assert said in [entry.words for entry in answer.context["page"].timeline]
    assert said in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_line_of_old_whose_reason_is_a_list_is_read_too(cast):
    family = evacuation.hold(a_family(), by=cast.olena)
    Event.objects.create(
        verb="evacuation.waits",
        actor=cast.olena.code,
        subject="evacuationrequest",
        case=family.case,
        data={"because": []},
    )

    assert timeline.of_case(family.case)[0].words == "No place could be given: on the waiting list"


@pytest.mark.django_db(transaction=True)
def test_places_that_were_taken_are_said(cast):
    a_way(planners().dmytro)
    family = evacuation.hold(a_family(), by=cast.olena)

    said = [entry.words for entry in timeline.of_case(family.case)]

    assert said == ["Way out: Verified → Places held", "Places on a convoy were taken"]
