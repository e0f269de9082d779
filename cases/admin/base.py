"""What every list and form of the rooms shares."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cases import policy
from cases.actors import Staff
from cases.errors import Forbidden, Refusal
from cases.models.base import Rows

CAP = 10_000


def actor(request: HttpRequest) -> Staff:
    """The signed-in member of staff."""
    found: Staff = request.actor  # type: ignore[attr-defined]
    return found


def seen_by(rows: models.QuerySet[Any], request: HttpRequest) -> models.QuerySet[Any]:
    """The rows this actor may see; reference data, which says nothing of people, is seen whole."""
    if isinstance(rows, Rows) and type(rows).visible_to is not Rows.visible_to:
        return rows.visible_to(actor(request))
    return rows


Press = Callable[[Any, HttpRequest, int], HttpResponse]


def button(verb: str) -> Callable[[Press], Press]:
    """A POST address of a room over one verb: 403 where the policy says no, a Refusal is told where it was pressed.

    The room says by `refused(request, pk)` where that is.
    """

    def decorate(press: Press) -> Press:
        @functools.wraps(press)
        def pressed(room: Any, request: HttpRequest, pk: int) -> HttpResponse:
            if not policy.allows(verb, actor(request)):
                raise PermissionDenied
            try:
                return press(room, request, pk)
            except Forbidden as refusal:
                raise PermissionDenied(str(refusal)) from refusal
            except Refusal as refusal:
                messages.error(request, str(refusal))
                answer: HttpResponse = room.refused(request, pk)
                return answer

        return pressed

    return decorate


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than the cap: an exact count of a large table costs more than it tells."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:CAP].count())


class Scoped:
    """Rows and choices as `visible_to` gives them; for lists, forms and inlines."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return seen_by(super().get_queryset(request), request)  # type: ignore[misc]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        field.queryset = seen_by(field.queryset, request)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The admin's date and time share one label, which names neither: each says what it is."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(db_field, models.DateTimeField) and field is not None:
            for part, name in zip(field.widget.widgets, (_("date"), _("time")), strict=True):
                part.attrs["aria-label"] = f"{db_field.verbose_name}: {name}"
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HouseAdmin(Scoped, admin.ModelAdmin):  # type: ignore[type-arg]
    """A room over one model. Permissions come from the policy through the sign-in backend; nothing is deleted."""

    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    save_on_top = False
    view_on_site = False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._log(request, obj, ADDITION, [])

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._log(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> list[LogEntry]:
        raise AssertionError("nothing is deleted here")

    def _log(self, request: HttpRequest, obj: Any, flag: int, message: Any) -> LogEntry:
        """Which row and which fields, never a value: the row is named by its code or uid."""
        fields = [name for part in message for name in part.get("changed", {}).get("fields", [])]
        entry = LogEntry(
            user_id=actor(request).user_id,
            content_type=get_content_type_for_model(obj),
            object_id=str(obj.pk),
            object_repr=str(getattr(obj, "code", "") or getattr(obj, "uid", "") or obj.pk),
            action_flag=flag,
            change_message=", ".join(fields),
        )
        entry.save()
        return entry


class ReadOnlyAdmin(HouseAdmin):
    """To be read: a version that stands, or what happened."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
