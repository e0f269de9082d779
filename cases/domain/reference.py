"""Reference data from `seeds/`: loaded again and again without harm; versions that stand are never rewritten."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cases.models import (
    ConsentText,
    Disposition,
    NeedType,
    ObservationCode,
    Place,
    PlaceKey,
    Script,
    SpecificNeedCode,
    Template,
    TriageRules,
    UnmetReason,
)
from cases.planning import placenames
from cases.planning.triage import Rules

SEEDS = Path(settings.BASE_DIR) / "seeds"
ZONES = {"RU": "Europe/Moscow", "UA": "Europe/Kyiv"}


def rows(name: str) -> Iterator[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def labels(row: dict[str, str], stem: str = "label") -> dict[str, str]:
    return {f"{stem}_{language}": row[language] for language in ("en", "uk", "ru")}


def load() -> dict[str, int]:
    """Load every file of `seeds/` in one transaction; returns how many rows each kind has now."""
    with transaction.atomic(durable=True):
        _codes()
        _places()
        _texts()
        _scripts()
        _rules()
    codes = (Place, NeedType, SpecificNeedCode, ObservationCode, Disposition)
    kinds = (*codes, Template, ConsentText, Script, TriageRules)
    return {kind._meta.model_name or "": kind.objects.count() for kind in kinds}


def _codes() -> None:
    for row in rows("needs.csv"):
        extra = {"sector": row["sector"], "short": row["short"], "unit": row["quantity_unit"]}
        _reference(NeedType, row, protected=row["protected"] == "1", **extra)
    for row in rows("specific_needs.csv"):
        parent = SpecificNeedCode.objects.filter(code=row["parent"]).first()
        _reference(SpecificNeedCode, row, parent=parent, revision=row["version"], protected=row["protected"] == "1")
    for row in rows("observations.csv"):
        extra = {"kind": row["kind"], "unit": row["unit"], "group": row["group"]}
        _reference(ObservationCode, row, protected=row["protected"] == "1", **extra)
    for row in rows("dispositions.csv"):
        _reference(Disposition, row, may_open_case=row["opens_case"] == "1")
    for row in rows("unmet_reasons.csv"):
        _reference(UnmetReason, row)


def _reference(model: Any, row: dict[str, str], **extra: Any) -> None:
    """A code that is there already keeps what people changed in the admin."""
    model.objects.get_or_create(code=row["code"], defaults={**labels(row), "sort": int(row["sort"]), **extra})


def _places() -> None:
    have = {(place.parent_id, place.name_en): place for place in Place.objects.all()}
    for row in rows("settlements.csv"):
        country = _place(have, None, "country", row["country"], *COUNTRIES[row["country"]])
        oblast = _place(have, country, "oblast", row["country"], *OBLASTS[row["oblast_en"]])
        raion = _place(have, oblast, "raion", row["country"], row["raion_en"], row["raion_uk"], row["raion_ru"])
        _settlement(have, raion, row)
    missing = Place.objects.filter(kind="settlement", keys__isnull=True)
    PlaceKey.objects.bulk_create(
        PlaceKey(place=place, key=key[:120])
        for place in missing
        for key in placenames.keys([place.name_en, place.name_uk, place.name_ru])
    )


COUNTRIES = {"RU": ("Russia", "Росія", "Россия"), "UA": ("Ukraine", "Україна", "Украина")}
OBLASTS = {
    "Kursk oblast": ("Kursk oblast", "Курська область", "Курская область"),
    "Sumy oblast": ("Sumy oblast", "Сумська область", "Сумская область"),
}


def _place(have: dict[Any, Place], parent: Place | None, kind: str, country: str, *names: str, **extra: Any) -> Place:
    key = (parent.pk if parent else None, names[0])
    if key not in have:
        name_en, name_uk, name_ru = names
        place = Place.objects.create(
            parent=parent,
            kind=kind,
            name_en=name_en,
            name_uk=name_uk,
            name_ru=name_ru,
            time_zone=ZONES[country],
            **extra,
        )
        place.path = f"{parent.path if parent else '/'}{place.pk}/"
        place.save(update_fields=["path"])
        have[key] = place
    return have[key]


def settle_place_step(place: Place) -> None:
    """Step: a place saved in the admin has its path, by which areas find it, and its spellings for the type-ahead."""
    path = f"{place.parent.path if place.parent else '/'}{place.pk}/"
    if place.path != path:
        place.path = path
        place.save(update_fields=["path"])
    place.keys.all().delete()
    keys = placenames.keys([place.name_en, place.name_uk, place.name_ru]) if place.kind == "settlement" else ()
    PlaceKey.objects.bulk_create(PlaceKey(place=place, key=key[:120]) for key in keys)


def _settlement(have: dict[Any, Place], raion: Place, row: dict[str, str]) -> None:
    exact = bool(row["lat"])
    _place(
        have,
        raion,
        "settlement",
        row["country"],
        row["name_en"],
        row["name_uk"],
        row["name_ru"],
        pcode=row["pcode"],
        latitude=row["lat"] or None,
        longitude=row["lon"] or None,
        approximate=not exact,
        population=row["population"] or None,
        geonames_id=row["geonames_id"] or None,
    )


def _texts() -> None:
    for text in json.loads((SEEDS / "consent_texts.json").read_text("utf-8"))["consent_texts"]:
        ConsentText.objects.get_or_create(
            purpose=text["purpose"],
            partner_kind=text["partner_kind"] or "",
            number=text["version"],
            defaults=labels(text["says"], "text"),
        )
    for text in json.loads((SEEDS / "templates.json").read_text("utf-8"))["templates"]:
        said = text["texts"]
        Template.objects.get_or_create(
            code=text["code"],
            number=text["version"],
            defaults={
                "audience": text["audience"],
                "variables": text["variables"],
                **{f"subject_{lang}": said[lang]["subject"] for lang in said},
                **{f"body_{lang}": said[lang]["body"] for lang in said},
            },
        )


def _scripts() -> None:
    """The words to say: a moment that has this version already keeps it, and any later one written in the admin."""
    for script in json.loads((SEEDS / "scripts.json").read_text("utf-8"))["scripts"]:
        says = {f"text_{language}": "\n".join(lines) for language, lines in script["says"].items()}
        Script.objects.get_or_create(moment=script["moment"], number=script["version"], defaults=says)


def _rules() -> None:
    body = json.loads((SEEDS / "triage.json").read_text("utf-8"))
    Rules.load(body)  # refuses a file that cannot be used before it is published
    if not TriageRules.objects.filter(number=body["version"], published_at__isnull=False).exists():
        _make_room_for(body["version"])
    TriageRules.objects.get_or_create(number=body["version"], defaults={"body": body, "published_at": timezone.now()})


def _make_room_for(number: int) -> None:
    """A draft of the rooms stands above every version that is published: it gets the next number."""
    for draft in TriageRules.objects.select_for_update().filter(number__lte=number, published_at__isnull=True):
        draft.number, draft.version = number + 1, draft.version + 1
        draft.body = {**draft.body, "version": draft.number}
        draft.save(update_fields=["number", "body", "version"])
