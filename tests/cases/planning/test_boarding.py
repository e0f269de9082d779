"""Words from the ground become a place: in any order, any number of times, the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import ENDS, OF_A_PERSON, STARTS
from cases.planning.boarding import DESK, Entry, Standing, stands

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)


@st.composite
def words(draw):
    acts = draw(st.lists(st.sampled_from([*OF_A_PERSON, "taken_back"]), max_size=8))
    made: list[Entry] = []
    for number, act in enumerate(acts):
        device = draw(st.sampled_from(["a", "b", "c"]))
        at = NOON + timedelta(minutes=draw(st.integers(0, 5)))
        back = draw(st.sampled_from([entry.uid for entry in made])) if act == "taken_back" and made else ""
        made.append(Entry(str(number), act, at, number, device, back))
    return made


@given(words(), st.randoms(use_true_random=False))
def test_the_order_in_which_words_are_heard_changes_nothing(told, random):
    mixed = list(told)
    random.shuffle(mixed)
    assert stands(mixed) == stands(told)


@given(words(), st.data())
def test_words_heard_again_change_nothing(told, data):
    again = data.draw(st.lists(st.sampled_from(told), max_size=5)) if told else []
    assert stands([*told, *again]) == stands(told)


@given(words())
def test_nobody_is_missing_and_somewhere_else(told):
    found = stands(told)
    assert not (found.missing and found.status != "boarded")
    assert (found.status == "accounted") == bool(found.accounted_as)


@given(words(), st.sampled_from([*STARTS, *(act for act in ENDS if act != "missing")]))
def test_the_last_word_of_the_desk_settles_everything(told, act):
    desk = Entry("desk", act, NOON + timedelta(hours=1), 0, DESK)
    found = stands([*told, desk])
    assert found.contested is False
    assert found == stands([desk])


def said(*acts):
    """One device a word, a minute apart: "a:boarded"."""
    made = []
    for minute, word in enumerate(acts):
        device, act = word.split(":")
        made.append(Entry(str(minute), act, NOON + timedelta(minutes=minute), minute, device))
    return stands(made)


@pytest.mark.parametrize(
    ("acts", "standing"),
    [
        ([], Standing()),
        (["a:boarded"], Standing("boarded")),
        (["a:boarded", "b:boarded"], Standing("boarded")),
        (["a:no_show", "b:boarded"], Standing("boarded")),
        (["a:boarded", "b:no_show"], Standing("boarded", contested=True)),
        (["a:boarded", "b:refused"], Standing("refused", contested=True)),
        (["a:boarded", "a:refused"], Standing("refused")),
        (["b:arrived"], Standing("arrived")),
        (["a:no_show", "b:arrived"], Standing("arrived", contested=True)),
        (["a:boarded", "b:missing"], Standing("boarded", missing=True)),
        (["a:boarded", "b:missing", "c:arrived"], Standing("arrived")),
        (["a:boarded", "b:arrived", "c:missing"], Standing("arrived", contested=True)),
        (["a:boarded", "b:hospitalised"], Standing("accounted", accounted_as="hospitalised")),
        (["b:missing"], Standing(contested=True)),
        (["a:helped"], Standing()),
    ],
)
def test_what_words_come_to(acts, standing):
    assert said(*acts) == standing


def test_what_was_taken_back_does_not_count():
    told = [Entry("1", "boarded", NOON, 1, "a"), Entry("2", "taken_back", NOON, 2, "a", takes_back="1")]
    assert stands(told) == Standing()
