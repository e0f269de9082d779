"""A case from the queue to its end, step by step; every step twice is harmless; what does not follow is refused."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls import entered
from cases.disclosure import reveal
from cases.domain import assignment, follow_up, intake, triage
from cases.enums import CaseStatus, CloseReason, EvacuationStatus, NeedStatus, Why
from cases.errors import Forbidden, IllegalMove, Invalid, KeyReused, NoteNeeded
from cases.models import Case, Note

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast):
    made = intake.record(entered("C01"), key="k", by=cast.olena).cases.get()
    return assignment.claim(made, by=cast.taras)


def fresh(case):
    connection.check_constraints()
    return Case.objects.get(pk=case.pk)


def live(case):
    return set(case.clocks.filter(state__in=["running", "fired"]).values_list("kind", flat=True))


def test_a_case_goes_its_way_to_the_end(case, cast):
    by = cast.taras
    for _ in range(2):
        follow_up.start(case, by=by)
        follow_up.wait(case, what=CaseStatus.WAITING_ACCESS, by=by)
    assert live(case) == {"recontact", "check_in", "fact_check"}
    for need in case.needs.all():
        follow_up.end_need(need, to=NeedStatus.MET, by=by)
    follow_up.end_request(case.evacuations.get(), to=EvacuationStatus.SAFE_BY_OWN_MEANS, by=by)
    follow_up.resolve(fresh(case), by=by)
    follow_up.resolve(fresh(case), by=by)
    assert live(case) == {"follow_up"}
    follow_up.close(fresh(case), reason=CloseReason.HELPED, by=by)
    done = follow_up.close(fresh(case), reason=CloseReason.HELPED, by=by)
    assert (fresh(done).status, live(done), done.assignments.filter(ended_at=None).count()) == ("closed", set(), 0)


def test_a_case_with_an_open_need_is_not_closed(case, cast):
    follow_up.start(case, by=cast.taras)
    follow_up.resolve(fresh(case), by=cast.taras)
    with pytest.raises(IllegalMove, match="still open"):
        follow_up.close(fresh(case), reason=CloseReason.HELPED, by=cast.taras)
    assert fresh(case).status == "resolved"


def test_a_closed_case_that_was_not_over_comes_back_to_the_queue(case, cast):
    follow_up.start(case, by=cast.taras)
    follow_up.resolve(fresh(case), by=cast.taras)
    again = follow_up.reopen(fresh(case), by=cast.taras)
    assert (fresh(again).status, again.assignments.filter(ended_at=None).count()) == ("triaged", 0)
    assert {"acknowledge", "recontact"} <= live(again)


def test_a_need_stays_unmet_only_for_a_reason(case, cast):
    need = case.needs.get(type="WATER")
    with pytest.raises(Invalid):
        follow_up.end_need(need, to=NeedStatus.UNMET, by=cast.taras)
    follow_up.end_need(need, to=NeedStatus.UNMET, reason="no_access", by=cast.taras)
    need.refresh_from_db()
    assert (need.status, need.reason_id) == ("unmet", "no_access")


def test_the_class_follows_what_was_met(case, cast):
    follow_up.end_request(case.evacuations.get(), to=EvacuationStatus.DECLINED, by=cast.taras)
    for need in case.needs.all():
        follow_up.end_need(need, to=NeedStatus.MET, by=cast.taras)
    assert fresh(case).priority == "P2"  # bedridden still
    assert [reason["code"] for reason in case.scores.latest().reasons] == ["bedridden"]


def test_a_note_is_sealed_and_written_once(case, cast):
    for _ in range(2):
        follow_up.note(case, text=" Сын встретит. ", key="n1", by=cast.taras)
    note = Note.objects.get()
    reveal([note], by=cast.taras, why=Why.OWNER)
    assert note.text == "Сын встретит."
    with pytest.raises(KeyReused):
        follow_up.note(case, text="другое", key="n1", by=cast.taras)
    with pytest.raises(NoteNeeded):
        follow_up.note(case, text="  ", key="n2", by=cast.taras)
    with pytest.raises(Invalid):
        follow_up.note(case, text="x" * 20_001, key="n3", by=cast.taras)


def test_an_overridden_class_stands_with_its_note(case, cast):
    with pytest.raises(NoteNeeded):
        triage.override(case, priority="P1", note=" ", by=cast.taras)
    triage.override(case, priority="P1", note="Снаряды рядом.", by=cast.taras)
    triage.rescore(fresh(case), by=cast.taras)
    assert fresh(case).priority == "P1"
    with pytest.raises(Forbidden):
        triage.override(case, priority="P4", note="x", by=cast.olena)


def test_days_left_run_down_by_themselves(case, cast):
    case.needs.filter(type="WATER").update(lasts_until=timezone.now() - timedelta(hours=1))
    triage.rescore(fresh(case), by=cast.taras)
    assert fresh(case).priority == "P1"


@pytest.mark.parametrize("accept", [True, False])
def test_a_proposal_is_settled_once(cast, accept):
    case = intake.record(entered("C06"), key="6", by=cast.olena).cases.get()
    call = intake.record(entered("C18", {"C06": case.ref}), key="18", by=cast.olena)
    follow_up.settle_proposal(call, accept=accept, by=cast.taras)
    follow_up.settle_proposal(call, accept=not accept, by=cast.taras)
    request = case.evacuations.get()
    assert (request.direction, request.status) == ("ukraine" if accept else "russia", "registered")
    assert "promise" not in live(case)


def test_a_report_of_arrival_by_somebody_else_is_never_safe(cast):
    case = intake.record(entered("C23"), key="23", by=cast.olena).cases.get()
    call = intake.record(entered("C24", {"C23": case.ref}), key="24", by=cast.olena)
    follow_up.settle_proposal(call, accept=True, by=cast.taras)
    assert case.evacuations.get().status == "reported_safe"


def test_operators_do_not_move_cases(case, cast):
    for step in (follow_up.start, follow_up.resolve, follow_up.reopen, assignment.hand_back):
        with pytest.raises(Forbidden):
            step(case, by=cast.olena)
    assert fresh(case).status == "assigned"
