"""The triage rules at their boundaries, on the sample calls, and against mistakes in the data."""

import copy
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.planning.triage import Facts, PersonFacts, Reason, Rules, RulesError, named, say, score

ROOT = Path(__file__).resolve().parents[3]
DATA: dict[str, Any] = json.loads((ROOT / "seeds/triage.json").read_text(encoding="utf-8"))
RULES = Rules.load(DATA)
CALLS = {
    call["id"]: call
    for line in (ROOT / "tests/data/calls.jsonl").read_text(encoding="utf-8").splitlines()
    for call in [json.loads(line)]
}
P = PersonFacts


def seen(**observations: float) -> Facts:
    return Facts(observations=observations)


def short(*people: PersonFacts, **days: float | None) -> Facts:
    return Facts(needs=days, people=people)


def leaving(*people: PersonFacts, **observations: float) -> Facts:
    return Facts(observations=observations, people=people, evacuation=True)


FLAGS_P1 = [
    "severe_bleeding",
    "unconscious",
    "not_breathing",
    "burns",
    "trapped",
    "fire",
    "gas",
    "labour",
    "bleeding_in_pregnancy",
    "dialysis_missed",
    "suicidal_plan",
    "child_alone",
    "child_with_strangers",
    "ordnance_where_people_pass",
    "broke_off_with_explosions",
    "imminent_violence",
]


@pytest.mark.parametrize("code", FLAGS_P1)
def test_a_dangerous_observation_is_immediate_only_when_affirmed(code: str) -> None:
    assert score(seen(**{code: 1}), RULES).cls == "P1"
    assert score(seen(**{code: 0}), RULES).cls == "P4"


BOUNDARIES = [
    ("insulin_days", 1, "P1", 1.5, "P2"),
    ("insulin_days", 3, "P2", 3.5, "P3"),
    ("insulin_days", 7, "P3", 8, "P4"),
    ("oxygen_hours", 24, "P1", 25, "P2"),
    ("oxygen_hours", 72, "P2", 73, "P4"),
    ("dialysis_since_hours", 73, "P1", 72, "P4"),
    ("dialysis_next_days", 3, "P2", 4, "P4"),
    ("infant_unfed_hours", 6, "P1", 5.5, "P4"),
    ("no_water_hours", 24, "P1", 23, "P2"),
    ("critical_medicine_days", 2, "P2", 3, "P3"),
    ("critical_medicine_days", 7, "P3", 8, "P4"),
    ("medicine_days", 7, "P3", 8, "P4"),
    ("pregnancy_week", 36, "P2", 35, "P4"),
]


@pytest.mark.parametrize(("code", "inside", "cls", "outside", "milder"), BOUNDARIES)
def test_a_measured_floor_holds_on_its_own_side_only(
    code: str, inside: float, cls: str, outside: float, milder: str
) -> None:
    assert score(seen(**{code: inside}), RULES).cls == cls
    assert score(seen(**{code: outside}), RULES).cls == milder


FRAIL = [
    P(age_years=0.5),
    P(age_band="0-1"),
    P(age_years=70),
    P(age_band="70+"),
    P(specific=frozenset({"SM-CI"})),
    P(mobility="bedridden"),
]


@pytest.mark.parametrize("person", FRAIL)
def test_no_water_now_with_a_frail_person_is_immediate(person: PersonFacts) -> None:
    assert score(short(person, WATER=0), RULES).cls == "P1"
    assert score(short(person, WATER=0.5), RULES).cls == "P2"


@pytest.mark.parametrize("person", [P(age_years=69), P(age_years=1), P(mobility="walks"), P(sex="f")])
def test_no_water_now_without_a_frail_person_is_urgent(person: PersonFacts) -> None:
    assert score(short(person, WATER=0), RULES).cls == "P2"


def test_no_water_now_with_a_pregnant_woman_is_immediate() -> None:
    assert score(Facts({"pregnant": 1}, {"WATER": 0}), RULES).cls == "P1"
    assert score(Facts({"pregnancy_week": 20, "no_water_hours": 2}), RULES).cls == "P1"


@pytest.mark.parametrize(
    ("person", "cls"), [(P(age_years=0.9), "P1"), (P(mobility="bedridden"), "P1"), (P(age_years=80), "P4")]
)
def test_an_unheated_place_is_immediate_for_infants_and_the_bedridden(person: PersonFacts, cls: str) -> None:
    assert score(Facts({"unheated_below_zero": 1}, people=(person,)), RULES).cls == cls


def test_shelling_is_urgent_and_with_an_injury_immediate() -> None:
    assert score(seen(shelling_now=1), RULES).cls == "P2"
    assert score(seen(injured=1), RULES).cls == "P2"
    assert score(seen(shelling_now=1, injured=1), RULES).cls == "P1"


@pytest.mark.parametrize(("days", "cls"), [(0, "P2"), (1, "P2"), (1.1, "P3"), (3, "P3"), (4, "P4")])
def test_water_left(days: float, cls: str) -> None:
    assert score(short(WATER=days), RULES).cls == cls


@pytest.mark.parametrize("need", ["FOOD", "BABY", "FUEL"])
def test_other_shortages_are_soon_within_three_days(need: str) -> None:
    assert [score(short(**{need: days}), RULES).cls for days in (0, 3, 4)] == ["P3", "P3", "P4"]


@pytest.mark.parametrize(("need", "cls"), [("WATER", "P3"), ("MEDS", "P3"), ("HYG", "P4"), ("INFO", "P4")])
def test_a_vital_need_of_unknown_length_counts_as_short(need: str, cls: str) -> None:
    assert score(short(**{need: None}), RULES).cls == cls


def test_a_need_whose_length_was_observed_is_not_unknown() -> None:
    assert score(Facts({"insulin_days": 30}, {"MEDS": None}), RULES).cls == "P4"


def test_medicine_left_may_stand_in_the_need_or_the_observation_and_the_shorter_counts() -> None:
    assert named(Facts({"medicine_days": 9}, {"MEDS": 5}))["medicine_days"] == 5
    assert named(Facts({"oxygen_hours": 30}, {"OXYGEN": 1}))["oxygen_hours"] == 24
    assert named(Facts({"insulin_days": 30}, {"MEDS": 5}))["medicine_days"] == 5


@pytest.mark.parametrize(
    ("hours", "alone", "age", "cls"),
    [(73, 1, 81, "P2"), (72, 1, 81, "P4"), (73, 0, 81, "P4"), (73, 1, 40, "P4"), (73, 1, 61, "P2")],
)
def test_a_frail_person_alone_and_silent(hours: float, alone: float, age: float, cls: str) -> None:
    facts = Facts({"silent_hours": hours, "alone": alone}, people=(P(age_years=age),))
    assert score(facts, RULES).cls == cls


@pytest.mark.parametrize(
    ("person", "cls"),
    [
        (P(age_years=17), "P3"),
        (P(age_years=18), "P4"),
        (P(age_years=61), "P3"),
        (P(age_years=60), "P4"),
        (P(age_band="child"), "P3"),
        (P(mobility="wheelchair"), "P3"),
        (P(specific=frozenset({"DS-BD"})), "P3"),
        (P(mobility="walks"), "P4"),
    ],
)
def test_an_evacuation_is_soon_with_a_child_an_older_or_a_disabled_person(person: PersonFacts, cls: str) -> None:
    assert score(leaving(person), RULES).cls == cls
    assert score(Facts(people=(person,)), RULES).cls == "P4"


def test_missing_documents_matter_when_a_departure_is_planned() -> None:
    assert score(leaving(documents_missing=1), RULES).cls == "P3"
    assert score(seen(documents_missing=1), RULES).cls == "P4"


@pytest.mark.parametrize(
    ("need", "cls"), [("TRACE", "P3"), ("MEDEVAC", "P3"), ("UXO", "P3"), ("RESCUE", "P1"), ("PETS", "P4")]
)
def test_what_asking_alone_is_worth(need: str, cls: str) -> None:
    assert score(short(**{need: None}), RULES).cls == cls


def test_a_separated_child_is_immediate_and_a_mistaken_code_on_an_adult_is_not() -> None:
    assert score(short(P(age_years=7, specific=frozenset({"SC"}))), RULES).cls == "P1"
    assert score(short(P(age_years=30, specific=frozenset({"SC"}))), RULES).cls == "P4"


@pytest.mark.parametrize(
    ("group", "low", "high", "cls"),
    [
        ("site", 50, 50, "P2"),
        ("site", 49, 49, "P3"),
        ("site", 40, 60, "P2"),
        ("institution", 80, 80, "P2"),
        ("travelling_together", 80, 80, "P3"),
    ],
)
def test_a_site_of_fifty_goes_one_class_up(group: str, low: int, high: int, cls: str) -> None:
    facts = Facts(needs={"WATER": 2}, headcount_low=low, headcount_high=high, group=group)
    verdict = score(facts, RULES)
    assert verdict.cls == cls
    assert (Reason("large_site", float(high)) in verdict.reasons) == (cls == "P2")


def test_nothing_is_above_immediate() -> None:
    assert score(Facts({"fire": 1}, headcount_high=200, group="site"), RULES).cls == "P1"


def test_a_protected_fact_raises_the_class_and_is_never_named() -> None:
    both = score(seen(imminent_violence=1, suicidal_plan=1, insulin_days=2), RULES)
    one = score(seen(imminent_violence=1, insulin_days=2), RULES)

    assert both.cls == "P1"
    assert both.reasons == one.reasons
    assert both.reasons == (Reason("protection_contact", None, True), Reason("insulin_3_days", 2.0))
    assert [say(both.reasons[0], RULES, language) for language in ("en", "uk", "ru")] == [
        "Protection contact",
        "Звернення щодо захисту",
        "Обращение по защите",
    ]
    assert RULES.protected_facts == {"imminent_violence", "suicidal_plan"}


def test_a_reason_marked_protected_is_said_neutrally_whatever_its_code() -> None:
    assert say(Reason("imminent_violence", None, True), RULES, "en") == "Protection contact"


def test_the_words_of_a_protected_floor_cannot_be_had() -> None:
    with pytest.raises(KeyError):
        say(Reason("imminent_violence"), RULES, "en")


@pytest.mark.parametrize(
    ("days", "en", "uk", "ru"),
    [
        (2, "Insulin, 2 days left", "Інсуліну лишилося на 2 дні", "Инсулина осталось на 2 дня"),
        (1, "Insulin, 1 day left", "Інсуліну лишилося на 1 день", "Инсулина осталось на 1 день"),
        (5, "Insulin, 5 days left", "Інсуліну лишилося на 5 днів", "Инсулина осталось на 5 дней"),
        (1.5, "Insulin, 1.5 days left", "Інсуліну лишилося на 1,5 дня", "Инсулина осталось на 1,5 дня"),
        (0, "Out of insulin", "Інсуліну немає", "Инсулина нет"),
    ],
)
def test_a_reason_is_said_in_three_languages(days: float, en: str, uk: str, ru: str) -> None:
    reason = score(seen(insulin_days=days), RULES).reasons[0]
    assert [say(reason, RULES, language) for language in ("en", "uk", "ru")] == [en, uk, ru]


@pytest.mark.parametrize(
    ("hours", "ru"), [(11, "11 часов"), (21, "21 час"), (22, "22 часа"), (112, "112 часов"), (6, "6 часов")]
)
def test_numbers_take_their_plural(hours: float, ru: str) -> None:
    assert say(Reason("infant_unfed", hours), RULES, "ru") == f"Младенец не ел {ru}"


def test_one_lack_is_told_once() -> None:
    assert [r.code for r in score(short(P(age_years=80), WATER=0), RULES).reasons] == ["out_of_water_frail"]


# Every sample call that carries a priority, as a good operator would have recorded it.
CALL_FACTS: dict[str, Facts] = {
    "C01": Facts(
        needs={"WATER": 1, "FOOD": 0},
        people=(P(78, sex="f"), P(sex="m", mobility="bedridden")),
        evacuation=True,
        direction="ukraine",
    ),
    "C02": Facts(
        {"silent_hours": 144, "alone": 1},
        {"TRACE": None},
        (P(81, sex="f", specific=frozenset({"ER", "DS-BD"})),),
    ),
    "C03": Facts(
        {"infant_unfed_hours": 12, "in_cellar": 1},
        {"BABY": 0},
        (P(4 / 12), P(age_band="child"), P(age_band="child"), P(age_band="adult", sex="f")),
    ),
    "C04": Facts({"ordnance_where_people_pass": 1}, {"UXO": None}),
    "C05": Facts({"insulin_days": 2}, {"MEDS": 2}, (P(),)),
    "C06": Facts(
        people=(P(5), P(9), P(sex="f", mobility="wheelchair"), P(), P(), P()),
        headcount_low=6,
        headcount_high=6,
        group="family",
        evacuation=True,
        direction="russia",
    ),
    "C07": Facts(
        {"severe_bleeding": 1, "shelling_now": 1, "injured": 1, "in_cellar": 1},
        {"MEDEVAC": None},
        headcount_low=3,
        headcount_high=3,
    ),
    "C09": Facts(needs={"WATER": 0, "FOOD": 0}, people=(P(78, sex="f"), P(sex="m", mobility="bedridden"))),
    "C11": Facts(
        {"child_with_strangers": 1, "silent_hours": 72},
        {"TRACE": None},
        (P(7, sex="m", specific=frozenset({"SC"})),),
    ),
    "C12": Facts({"silent_hours": 200}, {"TRACE": None}, (P(age_band="70+", sex="m"),)),
    "C13": Facts(
        {"pregnancy_week": 38, "road_mined": 1, "cannot_reach_collection_point": 1},
        {"MEDEVAC": None},
        (P(sex="m"), P(sex="f")),
        evacuation=True,
    ),
    "C14": Facts(
        {"in_cellar": 1},
        {"WATER": 2, "FOOD": 3, "NFI": None},
        headcount_low=11,
        headcount_high=11,
        group="site",
    ),
    "C15": Facts({"medicine_days": 7}, {"MEDS": 7}, (P(66, specific=frozenset({"ER", "SM-CI"})), P(sex="m"))),
    "C16": Facts({"broke_off_with_explosions": 1}, {"WELFARE": None}),
    "C17": Facts(
        {"documents_missing": 1},
        {"DOCS": None},
        (P(3), P(12), P(sex="f"), P(sex="m"), P(sex="m")),
        evacuation=True,
        direction="ukraine",
    ),
    "C19": Facts(
        {"dialysis_missed": 1},
        {"MEDEVAC": None},
        (P(54, sex="f", specific=frozenset({"SM-CC"})),),
        evacuation=True,
    ),
    "C21": Facts(needs={"OFFER": None}, people=(P(sex="m"), P(sex="f")), evacuation=True),
    "C22": Facts(
        people=(P(16, sex="f", specific=frozenset({"DS-DF"})), P(sex="f", specific=frozenset({"SP"}))),
        evacuation=True,
        direction="russia",
    ),
}


def test_every_sample_call_with_a_priority_is_here() -> None:
    assert set(CALL_FACTS) == {key for key, call in CALLS.items() if "priority" in call["expect"]}


@pytest.mark.parametrize("call", CALL_FACTS)
def test_a_sample_call_gets_its_class(call: str) -> None:
    assert score(CALL_FACTS[call], RULES).cls == CALLS[call]["expect"]["priority"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("C01", ["Drinking water, 1 day left", "Bedridden person"]),
        ("C02", ["Frail person alone, no word for 144 hours"]),
        ("C05", ["Insulin, 2 days left"]),
        ("C06", ["Evacuation with a child", "Evacuation with a disabled person"]),
        ("C13", ["Pregnant, week 38"]),
        ("C17", ["Documents missing, and they are to leave", "Evacuation with a child"]),
        ("C19", ["Dialysis missed"]),
        ("C21", []),
    ],
)
def test_a_sample_call_gets_its_reasons_first(call: str, said: list[str]) -> None:
    reasons = score(CALL_FACTS[call], RULES).reasons
    assert [say(reason, RULES, "en") for reason in reasons][: len(said)] == said


OBSERVED = st.dictionaries(st.sampled_from(sorted(DATA["observations"])), st.floats(0, 300), max_size=6)
NEEDED = st.dictionaries(
    st.sampled_from(["WATER", "FOOD", "BABY", "MEDS", "OXYGEN", "TRACE", "HYG"]),
    st.none() | st.floats(0, 60),
    max_size=4,
)
PEOPLE = st.lists(
    st.builds(
        PersonFacts,
        age_years=st.none() | st.floats(0, 120),
        age_band=st.sampled_from(["", "0-1", "70+", "child"]),
        mobility=st.sampled_from(["", "walks", "bedridden"]),
        specific=st.frozensets(st.sampled_from(["SC", "ER", "DS-BD", "SV", "SM-CC"])),
    ),
    max_size=4,
).map(tuple)
FACTS = st.builds(
    Facts,
    observations=OBSERVED,
    needs=NEEDED,
    people=PEOPLE,
    headcount_high=st.integers(0, 300),
    group=st.sampled_from(["family", "site", "unknown"]),
    evacuation=st.booleans(),
    waiting_hours=st.floats(0, 500),
)


@given(FACTS)
def test_a_score_can_be_replayed_from_its_stored_facts(facts: Facts) -> None:
    stored = json.dumps(facts.to_json())
    again = Facts.from_json(json.loads(stored))
    assert again == facts
    assert json.dumps(again.to_json()) == stored
    assert score(again, Rules.load(json.loads(json.dumps(DATA, sort_keys=True)))) == score(facts, RULES)


@given(FACTS, st.sampled_from(FLAGS_P1))
def test_hearing_of_a_danger_never_makes_a_case_milder(facts: Facts, code: str) -> None:
    worse = Facts.from_json({**facts.to_json(), "observations": {**facts.observations, code: 1.0}})
    assert score(worse, RULES).cls <= score(facts, RULES).cls


@given(FACTS, st.floats(0, 100))
def test_waiting_never_lowers_the_points(facts: Facts, hours: float) -> None:
    later = Facts.from_json({**facts.to_json(), "waiting_hours": facts.waiting_hours + hours})
    assert score(later, RULES).points >= score(facts, RULES).points


@given(FACTS)
def test_every_reason_can_be_said_and_none_tells_a_protected_fact(facts: Facts) -> None:
    hidden = {f.code for f in RULES.floors if f.protected}
    for reason in score(facts, RULES).reasons:
        assert reason.code not in hidden
        assert all(say(reason, RULES, language) for language in ("en", "uk", "ru"))


def test_the_shorter_of_water_left_comes_first_in_the_queue() -> None:
    assert score(short(WATER=2), RULES).points > score(short(WATER=3), RULES).points


def test_the_rules_know_exactly_the_observations_of_the_desk() -> None:
    with (ROOT / "seeds/observations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seen = {row["code"]: row["kind"] for row in rows if row["group"] != "hidden"}  # "protected" stands for a sealed one
    assert seen == DATA["observations"]
    assert {row["code"] for row in rows if row["protected"] == "1"} == RULES.protected_facts


def test_the_clocks_are_those_of_the_domain() -> None:
    clocks = {name: (clock.acknowledge, clock.recontact) for name, clock in RULES.clocks.items()}
    assert clocks == {"P1": (2, 60), "P2": (15, 360), "P3": (120, 1440), "P4": (720, 4320)}


def first_floor(data: dict[str, Any]) -> dict[str, Any]:
    floor: dict[str, Any] = data["floors"][0]
    return floor


MISTAKES = [
    (lambda d: first_floor(d).update(when=["heavy_bleeding", "==", True]), "unknown fact 'heavy_bleeding'"),
    (lambda d: first_floor(d).update(when=["fire", "=", True]), "unknown operator '='"),
    (lambda d: first_floor(d).update(when=["fire", "<=", 1]), "fire is yes or no"),
    (lambda d: first_floor(d).update(when=["insulin_days", "<=", "1"]), "insulin_days is a number"),
    (lambda d: first_floor(d).update(when={"none": []}), "a condition is"),
    (lambda d: first_floor(d).update(when={"all": []}), "a condition is"),
    (lambda d: first_floor(d).pop("when"), "a condition is"),
    (lambda d: first_floor(d).update({"class": "P9"}), "unknown class 'P9'"),
    (lambda d: first_floor(d)["says"].pop("uk"), "no text in uk"),
    (lambda d: first_floor(d)["says"].update(ru="Кровь {days}"), "it shows a value"),
    (lambda d: first_floor(d)["says"].update(ru="Кровь {"), "floor severe_bleeding: the text in ru"),
    (lambda d: first_floor(d).update(value="fire"), "its value 'fire' is no known number"),
    (lambda d: first_floor(d).update(code="fire"), "there are two of this code"),
    (lambda d: first_floor(d).update(when=["imminent_violence", "==", True]), "give away the protected"),
    (lambda d: first_floor(d).pop("protected"), "protected must be true or false"),
    (lambda d: d["floors"].append("fire"), "an entry has no code"),
    (lambda d: d.update(default_class="P5"), "default_class: unknown class 'P5'"),
    (lambda d: d["clocks"].pop("P2"), "clocks: P2 needs acknowledge and recontact"),
    (lambda d: d["clocks"].update(P2={"acknowledge": 0, "recontact": 1}), "clocks: P2 needs"),
    (lambda d: d["observations"].update(fire="maybe"), "the kind is 'maybe'"),
    (lambda d: d["units"]["days"].pop("uk"), "units: days in uk needs 4 forms"),
    (lambda d: d["weights"].pop("age"), "weights: age must give points"),
    (lambda d: d["weights"]["days_left"].update(luck={"points": 1, "horizon": 1}), "unknown fact 'luck'"),
    (lambda d: d["weights"]["days_left"]["water_days"].update(horizon=0), "the horizon of water_days"),
    (lambda d: d.pop("version"), "version: missing"),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES)
def test_a_mistake_in_the_rules_is_named(mistake: Any, message: str) -> None:
    data = copy.deepcopy(DATA)
    mistake(data)
    with pytest.raises(RulesError, match=message.replace("(", r"\(")):
        Rules.load(data)


def test_all_mistakes_are_named_at_once() -> None:
    data = copy.deepcopy(DATA)
    first_floor(data)["says"].pop("uk")
    data["default_class"] = "P5"
    with pytest.raises(RulesError) as caught:
        Rules.load(data)
    assert len(caught.value.problems) == 2


# --- rules as somebody may type them --------------------------------------------------------------------------------


def _set(path: str, value: Any) -> dict[str, Any]:
    body = copy.deepcopy(DATA)
    at: Any = body
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at[int(last) if isinstance(at, list) else last] = value
    return body


TYPED = [
    ("classes", ["P1", "P2", "P3", "P5"], "classes: they are P1, P2, P3, P4, in this order"),
    ("weights.mobility.walks", -1, "weights: mobility must give points, 0 or more, to each code"),
    ("weights.people.each", float("inf"), "weights: people needs each and at_most, both numbers, 0 or more"),
    (
        "clocks.P1.acknowledge",
        10**400,
        "clocks: P1 needs acknowledge and recontact, in minutes above 0, at most 1000000",
    ),
    ("site_class_up_from", 0, "site_class_up_from: how many people, 1 or more"),
    ("site_groups", [["site"]], "site_groups: codes in quotation marks, and nothing else"),
    ("units.days", [], "units: days in en needs 4 forms (1, 2, 5, 1.5)"),
    ("units.days.en", [1, 2, 3, 4], "units: days in en needs 4 forms (1, 2, 5, 1.5)"),
    ("floors.0.value", ["x"], "floor severe_bleeding: its value is the name of a number, in quotation marks"),
    ("floors.0.when", ["labour", ["=="], True], "floor severe_bleeding: unknown operator ['==']"),
    ("large_site_says.en", "{value:d}", "large_site_says: the text in en: a placeholder is a name in braces"),
]


@pytest.mark.parametrize(("path", "value", "said"), TYPED, ids=[path for path, _, _ in TYPED])
def test_rules_that_would_break_a_score_are_refused_in_words(path: str, value: Any, said: str) -> None:
    with pytest.raises(RulesError) as caught:
        Rules.load(_set(path, value))
    assert [problem[: len(said)] for problem in caught.value.problems][:1] == [said]


@pytest.mark.parametrize("body", [[], None, "rules", 3])
def test_rules_that_are_no_object_are_refused(body: Any) -> None:
    with pytest.raises(RulesError):
        Rules.load(body)
