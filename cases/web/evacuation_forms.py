"""What planners type: a corridor with its stops, a window, a convoy, a vehicle."""

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.domain.evacuation import StopFacts, VehicleFacts
from cases.enums import Direction, JoinedWhy, Publicity, SuspendedWhy, VehicleKind, WithdrawnWhy
from cases.models import Offer, Place, Stop
from cases.models.needs import VETTED_FOR
from cases.queries import places

STOPS: Final = 8
PLACES: Final = ("seats", "wheelchairs", "stretchers", "animals", "luggage")


class LocalTime(forms.DateTimeInput):
    """A date and a time as the browser asks for them."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class AtThePlace(forms.Form):
    """A form whose times are those of the place, whoever types them and wherever they sit."""

    def __init__(self, zone: ZoneInfo, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def full_clean(self) -> None:
        with timezone.override(self.zone):
            super().full_clean()


class CorridorForm(forms.Form):
    """A name, with whom it is agreed, and up to eight stops in the order in which they are passed."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    authority = forms.CharField(
        label=gettext_lazy("Agreed with"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The authority that lets it pass. Needed before it opens."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, STOPS + 1):
            self.fields[f"place_{number}"] = forms.CharField(required=False, max_length=120)
            self.fields[f"landmark_{number}"] = forms.CharField(required=False, max_length=200)
            self.fields[f"shelter_{number}"] = forms.BooleanField(required=False)
            self.fields[f"change_{number}"] = forms.BooleanField(required=False)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The stops as the page shows them."""
        names = ("place", "landmark", "shelter", "change")
        return [(n, *(self[f"{name}_{n}"] for name in names)) for n in range(1, STOPS + 1)]

    def stops(self) -> list[StopFacts]:
        """What was typed, as the verb takes it."""
        given = self.cleaned_data
        return [
            StopFacts(
                place=given[f"place_{n}"],
                landmark=given[f"landmark_{n}"],
                has_shelter=given[f"shelter_{n}"],
                changes_vehicle=given[f"change_{n}"],
            )
            for n in range(1, STOPS + 1)
            if given[f"place_{n}"]
        ]

    def clean(self) -> dict[str, Any]:
        """Settlements in any spelling become places; one that is not known is said beside its line."""
        given = dict(super().clean() or {})
        for number in range(1, STOPS + 1):
            name = f"place_{number}"
            typed = given.get(name, "")
            given[name] = _settlement(typed) if typed else None
            if typed and given[name] is None:
                self.add_error(name, _("This settlement is not known. Check the spelling."))
            if not typed and given.get(f"landmark_{number}"):
                self.add_error(name, _("In which settlement is this stop?"))
        return given


def _settlement(typed: str) -> Place | None:
    found = places.settlements(typed, limit=1)
    return found[0] if found else None


class WindowForm(AtThePlace):
    direction = forms.ChoiceField(label=gettext_lazy("Direction"), choices=Direction.choices)
    begins = forms.DateTimeField(label=gettext_lazy("From"), widget=LocalTime())
    ends = forms.DateTimeField(label=gettext_lazy("To"), widget=LocalTime())
    agreed_with = forms.CharField(label=gettext_lazy("Agreed with"), max_length=120)
    documents_required = forms.BooleanField(label=gettext_lazy("Papers are asked for"), required=False)


class ConvoyForm(AtThePlace):
    number = forms.IntegerField(label=gettext_lazy("Number"), min_value=1, max_value=999)
    departs_at = forms.DateTimeField(label=gettext_lazy("Departs"), widget=LocalTime())


class SuspendForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=SuspendedWhy.choices)


class PublicityForm(forms.Form):
    publicity = forms.ChoiceField(label=gettext_lazy("Who may be told of it"), choices=Publicity.choices)


class VettingForm(forms.Form):
    """What is needed of who drives others: the document, the plate, two who vouch for them, the last day it holds."""

    document_seen = forms.BooleanField(label=gettext_lazy("I saw the driver's document myself"), required=False)
    plate = forms.CharField(label=gettext_lazy("Number plate"), max_length=20)
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("30 days at most. Then the driver is looked at again."),
    )
    referees = forms.CharField(
        label=gettext_lazy("Who vouches for them"),
        max_length=200,
        help_text=gettext_lazy("Name and number. Sealed: on no list, no paper, and erased with the household."),
    )
    other_referee = forms.CharField(label=gettext_lazy("Somebody else who does"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        latest = today + VETTED_FOR - timedelta(days=1)
        self.fields["until"].widget.attrs |= {"min": today.isoformat(), "max": latest.isoformat()}

    def facts(self) -> dict[str, Any]:
        """What was typed, as the verb takes it. The last day counts whole."""
        given = self.cleaned_data
        return {
            "plate": given["plate"],
            "document_seen": given["document_seen"],
            "referees": [given["referees"], given["other_referee"]],
            "until": timezone.make_aware(datetime.combine(given["until"], time.max)),
        }


class WithdrawForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=WithdrawnWhy.choices)


def _offered(offer: Offer) -> str:
    """Whose vehicle it is, with how many seats, and until when its driver is vetted."""
    seats = _("seats not said")
    if offer.seats is not None:
        seats = ngettext("%(count)d seat", "%(count)d seats", offer.seats) % {"count": offer.seats}
    whose = offer.case.spoken if offer.case is not None else _("without a case")
    day = date_format(timezone.localtime(offer.vetted_until), "SHORT_DATE_FORMAT")
    return _("%(whose)s · %(seats)s · vetted until %(day)s") % {"whose": whose, "seats": seats, "day": day}


class VehicleForm(forms.Form):
    """A vehicle between two stops, with its places by kind. `offers`: those that may be chosen; None asks for none."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("Vehicle"), choices=VehicleKind.choices)
    offer = forms.TypedChoiceField(
        label=gettext_lazy("Vetted offer"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("A private car with places for others needs one: its driver was vetted for that day."),
        error_messages={
            "invalid_choice": gettext_lazy(
                "This driver is not vetted for that day any more. Choose another offer, or enter no places."
            )
        },
    )
    from_seq = forms.TypedChoiceField(label=gettext_lazy("From"), coerce=int)
    to_seq = forms.TypedChoiceField(label=gettext_lazy("To"), coerce=int)
    seats = forms.IntegerField(label=gettext_lazy("Seats"), min_value=0, max_value=200, initial=0)
    wheelchairs = forms.IntegerField(label=gettext_lazy("Wheelchair places"), min_value=0, max_value=50, initial=0)
    stretchers = forms.IntegerField(label=gettext_lazy("Stretchers"), min_value=0, max_value=50, initial=0)
    animals = forms.IntegerField(label=gettext_lazy("Animals"), min_value=0, max_value=200, initial=0)
    luggage = forms.IntegerField(label=gettext_lazy("Pieces of luggage"), min_value=0, max_value=500, initial=0)

    def __init__(self, stops: list[Stop], *args: Any, offers: list[Offer] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer(offers)
        named = [(stop.seq, str(stop.place.name)) for stop in stops]
        for name, choices, first in (("from_seq", named[:-1], 0), ("to_seq", named[1:], -1)):
            field: Any = self.fields[name]
            field.choices, field.initial = choices, choices[first][0] if choices else None

    def _offer(self, offers: list[Offer] | None) -> None:
        self.offers: dict[int | None, Offer] = {offer.pk: offer for offer in offers or ()}
        if offers is None:
            del self.fields["offer"]
            return
        field: Any = self.fields["offer"]
        field.choices = [
            ("", _("None: no places for others")),
            *((offer.pk, _offered(offer)) for offer in offers),
        ]
        if not offers:
            said = _(
                "No driver who offered a vehicle is vetted for that day. A private car carries only its own people:"
                " enter no places for it."
            )
            link = (reverse("evacuation-drivers"), _("Vet a driver"))
            field.help_text = format_html('{} <a href="{}">{}</a>', said, *link)

    def facts(self) -> VehicleFacts:
        """What was typed, as the verb takes it."""
        given = self.cleaned_data
        places_by_kind = {name: given[name] for name in PLACES}
        return VehicleFacts(
            kind=VehicleKind(given["kind"]),
            from_seq=given["from_seq"],
            to_seq=given["to_seq"],
            offer=self.offers.get(given.get("offer")) if given["kind"] == VehicleKind.PRIVATE else None,
            **places_by_kind,
        )


class JoinForm(VehicleForm):
    """A vehicle that joins a convoy under way, and why it does. No private car: no vetted offer is chosen here."""

    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=JoinedWhy.choices)

    field_order = ("key", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        kind.choices = [choice for choice in VehicleKind.choices if choice[0] != VehicleKind.PRIVATE]
        kind.help_text = gettext_lazy(
            "A private car is not entered here: nobody vetted its driver. Say of each person in it where they are."
        )
