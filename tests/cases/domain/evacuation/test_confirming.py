"""What a confirmation asks for: the facts checked, everybody's own free decision, a whole household, no child alone."""

import pytest

from cases.domain import evacuation
from cases.errors import Forbidden
from cases.models import Decision, Event, Partner, Seat, Traveller
from factories import a_person, a_traveller
from refusals import refused
from ways_out import a_carer_consent, a_family, a_vehicle, a_way, agreed, fresh, people_of, said_yes, seats, taken, tie

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def convoy(both):
    return a_way(both.dmytro)


@pytest.fixture
def held(cast, convoy):
    family = a_family()
    return evacuation.hold(family, by=cast.olena)


def confirm(family, by):
    return lambda: evacuation.confirm(family, by=by)


def test_places_are_confirmed_when_all_have_decided(cast, held):
    agreed(held, cast.olena)
    assert evacuation.confirm(held, by=cast.taras).status == fresh(held).status == "confirmed"
    assert seats(held) == ["confirmed", "confirmed"]
    assert not Seat.objects.filter(expires_at__isnull=False).exists()


def test_confirming_twice_changes_nothing(cast, held):
    agreed(held, cast.olena)
    evacuation.confirm(held, by=cast.taras)
    lines = Event.objects.count()
    assert evacuation.confirm(held, by=cast.iryna).status == "confirmed"
    assert Event.objects.count() == lines


def test_one_who_has_not_decided_holds_all_up(cast, held):
    said_yes(held, people_of(held)[0], cast.olena)
    assert refused(confirm(held, cast.taras)) == "decision_missing"
    assert seats(held) == ["held", "held"]


@pytest.mark.parametrize(
    "lacks",
    [{"voluntary": False}, {"own_direction": False}, {"informed": False}, {"could_speak_freely": "no"}],
    ids=lambda lacks: next(iter(lacks)),
)
def test_a_yes_that_is_not_free_is_none(cast, held, lacks):
    agreed(held, cast.olena, **lacks)
    assert refused(confirm(held, cast.taras)) == "decision_missing"


def test_another_direction_asks_for_another_decision(cast, convoy):
    family = a_family(direction="russia")
    agreed(family, cast.olena)
    evacuation.redirect(family, direction="ukraine", by=cast.olena)
    evacuation.hold(family, by=cast.olena)
    assert refused(confirm(family, cast.taras)) == "decision_missing"
    agreed(family, cast.olena)
    assert evacuation.confirm(family, by=cast.taras).status == "confirmed"


def test_nothing_held_is_nothing_to_confirm(cast, convoy):
    assert refused(confirm(a_family(), cast.taras)) == "nothing_held"


def test_what_nobody_checked_is_not_confirmed(cast, convoy):
    family = a_family(checked=False)
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    assert refused(confirm(family, cast.taras)) == "request_not_verified"
    evacuation.verify(family, by=cast.taras)
    assert evacuation.confirm(family, by=cast.taras).status == "confirmed"


def test_who_is_not_fit_is_not_confirmed(cast, held):
    agreed(held, cast.olena)
    evacuation.assess(people_of(held)[0], fit="not_fit", by=cast.medic)
    assert refused(confirm(held, cast.taras)) == "not_fit_to_travel"


def test_who_needs_a_medic_is_confirmed_where_an_ambulance_goes(cast, both, convoy, held):
    agreed(held, cast.olena)
    evacuation.assess(people_of(held)[0], fit="with_medic", by=cast.medic)
    assert refused(confirm(held, cast.taras)) == "needs_medic"
    a_vehicle(both.dmytro, convoy, kind="ambulance", stretchers=1)
    assert evacuation.confirm(held, by=cast.taras).status == "confirmed"


def test_those_who_are_tied_are_confirmed_together(cast, convoy):
    one, other = a_family(), a_family()
    tie(one, other)
    evacuation.hold(one, by=cast.olena)
    agreed(one, cast.olena)
    assert refused(confirm(one, cast.taras)) == "decision_missing"
    agreed(other, cast.olena)
    evacuation.confirm(one, by=cast.taras)
    assert fresh(other).status == "confirmed"


# --- a household travels whole ---------------------------------------------------------------------------------------


def test_somebody_who_stays_parts_from_the_others_by_consent_only(cast, held):
    agreed(held, cast.olena)
    a_person(held.case.household, age_band="70+")
    assert refused(confirm(held, cast.taras)) == "split_without_consent"

    evacuation.part(held, language="uk", by=cast.olena)
    evacuation.part(held, language="uk", by=cast.olena)

    assert evacuation.confirm(held, by=cast.taras).status == "confirmed"
    assert fresh(held).split_consent.purpose == "split"


def test_who_was_named_later_needs_a_place_too(cast, held):
    agreed(held, cast.olena)
    a_traveller(request=held, household=held.case.household)
    assert refused(confirm(held, cast.taras)) == "not_all_seated"


def test_who_says_no_gives_up_the_place_and_the_others_hold_theirs(cast, convoy, held):
    agreed(held, cast.olena)
    evacuation.confirm(held, by=cast.taras)
    stays, goes = people_of(held)

    evacuation.decide(held, person=stays, goes=False, decided_by="self", by=cast.olena)

    assert fresh(held).status == "held"
    live = Seat.objects.filter(status__in=["held", "confirmed"]).values_list("person", "status")
    assert list(live) == [(goes.pk, "held")]
    assert taken(convoy) == [1]
    assert refused(confirm(held, cast.taras)) == "split_without_consent"
    evacuation.part(held, language="uk", by=cast.olena)
    assert evacuation.confirm(held, by=cast.taras).status == "confirmed"


def test_when_all_say_no_nothing_is_held(cast, convoy, held):
    for person in people_of(held):
        evacuation.decide(held, person=person, goes=False, decided_by="self", by=cast.olena)
    assert fresh(held).status == "verified"
    assert taken(convoy) == [0]


# --- who decides for whom --------------------------------------------------------------------------------------------


def test_the_same_decision_twice_is_one(cast, held):
    first, second = (said_yes(held, people_of(held)[0], cast.olena) for _ in range(2))
    assert first.pk == second.pk
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(("band", "decided_by"), [("18-59", "guardian"), ("12-17", "self")])
def test_nobody_decides_for_an_adult_and_no_child_alone(cast, convoy, band, decided_by):
    family = a_family("18-59", band)
    person = people_of(family)[1]
    assert refused(lambda: said_yes(family, person, cast.olena, decided_by=decided_by)) == "wrong_decider"
    assert Decision.objects.count() == 0


def test_a_stranger_to_the_request_decides_nothing(cast, held):
    assert refused(lambda: said_yes(held, a_person(age_band="18-59"), cast.olena)) == "not_a_traveller"


# --- a child alone ---------------------------------------------------------------------------------------------------


@pytest.fixture
def child(cast, convoy):
    family = a_family("12-17")
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    return family


def entrust(cast, family, **more):
    traveller = Traveller.objects.get(request=family)
    partner = more.pop("partner", None) or Partner.objects.create(name="Home", kind="protection")
    consent = more.pop("consent", None) or a_carer_consent(family.case.household)
    return evacuation.entrust(
        traveller, carer_consent=consent, receiving_body=partner, by=more.pop("by", cast.protection)
    )


def test_a_child_does_not_travel_alone(cast, child):
    assert refused(confirm(child, cast.taras)) == "lone_child"
    assert seats(child) == ["held"]


def test_a_lone_child_travels_with_officer_consent_and_receiver(cast, child):
    entrust(cast, child)
    assert refused(confirm(child, cast.taras)) == "officer_needed"
    assert evacuation.confirm(child, by=cast.protection).status == "confirmed"


def test_only_the_officer_entrusts_a_child(cast, child):
    with pytest.raises(Forbidden):
        entrust(cast, child, by=cast.taras)


@pytest.mark.parametrize("wrong", ["another household", "withdrawn", "not the carer"])
def test_a_carers_live_written_consent_is_needed(cast, child, wrong):
    consent = a_carer_consent((a_family() if wrong == "another household" else child).case.household)
    if wrong == "withdrawn":
        type(consent).objects.update(withdrawn_at=consent.created_at)
    if wrong == "not the carer":
        consent = evacuation.part(child, language="uk", by=cast.olena).split_consent
    assert refused(lambda: entrust(cast, child, consent=consent)) == "carer_consent_missing"


def test_a_child_is_received_by_who_protects(cast, child):
    assert refused(lambda: entrust(cast, child, partner=Partner.objects.get(name="Red"))) == "invalid"


def test_a_child_beside_an_adult_of_theirs_needs_no_officer(cast, convoy):
    family = a_family("18-59", "5-11")
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    assert evacuation.confirm(family, by=cast.taras).status == "confirmed"
