"""Places and shortages: counts of what the reader may see, nothing of the protected, a map that says the same."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.domain import follow_up
from cases.domain.intake import EvacuationFacts
from cases.enums import NeedStatus
from cases.models import Household, Need, Place, SiteNeed, User
from cases.planning.outlines import WIDTH, chart
from families import called

PLACES = reverse("admin:cases_case_places")

pytestmark = pytest.mark.django_db


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def short(page):
    return [(row.settlement.name, row.type.code, row.households, row.people) for row in page.context["shortages"]]


def test_shortages_are_added_up_by_settlement_and_need(cast, client):
    called(cast.olena, "ж 40", "м 41")
    called(cast.olena, "ж 40", needs=("WATER", "FOOD"))
    called(cast.olena, "ж 40", settlement="Rylsk")
    Need.objects.filter(case__household__settlement__name_en="Rylsk").update(lasts_until=timezone.now())
    Need.objects.filter(type="FOOD").update(lasts_until=timezone.now() + timedelta(days=3, hours=1))
    sign_in(client, cast.coordinator)

    page = client.get(PLACES)

    assert short(page) == [("Rylsk", "WATER", 1, 1), ("Sudzha", "WATER", 2, 3), ("Sudzha", "FOOD", 1, 1)]
    assert [row.days for row in page.context["shortages"]] == [0, 0, 3]


def test_nothing_of_a_protected_household_or_need_is_told(cast, client):
    hidden = called(cast.olena, "ж 40")
    called(cast.olena, "ж 40", needs=("PROTECT",))
    Household.objects.filter(pk=hidden.household_id).update(protected=True)
    follow_up.end_need(hidden.needs.get(), to=NeedStatus.UNMET, reason="no_access", by=cast.taras)
    sign_in(client, cast.coordinator)

    page = client.get(PLACES)

    assert (short(page), page.context["unmet"]) == ([], [])
    assert [(spot.place.name, spot.cases) for spot in page.context["spots"]] == [("Sudzha", 2)]


@pytest.mark.parametrize(("households", "offered"), [(4, False), (5, True)])
def test_five_households_with_one_shortage_are_offered_as_one(cast, client, households, offered):
    for _ in range(households):
        called(cast.olena, "ж 40")
    sign_in(client, cast.coordinator)

    assert ("Treat as one need of the place" in client.get(PLACES).content.decode()) is offered


def test_one_need_of_the_place_is_made_added_to_and_ended_there(cast, client):
    for _ in range(5):
        called(cast.olena, "ж 40")
    sign_in(client, cast.coordinator)
    place = Place.objects.get(kind="settlement", name_en="Sudzha")
    gather = reverse("admin:cases_case_site_gather", args=[place.pk, "WATER"])

    assert "One need of the whole place now" in client.post(gather, follow=True).content.decode()
    called(cast.olena, "ж 41")
    assert "1 household has called since" in client.get(PLACES).content.decode()
    client.post(gather)
    site = SiteNeed.objects.get()
    finish = reverse("admin:cases_case_site_finish", args=[site.pk])
    assert client.post(finish, {"to": "unmet:because"}, follow=True).status_code == 200
    assert SiteNeed.objects.get().ended_at is None
    client.post(finish, {"to": "unmet:no_access"})

    assert Need.objects.filter(status="unmet", reason="no_access", site_need=site).count() == 6
    assert short(client.get(PLACES)) == []


def test_who_only_reads_is_offered_no_step(cast, client):
    for _ in range(5):
        called(cast.olena, "ж 40")
    sign_in(client, cast.olena)
    place = Place.objects.get(kind="settlement", name_en="Sudzha")

    assert "Treat as one need of the place" not in client.get(PLACES).content.decode()
    assert client.post(reverse("admin:cases_case_site_gather", args=[place.pk, "WATER"])).status_code == 403
    assert not SiteNeed.objects.exists()


def test_unmet_needs_stand_by_reason_and_direction(cast, client):
    for direction, reason in (("ukraine", "no_access"), ("russia", "no_access"), ("", "no_stock")):
        wish = EvacuationFacts(direction=direction) if direction else None
        case = called(cast.olena, "ж 40", evacuation=wish)
        follow_up.end_need(case.needs.get(), to=NeedStatus.UNMET, reason=reason, by=cast.taras)
    sign_in(client, cast.coordinator)

    page = client.get(PLACES).context

    assert page["unmet"] == [("No access", [1, 1, 0], 2), ("Nothing in stock", [0, 0, 1], 1)]


def test_the_map_shows_the_most_urgent_and_leads_to_the_queue(cast, client):
    case = called(cast.olena, "ж 40")
    called(cast.olena, "ж 40", needs=("PETS",))
    sign_in(client, cast.coordinator)

    page = client.get(PLACES)

    (spot,) = page.context["spots"]
    (circle,) = page.context["circles"]
    assert (spot.cases, spot.priority, spot.mark) == (2, "P2", "▲")
    assert 0 < circle.x < WIDTH and 0 < circle.y < chart().height
    place = case.household.settlement_id
    assert f"?view=open&amp;place={place}" in page.content.decode()
    assert len(chart().paths) == 2


def test_settlements_that_stand_at_one_point_are_one_circle(cast, client):
    here = called(cast.olena, "ж 40").household.settlement
    other = Place.objects.filter(parent=here.parent, kind="settlement").exclude(pk=here.pk)[0]
    Place.objects.filter(pk=other.pk).update(latitude=here.latitude, longitude=here.longitude)
    called(cast.olena, "ж 40", settlement=other.name_en)
    sign_in(client, cast.coordinator)

    page = client.get(PLACES).context

    assert len(page["spots"]) == 2
    assert [(circle.place, circle.cases) for circle in page["circles"]] == [(here.parent, 2)]


def test_cases_where_no_position_is_known_are_said_beside_the_map(cast, client):
    here = called(cast.olena, "ж 40").household.settlement
    known = (here.latitude, here.longitude)
    Place.objects.filter(pk=here.pk).update(latitude=None, longitude=None)
    sign_in(client, cast.coordinator)

    page = client.get(PLACES)
    Place.objects.filter(pk=here.pk).update(latitude=known[0], longitude=known[1])

    assert page.context["circles"] == []
    assert "1 case is in a settlement without a known position" in page.content.decode()


def test_an_outsider_is_told_nothing(cast, client):
    called(cast.olena, "ж 40")
    sign_in(client, cast.outsider)

    page = client.get(PLACES).context

    assert (page["spots"], page["shortages"], page["unmet"]) == ([], [], [])


def test_the_page_costs_the_same_at_one_and_at_three(cast, client, django_assert_num_queries):
    sign_in(client, cast.coordinator)
    for settlement in ("Sudzha", "Rylsk", "Korenevo"):
        case = called(cast.olena, "ж 40", needs=("WATER", "FOOD"), settlement=settlement)
        follow_up.end_need(case.needs.get(type="FOOD"), to=NeedStatus.UNMET, reason="no_stock", by=cast.taras)
        client.get(PLACES)
        with django_assert_num_queries(12):
            client.get(PLACES)
