"""What every page of ours shares: who may open it, and how a Refusal is told."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from cases import policy
from cases.actors import Staff
from cases.errors import Forbidden, Refusal

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def actor(request: HttpRequest) -> Staff:
    """The signed-in member of staff."""
    found: Staff = request.actor  # type: ignore[attr-defined]
    return found


def door(verb: str) -> Callable[[View[P]], View[P]]:
    """A page or button of one verb: sign-in first, 403 where the policy says no, a Refusal becomes a message.

    The refused are sent back to where they came from, with the sentence; what they typed is the form's to keep.
    """

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect(f"{reverse('account_login')}?next={request.path}")
            if not policy.allows(verb, actor(request)):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except Forbidden as refusal:
                raise PermissionDenied(str(refusal)) from refusal
            except Refusal as refusal:
                messages.error(request, str(refusal))
                return back(request)

        return inner

    return decorate


def back(request: HttpRequest, fallback: str = "home") -> HttpResponseRedirect:
    """To the page the button stood on, if it is one of ours."""
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(came_from)
    return redirect(fallback)


def first_page(who: Any) -> str:
    """Where somebody lands after signing in: operators at the desk, teams at their convoys, others in the rooms."""
    if policy.allows("field.take", who) and not who.roles & policy.MAY_READ_CASES:
        return "field"
    if policy.allows("assignment.assign", who) or not policy.allows("intake.record", who):
        return "admin:index"
    return "desk"
