"""A dispatcher's mistaken report of the road is taken back: the convoy is as before, and nothing of it is deleted."""

import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cases.domain import evacuation, jobs
from cases.domain import field as ground
from cases.enums import FieldAct
from cases.errors import Forbidden
from cases.models import Callback, EvacuationRequest, Event, FieldEntry, Incident, Job, Message, Seat, Vehicle
from families import called
from on_the_ground import a_day, freely, place_of
from owner import as_owner
from rawsql import refused as refused_by_the_database
from refusals import refused
from rounds import run
from ways_out import a_family, fresh

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Сплутали з іншою колоною"


@pytest.fixture
def family(cast):
    """A household that called, of two, and may be written to."""
    case, found = called(cast.olena, "Ткач Ольга ж 34"), a_family()
    case.household.ties.update(household=found.case.household)
    found.case.household.ties.get().caller.reaches.update(text_ok=True)
    return fresh(found)


@pytest.fixture
def day(family):
    """Its convoy, on the way."""
    found = a_day(family)
    phone = found.phone()
    found.send(phone, *[found.line("boarded", place_of(family, nth), data=freely()) for nth in (0, 1)])
    found.send(phone, found.line("stop_left", data={"stop": 0, "count": 2}))
    return found


def report(day, act, note=""):
    ground.report(day.convoy, act=FieldAct(act), note=note, key=uuid.uuid4(), by=day.plan.dmytro)
    return Incident.objects.latest("pk")


def take_back(incident, by, reason=WHY):
    return lambda: ground.take_back(incident, reason=reason, by=by)


def told(family):
    """What went out to this household, in order: messages by template, then whether it is to be called."""
    run("write_household")
    run("call_household")
    run("write_household_again")
    codes = Message.objects.filter(case=family.case_id).order_by("pk").values_list("template__code", flat=True)
    return list(codes), Callback.objects.filter(case=family.case_id, state="open").exists()


class WaysIntoJobs:
    """An execute wrapper: the ways on which statements found their rows in the table of jobs, the whole table as ""."""

    def __init__(self):
        self.found = set()

    def __call__(self, execute, query, params, many, context):
        if "cases_job" in query and query.startswith(("SELECT", "UPDATE")):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", params)
                self._read(cursor.fetchone()[0][0]["Plan"])
        return execute(query, params, many, context)

    def _read(self, node):
        if "Index Name" in node:
            self.found.add(node["Index Name"])
        elif node["Node Type"] == "Seq Scan" and node["Relation Name"] == "cases_job":
            self.found.add("")
        for part in node.get("Plans", []):
            self._read(part)


@contextmanager
def run_elsewhere(job):
    """Another worker has this job in its hands: its row is locked."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM cases_job WHERE id = %s FOR UPDATE", [job.pk])
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.parametrize("act", ["halted", "turned_back", "dispersed"])
def test_the_convoy_is_on_its_way_again_and_the_record_says_who_and_why(day, act):
    incident = report(day, act, "stands at the school")
    assert day.status() != "departed"

    for _twice in range(2):
        take_back(incident, day.plan.daria)()

    assert day.status() == "departed"
    kept = Incident.objects.get()
    assert (kept.taken_back_by_id, kept.rolled_at) == (day.plan.daria.user_id, kept.taken_back_at)
    assert None not in (kept.__dict__["note"], kept.__dict__["taken_back_why"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT taken_back_why FROM cases_incident")
        assert WHY.encode() not in bytes(cursor.fetchone()[0])
    words = FieldEntry.objects.filter(convoy=day.convoy).exclude(seat__isnull=False).order_by("pk")
    assert list(words.values_list("act", flat=True)) == ["stop_left", act, "taken_back"]
    line = Event.objects.get(verb="convoys.take_back", subject="incident")
    assert (line.actor, line.subject_uid, line.data["kind"]) == (day.plan.daria.code, incident.uid, incident.kind)
    assert WHY not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_convoy_that_stood_before_stands_again(day):
    report(day, "halted")
    take_back(report(day, "turned_back"), day.plan.dmytro)()
    assert day.status() == "halted"
    take_back(Incident.objects.get(kind="halted"), day.plan.dmytro)()
    assert day.status() == "departed"


def test_nobody_answers_its_roll_call_any_more(day, family):
    incident = report(day, "halted")
    take_back(incident, day.plan.dmytro)()
    assert run("roll_call") == 0
    assert not Seat.objects.filter(missing=True).exists()
    assert day.send(day.phone())["open_incident"] is None

    report(day, "halted")
    assert run("roll_call") == 1
    assert Seat.objects.filter(missing=True).count() == 2


def test_who_was_written_to_is_asked_to_call_and_reads_nothing_else(day, family):
    incident = report(day, "halted")
    assert told(family) == (["not_today"], False)
    take_back(incident, day.plan.dmytro)()
    assert told(family) == (["not_today", "call_us"], False)
    assert Message.objects.latest("pk").params == {"ref": family.case.spoken}


def test_who_may_not_be_written_to_is_called(day, family):
    family.case.household.ties.get().caller.reaches.update(text_ok=False)
    incident = report(day, "halted")
    assert told(family) == ([], True)
    Callback.objects.update(state="done")
    take_back(incident, day.plan.dmytro)()
    assert told(family) == ([], True)


@pytest.mark.parametrize("act", ["halted", "turned_back", "dispersed"])
def test_who_was_not_told_yet_hears_nothing_at_all(day, family, act):
    take_back(report(day, act), day.plan.dmytro)()
    assert told(family) == ([], False)
    assert Event.objects.get(verb="convoys.take_back", subject="incident").data["households"] == 0


def test_who_was_told_hears_that_it_was_a_mistake_whatever_became_of_them_since(day, family):
    incident = report(day, "halted")
    assert told(family) == (["not_today"], False)
    Seat.objects.filter(convoy=day.convoy).update(status="no_show")
    take_back(incident, day.plan.dmytro)()
    assert told(family) == (["not_today", "call_us"], False)


def test_who_got_on_after_it_was_told_is_not_asked_to_call_about_nothing(cast, day, family):
    incident = report(day, "halted")
    told(family)
    people = [{"band": "18-59", "sex": "f", "mobility": "", "kind": "seat", "name": "", "freely": "yes"}]
    before = {"stop": 0, "people": people, "animals": 0, "luggage": 0}
    day.send(day.phone(), day.line("walk_up", data=before, at=incident.at - timedelta(seconds=1)))
    late = EvacuationRequest.objects.exclude(pk=family.pk).get()
    take_back(incident, day.plan.dmytro)()
    assert list(Job.objects.filter(kind="write_household_again").values_list("subject", flat=True)) == [family.case_id]
    assert late.case_id != family.case_id


def test_what_is_being_said_at_that_moment_is_set_right_afterwards(day, family):
    incident = report(day, "halted")
    first = Job.objects.get(kind="write_household")
    with run_elsewhere(first):
        take_back(incident, day.plan.dmytro)()
        assert run("write_household_again") == 0
    assert told(family) == (["not_today", "call_us"], False)


def test_the_second_message_waits_until_the_first_went_out(day, family):
    incident = report(day, "halted")
    told(family)
    take_back(incident, day.plan.dmytro)()
    told(family)
    first, second = Message.objects.filter(case=family.case_id).order_by("pk")
    waits = Job.objects.filter(kind="message", subject__in=[first.pk, second.pk])
    assert list(jobs.due().filter(pk__in=waits).values_list("subject", flat=True)) == [first.pk]
    waits.filter(subject=first.pk).update(state="done", done_at=timezone.now())
    assert list(jobs.due().filter(pk__in=waits).values_list("subject", flat=True)) == [second.pk]


@pytest.mark.parametrize("act", ["turned_back", "dispersed"])
def test_who_was_called_is_called_again(day, family, act):
    incident = report(day, act)
    assert told(family) == ([], True)
    Callback.objects.update(state="done")
    take_back(incident, day.plan.dmytro)()
    assert Job.objects.get(kind="call_household", state="waiting").lane == "urgent"
    assert told(family) == ([], True)


def test_who_left_the_convoy_before_was_told_nothing_and_is_told_nothing(day, family):
    for nth in (0, 1):
        ground.settle(place_of(family, nth), act=FieldAct.LEFT_BY_CHOICE, by=day.plan.dmytro)
    take_back(report(day, "halted"), day.plan.dmytro)()
    assert not Job.objects.filter(kind__in=["write_household", "write_household_again"]).exists()


def test_whom_it_was_told_is_found_by_an_index_among_twenty_thousand_others(day, family):
    incident = report(day, "halted")
    assert told(family) == (["not_today"], False)
    Job.objects.bulk_create(
        Job(kind="write_household", key=f"write_household:{case}:{uuid.uuid4()}", state="done")
        for case in range(20_000)
    )
    with as_owner() as owner:
        owner.execute("ANALYZE cases_job")
    ways = WaysIntoJobs()

    with connection.execute_wrapper(ways):
        take_back(incident, day.plan.dmytro)()

    assert "job_told_of" in ways.found
    assert "" not in ways.found
    assert told(family) == (["not_today", "call_us"], False)


# --- refused ---------------------------------------------------------------------------------------------------------


def unchanged(incident, day, status):
    incident.refresh_from_db()
    assert (incident.taken_back_at, day.status()) == (None, status)
    assert not FieldEntry.objects.filter(act="taken_back").exists()
    assert not Job.objects.filter(kind="write_household_again").exists()


def test_without_a_reason_it_is_not_taken_back(day):
    incident = report(day, "halted")
    assert refused(take_back(incident, day.plan.dmytro, " ")) == "note_needed"
    assert refused(take_back(incident, day.plan.dmytro, "x" * 2001)) == "invalid"
    unchanged(incident, day, "halted")


def test_what_was_said_of_the_convoy_since_stands(day):
    incident = report(day, "halted")
    day.send(day.phone(), day.line("went_on", at=incident.at))
    assert refused(take_back(incident, day.plan.dmytro)) == "something_stands_on_it"
    unchanged(incident, day, "departed")


def test_a_report_on_top_of_it_is_taken_back_first(day):
    first, second = report(day, "halted"), report(day, "dispersed")
    assert refused(take_back(first, day.plan.dmytro)) == "something_stands_on_it"
    unchanged(first, day, "dispersed")
    for incident in (second, first):
        take_back(incident, day.plan.dmytro)()
    assert day.status() == "departed"


def test_who_was_brought_back_since_is_not_put_aboard_again(day, family):
    incident = report(day, "turned_back")
    ground.settle(place_of(family), act=FieldAct.RETURNED, by=day.plan.dmytro)
    assert refused(take_back(incident, day.plan.dmytro)) == "something_stands_on_it"
    unchanged(incident, day, "returned")


def test_who_left_while_it_stood_keeps_nobody_from_taking_a_halt_back(day, family):
    incident = report(day, "halted")
    told(family)
    ground.settle(place_of(family), act=FieldAct.HOSPITALISED, by=day.plan.dmytro)
    take_back(incident, day.plan.dmytro)()
    assert day.status() == "departed"
    assert Job.objects.filter(kind="write_household_again", subject=family.case_id).count() == 1


def test_who_is_missing_by_its_roll_call_is_looked_for_first(day, family):
    incident = report(day, "halted")
    assert run("roll_call") == 1
    assert refused(take_back(incident, day.plan.dmytro)) == "something_stands_on_it"
    unchanged(incident, day, "halted")
    phone = day.phone()
    for nth in (0, 1):
        day.send(phone, day.line("present", place_of(family, nth), at=incident.at))
    take_back(incident, day.plan.dmytro)()
    assert day.status() == "departed"


def test_a_closed_convoy_stays_closed(day, family):
    incident = report(day, "turned_back")
    for nth in (0, 1):
        ground.settle(place_of(family, nth), act=FieldAct.RETURNED, by=day.plan.dmytro)
    ground.reconcile(day.convoy, by=day.plan.dmytro)
    assert refused(take_back(incident, day.plan.dmytro)) == "something_stands_on_it"
    unchanged(incident, day, "reconciled")


def test_a_convoy_with_too_few_places_by_now_does_not_go_on(day):
    incident = report(day, "halted")
    bus = Vehicle.objects.get(convoy=day.convoy)
    evacuation.drop_out(bus, by=day.plan.dmytro)
    assert refused(take_back(incident, day.plan.dmytro)) == "something_stands_on_it"
    unchanged(incident, day, "halted")
    evacuation.bring_back(bus, by=day.plan.dmytro)
    take_back(incident, day.plan.dmytro)()
    assert day.status() == "departed"


def test_what_a_phone_said_is_the_phones_to_take_back(day):
    day.send(day.phone(), day.line("halted"))
    incident = Incident.objects.get()
    assert refused(take_back(incident, day.plan.dmytro)) == "said_by_a_phone"
    unchanged(incident, day, "halted")


@pytest.mark.parametrize("who", ["olena", "taras", "medic", "field_team", "auditor", "protection"])
def test_who_does_not_plan_takes_nothing_back(cast, day, who):
    incident = report(day, "halted")
    with pytest.raises(Forbidden):
        take_back(incident, getattr(cast, who))()
    unchanged(incident, day, "halted")


def test_the_database_keeps_who_took_it_back_and_why(day):
    incident = report(day, "halted")
    whole = "incident_taken_back_whole"
    assert refused_by_the_database("UPDATE cases_incident SET taken_back_at = now()") == whole
    take_back(incident, day.plan.dmytro)()
    once = "incident_taken_back_once"
    assert refused_by_the_database("UPDATE cases_incident SET taken_back_by_id = %s", day.plan.daria.user_id) == once
    undone = "UPDATE cases_incident SET taken_back_at = NULL, taken_back_by_id = NULL, taken_back_why = NULL"
    assert refused_by_the_database(undone) == once


def test_no_word_from_the_ground_goes_the_way_back(day):
    report(day, "turned_back")
    day.send(day.phone(), day.line("went_on", at=Incident.objects.get().at))
    assert day.status() == "returned"
    assert FieldEntry.objects.get(act="went_on").code == "not_in_order"
