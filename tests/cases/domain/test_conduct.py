"""On the line: the code word, abuse, and who listens in."""

import pytest

from cases.domain import calls
from cases.errors import Forbidden, IllegalMove
from cases.models import Alarm, CallCase, Draft, Listening, Tie
from chaos.waiting import end_heartbeat
from factories import a_case, a_household
from telephone import a_tie, pages_hear, ringing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


@pytest.fixture
def tie():
    return a_tie(word="Калина червона")


@pytest.fixture
def draft(cast):
    return calls.claim(ringing(), by=cast.olena)


def tries(tie):
    return Tie.objects.get(pk=tie.pk).word_tries


# --- the code word ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["Калина червона", "калинаЧЕРВОНА", " кали на червона "])
def test_the_word_however_it_is_said_confirms_who_it_is(cast, draft, tie, word):
    assert calls.confirm(draft, tie=tie, word=word, by=cast.olena)
    assert (Draft.objects.get().identity, tries(tie)) == ("confirmed", 0)
    assert Draft.objects.get().confirmed_household_id == tie.household_id


def test_a_wrong_word_is_counted_and_the_third_is_the_last(cast, draft, tie):
    for count in (1, 2, 3):
        assert not calls.confirm(draft, tie=tie, word="малина", by=cast.olena)
        assert (tries(tie), Draft.objects.get().identity) == (count, "doubtful")
    with pytest.raises(calls.NotTheWord):
        calls.confirm(draft, tie=tie, word="Калина червона", by=cast.olena)
    assert (tries(tie), Draft.objects.get().identity) == (3, "doubtful")


def test_where_no_word_was_set_none_is_right(cast, draft):
    bare = a_tie(draft.contact)
    assert not calls.confirm(draft, tie=bare, word="", by=cast.olena)
    assert tries(bare) == 1


def test_the_word_is_kept_as_a_slow_hash_and_asked_on_ones_own_page(cast, draft, tie):
    assert "калина" not in tie.code_word and "Калина" not in tie.code_word
    with pytest.raises(Forbidden):
        calls.confirm(draft, tie=tie, word="Калина червона", by=cast.oleh)
    assert tries(tie) == 0


# --- abuse -----------------------------------------------------------------------------------------------------------


def test_after_two_warnings_the_supervisor_hears_of_it_once(cast, draft):
    counts = []
    for _ in range(3):
        counts.append(calls.warn(draft.call, by=cast.olena).abuse_warnings)
    assert counts == [1, 2, 2]
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.call_id, alarm.raised_by_id) == ("abuse", draft.call_id, cast.olena.user_id)


def test_only_who_is_on_the_line_warns(cast, draft):
    with pytest.raises(Forbidden):
        calls.warn(draft.call, by=cast.oleh)


# --- listening in ----------------------------------------------------------------------------------------------------


def test_listening_is_announced_to_the_operator_and_on_record(cast, draft):
    with pages_hear() as told:
        row = calls.listen(draft.call, by=cast.supervisor)
        assert (f"user:{cast.olena.user_id}", "listening") in told()
    assert calls.listen(draft.call, by=cast.supervisor) == row
    with pages_hear() as told:
        assert calls.stop_listening(row, by=cast.supervisor).ended_at
        assert (f"user:{cast.olena.user_id}", "listening") in told()
    assert Listening.objects.count() == 1


def test_nobody_listens_to_a_protected_household(cast, draft):
    case = a_case(a_household(protected=True))
    CallCase.objects.create(call=draft.call, case=case)
    with pytest.raises(Forbidden):
        calls.listen(draft.call, by=cast.supervisor)
    assert not Listening.objects.exists()


def test_nobody_listens_to_a_call_that_only_rings(cast):
    with pytest.raises(IllegalMove):
        calls.listen(ringing(), by=cast.supervisor)


@pytest.mark.parametrize("who", ["oleh", "taras", "auditor"])
def test_only_supervisors_listen(cast, draft, who):
    with pytest.raises(Forbidden):
        calls.listen(draft.call, by=getattr(cast, who))


def test_one_ends_ones_own_listening_only(cast, draft):
    row = calls.listen(draft.call, by=cast.supervisor)
    with pytest.raises(Forbidden):
        calls.stop_listening(row, by=cast.taras)
