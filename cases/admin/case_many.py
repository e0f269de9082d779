"""What is done with many cases at once: the verb of one case, once for each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from cases.actors import Staff
from cases.admin.base import actor
from cases.domain import assignment
from cases.errors import Refusal
from cases.models import Case, User
from cases.queries.queue import PAGE

NOT_SAVED: Final = gettext_lazy("The server could not save it. Nothing changed; try again.")


@dataclass(frozen=True, slots=True)
class Result:
    """For how many it went, and whom it was refused for with the sentence why."""

    said: str
    done: int
    refused: list[tuple[Case, str]] = field(default_factory=list)
    gone: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    verb: str
    label: str | Promise
    press: Callable[[Case, User | None, Staff], Any]
    done: Any  # a plural: "%(count)d case …"

    def each(self, given: dict[str, Any], by: Staff) -> Result:
        """Each case by itself: what one is refused for stops none of the others."""
        refused: list[tuple[Case, str]] = []
        cases: list[Case] = given["case"]
        for case in cases:
            try:
                self.press(case, given["owner"], by)
            except Refusal as refusal:
                refused.append((case, str(refusal)))
            except DatabaseError:
                refused.append((case, str(NOT_SAVED)))
        done = len(cases) - len(refused)
        return Result(self.done % {"count": done}, done, refused)


DEEDS: Final[dict[str, Deed]] = {
    "assign": Deed(
        "assignment.assign",
        gettext_lazy("Give"),
        lambda case, owner, by: assignment.assign(case, owner=owner, by=by),  # type: ignore[arg-type]
        ngettext_lazy(
            "%(count)d case was given to them, and they were told.",
            "%(count)d cases were given to them, and they were told.",
            "count",
        ),
    ),
    "claim": Deed(
        "assignment.claim",
        gettext_lazy("Take"),
        lambda case, owner, by: assignment.claim(case, by=by),
        ngettext_lazy("%(count)d case is yours.", "%(count)d cases are yours.", "count"),
    ),
    "hand_back": Deed(
        "assignment.hand_back",
        gettext_lazy("Hand back"),
        lambda case, owner, by: assignment.hand_back(case, by=by),
        ngettext_lazy("%(count)d case is back in the queue.", "%(count)d cases are back in the queue.", "count"),
    ),
}


class Many(forms.Form):
    """The ticked cases, as far as the actor sees them, and for giving whom to. At most a page at once."""

    do = forms.ChoiceField(choices=[(name, deed.label) for name, deed in DEEDS.items()])
    owner: Any = forms.ModelChoiceField(None, required=False)
    case: Any = forms.ModelMultipleChoiceField(
        None,
        error_messages={
            "required": gettext_lazy("Tick the cases first."),
            "invalid_choice": gettext_lazy("One of the cases is not there for you any more. Nothing was done."),
        },
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST)
        who = actor(request)
        fields: dict[str, Any] = self.fields
        fields["owner"].queryset = User.objects.visible_to(who).filter(is_active=True)
        fields["case"].queryset = Case.objects.visible_to(who).select_related("household__settlement").order_by("pk")

    def clean_case(self) -> list[Case]:
        found = list(self.cleaned_data["case"])
        if len(found) > PAGE:
            raise forms.ValidationError(
                ngettext("At most %(count)d case at once.", "At most %(count)d cases at once.", PAGE) % {"count": PAGE}
            )
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("do") == "assign" and not given.get("owner"):
            raise forms.ValidationError(_("Choose who should have the cases."))
        return given
