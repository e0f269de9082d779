"""What happened, who opened what, and which messages went out: to be read."""

from django.contrib import admin

from cases.admin.base import ReadOnlyAdmin
from cases.models import Disclosure, Event, Message


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("seq", "at", "verb", "actor", "subject", "case", "data")
    list_display_links = ("at",)
    list_filter = ("verb",)
    list_select_related = ("case",)
    search_fields = ("=actor", "=verb", "=case__ref")
    fields = ("seq", "at", "verb", "actor", "subject", "subject_uid", "case", "data")
    ordering = ("-pk",)


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "why", "stated", "table", "fields_opened")
    list_filter = ("why", "stated")
    search_fields = ("=actor", "=table")
    ordering = ("-pk",)

    @admin.display(description="fields")
    def fields_opened(self, row: Disclosure) -> str:
        return ", ".join(row.fields)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Never its text, nor an address."""

    list_display = ("created_at", "template", "channel", "language", "case", "status", "suppressed_reason", "sent_at")
    list_filter = ("status", "channel")
    list_select_related = ("template", "case")
    search_fields = ("=case__ref",)
    fields = ("created_at", "template", "channel", "language", "case", "status", "suppressed_reason", "error_code")
    ordering = ("-pk",)
