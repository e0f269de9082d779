"""Reference data, edited here; texts by version, read here."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.admin.base import HouseAdmin, ReadOnlyAdmin, actor
from cases.domain import reference, scripts
from cases.errors import StalePage
from cases.models import (
    ConsentText,
    Disposition,
    NeedType,
    ObservationCode,
    Place,
    Script,
    SpecificNeedCode,
    Template,
    UnmetReason,
)

LABELS = ("label_en", "label_uk", "label_ru")


class CodeAdmin(HouseAdmin):
    """A code never changes once it is there: rows everywhere point to it. What it is called may."""

    search_fields = ("code", *LABELS)
    standing: ClassVar[tuple[str, ...]] = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.standing if obj else ()


@admin.register(Disposition, UnmetReason)
class LabelAdmin(CodeAdmin):
    list_display = ("code", *LABELS, "sort", "active")
    list_filter = ("active",)


@admin.register(NeedType)
class NeedTypeAdmin(CodeAdmin):
    list_display = ("code", *LABELS, "sector", "unit", "protected", "active")
    list_filter = ("active", "protected", "sector")
    standing = ("code", "protected")


@admin.register(SpecificNeedCode)
class SpecificNeedCodeAdmin(CodeAdmin):
    list_display = ("code", *LABELS, "revision", "protected", "active")
    list_filter = ("active", "protected")
    list_select_related = ("parent",)
    standing = ("code", "protected")


@admin.register(ObservationCode)
class ObservationCodeAdmin(CodeAdmin):
    list_display = ("code", *LABELS, "kind", "group", "protected", "active")
    list_filter = ("active", "protected", "group")
    standing = ("code", "protected", "kind")


@admin.register(Place)
class PlaceAdmin(HouseAdmin):
    """Where a place stands in the tree is settled when it is added: areas and cases go by it."""

    list_display = ("__str__", "name_uk", "name_ru", "kind", "parent", "pcode", "access")
    list_filter = ("kind", "access", "approximate")
    list_select_related = ("parent",)
    search_fields = ("name_en", "name_uk", "name_ru", "pcode")
    autocomplete_fields = ("parent",)
    ordering = ("path",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("kind", "parent") if obj else ()

    def save_model(self, request: HttpRequest, obj: Place, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        reference.settle_place_step(obj)


@admin.register(ConsentText)
class ConsentTextAdmin(ReadOnlyAdmin):
    list_display = ("purpose", "partner_kind", "number", "text_en")
    ordering = ("purpose", "partner_kind", "-number")


@admin.register(Template)
class TemplateAdmin(ReadOnlyAdmin):
    list_display = ("code", "number", "audience", "subject_en")
    list_filter = ("audience",)
    ordering = ("code", "-number")
    fieldsets = (
        (None, {"fields": ("code", "number", "audience", "variables")}),
        (_("English"), {"fields": ("subject_en", "body_en")}),
        (_("Ukrainian"), {"fields": ("subject_uk", "body_uk")}),
        (_("Russian"), {"fields": ("subject_ru", "body_ru")}),
    )


class ScriptForm(forms.ModelForm):  # type: ignore[type-arg]
    """The words of one moment. Saved onto a version that is no longer the newest, they would undo a colleague's."""

    class Meta:
        model = Script
        fields = scripts.TEXTS

    def clean(self) -> dict[str, Any] | None:
        if self.instance.number != scripts.newest(self.instance.moment):
            raise forms.ValidationError(str(StalePage.sentence))
        return super().clean()


@admin.register(Script)
class ScriptAdmin(HouseAdmin):
    """An edit adds the next version and leaves the one before readable; an older version is only read."""

    form = ScriptForm
    list_display = ("moment", "number", "created_at", "text_en")
    list_filter = ("moment",)
    ordering = ("moment", "-number")
    readonly_fields = ("moment", "number", "created_at")
    fields = ("moment", "number", "created_at", *scripts.TEXTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An older version opens to be read; one that grew old while it was edited comes back with what was typed."""
        old = obj is not None and request.method == "GET" and obj.number != scripts.newest(obj.moment)
        return super().has_change_permission(request, obj) and not old

    def save_model(self, request: HttpRequest, obj: Script, form: Any, change: bool) -> None:
        if not form.changed_data:
            return
        made = scripts.next_version_step(obj.moment, form.cleaned_data, by=actor(request))
        obj.pk, obj.number = made.pk, made.number
