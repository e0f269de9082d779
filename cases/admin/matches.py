"""Who may be whom: pairs to decide on, people sought, and merges that can be taken back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from cases.admin.base import ReadOnlyAdmin, actor, button
from cases.domain import matching, merging, opening
from cases.enums import MatchState
from cases.errors import IllegalMove
from cases.models import Case, Household, Match, Merge, MergeMove, PersonLink
from cases.queries import pair_page


class PairAdmin(ReadOnlyAdmin):
    """What lists and pages of pairs share; none of the admin's own forms."""

    route = ""
    buttons: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("", site(self.changelist_view), name=f"{self.route}_changelist"),
            path("<int:pk>/change/", site(self.page), name=f"{self.route}_change"),
            *(
                path(f"<int:pk>/{name}/", site(require_POST(getattr(self, name))), name=f"{self.route}_{name}")
                for name in self.buttons
            ),
        ]

    def find(self, request: HttpRequest, pk: int) -> Any:
        raise NotImplementedError

    def _routes(self) -> dict[str, Any]:
        """Where the shared pages lead, and whether they are about people sought."""
        names = {name: f"admin:{self.route}_{name}" for name in ("changelist", "change", "open")}
        return {"routes": names, "sought": self.route == "cases_personlink"}

    def refused(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect(f"admin:{self.route}_change", pk)

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Both sides beside each other, masked."""
        return self.render(request, self.find(request, pk), None)

    def render(self, request: HttpRequest, row: Any, opened: pair_page.Plain | None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "page": pair_page.page(row, opened),
            **self._routes(),
            "undecided": row.state in ("open", "proposed"),
        }
        answer = TemplateResponse(request, "rooms/pair.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def list(self, request: HttpRequest, lines: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "lines": lines, **self._routes()}
        return TemplateResponse(request, "rooms/pairs.html", context)

    @button("matching.compare")
    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same page with the names of both sides, which is on record."""
        row = self.find(request, pk)
        return self.render(request, row, opening.open_pair(row, by=actor(request)))


@admin.register(Match)
class MatchAdmin(PairAdmin):
    route = "cases_match"
    buttons = ("open", "apart", "merge")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The pairs to decide on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.list(request, pair_page.matches(Match.objects.visible_to(actor(request))))

    def find(self, request: HttpRequest, pk: int) -> Match:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = pair_page.of_match(Match.objects.visible_to(actor(request)), pk)
        if row is None:
            raise Http404
        return row

    @button("matching.keep_apart")
    def apart(self, request: HttpRequest, pk: int) -> HttpResponse:
        """They are two people, and are never proposed again."""
        row = get_object_or_404(Match.objects.visible_to(actor(request)), pk=pk)
        matching.keep_apart(row, by=actor(request))
        messages.success(request, _("Two people. They will not be proposed again."))
        return redirect("admin:cases_match_changelist")

    @button("merging.merge")
    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One household; whom of them are one person was chosen beside each name."""
        row = self.find(request, pk)
        if row.state == MatchState.APART:
            raise IllegalMove(_("A colleague decided that these are two people."))
        one, other = row.first.household, row.second.household
        mine, theirs = ({str(person.pk) for person in side.people.all()} for side in (one, other))
        chosen = {name.removeprefix("same_"): str(of) for name, of in request.POST.items() if name.startswith("same_")}
        if not set(chosen) <= theirs or not {of for of in chosen.values() if of} <= mine:
            raise merging.CannotMerge(_("The households changed since this page was opened. Look at it again."))
        pairs = [(int(of), int(who)) for who, of in chosen.items() if of]
        made = merging.merge(one, other, pairs=pairs, by=actor(request))
        messages.success(request, _("One household now. It can be taken back on the page of the case."))
        kept = Household.objects.get(pk=made.kept).cases.visible_to(actor(request)).order_by("-opened_at").first()
        return redirect("admin:cases_case_change", kept.pk) if kept else redirect("admin:cases_match_changelist")


@admin.register(PersonLink)
class PersonLinkAdmin(PairAdmin):
    """For the protection officer alone."""

    route = "cases_personlink"
    buttons = ("open", "agrees", "refuses")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """People sought, and who may be them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.list(request, pair_page.links(PersonLink.objects.visible_to(actor(request))))

    def find(self, request: HttpRequest, pk: int) -> PersonLink:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = pair_page.of_link(PersonLink.objects.visible_to(actor(request)), pk)
        if row is None:
            raise Http404
        return row

    @button("matching.answer")
    def agrees(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The person who was found agrees that those who seek them are told."""
        return self._answered(request, pk, yes=True, said=_("They agree. Tell those who seek them, yourself."))

    @button("matching.answer")
    def refuses(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._answered(request, pk, yes=False, said=_("They do not agree. Nobody is told, whoever asks."))

    def _answered(self, request: HttpRequest, pk: int, *, yes: bool, said: str) -> HttpResponse:
        row = get_object_or_404(PersonLink.objects.visible_to(actor(request)), pk=pk)
        matching.answer(row, found_consents=yes, by=actor(request))
        messages.success(request, said)
        return redirect("admin:cases_personlink_changelist")


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    """Only its one button: a merge stands on the page of the case that was kept."""

    def get_urls(self) -> "list[URLPattern]":
        site = self.admin_site.admin_view
        return [path("<int:pk>/undo/", site(require_POST(self.undo)), name="cases_merge_undo")]

    @button("merging.undo")
    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it back; what somebody changed since stays, and is said."""
        merge = get_object_or_404(Merge.objects.visible_to(actor(request)), pk=pk)
        get_object_or_404(Household.objects.visible_to(actor(request)), pk=merge.kept)
        undone = merging.undo(merge, by=actor(request))
        messages.success(request, _("Taken back. They are two households again."))
        if undone.left:
            messages.warning(request, _left(undone.left))
        return self.refused(request, pk)

    def refused(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To the case that was kept, where the button stands."""
        kept = Merge.objects.visible_to(actor(request)).filter(pk=pk).values("kept")
        case = Case.objects.visible_to(actor(request)).filter(household__in=kept).order_by("-opened_at").first()
        return redirect("admin:cases_case_change", case.pk) if case else redirect("admin:index")


def _left(moves: list[MergeMove]) -> str:
    """What did not go back, in words."""
    count = len(moves)
    said = ngettext(
        "%(count)d thing was changed since and stays where it is now: %(what)s.",
        "%(count)d things were changed since and stay where they are now: %(what)s.",
        count,
    )
    return said % {"count": count, "what": ", ".join(sorted({_what(move.table) for move in moves}))}


def _what(table: str) -> str:
    words = {
        "cases_need": _("needs"),
        "cases_person": _("people"),
        "cases_evacuationrequest": _("the way out"),
        "cases_traveller": _("the way out"),
        "cases_seat": _("places"),
        "cases_callcase": _("calls"),
        "cases_note": _("notes"),
        "cases_consent": _("consents"),
        "cases_referral": _("referrals"),
        "cases_household": _("the household"),
        "cases_clock": _("clocks"),
    }
    return words.get(table, _("other facts"))
