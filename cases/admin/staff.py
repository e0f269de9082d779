"""Those who work here, and the posts they hold."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.admin.base import HouseAdmin, Scoped, actor
from cases.domain import assignment, staff
from cases.enums import Language, Skill
from cases.models import Post, User

NEAR = ("Europe/Kyiv", "Europe/Moscow", "Europe/Warsaw", "Europe/Berlin", "UTC")


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody's account. A new one has a password; on a standing one, an empty password leaves it as it is."""

    time_zone = forms.ChoiceField(label=_("time zone"))
    speaks = forms.MultipleChoiceField(
        label=_("Speaks"),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Cases go to who speaks the caller's language. Nothing ticked: not on record."),
    )
    skills = forms.MultipleChoiceField(
        label=_("Skills"), choices=Skill.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = ("username", "name", "email", "language", "time_zone", "speaks", "skills", "partner", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [*NEAR, *sorted(available_timezones() - set(NEAR))]
        if "time_zone" in self.fields:
            self.fields["time_zone"] = forms.ChoiceField(
                label=_("time zone"), choices=[(zone, zone) for zone in zones], initial=NEAR[0]
            )
        if "new_password" in self.fields:
            self.fields["new_password"].required = self.instance.pk is None
            self.fields["new_password"].help_text = password_validators_help_text_html()

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password

    def save(self, commit: bool = True) -> User:
        if self.cleaned_data.get("new_password"):
            self.instance.set_password(self.cleaned_data["new_password"])
        return super().save(commit)


class PostInline(Scoped, admin.TabularInline):  # type: ignore[type-arg]
    """Posts end; they are never deleted."""

    model = Post
    fields = ("role", "area", "since", "until", "on_duty", "capacity")
    autocomplete_fields = ("area",)
    extra = 0


class RecordedAdmin(HouseAdmin):
    """What is saved here stands in the audit, in the same transaction."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.changed_data or not change:
            staff.record_edit(form.instance, form.changed_data, by=actor(request))
        for rows in formsets:
            for row in rows.new_objects:
                staff.record_edit(row, rows.form.base_fields, by=actor(request))
            for row, fields in rows.changed_objects:
                staff.record_edit(row, fields, by=actor(request))
        assignment.edited_step(self._whose_posts(form, formsets))

    def _whose_posts(self, form: Any, formsets: Any) -> set[int]:
        """Of whose posts this page changed one."""
        changed = [row for rows in formsets for row in (*rows.new_objects, *(one for one, _ in rows.changed_objects))]
        if form.changed_data:
            changed.append(form.instance)
        return {row.user_id for row in changed if isinstance(row, Post)}


@admin.register(User)
class UserAdmin(RecordedAdmin):
    form = UserForm
    list_display = ("username", "name", "language", "time_zone", "partner", "is_active")
    list_filter = ("is_active", "language")
    list_select_related = ("partner",)
    search_fields = ("username", "name")
    readonly_fields = ("last_login",)
    ordering = ("username",)
    inlines = (PostInline,)
    fieldsets = (
        (None, {"fields": ("username", "name", "email", "is_active", "last_login")}),
        (_("How they read"), {"fields": ("language", "time_zone")}),
        (_("What they can do"), {"fields": ("speaks", "skills")}),
        (_("Sign-in"), {"fields": ("new_password",)}),
        (_("Only for people of a partner organisation"), {"fields": ("partner",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees no field for a password."""
        shown = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj) or obj is None:
            return shown
        return [fieldset for fieldset in shown if "new_password" not in fieldset[1]["fields"]]


@admin.register(Post)
class PostAdmin(RecordedAdmin):
    list_display = ("user", "role", "area", "since", "until", "on_duty", "capacity")
    list_filter = ("role", "on_duty")
    list_select_related = ("user", "area")
    search_fields = ("user__username", "user__name")
    autocomplete_fields = ("user", "area")
    ordering = ("user__name", "pk")
