"""The frozen list of a convoy on paper, and as a file that only its passphrase opens."""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cases.domain import field as ground
from cases.models import Convoy
from cases.privacy.sealed_file import new_passphrase
from cases.queries.field import title_of
from cases.web.doors import actor, door

PAPERS: Final[dict[str, str | Promise]] = {
    "driver": _("For those who drive and escort"),
    "boarding": _("For the boarding team"),
    "slips": _("Slips for the households"),
    "cards": _("Children's cards"),
}


def _convoy(request: HttpRequest, pk: int) -> Convoy:
    rows = Convoy.objects.visible_to(actor(request)).select_related("window__corridor")
    found: Convoy = get_object_or_404(rows, pk=pk)
    return found


@require_GET
@never_cache
@door("field.print")
def paper(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One paper of a convoy as a PDF, in the language asked for."""
    language = request.GET.get("language") or get_language() or settings.LANGUAGE_CODE
    if kind not in PAPERS or language not in dict(settings.LANGUAGES):
        raise Http404
    made = ground.print_paper(_convoy(request, pk), kind=kind, language=language, by=actor(request))
    return _bytes(made, "application/pdf", f'inline; filename="{kind}-{language}.pdf"')


@require_http_methods(["GET", "POST"])
@never_cache
@door("field.export")
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The list as a file, in two steps: a passphrase is drawn and shown once, then the file is sealed under it.

    It travels in the form and is kept nowhere; whoever reloads the page gets another one.
    """
    row = _convoy(request, pk)
    if request.method == "GET":
        return redirect("evacuation-day", pk)
    passphrase = request.POST.get("passphrase", "")
    if not passphrase:
        context = {"convoy": row, "title": title_of(row), "passphrase": new_passphrase()}
        return render(request, "evacuation/file.html", context)
    made = ground.export(row, passphrase=passphrase, by=actor(request))
    return _bytes(made, "application/octet-stream", 'attachment; filename="list.sealed"')


def _bytes(made: bytes, kind: str, disposition: str) -> HttpResponse:
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    answer = HttpResponse(made, content_type=kind, headers=headers)
    answer["Cache-Control"] = "no-store"
    return answer
