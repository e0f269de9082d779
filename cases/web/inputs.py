"""Inputs of large forms, written without a template each: the desk has some eighty of them on one page."""

from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

PLAIN: Final = frozenset(
    f"django/forms/widgets/{kind}.html" for kind in ("text", "hidden", "number", "checkbox", "date", "time", "datetime")
)


class PlainInputs(DjangoTemplates):
    """Says of an `<input>` what Django's own template says; everything else is left to Django."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        return _input(context["widget"]) if template_name in PLAIN else super().render(template_name, context, request)


def _input(widget: dict[str, Any]) -> SafeString:
    said = {"type": widget["type"], "name": widget["name"]}
    if widget["value"] is not None:
        said["value"] = str(widget["value"])
    return format_html("<input{}>", flatatt(said | widget["attrs"]))
