"""Who is known for sure, and what somebody who is not can neither open, move nor loosen."""

from datetime import time

import pytest

from calls import people
from cases.disclosure import may_open
from cases.domain import calls, intake
from cases.domain.intake import EvacuationFacts, Intake
from cases.enums import AlarmKind, Why
from cases.errors import Refusal
from cases.models import (
    Alarm,
    Callback,
    Reach,
    Tie,
)
from chaos.waiting import end_heartbeat
from factories import a_case, a_household, a_request
from saved import save
from telephone import NUMBER, a_contact, a_tie, hung_up, ringing

pytestmark = pytest.mark.django_db(transaction=True)
EVIL = "+79990000001"


@pytest.fixture(autouse=True)
def no_heartbeat():
    yield
    end_heartbeat()


def says_the_other_way(draft, case, *, by, **more):
    """The caller of this page asks to be taken in the other direction than their case says."""
    facts = Intake(
        number=NUMBER,
        continues=case.spoken,
        dispositions=("case_updated",),
        evacuation=EvacuationFacts(direction="russia"),
        **more,
    )
    intake.record(facts, key=draft.uid.hex, by=by)


def test_what_was_not_said_of_how_to_reach_them_stays(cast):
    c = a_contact()
    tie = a_tie(c, word="калина")
    case = a_case(tie.household)
    Reach.objects.filter(contact=c).update(mode="text_only", text_ok=True)
    d = calls.claim(ringing(), by=cast.olena)
    calls.confirm(d, tie=tie, word="калина", by=cast.olena)
    intake.record(
        Intake(number=NUMBER, continues=case.spoken, dispositions=("case_updated",), notes="x"),
        key=d.uid.hex,
        by=cast.olena,
    )
    assert Reach.objects.get(contact=c).mode == "text_only"
    assert Reach.objects.get(contact=c).text_ok


def test_nobody_unknown_loosens_how_they_may_be_reached(cast):
    c = a_contact()
    tie = a_tie(c)
    case = a_case(tie.household)
    Reach.objects.filter(contact=c).update(mode="none", safe_from=time(8), safe_to=time(9))
    intake.record(
        Intake(
            number=NUMBER,
            continues=case.spoken,
            dispositions=("case_updated",),
            contact_mode="text_only",
            text_ok=True,
            safe_from=time(20),
            safe_to=time(23),
        ),
        key="k1",
        by=cast.olena,
    )
    r = Reach.objects.get(contact=c)
    assert (r.mode, r.safe_from) == ("none", time(8))


def test_who_only_cites_a_reference_opens_and_redirects_nothing(cast):
    tie = a_tie(a_contact(), word="калина")
    case = a_case(tie.household)
    req = a_request(case, direction="ukraine")
    intake.record(
        Intake(
            number=EVIL,
            continues=case.spoken,
            code_word="зло",
            identity="doubtful",
            relation="relative",
            dispositions=("case_updated",),
        ),
        key="k1",
        by=cast.olena,
    )
    d = calls.claim(ringing(EVIL, "c-9"), by=cast.oleh)
    evil_tie = Tie.objects.filter(caller__reaches__contact=d.contact).get()
    ok = calls.confirm(d, tie=evil_tie, word="зло", by=cast.oleh)
    with pytest.raises(Refusal):
        may_open(case.household, by=cast.oleh, why=Why.LIVE_CALL)
    intake.record(
        Intake(
            number=EVIL,
            continues=case.spoken,
            dispositions=("case_updated",),
            evacuation=EvacuationFacts(direction="russia", destination="к мужу"),
        ),
        key=d.uid.hex,
        by=cast.oleh,
    )
    req.refresh_from_db()
    assert (ok, req.direction) == (False, "ukraine")


def test_nor_does_a_callback_to_their_number(cast):
    tie = a_tie(a_contact(), word="калина")
    case = a_case(tie.household)
    intake.record(
        Intake(
            number=EVIL,
            continues=case.spoken,
            identity="doubtful",
            relation="relative",
            dispositions=("callback_scheduled",),
        ),
        key="k1",
        by=cast.olena,
    )
    row = Callback.objects.get()
    d = calls.call_back(row, by=cast.olena)
    assert d.identity != "confirmed"


def test_the_word_of_one_household_moves_no_other(cast):
    c = a_contact()
    ta = a_tie(c, word="моё")
    a_case(ta.household)
    b = a_case(a_household())
    req = a_request(b, direction="ukraine")
    d = calls.claim(ringing(), by=cast.olena)
    assert calls.confirm(d, tie=ta, word="моё", by=cast.olena)
    says_the_other_way(d, b, by=cast.olena)
    req.refresh_from_db()
    assert req.direction == "ukraine"


def test_a_word_is_asked_three_times_whatever_the_page(cast):
    tie = a_tie(a_contact(), word="калина")
    for number in range(3):
        d = save(Intake(notes="x"), cast.olena)
        assert not calls.confirm(d, tie=tie, word=f"w{number}", by=cast.olena)
    d = save(Intake(notes="x"), cast.olena)
    with pytest.raises(calls.NotTheWord):
        calls.confirm(d, tie=tie, word="калина", by=cast.olena)
    assert Alarm.objects.get().kind == AlarmKind.CODE_WORD


def test_the_doubt_of_who_hears_them_stands(cast):
    c = a_contact()
    tie = a_tie(c)
    case = a_case(tie.household)
    req = a_request(case, direction="ukraine")
    hung_up()
    d = calls.call_back(Callback.objects.get(), by=cast.olena)
    says_the_other_way(d, case, by=cast.olena, identity="doubtful")
    req.refresh_from_db()
    assert req.direction == "ukraine"


def test_after_a_wrong_word_a_red_key_is_in_doubt_too(cast):
    tie = a_tie(a_contact(), word="калина")
    case = a_case(tie.household)
    d = calls.claim(ringing(), by=cast.olena)
    calls.confirm(d, tie=tie, word="мимо", by=cast.olena)
    intake.red_key(Intake(number=NUMBER, continues=case.spoken, people=people("ж 78")), key=d.uid.hex, by=cast.olena)
    assert not case.household.people.exists()
