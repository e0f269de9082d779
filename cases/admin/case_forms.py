"""What the buttons of a case ask for."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.admin.base import actor
from cases.domain.follow_up import ENDS_OF_A_NEED, ENDS_OF_A_REQUEST, WAITS
from cases.domain.partners import FIELDS
from cases.enums import (
    CaseStatus,
    CloseReason,
    DecisionBy,
    DeclineReason,
    EvacuationStatus,
    NeedStatus,
    PriorityClass,
    SafeHow,
    Why,
    YesNoUnknown,
)
from cases.models import (
    BestInterests,
    Call,
    Case,
    Consent,
    EvacuationRequest,
    Need,
    Partner,
    Person,
    Place,
    Release,
    User,
)
from cases.queries import places

STATED = (Why.EMERGENCY, Why.COMPLAINT, Why.CORRECTION)
SHARED = (
    ("people", _("People: sex, age, how they move")),
    ("needs", _("Needs")),
    ("evacuation", _("Way out")),
    ("names", _("Names")),
    ("contact", _("Phone or address to reach them")),
    ("address", _("Where they are")),
)
assert tuple(name for name, _label in SHARED) == FIELDS


class CaseForm(forms.Form):
    """A form that knows the case and may choose only among rows the actor sees."""

    def __init__(self, request: HttpRequest, case: Case) -> None:
        super().__init__(request.POST)
        self.case = case
        self.narrow(request)

    def narrow(self, request: HttpRequest) -> None:
        """Set the querysets of the choices."""

    def choose_from(self, name: str, rows: Any) -> None:
        field: Any = self.fields[name]
        field.queryset = rows


class Assign(CaseForm):
    owner: Any = forms.ModelChoiceField(None, error_messages={"required": _("Choose who should have the case.")})

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("owner", User.objects.visible_to(actor(request)).filter(is_active=True))


class Decline(CaseForm):
    reason = forms.ChoiceField(
        choices=DeclineReason.choices, error_messages={"required": _("Choose why you cannot take it.")}
    )


class Wait(CaseForm):
    what = forms.ChoiceField(
        choices=[(status.value, status.label) for status in WAITS],
        error_messages={"required": _("Choose what the case waits for.")},
    )

    def clean_what(self) -> CaseStatus:
        return CaseStatus(self.cleaned_data["what"])


class Close(CaseForm):
    reason = forms.ChoiceField(
        choices=CloseReason.choices, error_messages={"required": _("Choose a reason from the list.")}
    )

    def clean_reason(self) -> CloseReason:
        return CloseReason(self.cleaned_data["reason"])


class Override(CaseForm):
    """An empty note is the verb's to refuse."""

    priority = forms.ChoiceField(choices=PriorityClass.choices, error_messages={"required": _("Choose a class.")})
    note = forms.CharField(required=False, max_length=2_000)

    def clean_priority(self) -> PriorityClass:
        return PriorityClass(self.cleaned_data["priority"])


class Lift(CaseForm):
    """An empty note is the verb's to refuse."""

    note = forms.CharField(required=False, max_length=2_000)


class Offer(CaseForm):
    partner: Any = forms.ModelChoiceField(None, error_messages={"required": _("Choose the partner.")})
    fields_shared = forms.MultipleChoiceField(
        choices=SHARED, error_messages={"required": _("Choose what the partner may see.")}
    )

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("partner", Partner.objects.visible_to(actor(request)).filter(active=True))


class Withdraw(CaseForm):
    consent: Any = forms.ModelChoiceField(None)

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("consent", Consent.objects.visible_to(actor(request)).filter(household=self.case.household_id))


class Settle(CaseForm):
    call: Any = forms.ModelChoiceField(None)
    accept = forms.ChoiceField(choices=[("1", _("Accept")), ("0", _("Refuse"))])

    def narrow(self, request: HttpRequest) -> None:
        rows = Call.objects.visible_to(actor(request))
        self.choose_from("call", rows.filter(links__case=self.case, links__proposes=True))


class WriteNote(CaseForm):
    """An empty or endless note is the verb's to refuse."""

    key = forms.CharField(max_length=64)
    text = forms.CharField(required=False)
    protected = forms.BooleanField(required=False)


class Reply(CaseForm):
    """An empty, endless or betraying answer is the verb's to refuse."""

    key = forms.CharField(max_length=64)
    call: Any = forms.ModelChoiceField(None)
    answer = forms.CharField(required=False)

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("call", Call.objects.visible_to(actor(request)).filter(links__case=self.case).distinct())


class EndNeed(CaseForm):
    need: Any = forms.ModelChoiceField(None)
    to = forms.ChoiceField(
        choices=[(status.value, status.label) for status in ENDS_OF_A_NEED],
        error_messages={"required": _("Choose how the need ended.")},
    )
    reason = forms.CharField(required=False, max_length=40)

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("need", Need.objects.visible_to(actor(request)).filter(case=self.case))

    def clean_to(self) -> NeedStatus:
        return NeedStatus(self.cleaned_data["to"])


class OfRequest(CaseForm):
    wish: Any = forms.ModelChoiceField(None)

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("wish", EvacuationRequest.objects.visible_to(actor(request)).filter(case=self.case))


class Decide(OfRequest):
    """What one adult decided, asked alone; or a child's guardian for the child."""

    person: Any = forms.ModelChoiceField(None, error_messages={"required": _("Choose who decided.")})
    goes = forms.TypedChoiceField(choices=[("1", _("Goes")), ("0", _("Stays"))], coerce=lambda said: said == "1")
    decided_by = forms.ChoiceField(
        choices=[choice for choice in DecisionBy.choices if choice[0] != DecisionBy.BEST_INTERESTS]
    )
    could_speak_freely = forms.ChoiceField(choices=YesNoUnknown.choices)
    voluntary = forms.BooleanField(required=False)
    own_direction = forms.BooleanField(required=False)
    informed = forms.BooleanField(required=False)

    def narrow(self, request: HttpRequest) -> None:
        super().narrow(request)
        rows = Person.objects.visible_to(actor(request)).filter(merged_into__isnull=True)
        self.choose_from("person", rows.filter(household=self.case.household_id))

    def clean_decided_by(self) -> DecisionBy:
        return DecisionBy(self.cleaned_data["decided_by"])

    def clean_could_speak_freely(self) -> YesNoUnknown:
        return YesNoUnknown(self.cleaned_data["could_speak_freely"])


class ProposeInterests(OfRequest):
    """For somebody who cannot decide. An empty reason is the verb's to refuse."""

    person: Any = forms.ModelChoiceField(None, error_messages={"required": _("Choose who it is.")})
    goes = forms.TypedChoiceField(choices=[("1", _("Goes")), ("0", _("Stays"))], coerce=lambda said: said == "1")
    could_speak_freely = forms.ChoiceField(choices=YesNoUnknown.choices)
    voluntary = forms.BooleanField(required=False)
    own_direction = forms.BooleanField(required=False)
    informed = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=2_000)

    def narrow(self, request: HttpRequest) -> None:
        super().narrow(request)
        rows = Person.objects.visible_to(actor(request)).filter(merged_into__isnull=True)
        self.choose_from("person", rows.filter(household=self.case.household_id))

    def clean_could_speak_freely(self) -> YesNoUnknown:
        return YesNoUnknown(self.cleaned_data["could_speak_freely"])


class OfInterests(CaseForm):
    interests: Any = forms.ModelChoiceField(None)

    def narrow(self, request: HttpRequest) -> None:
        self.choose_from("interests", BestInterests.objects.visible_to(actor(request)).filter(request__case=self.case))


class OfTraveller(OfRequest):
    person: Any = forms.ModelChoiceField(None, error_messages={"required": _("Choose who it is.")})

    def narrow(self, request: HttpRequest) -> None:
        super().narrow(request)
        rows = Person.objects.visible_to(actor(request)).filter(journeys__request__case=self.case).distinct()
        self.choose_from("person", rows)


class Heard(OfTraveller):
    how = forms.ChoiceField(choices=SafeHow.choices, error_messages={"required": _("Choose how we know it.")})

    def clean_how(self) -> SafeHow:
        return SafeHow(self.cleaned_data["how"])


class Receiver(OfTraveller):
    """An empty receiver is the verb's to refuse."""

    receiver = forms.CharField(required=False, max_length=300)
    kinship = forms.CharField(required=False, max_length=40)


class HandOver(OfRequest):
    release: Any = forms.ModelChoiceField(None, error_messages={"required": _("Choose the child.")})
    document_seen = forms.BooleanField(required=False)

    def narrow(self, request: HttpRequest) -> None:
        super().narrow(request)
        rows = Release.objects.visible_to(actor(request))
        self.choose_from("release", rows.filter(minor__journeys__request__case=self.case).distinct())


class SettleIn(OfRequest):
    """A settlement in any spelling: of several, the likeliest."""

    place = forms.CharField(max_length=120, error_messages={"required": _("Write in which settlement it is.")})

    def clean_place(self) -> Place:
        found = places.settlements(self.cleaned_data["place"], limit=1)
        if not found:
            raise forms.ValidationError(_("This settlement is not known. Check the spelling."))
        return found[0]


class EndRequest(OfRequest):
    to = forms.ChoiceField(
        choices=[(status.value, status.label) for status in ENDS_OF_A_REQUEST],
        error_messages={"required": _("Choose how it ended.")},
    )

    def clean_to(self) -> EvacuationStatus:
        return EvacuationStatus(self.cleaned_data["to"])


def _people() -> forms.IntegerField:
    wrong = _("Write how many people, in digits; leave it empty for nobody.")
    messages = {"invalid": wrong, "min_value": wrong, "max_value": wrong}
    return forms.IntegerField(required=False, min_value=0, max_value=20_000, error_messages=messages)


class Numbers(CaseForm):
    """People who are only counted, by the kind of place they need; an empty field is nobody."""

    seats, wheelchairs, stretchers = _people(), _people(), _people()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        return given | {kind: given.get(kind) or 0 for kind in ("seats", "wheelchairs", "stretchers")}


class Count(OfRequest, Numbers):
    pass


class Group(Numbers):
    """`of`: how many were counted on the page that asks."""

    of = forms.IntegerField(min_value=0)


class Split(CaseForm):
    people: Any = forms.ModelMultipleChoiceField(
        None, error_messages={"required": _("Choose who leaves."), "invalid_choice": _("Choose who leaves.")}
    )

    def narrow(self, request: HttpRequest) -> None:
        rows = Person.objects.visible_to(actor(request)).filter(merged_into__isnull=True)
        self.choose_from("people", rows.filter(household=self.case.household_id))

    def clean_people(self) -> list[int]:
        return [person.pk for person in self.cleaned_data["people"]]


class OpenNames(CaseForm):
    why = forms.ChoiceField(
        required=False,
        choices=[(why.value, why.label) for why in STATED],
    )

    def clean_why(self) -> Why:
        return Why(self.cleaned_data["why"] or Why.OWNER)
