"""What happened, who opened what, and which messages went out: to be read."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cases.admin.base import ReadOnlyAdmin
from cases.models import Disclosure, Event, Message


def moment(at: datetime | None) -> str:
    """To the second, in the reader's zone."""
    return date_format(timezone.localtime(at), "j M Y, H:i:s") if at else ""


class HappenedAdmin(ReadOnlyAdmin):
    @admin.display(description=_("when"), ordering="pk")
    def when(self, row: Any) -> str:
        return moment(getattr(row, "at", None) or row.created_at)


@admin.register(Event)
class EventAdmin(HappenedAdmin):
    list_display = ("seq", "when", "verb", "actor", "subject", "case", "data")
    list_display_links = ("when",)
    list_filter = ("verb",)
    list_select_related = ("case",)
    search_fields = ("=actor", "=verb", "=case__ref")
    fields = ("seq", "at", "verb", "actor", "subject", "subject_uid", "case", "data")
    ordering = ("-pk",)


@admin.register(Disclosure)
class DisclosureAdmin(HappenedAdmin):
    list_display = ("when", "actor", "why", "stated", "table", "fields_opened")
    list_filter = ("why", "stated")
    search_fields = ("=actor", "=table")
    ordering = ("-pk",)

    @admin.display(description=_("fields"))
    def fields_opened(self, row: Disclosure) -> str:
        return ", ".join(row.fields)


@admin.register(Message)
class MessageAdmin(HappenedAdmin):
    """Never its text, nor an address."""

    list_display = ("when", "template", "channel", "language", "case", "status", "suppressed_reason")
    list_filter = ("status", "channel")
    list_select_related = ("template", "case")
    search_fields = ("=case__ref",)
    fields = ("created_at", "template", "channel", "language", "case", "status", "suppressed_reason", "error_code")
    ordering = ("-pk",)
