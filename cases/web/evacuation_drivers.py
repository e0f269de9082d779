"""Who offered to drive others: vetted before anybody rides with them, and no more when something is said."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.domain import evacuation
from cases.models import Offer
from cases.queries import evacuation as read
from cases.web.doors import actor, door
from cases.web.evacuation import done
from cases.web.evacuation_forms import VettingForm, WithdrawForm


@door("evacuation.vet_driver")
def drivers(request: HttpRequest) -> HttpResponse:
    """Offers of vehicles: to be vetted, vetted, lapsed or withdrawn; each with its form."""
    return _page(request)


def _page(
    request: HttpRequest, form: VettingForm | None = None, of: int = 0, opened: Offer | None = None
) -> HttpResponse:
    found = read.drivers(actor(request))

    def lines(rows: list[Offer]) -> list[tuple[Offer, VettingForm]]:
        return [(row, form if form is not None and row.pk == of else _form(row.pk)) for row in rows]

    context = {
        "waiting": lines(found.waiting),
        "vetted": lines(found.vetted),
        "over": lines(found.over),
        "cut": found.cut,
        "why": WithdrawForm(),
        "opened": opened,
    }
    page = render(request, "evacuation/drivers.html", context, status=422 if form is not None else 200)
    page["Cache-Control"] = "no-store"
    return page


def _form(pk: int, *args: object) -> VettingForm:
    return VettingForm(*args, auto_id=f"id_{pk}_%s")


def _offer(request: HttpRequest, pk: int) -> Offer:
    return get_object_or_404(Offer.objects.visible_to(actor(request)), pk=pk)


@require_POST
@door("evacuation.vet_driver")
def vet(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody looked at the driver; what was typed wrongly stays typed."""
    row, form = _offer(request, pk), _form(pk, request.POST)

    def step() -> None:
        evacuation.vet_driver(row, **form.facts(), by=actor(request))

    if not done(form, step):
        return _page(request, form, pk)
    messages.success(request, _("Vetted. The car can be entered on convoys that leave before that day."))
    return redirect("evacuation-drivers")


@require_POST
@door("evacuation.open_driver")
def opened(request: HttpRequest, pk: int) -> HttpResponse:
    """The same page with the plate and who vouches, in this one answer."""
    return _page(request, opened=evacuation.open_driver(_offer(request, pk), by=actor(request)))


@require_POST
@door("evacuation.withdraw_vetting")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The driver drives nobody any more."""
    row, form = _offer(request, pk), WithdrawForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why."))
        return redirect("evacuation-drivers")
    evacuation.withdraw_vetting(row, reason=form.cleaned_data["reason"], by=actor(request))
    said = _(
        "Withdrawn. The car is out of every convoy that has not left; if too many are on one now, its page says so."
    )
    messages.success(request, said)
    return redirect("evacuation-drivers")
