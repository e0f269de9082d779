"""The form of the desk: what was typed, checked field by field, turned into an Intake."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import enums
from cases.domain.intake import MAX_NOTE, EvacuationFacts, Intake, NeedFacts
from cases.errors import Refusal
from cases.models.base import in_language
from cases.planning import person_line
from cases.planning.person_line import LineError, PersonDraft
from cases.privacy import addresses
from cases.queries import places
from cases.queries.desk import Choices, sentence

WAYS = (
    ("staying", gettext_lazy("Staying")),
    ("undecided", gettext_lazy("Undecided")),
    ("ukraine", gettext_lazy("→ Ukraine")),
    ("russia", gettext_lazy("← Russia")),
)
REPORTS = (
    ("", gettext_lazy("Nothing")),
    ("no_show", gettext_lazy("Missed the departure")),
    ("arrived", gettext_lazy("Arrived safely")),
)
LINE_ERRORS = {
    "age": gettext_lazy("“{fragment}”: this age cannot be right."),
    "birth_year": gettext_lazy("“{fragment}”: this year of birth cannot be right."),
    "count": gettext_lazy("“{fragment}”: this number of people cannot be right."),
    "too_many": gettext_lazy(
        "“{fragment}”: more than 50 people in one line. For a cellar or a school choose “Site” and write the number."
    ),
    "too_many_ages": gettext_lazy("“{fragment}”: there are more ages than people."),
    "pregnancy_week": gettext_lazy("“{fragment}”: this week of pregnancy cannot be right."),
    "headcount": gettext_lazy("“{fragment}”: this number cannot be right. Write 11, or a range: 100-150."),
    "nobody": gettext_lazy("“{fragment}”: write at least one person, for example “woman 78”."),
}


def told(error: LineError) -> str:
    return str(LINE_ERRORS[error.code]).format(fragment=error.fragment[:60])


def said_of(person: PersonDraft, labels: Mapping[str, str]) -> str:
    """One person in words, without the name: "Woman 78, bedridden". `labels` of the specific needs by code."""
    parts = [str(enums.Sex(person.sex).label) if person.sex else _("Person")]
    if person.age_years is not None:
        age = int(person.age_years * 12) if person.age_years < 1 else int(person.age_years)
        parts[0] += " " + (_("{months} months").format(months=age) if person.age_years < 1 else str(age))
    elif person.age_band:
        parts.append(str(enums.AgeBand(person.age_band).label))
    if person.mobility:
        parts.append(str(enums.Mobility(person.mobility).label))
    parts += [labels.get(code, code) for code in sorted(person.specific)]
    if person.rest:
        parts.append(_("note: {text}").format(text=person.rest))
    return ", ".join(parts)


def kind(code: str) -> str:
    """The kind of partner in words; empty for a consent that names none."""
    return str(enums.PartnerKind(code).label) if code else ""


class NoNull(forms.CharField):
    """Text without null bytes, with its length said in words."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class DeskForm(forms.Form):
    """Every field is optional at a bad moment except how the call ended and who called (or "anonymous")."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    channel = forms.ChoiceField(choices=enums.Channel.choices, initial="phone")
    language = forms.ChoiceField(choices=enums.Language.choices)
    number = NoNull(required=False, max_length=254)
    anonymous = forms.BooleanField(required=False)
    alias = NoNull(required=False, max_length=200)
    relation = forms.ChoiceField(choices=enums.Relation.choices, initial="self")
    on_site = forms.BooleanField(required=False, initial=True)
    identity = forms.ChoiceField(choices=enums.Identity.choices, initial="unknown")
    continues = NoNull(required=False, max_length=20)
    contact_mode = forms.ChoiceField(choices=enums.ContactMode.choices, initial="voice")
    text_ok = forms.BooleanField(required=False)
    safe_from = forms.TimeField(required=False)
    safe_to = forms.TimeField(required=False)
    settlement = NoNull(required=False, max_length=120)
    settlement_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    address = NoNull(required=False, max_length=500)
    in_cellar = forms.BooleanField(required=False)
    cannot_reach_point = forms.BooleanField(required=False)
    group = forms.ChoiceField(choices=enums.Group.choices, initial="unknown")
    headcount = NoNull(required=False, max_length=60)
    sure = forms.BooleanField(required=False)
    people = NoNull(required=False, max_length=4_000, strip=False)
    way = forms.ChoiceField(choices=WAYS, required=False)
    destination = NoNull(required=False, max_length=500)
    earliest = forms.DateField(required=False)
    latest = forms.DateField(required=False)
    animals = forms.IntegerField(required=False, min_value=0, max_value=50)
    luggage = forms.IntegerField(required=False, min_value=0, max_value=200)
    staying = NoNull(required=False, max_length=60)
    missing_person = forms.BooleanField(required=False)
    own_vehicle = forms.BooleanField(required=False)
    documents_missing = forms.BooleanField(required=False)
    offer_seats = forms.IntegerField(required=False, min_value=1, max_value=80)
    fuel_needed = forms.BooleanField(required=False)
    reported = forms.ChoiceField(choices=REPORTS, required=False)
    emergency = forms.BooleanField(required=False)
    notes = NoNull(required=False, max_length=MAX_NOTE, strip=False)
    disposition = forms.ChoiceField(choices=())

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        disposition: Any = self.fields["disposition"]
        disposition.choices = [("", "—")] + [(row.code, row.label) for row in choices.dispositions]
        for row in choices.needs:
            self.fields[f"need_{row.code}"] = forms.BooleanField(required=False)
            self.fields[f"days_{row.code}"] = forms.FloatField(required=False, min_value=0, max_value=365)
        for code in choices.observations:
            self.fields[f"seen_{code.code}"] = (
                forms.BooleanField(required=False)
                if code.kind == "flag"
                else forms.FloatField(required=False, min_value=0, max_value=100_000)
            )
        for text in choices.consents:
            self.fields[f"consent_{text.purpose}_{text.partner_kind}"] = forms.BooleanField(required=False)

    # --- rows for the template -----------------------------------------------------------------------------------

    @cached_property
    def need_rows(self) -> list[dict[str, Any]]:
        return [
            {"code": row.code, "label": row.label, "on": self[f"need_{row.code}"], "days": self[f"days_{row.code}"]}
            for row in self.choices.needs
        ]

    @cached_property
    def seen_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "code": row.code,
                "label": in_language(row, "label"),
                "kind": row.kind,
                "unit": row.unit,
                "field": self[f"seen_{row.code}"],
            }
            for row in self.choices.observations
            if row.code not in ("in_cellar", "cannot_reach_collection_point")
        ]

    @cached_property
    def consent_rows(self) -> list[dict[str, Any]]:
        language = self["language"].value()
        return [
            {
                "field": self[f"consent_{row.purpose}_{row.partner_kind}"],
                "sentence": sentence(row, language),
                "kind": kind(row.partner_kind),
            }
            for row in self.choices.consents
            if row.purpose in ("processing", "contact", "share_partner")
        ]

    # --- checks ------------------------------------------------------------------------------------------------

    def clean_number(self) -> str:
        said: str = self.cleaned_data["number"].strip()
        if said:
            try:
                addresses.normalise(said, self.cleaned_data.get("channel", "phone"))
            except Refusal as refusal:
                raise forms.ValidationError(str(refusal)) from None
        return said

    def clean_people(self) -> tuple[PersonDraft, ...]:
        found: list[PersonDraft] = []
        for line in self.cleaned_data["people"].splitlines():
            try:
                found += person_line.parse(line) if line.strip() else ()
            except LineError as error:
                self.add_error("people", told(error))
        return tuple(found)

    def clean_headcount(self) -> tuple[int, int] | None:
        said = self.cleaned_data["headcount"].strip()
        try:
            count = person_line.parse_headcount(said) if said else None
        except LineError as error:
            raise forms.ValidationError(told(error)) from None
        if said and count is None:
            raise forms.ValidationError(told(LineError("headcount", said)))
        return count

    def clean_staying(self) -> frozenset[int]:
        said = self.cleaned_data["staying"].replace(",", " ").split()
        if not all(part.isascii() and part.isdigit() and 0 < int(part) <= 200 for part in said):
            raise forms.ValidationError(_("Write the numbers of those who stay, as they are read below: 4 5."))
        return frozenset(int(part) - 1 for part in said)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        typed, chosen = data.get("settlement", ""), data.get("settlement_id")
        data["place"] = self._place(typed, chosen)
        if typed.strip() and data["place"] is None and "settlement" not in self.errors:
            self.add_error(
                "settlement",
                _(
                    "No settlement like “{typed}” is known. Choose one from the list, or write it in the note instead."
                ).format(typed=typed[:60]),
            )
        if bool(data.get("safe_from")) != bool(data.get("safe_to")):
            self.add_error("safe_to", _("Write both: from when until when it is safe to call."))
        return data

    def _place(self, typed: str, chosen: int | None) -> int | None:
        """What was chosen from the list, or the one settlement that what was typed can mean."""
        if not typed.strip():
            return None
        if chosen is not None:
            place = places.chosen(chosen)
            if place is not None and places.described(place) == typed.strip():
                return place.pk
        found = places.settlements(typed, limit=2)
        return found[0].pk if found else None

    # --- what it means ---------------------------------------------------------------------------------------------

    def intake(self) -> Intake:
        """The facts of the call."""
        data = self.cleaned_data
        copied = (
            "channel language number anonymous alias relation on_site identity contact_mode text_ok safe_from safe_to "
            "address group headcount people in_cellar cannot_reach_point fuel_needed sure continues notes"
        ).split()
        return Intake(
            **{name: data[name] for name in copied},
            settlement=data["place"],
            observations=self._observations(),
            needs=self._needs(),
            missing=frozenset(range(len(data["people"]))) if data["missing_person"] else frozenset(),
            evacuation=self._evacuation(),
            offer_seats=data["offer_seats"],
            consents=self._consents(),
            consent_basis=enums.ConsentBasis.VITAL_INTEREST if data["emergency"] else enums.ConsentBasis.CONSENT,
            dispositions=(data["disposition"],),
            reported=data["reported"],
        )

    def _needs(self) -> tuple[NeedFacts, ...]:
        data = self.cleaned_data
        return tuple(
            NeedFacts(row.code, data.get(f"days_{row.code}"))
            for row in self.choices.needs
            if data.get(f"need_{row.code}") or data.get(f"days_{row.code}") is not None
        )

    def _observations(self) -> dict[str, float]:
        told = {row.code: self.cleaned_data.get(f"seen_{row.code}") for row in self.choices.observations}
        return {code: float(value) for code, value in told.items() if value is not None and value is not False}

    def _evacuation(self) -> EvacuationFacts | None:
        data = self.cleaned_data
        if data["way"] in ("", "staying"):
            return None
        return EvacuationFacts(
            direction="" if data["way"] == "undecided" else data["way"],
            destination=data["destination"],
            earliest=data["earliest"],
            latest=data["latest"],
            animals=data["animals"] or 0,
            luggage=data["luggage"] or 0,
            own_vehicle=data["own_vehicle"],
            documents_missing=data["documents_missing"],
            staying=data["staying"],
        )

    def _consents(self) -> frozenset[tuple[str, str]]:
        if self.cleaned_data["emergency"]:
            return frozenset({(enums.ConsentPurpose.PROCESSING.value, "")})
        given = (
            (row.purpose, row.partner_kind)
            for row in self.choices.consents
            if self.cleaned_data.get(f"consent_{row.purpose}_{row.partner_kind}")
        )
        return frozenset(pair for pair in given if pair[0] in enums.ConsentPurpose.values)

    def refuse(self, refusal: Refusal) -> None:
        """Put a verb's refusal beside the field it is about."""
        name = refusal.field if refusal.field in self.fields else None
        self.add_error(name, str(refusal))
        self.asked_back = refusal.code == "asked_back"

    asked_back = False
