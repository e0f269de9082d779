"""Home, the short address of a case, language, and coming on or off duty."""

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.domain import assignment, staff
from cases.errors import Forbidden
from cases.models import Case
from cases.planning import reference
from cases.web.doors import actor, back, door, first_page


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To where this person works."""
    return redirect(first_page(actor(request)))


@login_required
def case(request: HttpRequest, ref: str) -> HttpResponse:
    """The short address that messages carry: to the page of the case, if one may see it."""
    found = get_object_or_404(Case.objects.visible_to(actor(request)), ref=reference.heard(ref))
    return redirect("admin:cases_case_change", found.pk)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language: kept with the account when signed in, in a cookie before."""
    code = request.POST.get("language", "")
    response = back(request)
    if code in dict(settings.LANGUAGES):
        translation.activate(code)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, samesite="Lax", max_age=365 * 86_400)
        if request.user.is_authenticated:
            with suppress(Forbidden):  # without a post there is nothing to keep it for
                staff.set_language(code, by=actor(request))
    return response


@require_POST
@door("assignment.set_duty")
def duty(request: HttpRequest) -> HttpResponse:
    """Come on duty, or leave it."""
    on = request.POST.get("on") == "1"
    assignment.set_duty(on=on, by=actor(request))
    messages.success(
        request, _("You are on duty.") if on else _("You are off duty. What cannot wait for you goes to a colleague.")
    )
    return back(request)
