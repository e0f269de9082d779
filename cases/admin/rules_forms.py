"""What the pages of a draft ask for."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class DraftForm(forms.Form):
    """The rules as text; whether they can be used is the verb's to say."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    body = forms.CharField(
        max_length=1_000_000,
        error_messages={"required": gettext_lazy("The rules are empty. Reload the page to have them back.")},
    )

    def clean_body(self) -> Any:
        try:
            return json.loads(self.cleaned_data["body"], parse_constant=_no_number, object_pairs_hook=_once)
        except json.JSONDecodeError as error:
            said = _("This is not JSON yet: line %(line)d, character %(column)d: %(what)s.")
            raise forms.ValidationError(
                said % {"line": error.lineno, "column": error.colno, "what": error.msg}
            ) from error
        except RecursionError as error:
            raise forms.ValidationError(_("Brackets stand in brackets too deeply to be read.")) from error
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


def _no_number(name: str) -> Any:
    raise ValueError(_("%(what)s is no number.") % {"what": name})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice the first value would be lost without a word."""
    names = [name for name, _value in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(_("“%(key)s” stands twice in one pair of braces; keep one.") % {"key": name})
    return dict(pairs)


class PublishForm(forms.Form):
    """Who signed the floors; nobody yet is said as it is."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    signed_by = forms.CharField(required=False, max_length=80)
