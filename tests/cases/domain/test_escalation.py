"""Late clocks: each fires once, is told further and further up, and never stops of itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import assignment, follow_up, jobs
from cases.enums import AlarmKind
from cases.models import Alarm, Case, Clock, Event, Job, Message
from cases.queries import live
from cast import hire
from families import called
from rounds import run
from together import together

pytestmark = pytest.mark.django_db(transaction=True)


def late(case: Case, kind: str = "recontact") -> Clock:
    """One clock of the case whose time has come; the others are far away."""
    now = timezone.now()
    Clock.objects.filter(case=case).update(started_at=now - timedelta(hours=2), due_at=now + timedelta(days=9))
    clock = Clock.objects.get(case=case, kind=kind, state="running")
    Clock.objects.filter(pk=clock.pk).update(due_at=now)
    Job.objects.filter(key=f"clock:{clock.uid}").update(due_at=now)
    return clock


def tick(clock: Clock) -> None:
    """The job of a clock as if its next time had come."""
    Job.objects.filter(key=f"clock:{clock.uid}", state="waiting").update(due_at=timezone.now())
    jobs.run([f"clock:{clock.uid}"])


def told(clock: Clock) -> list[str]:
    """Who was told, in the order of the tellings."""
    rows = Message.objects.filter(key__startswith=f"late:{clock.uid}:").order_by("pk")
    return list(rows.values_list("user__username", flat=True))


@pytest.fixture
def case(cast) -> Case:
    case = called(cast.olena, "ж 40", needs=("HYG",))
    run("assign")
    return case


def test_a_late_clock_goes_from_the_owner_to_the_coordinators_to_the_supervisors(cast, case):
    hire("second", "coordinator", on_duty=True)
    assignment.set_duty(on=True, by=cast.supervisor)
    clock = late(case)
    for _ in range(4):
        tick(clock)
    assert told(clock) == ["taras", "taras", "second", "svitlana", "svitlana"]
    clock.refresh_from_db()
    assert (clock.state, clock.level) == ("fired", 3)
    assert Event.objects.filter(verb="clock.fired", case=case).count() == 1
    assert Event.objects.filter(verb="clock.escalated", case=case).count() == 3


def test_an_owner_who_went_home_is_passed_over(cast, case):
    second = hire("second", "coordinator", on_duty=True)
    assignment.set_duty(on=False, by=cast.taras)
    clock = late(case)
    tick(clock)
    assert told(clock) == ["second"]
    assert second.user_id != cast.taras.user_id


def test_when_nobody_is_on_duty_every_supervisor_hears_of_it_at_home(cast, case):
    assignment.set_duty(on=False, by=cast.taras)
    clock = late(case)
    tick(clock)
    assert told(clock) == ["svitlana"]
    assert Clock.objects.get(pk=clock.pk).level == 3


def test_met_it_is_told_no_further(cast, case):
    clock = late(case, "acknowledge")
    tick(clock)
    follow_up.start(case, by=cast.taras)
    tick(clock)
    assert told(clock) == ["taras"]
    assert Clock.objects.get(pk=clock.pk).state == "met"


def test_waiting_for_access_stops_no_clock(cast, case):
    follow_up.start(case, by=cast.taras)
    clock = late(case)
    follow_up.wait(case, what="waiting_access", by=cast.taras)
    assert set(case.clocks.filter(state="running").values_list("kind", flat=True)) == {"recontact", "check_in"}
    tick(clock)
    assert Clock.objects.get(pk=clock.pk).state == "fired"


def test_a_routine_one_sounds_when_its_owner_did_not_act_an_immediate_one_at_once(cast, case):
    clock = late(case)
    tick(clock)
    assert not Alarm.objects.filter(kind=AlarmKind.LATE).exists()
    tick(clock)
    tick(clock)
    assert Alarm.objects.filter(kind=AlarmKind.LATE, case=case).count() == 1
    urgent = called(cast.olena, "ж 41", observations={"severe_bleeding": 1.0})
    run("assign")
    tick(late(urgent))
    assert Alarm.objects.live().filter(kind=AlarmKind.LATE, case=urgent).count() == 1


def test_the_telephone_of_whoever_is_told_of_an_immediate_one_rings(cast, settings, httpserver):
    heard = []
    httpserver.expect_request("/ring").respond_with_handler(lambda request: heard.append(request.get_json()) or {})
    settings.GATEWAYS = settings.GATEWAYS | {"ring": httpserver.url_for("/ring")}
    routine, urgent = (
        called(cast.olena, "ж 40", needs=("HYG",)),
        called(cast.olena, "ж 41", observations={"severe_bleeding": 1.0}),
    )
    run("assign")
    clock = late(urgent, "acknowledge")
    tick(late(routine))
    tick(clock)
    run("message")
    text = f"Case {urgent.spoken}, P1, is late. Please open it now."
    key = Message.objects.get(channel="ring").uid
    assert heard == [{"to": "taras", "text": text, "key": str(key)}]
    assert told(clock) == ["taras"]


def test_without_a_telephone_server_nobody_is_rung_and_nothing_says_so(cast):
    urgent = called(cast.olena, "ж 41", observations={"severe_bleeding": 1.0})
    run("assign")
    tick(late(urgent, "acknowledge"))
    assert not Message.objects.filter(channel="ring").exists()


def test_it_sounds_no_longer_once_the_clock_is_met(cast):
    urgent = called(cast.olena, "ж 41", observations={"severe_bleeding": 1.0})
    run("assign")
    tick(late(urgent, "acknowledge"))
    assert [sound.kind for sound in live.sounds(cast.taras)] == ["late"]
    follow_up.start(urgent, by=cast.taras)
    assert live.sounds(cast.taras) == []


def test_a_clock_that_is_not_due_yet_does_not_fire(case):
    clock = Clock.objects.get(case=case, kind="recontact")
    tick(clock)
    clock.refresh_from_db()
    assert (clock.state, clock.level) == ("running", 0)
    assert Job.objects.get(key=f"clock:{clock.uid}", state="waiting").due_at >= clock.due_at - timedelta(seconds=5)


# --- a scheduler that stood still, and two of them --------------------------------------------------------------------


def test_after_a_standstill_each_late_clock_fires_at_once_and_once_with_two_schedulers(cast):
    cases = [called(cast.olena, f"ж {30 + n}", needs=("HYG",)) for n in range(12)]
    run("assign")
    passed = timezone.now() - timedelta(minutes=10)
    clocks = Clock.objects.filter(case__in=cases, kind="recontact")
    clocks.update(started_at=passed - timedelta(hours=1), due_at=passed)
    keys = [f"clock:{uid}" for uid in clocks.values_list("uid", flat=True)]
    Job.objects.filter(key__in=keys).update(due_at=passed)
    found = together(2, lambda n: jobs.sweep(20))
    assert all(isinstance(ran, int) for ran in found), found
    fired = Event.objects.filter(verb="clock.fired", case__in=cases)
    assert fired.count() == len(cases)
    assert fired.values("subject_uid").distinct().count() == len(cases)
    assert clocks.filter(state="fired").exclude(level=0).count() == len(cases)
    assert Message.objects.filter(key__startswith="late:").count() == len(cases)
