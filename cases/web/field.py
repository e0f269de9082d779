"""The page of a team on the ground: its list of convoys, the shell that works without network, and what it sends."""

import functools
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases import policy
from cases.actors import Staff
from cases.domain import field
from cases.enums import AgeBand, ConvoyStatus, Direction, FieldAct, Mobility, SeatKind, SeatStatus, Sex
from cases.errors import Forbidden, Refusal
from cases.models import Convoy, FieldDevice
from cases.queries import field as read
from cases.queries.desk import specific_labels
from cases.web.doors import actor, door

P = ParamSpec("P")
TAKES: Final = "field.take"
PROBLEM: Final = "application/problem+json"
BATCH: Final = 200
# What this phone carries is over: the page deletes its list, and keeps what was not sent.
GONE: Final = frozenset({"device_revoked", "device_expired"})


class Unreadable(Exception):
    """What was sent is no JSON of the shape agreed on."""


# --- pages -----------------------------------------------------------------------------------------------------------


@require_GET
@door(TAKES)
def convoys(request: HttpRequest) -> HttpResponse:
    """The convoys this reader boards, rides with or receives."""
    return render(request, "field/convoys.html", {"rows": read.convoys_of(actor(request))})


@require_GET
@door(TAKES)
def shell(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """The page itself, which holds nothing about anybody: a phone keeps it, and opens it without network."""
    _convoy(actor(request), uid)
    context = {
        "uid": uid,
        "needs": specific_labels(),
        "acts": FieldAct.choices,
        "bands": AgeBand.choices,
        "sexes": Sex.choices,
        "kinds": SeatKind.choices,
        "mobilities": Mobility.choices,
        "statuses": SeatStatus.choices,
        "directions": Direction.choices,
        "convoy_statuses": ConvoyStatus.choices,
    }
    return render(request, "field/shell.html", context)


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of these pages: the same for everybody, and asked for anew each time."""
    response = render(request, "field/sw.js", content_type="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/field/"
    response.headers["Cache-Control"] = "no-cache"
    return response


# --- what the page asks and sends ------------------------------------------------------------------------------------


def asked(view: Callable[Concatenate[HttpRequest, P], JsonResponse]) -> Callable[Concatenate[HttpRequest, P], Any]:
    """A door that a script stands before: each "no" is a problem with its code, and never a page."""

    @functools.wraps(view)
    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return problem(401, "signed_out", _("Sign in again. Nothing is lost."))
        if not policy.allows(TAKES, actor(request)):
            return problem(403, Forbidden.code, str(Forbidden.sentence))
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return problem(404, "not_found", _("This convoy is not one of yours."))
        except Unreadable:
            return problem(400, "unreadable", _("What this phone sent could not be read."))
        except Refusal as refusal:
            return problem(410 if refusal.code in GONE else refusal.status, refusal.code, str(refusal))

    return inner


def problem(status: int, code: str, detail: str) -> JsonResponse:
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type=PROBLEM)


@require_POST
@asked
def take(request: HttpRequest, uid: uuid.UUID) -> JsonResponse:
    """Take the list of a convoy onto this phone."""
    who = actor(request)
    device = field.take(_convoy(who, uid), by=who)
    return JsonResponse({"device": str(device.uid), "bundle": field.bundle(device, by=who)})


@require_GET
@asked
def bundle(request: HttpRequest, uid: uuid.UUID) -> JsonResponse:
    """The list as it stands now, for a phone that carries it."""
    who = actor(request)
    device = _device(who, uid, request.GET.get("device", ""))
    return JsonResponse(field.bundle(device, by=who))


@require_POST
@asked
def sync(request: HttpRequest, uid: uuid.UUID) -> JsonResponse:
    """Words from the ground; the answer says of each what became of it."""
    who = actor(request)
    sent = _sent(request)
    device = _device(who, uid, sent.get("device", ""))
    return JsonResponse(field.sync(device, sent_at=_moment(sent.get("sent_at")), entries=_entries(sent), by=who))


def _convoy(who: Staff, uid: uuid.UUID) -> Convoy:
    return get_object_or_404(Convoy.objects.visible_to(who), uid=uid)


def _device(who: Staff, convoy: uuid.UUID, said: object) -> FieldDevice:
    """One's own phone of this convoy."""
    try:
        uid = uuid.UUID(str(said))
    except ValueError as error:
        raise Unreadable from error
    mine = FieldDevice.objects.visible_to(who).filter(user=who.user_id, convoy__uid=convoy)
    return get_object_or_404(mine, uid=uid)


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(sent, dict):
        raise Unreadable
    return sent


def _moment(said: object) -> datetime:
    try:
        moment = parse_datetime(said) if isinstance(said, str) else None
    except ValueError as error:
        raise Unreadable from error
    if moment is None or moment.tzinfo is None:
        raise Unreadable
    return moment


def _entries(sent: dict[str, Any]) -> list[dict[str, Any]]:
    entries = sent.get("entries")
    if not isinstance(entries, list) or len(entries) > BATCH or not all(isinstance(one, dict) for one in entries):
        raise Unreadable
    return entries
