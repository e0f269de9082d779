"""The papers and the file of a convoy: who gets them, what is opened for them, what is on record."""

import json
import re
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pypdf import PdfReader

from cases.domain import evacuation
from cases.domain import field as ground
from cases.models import Disclosure, Event, Household, Manifest, Need, Person, User
from cases.privacy.sealed_file import WrongPassphrase, new_passphrase, seal, unseal
from factories import a_place
from on_the_ground import a_day
from ways_out import a_family, a_way, people_of, planners

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "Ґалаґан"


def signed_in(who):
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id))
    return client


def named(request, surname=NAME, given="Єва"):
    """The same family, its first person with a name."""
    person = Person.objects.select_related("data_key").get(pk=people_of(request)[0].pk)
    person.surname, person.given_name = surname, given
    person.save()
    return request


def read(answer) -> str:
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


def paper(day, kind, *, who=None, language="en"):
    door = signed_in(who or day.plan.dmytro)
    return door.get(f"/evacuation/convoy/{day.convoy.pk}/papers/{kind}/", {"language": language})


def the_file(day, passphrase):
    door = signed_in(day.roman)
    return door.post(f"/evacuation/convoy/{day.convoy.pk}/file/", {"passphrase": passphrase})


def test_only_the_boarding_team_reads_names_and_that_is_on_record():
    family = named(a_family())
    day = a_day(family)
    opened = Disclosure.objects.count()
    for kind in ("driver", "slips", "cards"):
        said = read(paper(day, kind))
        assert NAME not in said
    assert Disclosure.objects.count() == opened

    answer = paper(day, "boarding", who=day.roman)

    said = read(answer)
    assert f"{NAME} Єва" in said
    assert family.case.spoken in said
    assert (answer["Cache-Control"], answer["Content-Disposition"][:6]) == ("no-store", "inline")
    line = Disclosure.objects.latest("pk")
    assert (line.actor, line.why, line.fields) == (day.roman.code, "manifest", ["surname", "given_name", "patronymic"])
    event = Event.objects.filter(verb="field.print").latest("pk")
    assert event.data == {"paper": "boarding", "language": "en", "number": 1}


def test_a_protected_household_goes_by_code_alone():
    family = named(a_family())
    day = a_day(family)
    Household.objects.filter(pk=family.case.household_id).update(protected=True)
    said = read(paper(day, "boarding"))
    assert family.case.spoken in said
    assert NAME not in said


def test_the_drivers_sheet_says_what_the_road_needs():
    family = a_family("70+", "5-11", "18-59")
    Person.objects.filter(pk=people_of(family)[0].pk).update(mobility="assisted")
    case = family.case
    Need.objects.create(case=case, type_id="OXYGEN", data_key=case.household.data_key, observed_at=case.opened_at)
    day = a_day(family)
    manifest = Manifest.objects.get()
    said = read(paper(day, "driver"))
    # people, of them children, stretchers, wheelchairs, seats, with help, oxygen
    assert f"{case.spoken} 3 1 – – 3 1 – O₂" in said
    assert manifest.digest[:16] in said


def test_a_place_given_up_after_the_freeze_stays_on_that_list():
    family = a_family()
    day = a_day(family)
    evacuation.release(family, by=day.plan.dmytro)
    assert family.case.spoken in read(paper(day, "driver"))


def test_a_childs_card_names_nobody_and_no_place():
    family = named(a_family("5-11", "18-59"))
    day = a_day(family)
    said = read(paper(day, "cards"))
    assert f"{family.case.spoken} · 1" in said
    stops = [str(stop.place.name) for stop in day.convoy.window.corridor.stops.all()]
    assert not [word for word in (*stops, NAME, day.convoy.window.corridor.name) if word in said]


def test_places_are_named_in_the_language_of_the_paper():
    day = a_day(a_family())
    stop = day.convoy.window.corridor.stops.order_by("seq")[0].place
    for language in ("en", "uk", "ru"):
        assert getattr(stop, f"name_{language}") in read(paper(day, "driver", language=language))


def test_without_a_frozen_list_there_is_nothing_to_print():
    plan = planners()
    convoy = a_way(plan.dmytro)
    door = signed_in(plan.dmytro)
    url = f"/evacuation/convoy/{convoy.pk}"
    for answer in (
        door.get(f"{url}/papers/driver/", follow=True),
        door.post(f"{url}/file/", {"passphrase": new_passphrase()}, follow=True),
    ):
        assert "The list of this convoy is not frozen yet." in answer.content.decode()
    assert not Event.objects.filter(verb__in=["field.print", "field.export"]).exists()


@pytest.mark.parametrize("who", ["outsider", "guest", "olena", "auditor", "field_team"])
def test_who_is_not_on_the_crew_gets_no_paper_and_no_file(cast, who):
    day = a_day(named(a_family()))
    opened = Disclosure.objects.count()
    door = signed_in(getattr(cast, who))
    assert paper(day, "boarding", who=getattr(cast, who)).status_code in (403, 404)
    for sent in ({}, {"passphrase": new_passphrase()}):
        assert door.post(f"/evacuation/convoy/{day.convoy.pk}/file/", sent).status_code in (403, 404)
    assert Disclosure.objects.count() == opened


@pytest.mark.parametrize("path", ["driver/?language=de", "elsewhere/?language=uk"])
def test_a_paper_or_a_language_we_do_not_have_is_not_found(path):
    day = a_day(a_family())
    answer = signed_in(day.plan.dmytro).get(f"/evacuation/convoy/{day.convoy.pk}/papers/{path}")
    assert answer.status_code == 404


@pytest.mark.parametrize("families", [1, 3])
def test_a_paper_takes_the_same_statements_for_one_family_and_for_three(django_assert_num_queries, families):
    day = a_day(*[named(a_family()) for _ in range(families)])
    door = signed_in(day.plan.dmytro)
    door.get("/evacuation/")
    with django_assert_num_queries(13):
        door.get(f"/evacuation/convoy/{day.convoy.pk}/papers/boarding/?language=uk")


# --- the file ------------------------------------------------------------------------------------------------------


def test_the_file_opens_with_the_passphrase_that_was_shown(tmp_path, monkeypatch):
    family = named(a_family())
    day = a_day(family)
    door = signed_in(day.roman)
    page = door.post(f"/evacuation/convoy/{day.convoy.pk}/file/")
    (passphrase,) = re.findall(r'name="passphrase" value="([0-9A-Z-]+)"', page.content.decode())
    answer = the_file(day, passphrase)
    assert answer["Content-Disposition"] == 'attachment; filename="list.sealed"'
    assert page["Cache-Control"].find("no-store") >= 0
    assert NAME.encode() not in answer.content

    path = tmp_path / "list.sealed"
    path.write_bytes(answer.content)
    out = StringIO()
    monkeypatch.setattr("sys.stdin", StringIO(passphrase.lower().replace("-", " ") + "\n"))
    call_command("open_list", str(path), stdout=out)
    found = json.loads(out.getvalue())
    assert [one["ref"] for one in found["households"]] == [family.case.spoken]
    assert found["households"][0]["people"][0]["name"] == f"{NAME} Єва"
    assert passphrase not in json.dumps(list(Event.objects.values_list("data", flat=True)))


def test_a_protected_household_is_in_the_file_by_code_alone():
    family = named(a_family())
    day = a_day(family)
    Household.objects.filter(pk=family.case.household_id).update(protected=True)
    passphrase = new_passphrase()
    (household,) = json.loads(unseal(the_file(day, passphrase).content, passphrase))["households"]
    assert [person["name"] for person in household["people"]] == ["", ""]


def test_another_passphrase_opens_nothing_and_the_command_says_so(tmp_path, monkeypatch):
    sealed = seal(b"{}", "AAAAA-AAAAA")
    with pytest.raises(WrongPassphrase):
        unseal(sealed, "AAAAA-AAAAB")
    path = tmp_path / "list.sealed"
    for content, said in (
        (sealed, "does not open"),
        (sealed[:20], "not a list of ours"),
        (b"{}", "not a list of ours"),
    ):
        path.write_bytes(content)
        monkeypatch.setattr("sys.stdin", StringIO("BBBBB-BBBBB\n"))
        with pytest.raises(CommandError, match=said):
            call_command("open_list", str(path), stdout=StringIO())


def test_a_file_that_was_changed_does_not_open():
    sealed = bytearray(seal(b"{}", "AAAAA-AAAAA"))
    sealed[-1] ^= 1
    with pytest.raises(WrongPassphrase):
        unseal(bytes(sealed), "AAAAA-AAAAA")


@pytest.mark.parametrize("typed", ["secret", "AAAAA-AAAA", "ААААА-ААААА"])
def test_a_passphrase_somebody_thought_of_is_refused(typed):
    day = a_day(named(a_family()))
    opened = Disclosure.objects.count()
    assert the_file(day, typed).status_code == 302
    assert Disclosure.objects.count() == opened


def test_the_page_of_the_day_offers_papers_once_the_list_is_frozen():
    day = a_day(a_family())
    url = f"/evacuation/convoy/{day.convoy.pk}"
    said = signed_in(day.plan.dmytro).get(f"{url}/day/").content.decode()
    assert [kind for kind in ("driver", "boarding", "slips", "cards") if f"{url}/papers/{kind}/" in said] == [
        "driver",
        "boarding",
        "slips",
        "cards",
    ]
    assert f'action="{url}/file/"' in said


def test_a_stop_that_moved_is_printed_where_it_is_now():
    day = a_day(a_family())
    before = day.convoy.window.corridor.stops.order_by("seq")[0].place
    elsewhere = a_place("Guyevo")
    marshal = User.objects.get(pk=day.roman.user_id)
    ground.move_stop(day.convoy, seq=0, place=elsewhere, landmark="the school", marshal=marshal, by=day.plan.dmytro)
    said = read(paper(day, "slips"))
    assert f"{elsewhere.name_en} the school" in said
    assert before.name_en not in said


def test_who_travels_with_a_medic_stands_on_the_sheet_as_it_is_now():
    family = named(a_family())
    day = a_day(family)
    alone = f"{family.case.spoken} 2 – – – 2 – – –"
    assert alone in read(paper(day, "driver"))
    Person.objects.filter(pk=people_of(family)[0].pk).update(fit_to_travel="with_medic")
    said = read(paper(day, "driver"))
    assert f"{family.case.spoken} 2 – – – 2 – 1 –" in said
    assert NAME not in said
