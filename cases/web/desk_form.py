"""The form of the desk: what was typed, checked field by field, turned into an Intake."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases import enums
from cases.domain.consents import EMERGENCY
from cases.domain.intake import MAX_NOTE, EvacuationFacts, Intake, NeedFacts
from cases.errors import Refusal
from cases.models.base import in_language
from cases.planning import person_line
from cases.planning.person_line import LineError, PersonDraft
from cases.privacy import addresses
from cases.queries import places
from cases.queries.desk import Choices, sentence
from cases.web.desk_words import kind, told
from cases.web.inputs import PlainInputs

WAYS = (
    ("staying", gettext_lazy("Staying")),
    ("undecided", gettext_lazy("Undecided")),
    ("ukraine", gettext_lazy("→ Ukraine")),
    ("russia", gettext_lazy("← Russia")),
)
# "Confirmed" is no choice: the code word or a callback to the registered number says so.
IDENTITIES = [choice for choice in enums.Identity.choices if choice[0] != enums.Identity.CONFIRMED]
TEXT_OK = (
    ("", gettext_lazy("Not asked")),
    ("yes", gettext_lazy("Yes, a text is safe")),
    ("no", gettext_lazy("No texts")),
)
SAYS = {"yes": True, "no": False}
REPORTS = (
    ("", gettext_lazy("Nothing")),
    ("no_show", gettext_lazy("Missed the departure")),
    ("arrived", gettext_lazy("Arrived safely")),
)
UNSAID: dict[str, Any] = {"headcount": None, "text_ok": None, "staying": frozenset()}


def readable(text: str) -> Iterator[PersonDraft]:
    """The persons of every line that can be read."""
    for line in text.splitlines():
        try:
            yield from person_line.parse(line) if line.strip() else ()
        except LineError:
            continue


# A settlement is looked up again after so long: a page sends it with every saving of its draft.
REMEMBERED_SECONDS: Final = 10


@lru_cache(maxsize=512)
def _chosen(pk: int, language: str | None, moment: int) -> str:
    """How the settlement with this key is described to who reads this language; empty when it is none."""
    place = places.chosen(pk)
    return places.described(place) if place else ""


@lru_cache(maxsize=512)
def _meant(typed: str, moment: int) -> int | None:
    """The one settlement that what was typed can mean, as it was found in this moment of some seconds."""
    found = places.settlements(typed, limit=2)
    return found[0].pk if found else None


class NoNull(forms.CharField):
    """Text without null bytes, with its length said in words."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class Shared(dict[str, forms.Field]):
    """Fields of a form that asks them and never changes them: copying each for every form is most of what one costs."""

    def __deepcopy__(self, memo: Any) -> "dict[str, forms.Field]":
        return dict(self)


# One field for all of a kind.
TICK: Final = forms.BooleanField(required=False)
DAYS: Final = forms.FloatField(required=False, min_value=0, max_value=365)
AMOUNT: Final = forms.FloatField(required=False, min_value=0, max_value=100_000)


class DeskForm(forms.Form):
    """Every field is optional at a bad moment except how the call ended and who called (or "anonymous")."""

    default_renderer = PlainInputs()

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    channel = forms.ChoiceField(choices=enums.Channel.choices, initial="phone")
    language = forms.ChoiceField(choices=enums.Language.choices)
    number = NoNull(required=False, max_length=254)
    anonymous = forms.BooleanField(required=False)
    alias = NoNull(required=False, max_length=200)
    relation = forms.ChoiceField(choices=enums.Relation.choices, initial="self")
    on_site = forms.BooleanField(required=False, initial=True)
    identity = forms.ChoiceField(choices=IDENTITIES, initial="unknown")
    continues = NoNull(required=False, max_length=20)
    contact_mode = forms.ChoiceField(
        choices=[("", gettext_lazy("Not said")), *enums.ContactMode.choices], required=False
    )
    text_ok = forms.TypedChoiceField(choices=TEXT_OK, coerce=SAYS.get, empty_value=None, required=False)
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
    hold = forms.BooleanField(required=False)
    missing_person = forms.BooleanField(required=False)
    own_vehicle = forms.BooleanField(required=False)
    documents_missing = forms.BooleanField(required=False)
    offer_seats = forms.IntegerField(required=False, min_value=1, max_value=80)
    fuel_needed = forms.BooleanField(required=False)
    reported = forms.ChoiceField(choices=REPORTS, required=False)
    emergency = forms.BooleanField(required=False)
    notes = NoNull(required=False, max_length=MAX_NOTE, strip=False)
    code_word = NoNull(required=False, max_length=60)
    call_back = forms.DateTimeField(required=False)
    heavy = forms.BooleanField(required=False)
    mode = forms.ChoiceField(
        choices=enums.DraftMode.choices, initial="standard", required=False, widget=forms.HiddenInput
    )
    agreed = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    disposition = forms.ChoiceField(choices=())

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        ends = [("", "—")] + [(row.code, row.label) for row in choices.dispositions]
        self.fields["disposition"] = forms.ChoiceField(choices=ends)
        for row in choices.needs:
            self.fields[f"need_{row.code}"] = TICK
            self.fields[f"days_{row.code}"] = DAYS
        for code in choices.observations:
            self.fields[f"seen_{code.code}"] = TICK if code.kind == "flag" else AMOUNT
        for text in choices.consents:
            self.fields[f"consent_{text.purpose}_{text.partner_kind}"] = TICK

    # --- rows for the template -----------------------------------------------------------------------------------

    @cached_property
    def need_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "code": row.code,
                "short": row.short,
                "label": row.label,
                "on": self[f"need_{row.code}"],
                "days": self[f"days_{row.code}"],
            }
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

    @cached_property
    def emergency_sentence(self) -> str:
        """The one sentence that is enough in an emergency."""
        found = [row for row in self.choices.consents if row.purpose == EMERGENCY]
        return sentence(found[0], self["language"].value()) if found else ""

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
        moment = int(time.monotonic()) // REMEMBERED_SECONDS
        if chosen is not None and _chosen(chosen, get_language(), moment) == typed.strip():
            return chosen
        return _meant(typed, moment)

    # --- what it means ---------------------------------------------------------------------------------------------

    def intake(self) -> Intake:
        """The facts of the call."""
        data = self.cleaned_data
        copied = (
            "channel language number anonymous alias relation on_site identity contact_mode text_ok safe_from safe_to "
            "address group headcount people in_cellar cannot_reach_point fuel_needed sure continues notes code_word "
            "heavy"
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
            dispositions=(data["disposition"],) if data["disposition"] else (),
            reported=data["reported"],
            call_back_at=data["call_back"],
        )

    def as_far(self) -> Intake:
        """The facts as far as they can be read now; every word that cannot be read goes to the note."""
        unread = [self._raw(name) for name in self.errors if name in self.fields and name != "notes"]
        self._fill()
        facts = self.intake()
        kept = "\n".join(text for text in unread if text)
        return replace(facts, notes=f"{facts.notes}\n{kept}".strip()[:MAX_NOTE] if kept else facts.notes)

    def _raw(self, name: str) -> str:
        """What was typed in a field, cleared of what no text can hold."""
        return str(self.data.get(self.add_prefix(name), "")).replace("\0", "").strip()

    def _fill(self) -> None:
        """Give what could not be read the value of not having been said."""
        for name, field in self.fields.items():
            if name in self.cleaned_data:
                continue
            if name == "people":
                self.cleaned_data[name] = tuple(readable(self._raw(name)))
            elif name in UNSAID:
                self.cleaned_data[name] = UNSAID[name]
            elif isinstance(field, forms.CharField):
                self.cleaned_data[name] = self._raw(name)[:MAX_NOTE] if name == "notes" else ""
            elif isinstance(field, forms.ChoiceField):
                self.cleaned_data[name] = field.initial or ("ru" if name == "language" else "")
            else:
                self.cleaned_data[name] = None

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


DeskForm.base_fields = Shared(DeskForm.base_fields)
