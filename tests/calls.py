"""The 24 calls as a good operator would enter them at the desk."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from cases.domain.intake import EvacuationFacts, Intake, NeedFacts
from cases.enums import Group, Identity, Relation
from cases.models import Place
from cases.planning.person_line import PersonDraft, parse

CALLS: dict[str, dict[str, Any]] = {
    call["id"]: call
    for call in map(json.loads, (Path(__file__).parent / "data" / "calls.jsonl").read_text("utf-8").splitlines())
}
PROCESSING = frozenset({("processing", "")})
# The first of them as the desk's page sends it, but for its key and whom it was saved by.
C01_FORM = {
    "channel": "phone",
    "language": "ru",
    "number": "8 (915) 555-01-01",
    "relation": "self",
    "on_site": "on",
    "identity": "unknown",
    "contact_mode": "voice",
    "text_ok": "yes",
    "group": "unknown",
    "settlement": "Суджа",
    "address": "улица за рынком",
    "people": "ж 78\nм лежачий",
    "need_WATER": "on",
    "days_WATER": "1",
    "need_FOOD": "on",
    "days_FOOD": "0",
    "way": "ukraine",
    "destination": "Сумы, сын",
    "cannot_reach_point": "on",
    "consent_processing_": "on",
    "consent_share_partner_relief": "on",
    "notes": "Муж после инсульта, ходить не может. Сын в Сумах встретит.",
    "disposition": "case_opened",
}


def people(*lines: str) -> tuple[PersonDraft, ...]:
    return tuple(person for line in lines for person in parse(line))


def place(name: str) -> int:
    return Place.objects.filter(kind="settlement", name_en=name).order_by("pk").values_list("pk", flat=True)[0]


def needs(**days: float | None) -> tuple[NeedFacts, ...]:
    return tuple(NeedFacts(code, left) for code, left in days.items())


RELATIVE = {"relation": Relation.RELATIVE, "on_site": False}
UPDATED = ("case_updated",)
# Who is there themselves, and what they need.
ON_SITE: dict[str, dict[str, Any]] = {
    "C01": {
        "settlement": "Sudzha",
        "address": "улица за рынком",
        "people": people("ж 78", "м лежачий"),
        "needs": needs(WATER=1, FOOD=0),
        "evacuation": EvacuationFacts(direction="ukraine", destination="Сумы, сын"),
        "cannot_reach_point": True,
        "text_ok": True,
        "consents": frozenset({("processing", ""), ("contact", ""), ("share_partner", "relief")}),
    },
    "C03": {
        "settlement": "Makhnovka",
        "address": "школа, подвал",
        "group": Group.FAMILY,
        "people": people("дитина 4 міс", "2 дети", "женщина"),
        "needs": needs(BABY=0),
        "in_cellar": True,
        "observations": {"infant_unfed_hours": 20.0},
    },
    "C04": {
        "settlement": "Goncharovka",
        "anonymous": True,
        "needs": needs(UXO=None),
        "observations": {"ordnance_where_people_pass": 1.0},
    },
    "C05": {
        "settlement": "Kazachya Loknya",
        "people": (PersonDraft(),),
        "needs": needs(MEDS=2),
        "observations": {"insulin_days": 2.0},
        "notes": "Не едет: корова и куры.",
    },
    "C06": {
        "settlement": "Zaoleshenka",
        "people": people("2 дети 5 9", "бабушка на коляске"),
        "headcount": (6, 6),
        "group": Group.FAMILY,
        "evacuation": EvacuationFacts(direction="russia", destination="Курск, свои", animals=1),
        "text_ok": True,
    },
    "C07": {
        "settlement": "Martynovka",
        "headcount": (3, 3),
        "group": Group.FAMILY,
        "needs": needs(MEDEVAC=None),
        "in_cellar": True,
        "observations": {"severe_bleeding": 1.0, "shelling_now": 1.0, "fire": 1.0},
        "consent_basis": "vital_interest",
    },
    "C13": {
        "settlement": "Sverdlikovo",
        "people": people("м", "жінка вагітна 38 тиж"),
        "needs": needs(MEDEVAC=None),
        "observations": {"road_mined": 1.0},
        "evacuation": EvacuationFacts(),
    },
    "C14": {
        "settlement": "Korenevo",
        "address": "дом культуры, подвал",
        "group": Group.SITE,
        "headcount": (11, 11),
        "needs": needs(WATER=2, FOOD=3, NFI=None),
        "in_cellar": True,
    },
    "C17": {
        "settlement": "Rubanshchina",
        "group": Group.FAMILY,
        "people": people("ж взрослая", "2 дети 3 12", "м взрослый", "м взрослый"),
        "needs": needs(DOCS=None),
        "observations": {"documents_missing": 1.0},
        "evacuation": EvacuationFacts(direction="ukraine", documents_missing=True, staying=frozenset({3, 4})),
    },
    "C19": {
        "settlement": "Sudzha",
        "address": "Ленина",
        "people": (PersonDraft("Сидорова", "Лидия", "", "f", 54.0, None, "18-59", specific=frozenset({"SM-CC"})),),
        "needs": needs(MEDEVAC=None),
        "observations": {"dialysis_missed": 1.0},
        "evacuation": EvacuationFacts(),
    },
    "C21": {
        "settlement": "Pogrebki",
        "people": people("м взрослый", "ж взрослая"),
        "needs": needs(OFFER=None),
        "offer_seats": 8,
        "fuel_needed": True,
        "evacuation": EvacuationFacts(own_vehicle=True),
    },
    "C22": {
        "settlement": "Tyotkino",
        "people": people("девочка 16 глухая", "мать"),
        "evacuation": EvacuationFacts(direction="russia", destination="Рыльск"),
    },
}
# Calls about somebody else: relatives, neighbours, whoever found a child.
ABOUT_OTHERS: dict[str, dict[str, Any]] = {
    "C02": {
        **RELATIVE,
        "settlement": "Malaya Loknya",
        "people": people("Ганна Григор'єва ж 81 погано бачить"),
        "missing": frozenset({0}),
        "needs": needs(TRACE=None),
        "observations": {"alone": 1.0, "silent_hours": 144.0},
    },
    "C11": {
        "relation": Relation.OTHER,
        "settlement": "Cherkasskoye Porechnoye",
        "people": people("Петя Кузнецов м 7 один"),
        "needs": needs(TRACE=None),
        "observations": {"child_with_strangers": 1.0},
    },
    "C12": {
        **RELATIVE,
        "settlement": "Plekhovo",
        "number": "shukaiu@example.org",
        "people": people("Дмитро Щербаков 1949"),
        "missing": frozenset({0}),
        "needs": needs(TRACE=None),
    },
    "C15": {
        **RELATIVE,
        "settlement": "Snagost",
        "people": people("Мария ж 66") + people("Николай Петренко м"),
        "needs": needs(MEDS=7),
        "observations": {"medicine_days": 7.0},
    },
}
# What updates a case; `continues`, where it is told, is the call that opened it.
LATER: dict[str, dict[str, Any]] = {
    "C09": {
        "settlement": "Sudzha",
        "continues": "C01",
        "needs": needs(WATER=0),
        "dispositions": UPDATED,
    },
    "C18": {
        "settlement": "Zaoleshenka",
        "continues": "C06",
        "identity": Identity.DOUBTFUL,
        "evacuation": EvacuationFacts(direction="ukraine"),
        "dispositions": UPDATED,
    },
    "C23": {
        "settlement": "Goncharovka",
        "headcount": (3, 3),
        "group": Group.FAMILY,
        "identity": Identity.DOUBTFUL,
        "reported": "no_show",
        "evacuation": EvacuationFacts(),
        "dispositions": UPDATED,
    },
    "C24": {
        "alias": "Иванова Татьяна",
        "continues": "C23",
        "identity": Identity.DOUBTFUL,
        "reported": "arrived",
        "dispositions": UPDATED,
    },
}
# A question, a referral, a silent call, a prank: no person is entered.
NO_AID: dict[str, dict[str, Any]] = {
    "C08": {"settlement": "Guyevo", "needs": needs(INFO=None), "dispositions": ("information_only",)},
    "C10": {
        "dispositions": ("referral",),
        "notes": "Червоний Хрест: склад у Сумах. Передати координатору партнерів.",
    },
    "C16": {
        "needs": needs(WELFARE=None),
        "dispositions": ("silent",),
        "observations": {"broke_off_with_explosions": 1.0},
    },
    "C20": {"dispositions": ("prank",)},
}
TYPED = ON_SITE | ABOUT_OTHERS | LATER | NO_AID


def entered(call_id: str, refs: dict[str, str] | None = None) -> Intake:
    """The intake of one call of the 24. `refs`: call id → reference of the case it opened."""
    said, typed = CALLS[call_id], deepcopy(TYPED[call_id])
    if "continues" in typed:
        typed["continues"] = (refs or {}).get(typed["continues"], "")
    settlement = typed.pop("settlement", None)
    number = said["number"] if said["number"] != "anonymous" else ""
    return Intake(
        **{
            "channel": said["channel"],
            "language": said["language"],
            "number": number or "",
            "settlement": place(settlement) if settlement else None,
            "notes": said["said"],
            "dispositions": ("case_opened",),
            "consents": PROCESSING,
            **typed,
        }
    )
